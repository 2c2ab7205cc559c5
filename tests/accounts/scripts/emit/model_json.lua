-- What the schema says, for a test to hold the accounts against: who produces, takes and answers each event.
local text = require("emit.lib.text")

local function names(services)
	return "[" .. text.each(services, function(service)
		return ('"%s"'):format(service.c_name)
	end, ", ") .. "]"
end

local function handler(one)
	return ('{"service": "%s", "queue": "%s", "attempts": %d}'):format(one.service.c_name, one.queue_name, one.retry.max_attempts)
end

local function event(one)
	return ('{"name": "%s", "from": %s, "to": %s, "guarantee": "%s", "sure": %s, "replier": "%s", "handlers": [%s]}'):format(
		one.name, names(one.from), names(one.to), one.guarantee, one.sends_at_least_once and "true" or "false",
		one.replier and one.replier.service.c_name or "", text.each(one.handlers, handler, ", "))
end

local function emit(model)
	return { {
		path = "model.json",
		text = ('{"system": "%s", "services": %s, "edges": %s, "events": [\n%s\n]}\n'):format(model.package, names(model.services),
			names(text.filter(model.services, function(service)
				return service.edge
			end)), text.each(model.events, event, ",\n")),
	} }
end

return { name = "model_json", emit = emit }
