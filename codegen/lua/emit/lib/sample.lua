-- A value for a field: its example, else the least that its rules let pass.  Secrets have no example.
local text = require("emit.lib.text")
local web = require("emit.lib.web")

local sample = {}

local function string_value(field)
	local rule = field.rules or {}
	if rule.example and not rule.secret then
		return rule.example
	elseif rule["in"] then
		return rule["in"][1]
	elseif rule.email then
		return "ada@example.org"
	elseif rule.uuid then
		return "00000000-0000-4000-8000-000000000000"
	end
	local least = math.max(rule.min_len or 0, rule.required and 1 or 0)
	return ("x"):rep(math.min(least, rule.max_len or least))
end

local function number_value(field)
	local rule = field.rules or {}
	if tonumber(rule.example) then
		return tonumber(rule.example)
	end
	local value = rule.required and 1 or 0
	if rule.gte and value < rule.gte then
		value = rule.gte
	elseif rule.lte and value > rule.lte then
		value = rule.lte
	end
	return value
end

-- Returns the value of one field that is neither message, enum nor bytes: a string, number or boolean of Lua.
function sample.scalar(field)
	if field.type == "string" then
		return string_value(field)
	elseif field.type == "bool" then
		return field.rules ~= nil and (field.rules.required or field.rules.example == "true") or false
	end
	return number_value(field)
end

function sample.bytes_len(field)
	local rule = field.rules or {}
	return math.max(rule.min_len or 0, rule.required and 1 or 0)
end

-- The value of an enum that stands for something.
function sample.enum_value(field)
	local values = field.enum.values
	for _, value in ipairs(values) do
		if value.name == (field.rules or {}).example or (value.number ~= 0 and not (field.rules or {}).example) then
			return value
		end
	end
	return values[1]
end

-- The fields to show in an example: all, but one of each oneof.
function sample.shown(message)
	local told = {}
	return text.filter(message.fields, function(field)
		local first = not field.oneof or not told[field.oneof]
		told[field.oneof or false] = true
		return first
	end)
end

-- The fields that a message cannot do without.
function sample.demanded(message)
	return text.filter(message.fields, web.must_be_sent)
end

return sample
