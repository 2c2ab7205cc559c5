-- Messages, their fields, and enums.
local names = require("names")
local rules = require("model.rules")
local source = require("model.source")

local types = {}

-- Numbers in FileDescriptorProto, DescriptorProto, EnumDescriptorProto, FieldDescriptorProto.
local FILE_MESSAGE, FILE_ENUM = 4, 5
local MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM, MESSAGE_EXTENSION, MESSAGE_ONEOF = 2, 3, 4, 6, 8
local ENUM_VALUE = 2
local FIELD_OPTIONS = 8

local UNPACKED = { string = true, bytes = true, message = true }

local below = source.below

-- ---- declarations ----

local function qualified(prefix, name)
	return prefix.full_name == "" and name or prefix.full_name .. "." .. name
end

local function add_enum(model, one, descriptor, path, prefix)
	local enum = {
		name = prefix.name .. descriptor.name,
		full_name = qualified(prefix, descriptor.name),
		c_name = names.c_struct(prefix.name .. descriptor.name),
		ts_name = names.ts(prefix.name .. descriptor.name),
		doc = one:doc(path),
		place = one:place(path),
		values = {},
	}
	for i, value in ipairs(descriptor.value) do
		local value_path = below(path, ENUM_VALUE, i - 1)
		enum.values[i] = {
			name = value.name,
			c_name = names.c_value(value.name, descriptor.name, enum.c_name),
			number = value.number,
			doc = one:doc(value_path),
			place = one:place(value_path),
		}
	end
	table.insert(model.enums, enum)
	return enum
end

local function is_map_entry(descriptor)
	return descriptor.options and descriptor.options.map_entry
end

-- Adds a message and what is declared in it, before any field is looked at: fields may name what comes later.
local function add_message(model, one, descriptor, path, prefix, by_full_name)
	local place = one:place(path)
	local name = prefix.name .. descriptor.name
	local message = {
		name = name,
		full_name = qualified(prefix, descriptor.name),
		c_name = names.c_struct(name),
		ts_name = names.ts(name),
		wire_name = names.wire(name),
		doc = one:doc(path),
		place = place,
		file = place.file,
		line = place.line,
		is_nested = prefix.name ~= "",
		fields = {},
		oneofs = {},
		source = one,
		descriptor = descriptor,
		path = path,
	}
	table.insert(model.messages, message)
	by_full_name["." .. message.full_name] = message
	local inside = { name = name, full_name = message.full_name }
	for i, nested in ipairs(descriptor.nested_type) do
		if not is_map_entry(nested) then
			add_message(model, one, nested, below(path, MESSAGE_NESTED, i - 1), inside, by_full_name)
		end
	end
	for i, enum in ipairs(descriptor.enum_type) do
		local added = add_enum(model, one, enum, below(path, MESSAGE_ENUM, i - 1), inside)
		by_full_name["." .. added.full_name] = added
	end
end

-- ---- fields ----

local function find_map_entry(message, type_name)
	for _, nested in ipairs(message.descriptor.nested_type) do
		if is_map_entry(nested) and "." .. message.full_name .. "." .. nested.name == type_name then
			return nested
		end
	end
end

-- Sets field.message or field.enum.
local function resolve(field, descriptor, message, by_full_name, found)
	local type_name = descriptor.type_name
	local of = by_full_name[type_name]
	if descriptor.type == "TYPE_GROUP" then
		found:add(field.place, "'%s' is a group, which is not supported; use a message", field.name)
	elseif find_map_entry(message, type_name) then
		found:add(field.place, "'%s' is a map, which is not supported yet; "
			.. "use a repeated message with a key and a value", field.name)
	elseif not of and message.full_name:match("^[^.]+%.") == type_name:match("^%.([^.]+%.)") then
		return -- of a file that is not in this run: its import is told
	elseif not of then
		found:add(field.place, "'%s' is of type %s, types of other packages are not supported yet; "
			.. "declare what you need in this package (e.g. a time as `int64 created_ms`)", field.name, type_name:sub(2))
	elseif field.type == "enum" then
		field.enum = of
	else
		field.message = of
	end
end

