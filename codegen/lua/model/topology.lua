-- What the system has on the broker: each exchange, queue and binding with every argument, once.  All outputs that speak of
-- it (C tables, definitions.json, TOPOLOGY.md) are made of this.
--
-- topology = { exchanges={exchange…}, queues={queue…}, bindings={binding…} }, each in the order in which it is declared
-- exchange = { name="demo", kind="TOPIC|FANOUT", doc, declared_by={[service]=true} }
-- queue    = { name="demo.user.userLogin", kind="QUORUM|CLASSIC", index, doc, declared_by, role="consumer|dead|quarantine|lost|wait|record",
--              handler (of a consumer), message_ttl_ms, expires_ms, max_length, delivery_limit, overflow="reject-publish|drop-head",
--              single_active_consumer, dead_letter_exchange ("" is the default exchange), dead_letter_strategy="at-least-once" }
-- binding  = { exchange="demo", queue="demo.user.userLogin", routing_key="userLogin.*", declared_by }
-- handler.waits = { 100, 200, 400 }: attempt k that failed waits waits[k + 1] ms, or waits[k], so that what failed together does not
--              come back together; past the end, the last two.  handler.queue_row is its queue.
-- service.own_queue = { name="demo.router.<instance>", … } as a queue: what each instance makes for itself at run time; nil: none.
--
-- Every argument that a broker would choose by itself is said, for brokers choose differently: a vhost may have quorum as its
-- default queue type, and RabbitMQ 4 drops a message that came back 20 times where no limit is given.
local topology = {}

-- Far above what crashes are counted by (three): this only ends what nothing else does.
local CONSUMER_DELIVERY_LIMIT = 1000
-- For queues on which a message is to stay however often somebody looks at it.  3.10 to 4.3 take this; "no limit" they do not
-- take alike.
local KEEP_DELIVERY_LIMIT = 1000000
local OWN_EXPIRES_MS = 60000
local RUNG_FIRST_MS, RUNG_COUNT = 100, 17 -- the last one waits 100 · 2^16 ms: 1 h 49 min

-- ---- the ladder ----

-- The last rung that is no longer than that.
local function rung_of(wait_ms)
	local rung_ms = RUNG_FIRST_MS
	for _ = 2, RUNG_COUNT do
		if 2 * rung_ms > wait_ms then
			break
		end
		rung_ms = 2 * rung_ms
	end
	return rung_ms
end

local function below(rung_ms)
	return rung_ms > RUNG_FIRST_MS and rung_ms // 2 or rung_ms
end

