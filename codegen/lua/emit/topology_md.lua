-- docs/TOPOLOGY.md: each exchange, queue, binding, argument, property and header once, for whoever operates the broker.
local arguments_of = require("emit.lib.queue").arguments
local text = require("emit.lib.text")
local topology = require("model.topology")
local wire = require("emit.lib.wire")

local HEAD = [[
# The topology of $(system)

Made by protoc-gen-warren from $(source). Do not edit: change the schema and run `./dev gen`.

This is all that the system has on the broker, in the vhost of `BROKER_URL`. Services declare it themselves; who does not let them
(an account without the permission to configure) imports `rabbitmq/definitions.json`, which is made of the same table. Every name begins with
the system's, `$(system)`; with `SYSTEM_SUFFIX` set, the suffix stands behind it in every name. All is durable and nothing is deleted by itself, but
for the queues of instances. Names, arguments, properties and headers are final: a version suffix comes into a name when one that cannot be
changed on the broker has to change.

A difference on the broker is told at the start, counted, and listed in `/readyz`. An argument that only tunes (`x-message-ttl`,
`x-expires`, `x-max-length`, `x-delivery-limit`) is used as it stands. A difference that would break a promise (the type, durability,
`x-overflow`, dead letters, `x-single-active-consumer`) keeps that one consumer from starting, and nothing else.]]

local BODY = [[
## Exchanges

$(exchanges)

An event is published to `$(system)` with the routing key `<event>.<bucket>`; the bucket is 0 until events have keys. Replies, events to one socket,
and control of it go through the default exchange to an instance's queue.

## Queues

$(queues)

`x-delivery-limit` of a consumer's queue, 1,000, is a backstop: what counts crashes gives a message up after three. Where a message has to stay however
often somebody looks at it, it is 1,000,000: RabbitMQ 4 drops a message that came back 20 times when nothing is said, and no number that means
"no limit" is understood by all releases.

A consumer that says no `prefetch` begins with two unsettled deliveries for each worker (`WORKERS`), so that an instance that starts now finds something
to do. While its handler is fast it has a second consumer on the same channel, tag `a<number>.<number>`, with a prefetch of 56; that one is cancelled
when deliveries wait. Of an event at most once nothing is acknowledged, so that the broker gives each instance its turn of all there is.

## Queues of instances

$(own)

## Bindings

$(bindings)

## Who declares what

$(declared)

## Properties

$(properties)

## Headers

Texts, unless it says a number. A message that is published again keeps those that it had.

$(headers)]]

local function escape(value)
	return (value:gsub("|", "\\|"))
end

local function code(value)
	return value == "" and "(empty)" or "`" .. value .. "`"
end

local function grid(titles, rows)
	if #rows == 0 then
		return "None."
	end
	local lines = { "| " .. table.concat(titles, " | ") .. " |", ("|---"):rep(#titles) .. "|" }
	for _, row in ipairs(rows) do
		lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |"
	end
	return table.concat(lines, "\n")
end

local function describe_arguments(row)
	local out = text.map(arguments_of(row), function(argument)
		local name, value = argument[1], argument[2]
		return ("`%s`: %s"):format(name, value == "" and "the default exchange" or "`" .. tostring(value) .. "`")
	end)
	if row.has_message_ttl then
		out[#out + 1] = "`x-message-ttl`: `PUSH_WAIT_MS`"
	end
	return table.concat(out, ", ")
end

local function queue_rows(rows)
	return text.map(rows, function(row)
		return { code(row.name), escape(row.doc), describe_arguments(row) .. (row.fanout and "; bound to " .. code(row.fanout) or "") }
	end)
end

local function declared_rows(model)
	local function names(list, service)
		return table.concat(text.map(topology.of(list, service), function(row)
			return code(row.name)
		end), ", ")
	end
	return text.map(model.services, function(service)
		return { service.c_name, names(model.topology.exchanges, service), names(model.topology.queues, service) }
	end)
end

local function two_columns(rows)
	return text.map(rows, function(row)
		return { code(row[1]), escape(row[2]) }
	end)
end

local function emit(model)
	local all = model.topology
	local own = {}
	for _, service in ipairs(model.services) do
		own[#own + 1] = service.own_queue
	end
	local values = {
		system = model.package,
		source = model.source,
		exchanges = grid({ "exchange", "type", "what for" }, text.map(all.exchanges, function(exchange)
			return { code(exchange.name), exchange.kind:lower(), exchange.doc }
		end)),
		queues = grid({ "queue", "what for", "arguments" }, queue_rows(all.queues)),
		own = grid({ "queue", "what for", "arguments" }, queue_rows(own)),
		bindings = grid({ "exchange", "queue", "routing key" }, text.map(all.bindings, function(binding)
			return { code(binding.exchange), code(binding.queue), code(binding.routing_key) }
		end)),
		declared = grid({ "service", "exchanges", "queues, with their bindings" }, declared_rows(model)),
		properties = grid({ "property", "what it says" }, two_columns(wire.properties)),
		headers = grid({ "header", "what it says" }, two_columns(wire.headers)),
	}
	return { { path = "docs/TOPOLOGY.md", text = text.fill(HEAD, values) .. "\n\n" .. text.fill(BODY, values) .. "\n" } }
end

return { name = "docs", emit = emit }