local function add_field(message, descriptor, path, by_full_name, found)
	local one = message.source
	local place = one:place(path)
	local label = "singular"
	if descriptor.label == "LABEL_REPEATED" then
		label = "repeated"
	elseif descriptor.proto3_optional then
		label = "optional"
	end
	local options = descriptor.options or {}
	local kind = descriptor.type:gsub("^TYPE_", ""):lower()
	local field = {
		name = descriptor.name,
		c_name = names.c(descriptor.name),
		json_name = descriptor.json_name or names.wire(descriptor.name),
		number = descriptor.number,
		type = kind,
		label = label,
		packed = label == "repeated" and not UNPACKED[kind] and options.packed ~= false,
		deprecated = options.deprecated or false,
		doc = one:doc(path),
		place = place,
		option_place = one:place(path, FIELD_OPTIONS, rules.OPTION_TAG),
		file = place.file,
		line = place.line,
		options = options.warren,
		rules = {},
	}
	if descriptor.type_name then
		resolve(field, descriptor, message, by_full_name, found)
	end
	if descriptor.oneof_index and not descriptor.proto3_optional then
		field.oneof = message.oneofs[descriptor.oneof_index + 1]
		table.insert(field.oneof.fields, field)
	end
	table.insert(message.fields, field)
end

-- protoc puts the made-up oneofs of `optional` fields behind the real ones.
local function add_oneofs(message)
	local is_real = {}
	for _, field in ipairs(message.descriptor.field) do
		if field.oneof_index and not field.proto3_optional then
			is_real[field.oneof_index + 1] = true
		end
	end
	for i, oneof in ipairs(message.descriptor.oneof_decl) do
		if is_real[i] then
			local path = below(message.path, MESSAGE_ONEOF, i - 1)
			table.insert(message.oneofs, {
				name = oneof.name,
				c_name = names.c(oneof.name),
				doc = message.source:doc(path),
				place = message.source:place(path),
				fields = {},
			})
		end
	end
end

local function fill_message(message, by_full_name, found)
	if #message.descriptor.extension > 0 then
		found:add(message.source:place(message.path, MESSAGE_EXTENSION, 0),
			"an extension is not supported, it would have no effect; remove it")
	end
	add_oneofs(message)
	for i, field in ipairs(message.descriptor.field) do
		add_field(message, field, below(message.path, MESSAGE_FIELD, i - 1), by_full_name, found)
	end
	message.fields_by_number = table.move(message.fields, 1, #message.fields, 1, {})
	table.sort(message.fields_by_number, function(a, b)
		return a.number < b.number
	end)
end

-- ---- what needs all messages ----

-- Whether a field of the message, or of one that it holds by a field to follow, is wanted.
local function search(message, is_wanted, follows, seen)
	seen = seen or {}
	if seen[message] then
		return false
	end
	seen[message] = true
	for _, field in ipairs(message.fields) do
		if is_wanted(field) or (field.message and follows(field) and search(field.message, is_wanted, follows, seen)) then
			return true
		end
	end
	return false
end

local function holds_secret(message)
	return search(message, function(field)
		return field.rules.secret
	end, function()
		return true
	end)
end

-- A message that must hold itself can never be written.
local function check_required_cycle(message, found)
	local function is_demanded(field)
		return field.rules.required or (field.rules.min_items or 0) > 0
	end
	for _, field in ipairs(message.fields) do
		if field.message and is_demanded(field) and (field.message == message or search(field.message, function(inner)
			return inner.message == message and is_demanded(inner)
		end, is_demanded)) then
			found:add(field.option_place, "'%s' is demanded, and so %s must hold another %s without end; "
				.. "let one of the fields on the way be absent", field.name, message.name, message.name)
		end
	end
end

function types.add(model, sources, found, host)
	local by_full_name = {}
	for _, one in ipairs(sources) do
		local outside = { name = "", full_name = one.descriptor.package or "" }
		for i, descriptor in ipairs(one.descriptor.message_type) do
			add_message(model, one, descriptor, { FILE_MESSAGE, i - 1 }, outside, by_full_name)
		end
		for i, descriptor in ipairs(one.descriptor.enum_type) do
			local enum = add_enum(model, one, descriptor, { FILE_ENUM, i - 1 }, outside)
			by_full_name["." .. enum.full_name] = enum
		end
	end
	for _, message in ipairs(model.messages) do
		fill_message(message, by_full_name, found)
	end
	for _, message in ipairs(model.messages) do
		for _, field in ipairs(message.fields) do
			rules.apply(field, found, host)
		end
	end
	for _, message in ipairs(model.messages) do
		message.has_secret = holds_secret(message)
		check_required_cycle(message, found)
	end
end

return types
