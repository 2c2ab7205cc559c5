-- c/<package>_messages.{h,c}: a struct for each message, an enum for each enum, the tables that describe them
-- to protobuf-c and to the runtime's codec, and the named calls.
local c = require("emit.lib.c")
local rules = require("emit.lib.rules")
local text = require("emit.lib.text")

local fill = text.fill

-- ---- the header ----

local function declare_enum(enum)
	return fill([[
$(doc)
enum $(name) {
	$(values)
};
extern const ProtobufCEnumDescriptor $(name)_descriptor;]], {
		doc = c.comment(enum.doc),
		name = enum.c_name,
		values = text.each(enum.values, function(value)
			local line = ("%s = %d,"):format(value.c_name, value.number)
			local doc = c.comment(value.doc, 1)
			return doc == "" and line or doc .. "\n" .. line
		end),
	})
end

local function case_type(message, oneof)
	return ("%s_%s_case"):format(message.c_name, oneof.c_name)
end

local function declare_case(message, oneof)
	local prefix = case_type(message, oneof):upper() .. "_"
	local unset = "NOT_SET"
	for _, field in ipairs(oneof.fields) do
		unset = field.name:upper() == unset and unset .. "_" or unset
	end
	return fill([[
/* Which field of $(oneof) is there. */
enum $(type) {
	$(unset) = 0,
	$(values)
};]], {
		oneof = oneof.name,
		type = case_type(message, oneof),
		unset = prefix .. unset,
		values = text.each(oneof.fields, function(field)
			return ("%s%s = %d,"):format(prefix, field.name:upper(), field.number)
		end),
	})
end

-- Strings and messages say by a null pointer that they are absent; all else needs a flag.
local function has_flag(field)
	return field.label == "optional" and not field.message and field.type ~= "string"
end

local function member_note(field)
	if field.label == "optional" then
		return has_flag(field) and ("There only if has_" .. field.c_name) or "NULL when absent"
	end
	local may_be_null = field.message and field.label == "singular" and not field.oneof and not (field.rules or {}).required
	if may_be_null then
		return "NULL when absent"
	end
	return ""
end

local function declare_member(field, depth)
	local type_name = c.type(field)
	local lines = {}
	local doc = c.comment(text.join_sentences(field.doc or "", rules.sentence(field), member_note(field)), depth)
	if doc ~= "" then
		lines[1] = doc
	end
	if field.label == "repeated" then
		text.append(lines, ("size_t %s_count;"):format(field.c_name),
			(type_name:match("%*$") and type_name .. "const *" or "const " .. type_name .. " *") .. field.c_name .. ";")
	else
		if has_flag(field) then
			text.append(lines, ("protobuf_c_boolean has_%s;"):format(field.c_name))
		end
		text.append(lines, c.declare(type_name, field.c_name) .. ";")
	end
	return table.concat(lines, "\n")
end

local function declare_oneof(message, oneof)
	return fill([[
$(doc)
enum $(case) $(name)_case;
union {
	$(members)
};]], {
		doc = c.comment(oneof.doc, 1),
		case = case_type(message, oneof),
		name = oneof.c_name,
		members = text.each(oneof.fields, function(field)
			return declare_member(field, 2)
		end),
	})
end

local function declare_message(message)
	local told = {}
	local struct = fill([[
$(doc)
struct $(name) {
	ProtobufCMessage base;
	$(members)
};]], {
		doc = c.comment(message.doc),
		name = message.c_name,
		members = text.each(message.fields, function(field)
			if not field.oneof then
				return declare_member(field, 1)
			elseif not told[field.oneof] then
				told[field.oneof] = true
				return declare_oneof(message, field.oneof)
			end
		end),
	})
	return c.pieces(text.each(message.oneofs, function(oneof)
		return declare_case(message, oneof)
	end, "\n\n"), struct)
end

local CALLS = [[
int $(m)_pack(const struct $(m) *message, struct warren_arena *arena, struct warren_bytes *ret) WARREN_MUST_CHECK;
int $(m)_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct $(m) **ret, struct warren_error *error) WARREN_MUST_CHECK;
int $(m)_to_json(const struct $(m) *message, struct warren_arena *arena, const char **ret) WARREN_MUST_CHECK;
int $(m)_from_json(const char *json, size_t len, struct warren_arena *arena, struct $(m) **ret, struct warren_error *error) WARREN_MUST_CHECK;
int $(m)_check(const struct $(m) *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *$(m)_dump(const struct $(m) *message, struct warren_arena *arena);
]]

