-- The accounts of a system on the broker, and what each may: the least with which its service works when all of
-- model/topology.lua stands already.
--
-- account = { name="demo.user", service, configure, write, read, topic_write }, regular expressions as RabbitMQ takes them
--
-- The default exchange (amq.default) leads to every queue, and a rung of the ladder brings back to any: what comes on these
-- ways is told apart by user_id alone, which the consumer judges (runtime/src/service/trust.h).
local flow = require("emit.lib.flow")
local text = require("emit.lib.text")

local accounts = {}

local NOTHING = "^$"
local INSTANCE = "[2-7][a-z2-7]{11}" -- base/id.h

local function literal(name)
	return (name:gsub("[^%w_]", "\\%0"))
end

-- Exactly one of these, which are regular expressions themselves.
local function any_of(patterns)
	if #patterns == 0 then
		return NOTHING
	end
	return "^(" .. table.concat(patterns, "|") .. ")$"
end

-- A list that keeps what it has been given once.
local function unique()
	local list, seen = {}, {}
	return list, function(pattern)
		if pattern and not seen[pattern] then
			seen[pattern] = true
			list[#list + 1] = pattern
		end
	end
end

local function own_queue(model, service)
	return service.own_queue and literal(("%s.%s."):format(model.package, service.c_name)) .. INSTANCE or nil
end

local function keeps(handler)
	return handler.event.guarantee == "AT_LEAST_ONCE"
end

-- The events that it publishes to the system's exchange; one for browsers alone goes to their edges.
local function on_the_exchange(service)
	return text.filter(service.publishes, function(event)
		return service.edge or flow.is_requested(event) or flow.is_published(event)
	end)
end

local function write_of(model, service)
	local list, add = unique()
	local edges = text.filter(model.services, function(other)
		return other.edge
	end)
	local kept = text.filter(service.handlers, keeps)
	local system = literal(model.package)
	if #on_the_exchange(service) > 0 then
		add(system)
	end
	-- Replies, the quarantine, what goes to one socket, and the record of its queues.
	if #kept > 0 or #edges > 0 or service.has_record then
		add("amq\\.default")
	end
	for _, edge in ipairs(edges) do
		add(literal(("%s.%s"):format(model.package, edge.c_name)))
	end
	if #kept > 0 then
		add(literal(("%s.%s.dead"):format(model.package, service.c_name)))
	end
	for _, handler in ipairs(service.handlers) do
		for _, wait_ms in ipairs(handler.waits) do
			add(literal(("%s.wait.%d"):format(model.package, wait_ms)))
		end
	end
	local own = service.own_queue
	if own and own.dead_letter_exchange then
		add(literal(own.dead_letter_exchange)) -- to declare a queue with it
	end
	if own and own.fanout then
		add(own_queue(model, service)) -- to bind it
	end
	return any_of(list)
end

local TAKEN = { consumer = true, quarantine = true, lost = true, record = true }

local function read_of(model, service)
	local list, add = unique()
	for _, queue in ipairs(model.topology.queues) do
		if TAKEN[queue.role] and queue.service == service then
			add(literal(queue.name))
		end
	end
	add(own_queue(model, service))
	local own = service.own_queue
	if own and own.fanout then
		add(literal(own.fanout)) -- to bind its queue to
	end
	return any_of(list)
end

local function topic_write_of(service)
	local events = text.map(on_the_exchange(service), function(event)
		return literal(event.name)
	end)
	return #events == 0 and NOTHING or "^(" .. table.concat(events, "|") .. ")\\.[0-9]+$"
end

function accounts.of(model)
	return text.map(model.services, function(service)
		local own = own_queue(model, service)
		return {
			name = ("%s.%s"):format(model.package, service.c_name),
			service = service,
			configure = own and any_of({ own }) or NOTHING,
			write = write_of(model, service),
			read = read_of(model, service),
			topic_write = topic_write_of(service),
		}
	end)
end

return accounts
