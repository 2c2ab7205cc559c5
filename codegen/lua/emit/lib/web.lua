-- What a page sees of a model: which events go which way, and how JSON carries a field.
local text = require("emit.lib.text")

local web = {}

-- The events that browsers send, each once.
function web.sent(model)
	return text.filter(model.events, function(event)
		return event.from_edge
	end)
end

-- The events that browsers receive without having asked.
function web.pushed(model)
	return text.filter(model.events, function(event)
		return #event.to > 0
	end)
end

local function reach(message, into)
	if into[message] then
		return
	end
	into[message] = true
	for _, field in ipairs(message.fields) do
		if field.message then
			reach(field.message, into)
		end
	end
end

-- The messages that a page sends, and those that it receives, with all that they hold.
function web.directions(model)
	local sent, received = {}, {}
	for _, event in ipairs(web.sent(model)) do
		reach(event.message, sent)
		if event.reply then
			reach(event.reply, received)
		end
	end
	for _, event in ipairs(web.pushed(model)) do
		reach(event.message, received)
	end
	return sent, received
end

-- Of the replies to what browsers send, each message once.
function web.replies(model)
	local seen, out = {}, {}
	for _, event in ipairs(web.sent(model)) do
		if event.reply and not seen[event.reply] then
			seen[event.reply] = true
			out[#out + 1] = event.reply
		end
	end
	return out
end

-- Whether JSON leaves the field out when it is not set.
function web.may_be_absent(field)
	return field.label == "optional" or field.oneof ~= nil or (field.message ~= nil and field.label ~= "repeated")
end

-- Whether a message is refused that leaves the field out.
function web.must_be_sent(field)
	local rule = field.rules or {}
	if rule.required or (rule.min_items or 0) > 0 then
		return true
	end
	return not web.may_be_absent(field) and (rule.min_len or 0) > 0
end

local AS_TEXT = { int64 = true, uint64 = true, sint64 = true, fixed64 = true, sfixed64 = true, bytes = true, string = true }

-- The type of one value in JSON: "string", "number", "boolean".
function web.json_type(field)
	if field.type == "bool" then
		return "boolean"
	end
	if AS_TEXT[field.type] and not (field.rules and field.rules.safe) then
		return "string"
	end
	return "number"
end

-- What the type alone does not tell.
function web.json_note(field)
	if field.type == "bytes" then
		return "base64"
	end
	local is_number = field.type ~= "string" and AS_TEXT[field.type]
	return is_number and web.json_type(field) == "string" and "a 64-bit integer as text" or ""
end

-- The names of which at most one may be there; nil for a field that stands alone.
function web.one_of(field)
	if field.oneof and #field.oneof.fields > 1 then
		return text.list(text.map(field.oneof.fields, function(other)
			return other.json_name
		end), "or")
	end
end

return web
