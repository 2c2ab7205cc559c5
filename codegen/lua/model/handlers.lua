-- The rpcs: how one consumer takes an event, and who answers it.
local near = require("near")

local handlers = {}

local METHOD_OPTIONS, METHOD_INPUT, METHOD_OUTPUT = 4, 2, 3
local ON_TAG = 50702

local NONE = ".warren.None"

local DEFAULTS = { timeout_ms = 5000, max_attempts = 5, backoff_ms = 200, backoff_max_ms = 30000 }

-- The least and the most of each number, and what is odd about more.
local LIMITS = {
	timeout_ms = { 1, 1800000, "half an hour" },
	max_attempts = { 1, 1000 },
	backoff_ms = { 1, 86400000, "a day" },
	backoff_max_ms = { 1, 86400000, "a day" },
	ttl_ms = { 1, 4294967295 },
	max_length = { 1, 4294967295 },
	prefetch = { 1, 2000, "the most that a quorum queue takes" },
}

-- ---- what the rpc names ----


local function find_message(model, type_name)
	for _, message in ipairs(model.messages) do
		if "." .. message.full_name == type_name then
			return message
		end
	end
end

local function event_names(model)
	local out = {}
	for i, event in ipairs(model.events) do
		out[i] = event.message.name
	end
	return out
end

-- Returns the message, nil after telling why not.
local function check_input(model, service, method, place, found)
	local message = find_message(model, method.input_type)
	if not message then
		found:add(place, "rpc %s takes %s, which is not of this package; take an event", method.name, method.input_type:sub(2))
	elseif not message.event then
		found:add(place, "rpc %s takes %s, which is no event%s; give that message `option (warren.event) = { from: \"…\" };`",
			method.name, message.name, near.hint(message.name, event_names(model)))
	elseif method.name ~= "On" .. message.name then
		found:add(place, "rpc %s takes %s, an rpc is named On and its message; name it On%s", method.name, message.name,
			message.name)
	else
		return message
	end
end

local function check_streaming(method, place, found)
	if method.client_streaming or method.server_streaming then
		found:add(place, "rpc %s streams, an event is one message with at most one reply; remove `stream`", method.name)
	end
end

-- Returns the reply's message, nil for none.
local function resolve_reply(model, method, place, found)
	if method.output_type == NONE then
		return nil
	end
	local reply = find_message(model, method.output_type)
	if not reply then
		found:add(place, "rpc %s returns %s, which is not of this package; return a message of it, or warren.None",
			method.name, method.output_type:sub(2))
		return nil
	elseif reply.is_nested then
		found:add(place, "rpc %s returns %s, which is declared inside of another message; move it out", method.name,
			reply.full_name)
	elseif reply == find_message(model, method.input_type) then
		found:add(place, "rpc %s returns the message that it takes, so that `%s` would mean both; return one of its own",
			method.name, reply.wire_name)
	end
	for _, field in ipairs(reply.fields) do
		if field.json_name == "error" then
			found:add(field.place, "'%s' of %s, which is a reply: a refused event's answer is told by its member `error`; "
				.. "name it otherwise, e.g. reason", field.name, reply.name)
		end
	end
	return reply
end

-- ---- warren.on ----

local function check_limits(options, add)
	for _, name in ipairs({ "timeout_ms", "max_attempts", "backoff_ms", "backoff_max_ms", "ttl_ms", "max_length", "prefetch" }) do
		local value, limit = options[name], LIMITS[name]
		if value and value < limit[1] then
			add("%s: %d is not possible; give at least %d, or leave it out", name, value, limit[1])
		elseif value and value > limit[2] then
			add("%s: %d is more than %d%s; lower it", name, value, limit[2], limit[3] and " (" .. limit[3] .. ")" or "")
		end
	end
end

local function check_at_most_once(options, retry, name, add)
	if retry then
		add("retry on %s, which is AT_MOST_ONCE and never comes again; remove it, or make it AT_LEAST_ONCE", name)
	end
	if options.prefetch then
		add("prefetch on %s, which is AT_MOST_ONCE: without acknowledgement the broker knows no limit; remove it", name)
	end
	if options.queue == "QUORUM" then
		add("queue: QUORUM on %s, which is AT_MOST_ONCE and transient, but a quorum queue writes all to disk; remove it", name)
	end
