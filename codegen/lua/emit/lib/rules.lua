-- What a field's rules say to a person: the same words in C, TypeScript and the documentation.
local text = require("emit.lib.text")

local rules = {}

local function bounds(low, high, unit)
	if low and high then
		return low == high and ("exactly %s%s"):format(low, unit) or ("%s to %s%s"):format(low, high, unit)
	end
	return low and ("at least %s%s"):format(low, unit) or ("at most %s%s"):format(high, unit)
end

local function plural(count, unit)
	return " " .. unit .. (count == 1 and "" or "s")
end

-- Returns phrases, e.g. { "required", "at most 64 characters" }; none for a field without rules.
function rules.phrases(field)
	local rule, out = field.rules or {}, {}
	local each = ""
	local function add(phrase)
		out[#out + 1] = each .. phrase
	end
	if rule.required then
		add("required")
	end
	if rule.min_items or rule.max_items then
		add(bounds(rule.min_items, rule.max_items, plural(rule.max_items or rule.min_items, "item")))
	end
	each = field.label == "repeated" and "each " or ""
	if rule.min_len or rule.max_len then
		local unit = field.type == "bytes" and "byte" or "character"
		add(bounds(rule.min_len, rule.max_len, plural(rule.max_len or rule.min_len, unit)))
	end
	if rule.gte or rule.lte then
		add(bounds(rule.gte and text.number(rule.gte), rule.lte and text.number(rule.lte), ""))
	end
	if rule["in"] then
		add("one of " .. table.concat(text.map(rule["in"], function(value)
			return '"' .. value .. '"'
		end), ", "))
	end
	if rule.email then
		add("an e-mail address")
	end
	if rule.uuid then
		add("a UUID")
	end
	if rule.pattern then
		add("matches `" .. rule.pattern .. "`")
	end
	if rule.safe then
		add("a number within ±(2^53 − 1)")
	end
	each = ""
	if rule.secret then
		add("secret")
	end
	return out
end

-- One sentence without its full stop, "" without rules.
function rules.sentence(field)
	return text.capital(table.concat(rules.phrases(field), ", "))
end

return rules
