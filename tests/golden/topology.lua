-- The table of what a system has on the broker: the waits between attempts, and that the headers that TOPOLOGY.md explains are
-- those of the runtime.  topology.lua FOLDER-OF-SCRIPTS WIRE.H
package.path = arg[1] .. "/?.lua"
local topology = require("model.topology")
local wire = require("emit.lib.wire")

local passed, failed = 0, 0

local function check(what, got, wanted)
	if got == wanted then
		passed = passed + 1
	else
		failed = failed + 1
		print(("FAIL %s: %s, not %s"):format(what, tostring(got), tostring(wanted)))
	end
end

-- ---- waits ----

local function waits(max_attempts, backoff_ms, backoff_max_ms, guarantee)
	local service = { name = "User", c_name = "user", publishes = {}, receives = {} }
	local event = { name = "userLogin", guarantee = guarantee or "AT_LEAST_ONCE" }
	local handler = {
		event = event, service = service, queue = "QUORUM", queue_name = "demo.user.userLogin", queue_c_name = "q",
		retry = { max_attempts = max_attempts, backoff_ms = backoff_ms, backoff_max_ms = backoff_max_ms },
	}
	event.handlers, service.handlers = { handler }, { handler }
	local model = { package = "demo", events = { event }, services = { service } }
	topology.add(model)
	return handler.waits, model.topology
end

local function spell(list)
	return table.concat(list, " ")
end

check("five attempts", spell(waits(5, 200, 30000)), "100 200 400 800 1600")
check("up to the most", spell(waits(20, 200, 30000)), "100 200 400 800 1600 3200 6400 12800 25600 25600")
check("one wait", spell(waits(2, 200, 200)), "100 200")
check("the same each time", spell(waits(9, 1000, 1000)), "400 800")
check("less than the first rung", spell(waits(4, 1, 150)), "100 100 100 100")
check("a day", spell(waits(1000, 86400000, 86400000)), "3276800 6553600")
check("one attempt waits for nothing", #waits(1, 200, 30000), 0)
check("at most once waits for nothing", #waits(5, 200, 30000, "AT_MOST_ONCE"), 0)

-- Whatever is asked for, each wait is a rung that is there, no longer than asked, and doubles.
for _, backoff_ms in ipairs({ 1, 99, 100, 101, 199, 250, 1000, 86400000 }) do
	for _, factor in ipairs({ 1, 3, 1000 }) do
		for _, attempts in ipairs({ 2, 3, 7, 1000 }) do
			local list, rows = waits(attempts, backoff_ms, math.min(backoff_ms * factor, 86400000))
			local what = ("%d attempts from %d ms, up to %d times"):format(attempts, backoff_ms, factor)
			local there = {}
			for _, queue in ipairs(rows.queues) do
				there[queue.name] = queue.message_ttl_ms
			end
			check(what .. ", at least two", #list >= 2 and #list <= 40, true)
			for i, wait_ms in ipairs(list) do
				local asked_ms = math.min(backoff_ms * 2 ^ math.max(0, i - 2), backoff_ms * factor, 86400000)
				check(what .. ", a rung", there["demo.wait." .. wait_ms], wait_ms)
				check(what .. ", no longer", wait_ms <= math.max(100, asked_ms), true)
				check(what .. ", no shorter", i == 1 or 2 * wait_ms > math.min(asked_ms, 6553600), true)
			end
		end
	end
end

-- ---- headers ----

local named, explained = {}, {}
for line in io.lines(arg[2]) do
	named[#named + 1] = line:match('^#define WARREN_HEADER_[%u_]+ "([^"]+)"')
end
for i, header in ipairs(wire.headers) do
	explained[i] = header[1]
end
table.sort(named)
table.sort(explained)
check("the headers of wire.h", table.concat(explained, "\n"), table.concat(named, "\n"))
check("there are some", #named > 10, true)

print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
