-- Who produces an event, who takes it, and which calls follow from that.
local text = require("emit.lib.text")

local flow = {}

function flow.names(services)
	return text.list(text.map(services, function(service)
		return service.c_name
	end))
end

local function contains(list, element)
	for _, other in ipairs(list) do
		if other == element then
			return true
		end
	end
	return false
end

-- ---- producers ----

function flow.is_requested(event)
	return event.reply ~= nil
end

-- An event to browsers that no service consumes is sent only.
function flow.is_published(event)
	return event.reply == nil and (#event.handlers > 0 or #event.to == 0)
end

function flow.is_sent(event)
	return #event.to > 0
end

-- Whether the service has calls with which it could produce something before their outcome.
function flow.has_calls(service)
	return #service.handlers > 0
end

function flow.is_from_calls(event)
	return #text.filter(event.from, flow.has_calls) > 0
end

-- ---- consumers ----

-- Whether a consumer is there that takes the event without replying.
function flow.is_done(event)
	for _, handler in ipairs(event.handlers) do
		if not handler.replies then
			return true
		end
	end
	return false
end

-- The sentence that tells the author of a handler on which thread it runs.
function flow.thread_note(handler)
	return handler.inline and "Inline: it runs on the loop and must not block; over 10 ms it is logged and counted" or ""
end

-- The same for the author of an admit handler.
function flow.admit_note()
	return "It runs on the loop and must not block: over 10 ms is logged and counted."
end

function flow.admit_later_note()
	return "A handler that has to look something up does so on a worker: `return warren_admit_on_worker(socket, look_up);`, see warren/gateway.h."
end

-- ---- an edge ----

-- The events that its browsers send.
function flow.incoming(service)
	return service.edge and service.publishes or {}
end

-- The events that its browsers receive without having asked.
function flow.outgoing(service)
	return service.edge and service.receives or {}
end

-- An event may go both ways through one edge; then its way out gets a name of its own.
function flow.admit_in_name(event)
	return "admit_" .. event.c_name
end

function flow.admit_out_name(service, event)
	local both = contains(flow.incoming(service), event)
	return "admit_" .. event.c_name .. (both and "_to_browsers" or "")
end

-- ---- in words ----

function flow.consumers(event)
	return flow.names(text.map(event.handlers, function(handler)
		return handler.service
	end))
end

function flow.reply_note(event)
	return event.reply and ("Reply %s within %d ms"):format(event.reply.wire_name, event.reply_timeout_ms) or ""
end

-- How surely browsers get it.
function flow.sent_note(event)
	return event.sends_at_least_once and "At least once" or "At most once"
end

function flow.deprecation(event)
	if not event.deprecated then
		return ""
	end
	return "Deprecated" .. (event.replaced_by and ": use " .. event.replaced_by.name or "")
end

return flow