end

local function check_retry(retry, add)
	if retry.max_attempts == 1 and (retry.backoff_ms or retry.backoff_max_ms) then
		add("retry: backoff with max_attempts: 1 has no effect; raise max_attempts or remove the backoff")
	end
	if retry.backoff_ms and retry.backoff_max_ms and retry.backoff_ms > retry.backoff_max_ms then
		add("retry: backoff_ms: %d is above backoff_max_ms: %d; exchange them", retry.backoff_ms, retry.backoff_max_ms)
	end
	check_limits(retry, add)
end

local function resolve_retry(retry, event)
	if event.guarantee == "AT_MOST_ONCE" then
		return { max_attempts = 1, backoff_ms = DEFAULTS.backoff_ms, backoff_max_ms = DEFAULTS.backoff_max_ms }
	end
	retry = retry or {}
	local backoff_ms = retry.backoff_ms or math.min(DEFAULTS.backoff_ms, retry.backoff_max_ms or DEFAULTS.backoff_ms)
	return {
		max_attempts = retry.max_attempts or DEFAULTS.max_attempts,
		backoff_ms = backoff_ms,
		backoff_max_ms = retry.backoff_max_ms or math.max(DEFAULTS.backoff_max_ms, backoff_ms),
	}
end

local function check_options(options, handler, add)
	local name = handler.event.message.name
	if options.unknown_tag or (options.retry and options.retry.unknown_tag) then
		add("(warren.on) has an option (number %d) that this protoc-gen-warren does not know; "
			.. "update it, or use the warren/options.proto that came with it",
			options.unknown_tag or options.retry.unknown_tag)
	end
	if options.timeout_ms and not handler.replies then
		add("timeout_ms on %s, which is not answered here, so that nobody waits; remove it, or return a reply", name)
	end
	if handler.event.guarantee == "AT_MOST_ONCE" then
		check_at_most_once(options, options.retry, name, add)
	end
	if options.retry then
		check_retry(options.retry, add)
	end
	check_limits(options, add)
end

local function fill_options(handler, options)
	local event = handler.event
	handler.timeout_ms = options.timeout_ms or DEFAULTS.timeout_ms
	handler.retry = resolve_retry(options.retry, event)
	handler.ttl_ms = options.ttl_ms
	handler.max_length = options.max_length
	handler.prefetch = options.prefetch
	handler.inline = options.inline or false
	handler.queue = event.guarantee == "AT_MOST_ONCE" and "CLASSIC" or "QUORUM"
	if options.queue == "QUORUM" or options.queue == "CLASSIC" then
		handler.queue = options.queue
	end
end

-- ---- the handler ----

local function set_replier(event, handler, reply, found)
	local other = event.replier
	if other then
		found:add(handler.place, "%s replies to %s, but so does %s (%s:%d), and only one may; return warren.None from one",
			handler.service.name, event.message.name, other.service.name, other.file, other.line)
		return
	end
	event.reply = reply
	event.replier = handler
	event.reply_timeout_ms = handler.timeout_ms
end

function handlers.add(model, service, method, path, found)
	local one = service.source
	local place = one:place(path)
	check_streaming(method, place, found)
	local reply = resolve_reply(model, method, one:place(path, METHOD_OUTPUT), found)
	local message = check_input(model, service, method, one:place(path, METHOD_INPUT), found)
	if not message then
		return
	end
	local event = message.event
	local handler = {
		event = event,
		service = service,
		c_name = ("%s_on_%s"):format(service.c_name, event.c_name),
		file_name = ("on_%s.c"):format(event.c_name),
		replies = reply ~= nil,
		queue_name = ("%s.%s.%s"):format(model.package, service.c_name, event.name),
		queue_c_name = ("%s_%s_queue"):format(service.c_name, event.c_name),
		doc = one:doc(path),
		place = place,
		file = place.file,
		line = place.line,
	}
	local options = method.options and method.options.warren or {}
	local option_place = one:place(path, METHOD_OPTIONS, ON_TAG)
	check_options(options, handler, function(text, ...)
		found:add(option_place, text, ...)
	end)
	fill_options(handler, options)
	table.insert(event.handlers, handler)
	table.insert(service.handlers, handler)
	if reply then
		set_replier(event, handler, reply, found)
	end
end

return handlers
