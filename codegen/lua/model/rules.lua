-- `warren.field`: what a field's value must satisfy, and whether that makes sense.
local near = require("near")

local rules = {}

rules.OPTION_TAG = 50703

local SAFE_MAX = 2 ^ 53 - 1

-- The values that a number of each type can have.
local RANGES = {
	int32 = { -2 ^ 31, 2 ^ 31 - 1 },
	uint32 = { 0, 2 ^ 32 - 1 },
	int64 = { -SAFE_MAX, SAFE_MAX },
	uint64 = { 0, SAFE_MAX },
	float = { -3.4028234663852886e38, 3.4028234663852886e38 },
	double = { -1.7976931348623157e308, 1.7976931348623157e308 },
}
RANGES.sint32, RANGES.sfixed32, RANGES.fixed32 = RANGES.int32, RANGES.int32, RANGES.uint32
RANGES.sint64, RANGES.sfixed64, RANGES.fixed64 = RANGES.int64, RANGES.int64, RANGES.uint64

local IS_64_BITS = { int64 = true, uint64 = true, sint64 = true, fixed64 = true, sfixed64 = true }

local function is_text(field)
	return field.type == "string"
end

local function has_length(field)
	return field.type == "string" or field.type == "bytes"
end

local function is_number(field)
	return RANGES[field.type] ~= nil
end

local function is_repeated(field)
	return field.label == "repeated"
end

-- Each rule: its name, which fields may have it, and those fields in words.
local ALLOWED = {
	{ "min_len", has_length, "a string or bytes field" },
	{ "max_len", has_length, "a string or bytes field" },
	{ "pattern", is_text, "a string field" },
	{ "in", is_text, "a string field" },
	{ "email", is_text, "a string field" },
	{ "uuid", is_text, "a string field" },
	{ "gte", is_number, "a number" },
	{ "lte", is_number, "a number" },
	{ "min_items", is_repeated, "a repeated field" },
	{ "max_items", is_repeated, "a repeated field" },
}

local function quote(value)
	return ("'%s'"):format(value)
end

local function number_text(value)
	return math.type(value) == "float" and ("%.17g"):format(value) or tostring(value)
end

-- The options that are given, without those that say nothing: false, UNSPECIFIED, an empty list.
local function given(options)
	local out = {
		required = options.required or nil,
		min_len = options.min_len,
		max_len = options.max_len,
		pattern = options.pattern,
		gte = options.gte,
		lte = options.lte,
		min_items = options.min_items,
		max_items = options.max_items,
		email = options.email or nil,
		uuid = options.uuid or nil,
		example = options.example,
		safe = options.integer == "SAFE" or nil,
		secret = options.secret or nil,
	}
	if #options["in"] > 0 then
		out["in"] = options["in"]
	end
	return out
end

local function describe_type(field)
	local of = field.message or field.enum
	return (field.label == "repeated" and "repeated " or "") .. (of and of.name or field.type)
end

local function check_types(field, rule, add)
	for _, allowed in ipairs(ALLOWED) do
		local name, fits, words = table.unpack(allowed)
		if rule[name] ~= nil and not fits(field) then
			add("%s on '%s', which is %s, but %s is for %s; remove it", name, field.name, describe_type(field), name, words)
			rule[name] = nil
		end
	end
	if rule.safe and not IS_64_BITS[field.type] then
		add("integer: SAFE on '%s', which is %s: JSON carries only 64-bit integers as strings; remove it",
			field.name, describe_type(field))
	end
	if rule.required and field.label == "repeated" then
		add("required on '%s', which is repeated; say min_items: 1", field.name)
	elseif rule.required and field.oneof then
		add("required on '%s', which is one of '%s': at most one of these is there; remove it", field.name, field.oneof.name)
	end
end

local function check_crossed(field, rule, add)
	for _, pair in ipairs({ { "min_len", "max_len" }, { "gte", "lte" }, { "min_items", "max_items" } }) do
		local low, high = rule[pair[1]], rule[pair[2]]
		if low and high and low > high then
			add("%s: %s is above %s: %s on '%s', nothing could pass; exchange them", pair[1], number_text(low),
				pair[2], number_text(high), field.name)
		end
	end
	for _, name in ipairs({ "max_len", "max_items" }) do
		if rule[name] == 0 then
			add("%s: 0 on '%s' would let nothing but an empty one pass; remove the field or raise the bound", name, field.name)
		end
	end
end

local function check_bounds(field, rule, add)
	local range = RANGES[field.type]
	for _, name in ipairs({ "gte", "lte" }) do
		local bound = rule[name]
		if bound and (bound ~= bound or (field.type ~= "double" and field.type ~= "float" and bound % 1 ~= 0)) then
			add("%s: %s on '%s', which is %s; give a whole number", name, number_text(bound), field.name, describe_type(field))
		elseif bound and (bound < range[1] or bound > range[2]) then
			add("%s: %s on '%s' is beyond what a bound of %s can be, %s to %s; correct it", name, number_text(bound),
				field.name, field.type, number_text(range[1]), number_text(range[2]))
		end
	end
end

local function check_pattern(field, rule, add, host)
	if not rule.pattern then
		return
	end
	if rule.pattern == "" then
		add("pattern: '' on '%s' is found in every text; remove it", field.name)
		rule.pattern = nil
		return
	end
	local wrong, at = host.pattern_error(rule.pattern)
	if wrong then
		add("pattern: '%s' on '%s' does not compile: %s (at character %d); correct it", rule.pattern, field.name, wrong, at)
		rule.pattern = nil
	end