local function waits_of(handler)
	local retry, waits = handler.retry, {}
	if handler.event.guarantee == "AT_MOST_ONCE" or retry.max_attempts < 2 then
		return waits
	end
	local wait_ms = retry.backoff_ms
	waits[1] = below(rung_of(wait_ms))
	for _ = 1, retry.max_attempts - 1 do
		waits[#waits + 1] = rung_of(wait_ms)
		if wait_ms == retry.backoff_max_ms then
			break
		end
		wait_ms = math.min(2 * wait_ms, retry.backoff_max_ms)
	end
	return waits
end

-- ---- rows ----

local function add(list, by_name, row, service)
	local known = by_name[row.name]
	if not known then
		row.declared_by = {}
		row.index = #list
		list[#list + 1] = row
		by_name[row.name] = row
		known = row
	end
	known.declared_by[service] = true
	return known
end

local adding = {}
adding.__index = adding

function adding:exchange(row, service)
	return add(self.out.exchanges, self.exchanges, row, service)
end

function adding:queue(row, service)
	return add(self.out.queues, self.queues, row, service)
end

function adding:bind(exchange, queue, routing_key, service)
	add(self.out.bindings, self.bindings, {
		name = table.concat({ exchange, queue, routing_key }, "\n"),
		exchange = exchange,
		queue = queue,
		routing_key = routing_key,
	}, service)
end

-- A fan-out exchange and the queue of its name behind it: it takes a dead letter under any key, and leaves the key as it was.
function adding:behind_fanout(queue, exchange_doc, service)
	self:exchange({ name = queue.name, kind = "FANOUT", doc = exchange_doc }, service)
	self:queue(queue, service)
	self:bind(queue.name, queue.name, "", service)
end

-- ---- what there is ----

function adding:dead(owner, service)
	local name = ("%s.%s.dead"):format(self.system, owner.c_name)
	self:behind_fanout({
		name = name,
		kind = "QUORUM",
		role = "dead",
		service = owner,
		doc = ("What %s gave up, with the reason in its headers."):format(owner.c_name),
		delivery_limit = KEEP_DELIVERY_LIMIT,
		overflow = "reject-publish",
	}, ("Dead letters of %s."):format(owner.c_name), service)
	return name
end

function adding:quarantine(owner, service)
	self:queue({
		name = ("%s.%s.quarantine"):format(self.system, owner.c_name),
		kind = "QUORUM",
		role = "quarantine",
		service = owner,
		doc = ("What was in the hands of %s when it crashed: run alone, one at a time."):format(owner.c_name),
		delivery_limit = CONSUMER_DELIVERY_LIMIT,
		overflow = "reject-publish",
		dead_letter_exchange = self:dead(owner, service),
		dead_letter_strategy = "at-least-once",
	}, service)
end

-- The consumers' queues that the service knew when it started the last time (runtime/src/service/former.h).
function adding:record(service)
	self:queue({
		name = ("%s.%s.topology"):format(self.system, service.c_name),
		kind = "QUORUM",
		role = "record",
		service = service,
		doc = ("The consumers' queues that %s knew when it started the last time, so that one that the schema dropped is told."):format(
			service.c_name),
		delivery_limit = KEEP_DELIVERY_LIMIT,
		overflow = "reject-publish",
	}, service)
	service.has_record = true
end

-- One consumer's queue; the consumer and each producer declare it, so that what is early is kept.
function adding:consumer(handler, service)
	local event = handler.event
	local keeps = event.guarantee == "AT_LEAST_ONCE"
	local quorum = handler.queue == "QUORUM"
	handler.queue_row = self:queue({
		name = handler.queue_name,
		kind = handler.queue,
		role = "consumer",
		service = handler.service,
		handler = handler,
		doc = ("%s for %s, %s."):format(event.name, handler.service.c_name, keeps and "at least once" or "at most once"),
		message_ttl_ms = handler.ttl_ms,
		max_length = handler.max_length,
		delivery_limit = quorum and CONSUMER_DELIVERY_LIMIT or nil,
		overflow = keeps and "reject-publish" or "drop-head",
		dead_letter_exchange = keeps and self:dead(handler.service, service) or nil,
		dead_letter_strategy = keeps and quorum and "at-least-once" or nil,
	}, service)
	self:bind(self.system, handler.queue_name, event.name .. ".*", service)
end

function adding:ladder(handler, service)
	for _, rung_ms in ipairs(handler.waits) do
		self:behind_fanout({
			name = ("%s.wait.%d"):format(self.system, rung_ms),
			kind = "QUORUM",
			role = "wait",
			doc = ("Waits %d ms, then goes back to the queue that its routing key names."):format(rung_ms),
			message_ttl_ms = rung_ms,
			delivery_limit = KEEP_DELIVERY_LIMIT,
			overflow = "reject-publish",
			dead_letter_exchange = "",
			dead_letter_strategy = "at-least-once",
		}, ("One rung of the retry ladder: %d ms."):format(rung_ms), service)
	end
end

function adding:browsers(edge, service)
	local name = ("%s.%s"):format(self.system, edge.c_name)
	self:exchange({ name = name, kind = "FANOUT", doc = ("To all instances of %s, for browsers."):format(edge.c_name) }, service)
	return name
end

function adding:lost(edge, service)
	local name = ("%s.%s.lost"):format(self.system, edge.c_name)
	self:behind_fanout({
		name = name,
		kind = "QUORUM",
		role = "lost",
		service = edge,
		doc = ("For browsers, from instances of %s that went: another instance counts it."):format(edge.c_name),
		delivery_limit = KEEP_DELIVERY_LIMIT,
		overflow = "reject-publish",
	}, ("What instances of %s left behind."):format(edge.c_name), service)
	return name
end

-- Each instance's own: replies to its requests, and an edge's events to its browsers.  Its TTL is a setting (PUSH_WAIT_MS).
function adding:own(service)
	local awaits, lost = service.edge, nil
	for _, event in ipairs(service.publishes) do
		awaits = awaits or event.reply ~= nil
	end
	if not awaits then
		return
	end
	local fanout = service.edge and self:browsers(service, service) or nil
	for _, event in ipairs(service.receives) do
		lost = lost or event.sends_at_least_once and self:lost(service, service) or nil
	end
	service.own_queue = {
		name = ("%s.%s.<instance>"):format(self.system, service.c_name),
		kind = "CLASSIC",
		role = "instance",
		service = service,
		doc = service.edge and "One instance's: replies, and events to its browsers." or "One instance's: replies.",
		expires_ms = OWN_EXPIRES_MS,
		overflow = "drop-head",
		dead_letter_exchange = lost,
		has_message_ttl = lost ~= nil,
		fanout = fanout,
	}
end

-- ---- the whole ----

local function add_service(self, model, service)
	self:exchange({ name = self.system, kind = "TOPIC", doc = "Events; routing key `<event>.<bucket>`." }, service)
	for _, handler in ipairs(service.handlers) do
		self:consumer(handler, service)
		self:ladder(handler, service)
		if handler.event.guarantee == "AT_LEAST_ONCE" then
			self:quarantine(service, service)
		end
	end
	for _, event in ipairs(service.publishes) do
		for _, handler in ipairs(event.handlers) do
			self:consumer(handler, service)
		end
	end
	-- Any service may change the sockets of any edge.
	for _, edge in ipairs(model.services) do
		if edge.edge then
			self:browsers(edge, service)
		end
	end
	self:own(service)
	if #service.handlers > 0 or #service.publishes > 0 then
		self:record(service)
	end
end

function topology.add(model)
	local out = { exchanges = {}, queues = {}, bindings = {} }
	local self = setmetatable({ system = model.package, out = out, exchanges = {}, queues = {}, bindings = {} }, adding)
	for _, event in ipairs(model.events) do
		for _, handler in ipairs(event.handlers) do
			handler.waits = waits_of(handler)
		end
	end
	for _, service in ipairs(model.services) do
		add_service(self, model, service)
	end
	model.topology = out
end

-- The rows of a list that a service declares.
function topology.of(list, service)
	local out = {}
	for _, row in ipairs(list) do
		if row.declared_by[service] then
			out[#out + 1] = row
		end
	end
	return out
end

return topology