local ABOUT = [[
The messages of @, as structs.

A struct begins with `base`, which you leave alone: designated initialisers suffice.  A
struct points to const data: a received message is read, one that is sent is borrowed during the call.
A string may be left NULL for an empty one; a received string never is NULL, unless its comment
says so.

Each message has six calls, named after it:

  _pack       its protobuf bytes.  Returns 0; -ENOMEM past the arena's cap; -E2BIG too deep.
  _unpack     the message of such bytes.  Returns 0; -EBADMSG with `error`; -ENOMEM.
  _to_json    terminated JSON.  Returns 0; -ENOMEM; -E2BIG.
  _from_json  the message of a JSON object.  Returns 0; -EBADMSG with `error`: the field, and
              what was expected; -ENOMEM.
  _check      whether it keeps the schema's rules.  Returns 0; -EINVAL with `error`: the field,
              and what is allowed.
  _dump       JSON with secrets redacted, for logs.  Returns the text, "{}" when it is too long.

Owns: the arena, whatever comes out.  On failure outputs are untouched.  Thread: any.]]

local function header(model, name)
	local function types(message)
		return ("extern const struct warren_message_type %s_type;"):format(message.c_name)
	end
	local function calls(message)
		return fill(CALLS, { m = message.c_name })
	end
	local version = fill([[
#if WARREN_API != $(api)
#error "$(name) was made for version $(api) of the runtime's interface; run ./dev gen"
#endif]], { api = model.api, name = name })
	return c.header(model, name, { "warren/message.h" }, c.block_comment(ABOUT:gsub("@", model.package)),
		c.pieces(version, text.each(model.enums, declare_enum, "\n\n"), text.each(model.messages, declare_message, "\n\n"),
			text.each(model.messages, types), text.each(model.messages, calls, "\n\n")))
end

-- ---- the tables ----

-- protobuf-c finds numbers by ranges of consecutive ones: { first number, index of it }, closed by { 0, count }.
local function ranges(numbers)
	local out = {}
	for i, number in ipairs(numbers) do
		if i == 1 or number ~= numbers[i - 1] + 1 then
			out[#out + 1] = ("{%d, %d}"):format(number, i - 1)
		end
	end
	local count = #out
	return text.append(out, ("{0, %d}"):format(#numbers)), count
end

local function by_name(list)
	local sorted = text.map(list, function(element, i)
		return { name = element.name, index = i - 1 }
	end)
	table.sort(sorted, function(a, b)
		return a.name < b.name
	end)
	return sorted
end

-- Several names may share a number: the first one stands for it.
local function distinct_values(enum)
	local values, index_of = {}, {}
	for _, value in ipairs(enum.values) do
		if not index_of[value.number] then
			index_of[value.number] = true
			values[#values + 1] = value
		end
	end
	table.sort(values, function(a, b)
		return a.number < b.number
	end)
	for i, value in ipairs(values) do
		index_of[value.number] = i - 1
	end
	return values, index_of
end

local function define_enum(model, enum)
	local values, index_of = distinct_values(enum)
	local value_ranges, range_count = ranges(text.map(values, function(value)
		return value.number
	end))
	return fill([[
/* ---- $(name) ---- */

$(values)

$(names)

$(ranges)

const ProtobufCEnumDescriptor $(e)_descriptor = {
	.magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
	.name = "$(full_name)",
	.short_name = "$(name)",
	.c_name = "$(e)",
	.package_name = "$(package)",
	.n_values = $(value_count),
	.values = $(e)_values,
	.n_value_names = $(name_count),
	.values_by_name = $(e)_values_by_name,
	.n_value_ranges = $(range_count),
	.value_ranges = $(e)_value_ranges,
};]], {
		name = enum.name,
		full_name = enum.full_name,
		package = model.package,
		e = enum.c_name,
		value_count = #values,
		name_count = #enum.values,
		range_count = range_count,
		values = c.array(("static const ProtobufCEnumValue %s_values"):format(enum.c_name), text.map(values, function(value)
			return ('{"%s", "%s", %d}'):format(value.name, value.c_name, value.number)
		end)),
		names = c.array(("static const ProtobufCEnumValueIndex %s_values_by_name"):format(enum.c_name),
			text.map(by_name(enum.values), function(entry)
				return ('{"%s", %d}'):format(entry.name, index_of[enum.values[entry.index + 1].number])
			end)),
		ranges = c.array(("static const ProtobufCIntRange %s_value_ranges"):format(enum.c_name), value_ranges),
	})
end

local function quantifier(field)
	if field.oneof then
		return field.oneof.c_name .. "_case"
	elseif field.label == "repeated" then
		return field.c_name .. "_count"
	end
	return has_flag(field) and "has_" .. field.c_name or nil
end

-- A field without presence reads "" where nothing came; one that has presence reads NULL.
local function reads_empty(field)
	return field.type == "string" and field.label == "singular" and not field.oneof
end

local LABELS = { singular = "NONE", optional = "OPTIONAL", repeated = "REPEATED" }

local function describe_field(message, field)
	local lines = {}
	local function set(key, value)
		if value then
			lines[#lines + 1] = ("\t.%s = %s,"):format(key, value)
		end
	end
	local function offset_of(member)
		return member and ("offsetof(struct %s, %s)"):format(message.c_name, member)
	end
	set("name", '"' .. field.name .. '"')
	set("id", field.number)
	set("label", "PROTOBUF_C_LABEL_" .. LABELS[field.label])
	set("type", "PROTOBUF_C_TYPE_" .. field.type:upper())
	set("quantifier_offset", offset_of(quantifier(field)))
	set("offset", offset_of(field.c_name))
	set("descriptor", field.enum and "&" .. field.enum.c_name .. "_descriptor"
		or field.message and "&" .. field.message.c_name .. "_descriptor")
	set("default_value", reads_empty(field) and "protobuf_c_empty_string")
	set("flags", field.oneof and "PROTOBUF_C_FIELD_FLAG_ONEOF" or field.packed and "PROTOBUF_C_FIELD_FLAG_PACKED")
	return "{\n" .. table.concat(lines, "\n") .. "\n}"
end

local FLAGS = { -- in the order of enum warren_field_flag
	{ "required", "WARREN_FIELD_REQUIRED" },
	{ "secret", "WARREN_FIELD_SECRET" },
	{ "safe", "WARREN_FIELD_SAFE_INTEGER" },
	{ "email", "WARREN_FIELD_EMAIL" },
	{ "uuid", "WARREN_FIELD_UUID" },
	{ "gte", "WARREN_FIELD_HAS_GTE" },
	{ "lte", "WARREN_FIELD_HAS_LTE" },
}

local function in_name(message, field)
	return ("%s_%s_in"):format(message.c_name, field.name)
end

local function describe_rules(message, field)
	local rule, parts = field.rules or {}, {}
	local function set(key, value)
		if value then
			parts[#parts + 1] = (".%s = %s"):format(key, value)
		end
	end
	local flags = text.each(FLAGS, function(flag)
		return rule[flag[1]] and flag[2] or nil
	end, " | ")
	set("json_name", c.string(field.json_name))
	set("flags", flags ~= "" and flags)
	set("min_len", rule.min_len)
	set("max_len", rule.max_len)
	set("min_items", rule.min_items)
	set("max_items", rule.max_items)
	set("pattern", rule.pattern and c.string(rule.pattern))
	set("in", rule["in"] and in_name(message, field))
	set("in_count", rule["in"] and #rule["in"])
	set("gte", rule.gte and text.number(rule.gte))
	set("lte", rule.lte and text.number(rule.lte))
	set("message", field.message and "&" .. field.message.c_name .. "_type")
	return "{" .. table.concat(parts, ", ") .. "}"
end

local function in_lists(message)
	return text.each(message.fields_by_number, function(field)
		local values = field.rules and field.rules["in"]
		return values and c.array("static const char *const " .. in_name(message, field), text.map(values, c.string)) or nil
	end)
end

local DESCRIPTOR = [[
$(fields)
$(by_name)
$(ranges)

static void $(m)_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor $(m)_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "$(full_name)",
	.short_name = "$(name)",
	.c_name = "$(m)",
	.package_name = "$(package)",
	.sizeof_message = sizeof(struct $(m)),
	$(tables)
	.message_init = $(m)_init,
};

static void $(m)_init(ProtobufCMessage *message)
{
	*(struct $(m) *)message = (struct $(m)){
		.base = PROTOBUF_C_MESSAGE_INIT(&$(m)_descriptor),
		$(defaults)
	};
}]]

local FIELD_TABLES = [[
.n_fields = $(count),
.fields = $(m)_field_descriptors,
.fields_sorted_by_name = $(m)_fields_by_name,
.n_field_ranges = $(range_count),
.field_ranges = $(m)_field_ranges,]]

local function define_descriptor(model, message)
	local fields, m = message.fields_by_number, message.c_name
	local field_ranges, range_count = {}, 0
	if #fields > 0 then
		field_ranges, range_count = ranges(text.map(fields, function(field)
			return field.number
		end))
	end
	return fill(DESCRIPTOR, {
		m = m,
		name = message.name,
		full_name = message.full_name,
		package = model.package,
		fields = c.array(("static const ProtobufCFieldDescriptor %s_field_descriptors"):format(m),
			text.map(fields, function(field)
				return describe_field(message, field)
			end)),
		by_name = c.array(("static const unsigned %s_fields_by_name"):format(m), text.map(by_name(fields), function(entry)
			return entry.index
		end)),
		ranges = c.array(("static const ProtobufCIntRange %s_field_ranges"):format(m), field_ranges),
		tables = #fields > 0 and fill(FIELD_TABLES, { m = m, count = #fields, range_count = range_count }) or "",
		defaults = text.each(message.fields, function(field)
			return reads_empty(field) and (".%s = protobuf_c_empty_string,"):format(field.c_name) or nil
		end),
	})
end

local TYPE = [[
$(in_lists)
$(rules)

const struct warren_message_type $(m)_type = {
	.name = "$(name)",
	.event_name = "$(wire_name)",
	.descriptor = &$(m)_descriptor,
	$(fields)
};]]

local function define_type(message)
	local m = message.c_name
	return fill(TYPE, {
		m = m,
		name = message.name,
		wire_name = message.wire_name,
		in_lists = in_lists(message),
		rules = c.array(("static const struct warren_field %s_fields"):format(m),
			text.map(message.fields_by_number, function(field)
				return describe_rules(message, field)
			end)),
		fields = #message.fields > 0 and (".fields = %s_fields,"):format(m) or "",
	})
end

local DEFINITIONS = [[
int $(m)_pack(const struct $(m) *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&$(m)_type, message, arena, ret);
}

int $(m)_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct $(m) **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&$(m)_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int $(m)_to_json(const struct $(m) *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&$(m)_type, message, arena, ret, NULL);
}

int $(m)_from_json(const char *json, size_t len, struct warren_arena *arena, struct $(m) **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&$(m)_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int $(m)_check(const struct $(m) *message, struct warren_error *error)
{
	return warren_message_check(&$(m)_type, message, error);
}

const char *$(m)_dump(const struct $(m) *message, struct warren_arena *arena)
{
	return warren_message_dump(&$(m)_type, message, arena);
}]]

-- Messages may name each other in a circle.
local function forward_descriptors(model)
	local used = {}
	for _, message in ipairs(model.messages) do
		for _, field in ipairs(message.fields) do
			used[field.message or false] = true
		end
	end
	return text.each(text.filter(model.messages, function(message)
		return used[message]
	end), function(message)
		return ("static const ProtobufCMessageDescriptor %s_descriptor;"):format(message.c_name)
	end)
end

local function source(model, name)
	return c.fold(c.pieces(c.head(model) .. "\n" .. ('#include "%s"'):format(name), "#include <stddef.h>",
		text.each(model.enums, function(enum)
			return define_enum(model, enum)
		end, "\n\n"),
		forward_descriptors(model),
		text.each(model.messages, function(message)
			return c.pieces(("/* ---- %s ---- */"):format(message.name), define_descriptor(model, message),
				define_type(message), fill(DEFINITIONS, { m = message.c_name }))
		end, "\n\n"))) .. "\n"
end

local function emit(model)
	local name = c.system_file(model, "messages.h")
	return {
		{ path = "c/" .. name, text = header(model, name) },
		{ path = "c/" .. c.system_file(model, "messages.c"), text = source(model, name) },
	}
end

return { name = "c", emit = emit }