end

-- As the runtime has it.
local function is_email(text)
	local name, host = text:match("^([%w.!#$%%&'*+/=?^_`{|}~-]+)@([%w.-]+)$")
	if not name or #name > 64 or #text > 254 then
		return false
	end
	for label in (host .. "."):gmatch("([^.]*)%.") do
		if label == "" or #label > 63 or label:match("^-") or label:match("-$") then
			return false
		end
	end
	return true
end

local UUID = "^" .. ("%x"):rep(8) .. ("%-" .. ("%x"):rep(4)):rep(4) .. ("%x"):rep(8) .. "$"

-- Why a text breaks the field's rules; nil when it does not.
local function why_not_text(text, field, rule, host)
	local len = utf8.len(text)
	if not len then
		return "is not UTF-8"
	elseif rule.min_len and len < rule.min_len then
		return ("is shorter than min_len: %d"):format(rule.min_len)
	elseif rule.max_len and len > rule.max_len then
		return ("is longer than max_len: %d"):format(rule.max_len)
	elseif rule.pattern and not host.pattern_found(rule.pattern, text) then
		return ("does not match pattern: '%s'"):format(rule.pattern)
	elseif rule.email and not is_email(text) then
		return "is no email address"
	elseif rule.uuid and not text:match(UUID) then
		return "is no UUID"
	elseif rule.required and text == "" then
		return "is empty, and the field is required"
	end
end

local function check_in(field, rule, add, host)
	local seen = {}
	for _, value in ipairs(rule["in"] or {}) do
		local why = why_not_text(value, field, rule, host)
		if seen[value] then
			add("in: %s stands twice on '%s'; remove one", quote(value), field.name)
		elseif why then
			add("in: %s on '%s' %s; correct one of them", quote(value), field.name, why)
		end
		seen[value] = true
	end
end

local function contains(list, value)
	for _, element in ipairs(list) do
		if element == value then
			return true
		end
	end
	return false
end

local function value_names(enum)
	local out = {}
	for i, value in ipairs(enum.values) do
		out[i] = value.name
	end
	return out
end

local function why_not_number(text, field, rule)
	local number = tonumber(text)
	if not number or not text:match("^[-%d.eE+]+$") then
		return "is no number"
	elseif field.type ~= "float" and field.type ~= "double" and not math.tointeger(number) then
		return "is no whole number"
	elseif number < RANGES[field.type][1] or number > RANGES[field.type][2] then
		return ("is beyond %s"):format(field.type)
	elseif rule.gte and number < rule.gte then
		return ("is below gte: %s"):format(number_text(rule.gte))
	elseif rule.lte and number > rule.lte then
		return ("is above lte: %s"):format(number_text(rule.lte))
	end
end

local function why_not_bytes(base64, rule)
	if #base64 % 4 ~= 0 or not base64:match("^[%w+/]*=?=?$") then
		return "is no base64"
	end
	local len = #base64 // 4 * 3 - #base64:match("=*$")
	if len < (rule.min_len or 0) then
		return ("has %d bytes, fewer than min_len: %d"):format(len, rule.min_len)
	elseif len > (rule.max_len or len) then
		return ("has %d bytes, more than max_len: %d"):format(len, rule.max_len)
	end
end

-- The example is shown to people as a value that works: it has to.
local function why_not_example(text, field, rule, host)
	if rule.secret then
		return "would be shown, and the field is secret"
	elseif field.type == "message" then
		return "is for a message; give its fields examples"
	elseif field.type == "enum" then
		return field.enum and not contains(value_names(field.enum), text)
			and "is no value of " .. field.enum.name .. near.hint(text, value_names(field.enum)) or nil
	elseif field.type == "bool" then
		return text ~= "true" and text ~= "false" and "is neither true nor false" or nil
	elseif field.type == "bytes" then
		return why_not_bytes(text, rule)
	elseif is_number(field) then
		return why_not_number(text, field, rule)
	elseif rule["in"] and not contains(rule["in"], text) then
		return "is not among in:" .. near.hint(text, rule["in"])
	end
	return why_not_text(text, field, rule, host)
end

-- Sets field.rules.
function rules.apply(field, found, host)
	if not field.options then
		return
	end
	local rule = given(field.options)
	field.rules = rule
	local function add(text, ...)
		found:add(field.option_place, text, ...)
	end
	if field.options.unknown_tag then
		add("(warren.field) on '%s' has an option (number %d) that this protoc-gen-warren does not know; "
			.. "update it, or use the warren/options.proto that came with it", field.name, field.options.unknown_tag)
	end
	check_types(field, rule, add)
	check_crossed(field, rule, add)
	if is_number(field) then
		check_bounds(field, rule, add)
	end
	if rule.email and rule.uuid then
		add("email and uuid on '%s' contradict each other; remove one", field.name)
	end
	check_pattern(field, rule, add, host)
	check_in(field, rule, add, host)
	if rule.example then
		local why = why_not_example(rule.example, field, rule, host)
		if why then
			add("example: %s on '%s' %s; correct it", quote(rule.example), field.name, why)
		end
	end
end

return rules
