-- rabbitmq/definitions.json: the topology for `rabbitmqctl import_definitions`, or for `load_definitions` at the broker's start.
-- It is what the services declare themselves; with it they need no permission to configure.
local arguments_of = require("emit.lib.queue").arguments
local text = require("emit.lib.text")

local VHOST = "/"

-- Names hold letters, digits, dots, dashes, underscores and stars: nothing that JSON escapes.
local function json(value)
	return type(value) == "string" and '"' .. value .. '"' or tostring(value)
end

-- Members in the order given.
local function object(members)
	return "{" .. text.each(members, function(member)
		return ('"%s": %s'):format(member[1], member[3] and member[2] or json(member[2]))
	end, ", ") .. "}"
end

local function list(rows, describe)
	if #rows == 0 then
		return "[]"
	end
	return "[\n" .. text.each(rows, function(row)
		return "    " .. object(describe(row))
	end, ",\n") .. "\n  ]"
end

local function emit(model)
	local topology = model.topology
	local parts = {
		{ "exchanges", list(topology.exchanges, function(exchange)
			return { { "name", exchange.name }, { "vhost", VHOST }, { "type", exchange.kind:lower() }, { "durable", true },
				{ "auto_delete", false }, { "internal", false }, { "arguments", "{}", true } }
		end) },
		{ "queues", list(topology.queues, function(queue)
			return { { "name", queue.name }, { "vhost", VHOST }, { "durable", true }, { "auto_delete", false },
				{ "arguments", object(arguments_of(queue)), true } }
		end) },
		{ "bindings", list(topology.bindings, function(binding)
			return { { "source", binding.exchange }, { "vhost", VHOST }, { "destination", binding.queue },
				{ "destination_type", "queue" }, { "routing_key", binding.routing_key }, { "arguments", "{}", true } }
		end) },
	}
	return { {
		path = "rabbitmq/definitions.json",
		text = "{\n" .. text.each(parts, function(part)
			return ('  "%s": %s'):format(part[1], part[2])
		end, ",\n") .. "\n}\n",
	} }
end

return { name = "rabbitmq", emit = emit }
