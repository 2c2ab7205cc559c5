-- c/<package>_topology.{h,c}: the rows of model/topology.lua as const tables, and which of them each service declares.
local c = require("emit.lib.c")
local text = require("emit.lib.text")
local topology = require("model.topology")

local fill = text.fill

local ABOUT = [[
What @ has on the broker, and which service declares it.
TOPOLOGY.md explains each row.  The runtime declares them; names are without SYSTEM_SUFFIX.]]

local function is_consumers(queue)
	return queue.role == "consumer"
end

local function consumers(model)
	return text.filter(model.topology.queues, is_consumers)
end

-- ---- rows ----

local function define_members(queue)
	local lines = { (".name = %s,"):format(c.string(queue.name)), (".kind = WARREN_QUEUE_%s,"):format(queue.kind) }
	local function add(format, value)
		if value then
			lines[#lines + 1] = format:format(value)
		end
	end
	add(".message_ttl_ms = %d,", queue.message_ttl_ms)
	add(".expires_ms = %d,", queue.expires_ms)
	add(".max_length = %d,", queue.max_length)
	add(".delivery_limit = %d,", queue.delivery_limit)
	add(".reject_publish = %s,", queue.overflow == "reject-publish" and "true" or nil)
	add(".single_active_consumer = %s,", queue.single_active_consumer and "true" or nil)
	add(".dead_letter_exchange = %s,", queue.dead_letter_exchange and c.string(queue.dead_letter_exchange))
	add(".dead_letter_at_least_once = %s,", queue.dead_letter_strategy == "at-least-once" and "true" or nil)
	return table.concat(lines, "\n")
end

local function define_consumer(queue)
	return fill([[
const struct warren_broker_queue $(name) = {
	$(members)
};]], { name = queue.handler.queue_c_name, members = define_members(queue) })
end

local function braces(members)
	return "{\n" .. text.indent(members, "\t") .. "\n}"
end

-- Where a row stands in C.
local function places_of(model)
	local places = {}
	local function place(list, format, keep)
		local index = 0
		for _, row in ipairs(list) do
			if keep(row) then
				places[row] = format:format(index)
				index = index + 1
			end
		end
	end
	local function all()
		return true
	end
	place(model.topology.exchanges, "&exchanges[%d]", all)
	place(model.topology.bindings, "&bindings[%d]", all)
	place(model.topology.queues, "&queues[%d]", function(queue)
		return not is_consumers(queue)
	end)
	for _, queue in ipairs(consumers(model)) do
		places[queue] = "&" .. queue.handler.queue_c_name
	end
	return places
end

local function define_rows(model)
	local rows = model.topology
	return c.pieces(
		text.each(consumers(model), define_consumer, "\n\n"),
		c.array("static const struct warren_broker_exchange exchanges", text.map(rows.exchanges, function(exchange)
			return ("{.name = %s, .kind = WARREN_EXCHANGE_%s}"):format(c.string(exchange.name), exchange.kind)
		end)),
		c.array("static const struct warren_broker_queue queues", text.map(rows.queues, function(queue)
			return not is_consumers(queue) and braces(define_members(queue)) or nil
		end)),
		c.array("static const struct warren_broker_binding bindings", text.map(rows.bindings, function(binding)
			return ("{%s, %s, %s}"):format(c.string(binding.exchange), c.string(binding.queue), c.string(binding.routing_key))
		end)))
end

-- ---- services ----

local function define_service(model, service, places)
	local arrays, members = {}, {}
	local function list(kind, rows, name)
		local own = text.map(topology.of(rows, service), function(row)
			return places[row]
		end)
		if #own > 0 then
			arrays[#arrays + 1] = c.array(("static const struct warren_broker_%s *const %s_%s"):format(kind, service.c_name, name), own)
			members[#members + 1] = (".%s = %s_%s,\n.%s_count = %d,"):format(name, service.c_name, name, kind, #own)
		end
	end
	list("exchange", model.topology.exchanges, "exchanges")
	list("queue", model.topology.queues, "queues")
	list("binding", model.topology.bindings, "bindings")
	local own = service.own_queue
	if own then
		arrays[#arrays + 1] = fill([[
static const struct warren_broker_queue $(s)_own_queue = {
	$(members)
};]], { s = service.c_name, members = define_members(own) })
		members[#members + 1] = (".own_queue = &%s_own_queue,"):format(service.c_name)
			.. (own.fanout and ("\n.own_exchange = %s,"):format(c.string(own.fanout)) or "")
	end
	if service.has_record then
		members[#members + 1] = ".has_record = true,"
	end
	return c.pieces(("/* ---- %s ---- */"):format(service.c_name), table.concat(arrays, "\n\n"), fill([[
const struct warren_topology $(s)_topology = {
	$(members)
};]], { s = service.c_name, members = table.concat(members, "\n") }))
end

local function header(model, name)
	return c.header(model, name, { "warren/topology.h" }, c.block_comment(ABOUT:gsub("@", model.package)), c.pieces(
		text.each(consumers(model), function(queue)
			return ("extern const struct warren_broker_queue %s;"):format(queue.handler.queue_c_name)
		end),
		text.each(model.services, function(service)
			return ("extern const struct warren_topology %s_topology;"):format(service.c_name)
		end)))
end

local function source(model, name)
	local places = places_of(model)
	return c.fold(c.pieces(c.head(model) .. "\n" .. ('#include "%s"'):format(name), define_rows(model),
		text.each(model.services, function(service)
			return define_service(model, service, places)
		end, "\n\n"))) .. "\n"
end

local function emit(model)
	if #model.services == 0 then
		return {}
	end
	local name = c.system_file(model, "topology.h")
	return {
		{ path = "c/" .. name, text = header(model, name) },
		{ path = "c/" .. c.system_file(model, "topology.c"), text = source(model, name) },
	}
end

return { name = "c", emit = emit }
