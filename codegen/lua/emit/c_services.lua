-- c/<service>_service.{h,c}: what one service may do and what a person writes for it, and its table.
-- c/<service>_handlers.txt: the functions that a person writes, for the check before the linker.
-- c/<package>_services.h: all of them, for a program that runs them together.
local c = require("emit.lib.c")
local calls = require("emit.lib.calls")
local flow = require("emit.lib.flow")
local text = require("emit.lib.text")

local fill = text.fill

-- ---- the header's head ----

local function reply_of(event)
	return event.reply and ", reply " .. event.reply.wire_name or ""
end

local function taken_by(event)
	return #event.handlers > 0 and "to " .. flow.consumers(event) or "nobody takes it yet"
end

local function from(event)
	return "from " .. flow.names(event.from)
end

local function to_browsers(event)
	return "to browsers of " .. flow.names(event.to)
end

-- What flows in and out, as lines in columns: title, event, with whom.
local function summary(service)
	local rows = {}
	local function add(title, events, describe)
		for i, event in ipairs(events) do
			rows[#rows + 1] = { i == 1 and title or "", event.name, describe(event) }
		end
	end
	local function produced(test)
		return service.edge and {} or text.filter(service.publishes, test)
	end
	local replies = {}
	add("Handles", text.map(service.handlers, function(handler)
		replies[handler.event] = handler.replies
		return handler.event
	end), function(event)
		return from(event) .. (replies[event] and reply_of(event) or "")
	end)
	add("Publishes", produced(flow.is_published), taken_by)
	add("Requests", produced(flow.is_requested), function(event)
		return taken_by(event) .. reply_of(event)
	end)
	add("Sends", produced(flow.is_sent), to_browsers)
	add("Browsers send", flow.incoming(service), function(event)
		return taken_by(event) .. reply_of(event)
	end)
	add("Browsers receive", flow.outgoing(service), from)

	local wide, title_wide = 0, 0
	for _, row in ipairs(rows) do
		title_wide, wide = math.max(title_wide, #row[1]), math.max(wide, #row[2])
	end
	return text.map(rows, function(row)
		return ("%s  %s  %s"):format(text.pad(row[1], title_wide), text.pad(row[2], wide), row[3])
	end)
end

local SETTLING = [[

A handler settles its call once; `return user_login_reply(call, &reply);` does it.

  _reply   answers the client that asked.
  _done    it is dealt with; returning 0 says the same, so this is for deferred calls.
  _fail    final: it never will succeed.  The text is told at once to the client that asked, or
           the message is parked.  _fail_field names the field that is to blame.
  _retry   transient: the message comes again later.  A negative return, or returning without
           having settled or deferred an event with a reply, means the same.
  _defer   keeps the call after the handler returned; settle it later, once, from any thread.

The message and what comes from warren_alloc live until the call is settled and the handler
returned.  A message may come again with the same message_id: make that harmless.]]

local INLINE = [[

An inline handler runs on the process's loop, in the order of the deliveries, with a worker's state
that is opened there.  It must not block: browsers, broker and timers wait for it.  One that takes
over 10 ms is logged, and counted as slow_inline.  An answer that takes longer: _defer.]]

local PRODUCING = [[

A message that is produced with a context (a call's, a socket's, warren_root's) inherits its trace
and user.  Messages are copied.  -EINVAL: the message breaks the schema's rules; -EAGAIN: the way out
is full; -ENOBUFS, -EALREADY: see warren_publish; -ENOMEM; -ESHUTDOWN.]]

local EFFECTS = [[

All that a handler produces with &call->ctx leaves together with a reply or done, before it and in
the order of the calls; after _fail, _retry or a crash none of it has left.  A call that runs again
gives it the same ids, so that consumers take it once.  A call that ends in _now leaves at once, whatever
becomes of the call: for progress.]]

local SENDING = [[

Whom an event to browsers goes to: warren_to_socket(&call->ctx), warren_to_others(&call->ctx),
warren_to_address(kept), warren_to_user(name), warren_to_room(name), warren_to_all().
warren_set_user, warren_join and warren_leave say whose sockets they are, and in which rooms.
At most once: who is not connected misses it.  At least once: who was connected gets it, also after
coming back in time, or the edge counts it as lost; it may come twice.]]

local function is_inline(handler)
	return handler.inline
end

local function about(service)
	local lines = { ("The service %s."):format(service.c_name) }
	text.append(lines, table.unpack(text.flow(service.doc, 96)))
	local flows = summary(service)
	if #flows > 0 then
		text.append(text.append(lines, ""), table.unpack(flows))
	end
	text.append(lines, "", ("You write what is marked so, in services/%s/; the build names the files."):format(
		service.c_name))
	if #service.handlers > 0 then
		local replier = text.filter(service.handlers, function(handler)
			return handler.replies
		end)[1]
		text.append(lines, (SETTLING:gsub("user_login_reply%(call, &reply%)",
			replier and replier.event.c_name .. "_reply(call, &reply)"
				or service.handlers[1].event.c_name .. '_fail(call, WARREN_NOT_FOUND, "…")')))
	end
	if #text.filter(service.handlers, is_inline) > 0 then
		text.append(lines, INLINE)
	end
	if #service.publishes > 0 then
		text.append(lines, PRODUCING)
		if #service.handlers > 0 then
			text.append(lines, EFFECTS)
		end
	end
	if #text.filter(service.publishes, flow.is_sent) > 0 then
		text.append(lines, SENDING)
	end
	text.append(lines, "", "All calls return 0 or -errno.  Thread: any.")
	return c.block_comment(table.concat(lines, "\n"))
end

-- ---- the header's body ----

local WORKER = [[
/* The state of one worker thread, e.g. a database handle.  You define it. */
struct $(s)_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int $(s)_worker_open(struct warren_instance *instance, struct $(s)_worker **ret);
void $(s)_worker_close(struct $(s)_worker *worker);

extern const struct warren_service $(s)_service;]]

local function tries(handler)
	if handler.retry.max_attempts <= 1 then
		return "Tried once"
	end
	return ("Tried up to %d times, waiting %d to %d ms"):format(handler.retry.max_attempts, handler.retry.backoff_ms,
		handler.retry.backoff_max_ms)
end

local function declare_handler(handler)
	local event = handler.event
	local again = event.guarantee == "AT_LEAST_ONCE" and tries(handler) or "At most once: it may be lost"
	return fill([[
$(doc)
int $(name)(struct $(e)_call *call, const struct $(m) *message, struct $(s)_worker *worker);

$(calls)]], {
		doc = c.comment({
			text.join_sentences(event.doc or "", flow.deprecation(event)),
			text.join_sentences("From " .. flow.names(event.from), handler.replies and flow.reply_note(event) or ""),
			text.join_sentences(again, flow.thread_note(handler)),
			"You write this.",
		}),
		name = handler.c_name,
		e = event.c_name,
		m = event.message.c_name,
		s = handler.service.c_name,
		calls = calls.declare(event, { handler.replies and "reply" or "done", "fail", "fail_field", "retry", "defer" }),
	})
end

local function declare_admit_in(service, event)
	local to = #event.handlers > 0 and "before it goes to " .. flow.consumers(event) or "and nobody takes it yet"
	return fill([[
$(doc)
int $(s)_$(name)(struct warren_socket *socket, struct $(m) *message, struct $(s)_worker *worker);]], {
		doc = c.comment({
			text.join_sentences(event.doc or "", flow.deprecation(event)),
			("From a browser, %s: inspect it, change it, or refuse it:"):format(to),
			"`return warren_refuse(socket, WARREN_FORBIDDEN, …);`.",
			flow.admit_note(),
			flow.admit_later_note(),
			"You write this.",
		}),
		s = service.c_name,
		name = flow.admit_in_name(event),
		m = event.message.c_name,
	})
end

local function declare_admit_out(service, event)
	return fill([[
$(doc)
int $(s)_$(name)(struct warren_ctx *ctx, const struct warren_target *to, struct $(m) *message, struct $(s)_worker *worker);]], {
		doc = c.comment({
			text.join_sentences(event.doc or "", flow.deprecation(event)),
			"On its way to browsers: let it pass with 0, change it, or drop it with a negative return.",
			flow.admit_note() .. "  You write this.",
		}),
		s = service.c_name,
		name = flow.admit_out_name(service, event),
		m = event.message.c_name,
	})
end

-- The calls of an event, and those that leave at once where the service has calls of its own.
local function with_now(service, name)
	return flow.has_calls(service) and { name, name .. "_now" } or { name }
end

local function declare_producing(service, event)
	local taken = #event.handlers > 0 and "To " .. flow.consumers(event) or "Nobody takes it yet"
	local lost = event.guarantee == "AT_MOST_ONCE" and "At most once: it may be lost" or ""
	local doc = text.join_sentences(event.doc or "", flow.deprecation(event))
	local pieces = {}
	if flow.is_requested(event) then
		text.append(pieces, c.comment({
			doc,
			text.join_sentences(taken, flow.reply_note(event), lost),
			"Hears the answer exactly once: `reply`, or NULL and `error`.  After a timeout the effect is unknown.",
		}) .. "\n" .. calls.declare(event, { "on_reply", "request" }))
	elseif flow.is_published(event) then
		text.append(pieces, c.comment(text.join_sentences(doc, taken, lost)) .. "\n" .. calls.declare(event, with_now(service, "publish")))
	end
	if flow.is_sent(event) then
		text.append(pieces, c.comment(text.join_sentences(doc, "To browsers of " .. flow.names(event.to), flow.sent_note(event))) .. "\n"
			.. calls.declare(event, with_now(service, "send")))
	end
	return c.pieces(table.unpack(pieces))
end

local function header(model, service, name)
	local includes = { c.system_file(model, "events.h") }
	if service.edge then
		text.append(includes, "warren/gateway.h")
	end
	local function section(title, list, declare)
		if #list == 0 then
			return ""
		end
		return c.pieces(("/* ---- %s ---- */"):format(title), text.each(list, declare, "\n\n"))
	end
	return c.header(model, name, includes, about(service), c.pieces(fill(WORKER, { s = service.c_name }),
		section("what it handles", service.handlers, declare_handler),
		section("what browsers send", flow.incoming(service), function(event)
			return declare_admit_in(service, event)
		end),
		section("what browsers receive", flow.outgoing(service), function(event)
			return declare_admit_out(service, event)
		end),
		section(service.edge and "what it passes on" or "what it produces", service.publishes, function(event)
			return declare_producing(service, event)
		end)))
end

-- ---- the table ----

local OPEN = [[
static int open_worker(struct warren_instance *instance, void **ret)
{
	struct $(s)_worker *worker;
	int rc = $(s)_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	$(s)_worker_close(worker);
}]]

local function define_handle(handler)
	return fill([[
static int handle_$(e)(struct warren_ctx *ctx, const void *message, void *worker)
{
	return $(name)((struct $(e)_call *)ctx, message, worker);
}]], { e = handler.event.c_name, name = handler.c_name })
end

local function define_admits(service)
	local pieces = text.map(flow.incoming(service), function(event)
		return fill([[
static int $(name)(struct warren_socket *socket, void *message, void *worker)
{
	return $(s)_$(name)(socket, message, worker);
}]], { s = service.c_name, name = flow.admit_in_name(event) })
	end)
	text.append(pieces, table.unpack(text.map(flow.outgoing(service), function(event)
		return fill([[
static int $(name)(struct warren_ctx *ctx, const struct warren_target *to, void *message, void *worker)
{
	return $(s)_$(name)(ctx, to, message, worker);
}]], { s = service.c_name, name = flow.admit_out_name(service, event) })
	end)))
	return c.pieces(table.unpack(pieces))
end

local function define_waits(handler)
	return c.array(("static const uint32_t %s_waits"):format(handler.event.c_name), handler.waits)
end

local function describe_handler(handler)
	return fill([[
{
	.event = &$(e)_event,
	.queue = &$(queue),
	.handle = handle_$(e),
	.replies = $(replies),
	$(inline)
	$(prefetch)
	.max_attempts = $(max_attempts),
	$(waits)
}]], {
		e = handler.event.c_name,
		queue = handler.queue_c_name,
		replies = handler.replies and "true" or "false",
		inline = handler.inline and ".is_inline = true," or "",
		prefetch = handler.prefetch and (".prefetch = %d,"):format(handler.prefetch) or "",
		max_attempts = handler.retry.max_attempts,
		waits = #handler.waits > 0 and fill(".waits = $(e)_waits,\n.wait_count = $(count),",
			{ e = handler.event.c_name, count = #handler.waits }) or "",
	})
end

local function describe_incoming(event)
	local parts = { (".event = &%s_event, .admit = %s"):format(event.c_name, flow.admit_in_name(event)) }
	local limits = event.browser or {}
	for _, key in ipairs({ "rate_per_s", "burst" }) do
		if limits[key] then
			text.append(parts, (".%s = %d"):format(key, limits[key]))
		end
	end
	return "{" .. table.concat(parts, ", ") .. "}"
end

-- A member and its count for each list that is not empty.
local function counted(list, member, count, array)
	if #list == 0 then
		return ""
	end
	return (".%s = %s,\n.%s = sizeof %s / sizeof %s[0],"):format(member, array, count, array, array)
end

local function define_gateway(service)
	if not service.edge then
		return ""
	end
	local incoming, outgoing = flow.incoming(service), flow.outgoing(service)
	local members = text.each({ counted(incoming, "in", "in_count", "in"), counted(outgoing, "out", "out_count", "out") },
		function(member)
			return member ~= "" and member or nil
		end)
	return c.pieces(
		c.array("static const struct warren_gateway_in in", text.map(incoming, describe_incoming)),
		c.array("static const struct warren_gateway_out out", text.map(outgoing, function(event)
			return ("{.event = &%s_event, .admit = %s}"):format(event.c_name, flow.admit_out_name(service, event))
		end)),
		members == "" and "static const struct warren_gateway_table gateway;"
			or "static const struct warren_gateway_table gateway = {\n" .. text.indent(members, "\t") .. "\n};")
end

-- Any service may change the sockets of any edge.
local function edges_of(model)
	return text.map(text.filter(model.services, function(service)
		return service.edge
	end), function(edge)
		return c.string(edge.c_name)
	end)
end

-- Who may change an edge's sockets.
local function services_of(model)
	return text.map(model.services, function(service)
		return c.string(service.c_name)
	end)
end

local function source(model, service, name)
	local s = service.c_name
	return c.fold(c.pieces(c.head(model) .. "\n" .. ('#include "%s"\n#include "%s"'):format(name, c.system_file(model, "topology.h")), fill(OPEN, { s = s }),
		text.each(service.handlers, define_handle, "\n\n"), define_admits(service),
		text.each(text.filter(service.handlers, function(handler)
			return #handler.waits > 0
		end), define_waits), c.array("static const struct warren_handler handlers", text.map(service.handlers, describe_handler)),
		c.array("static const struct warren_event *const publishes", text.map(service.publishes, function(event)
			return "&" .. event.c_name .. "_event"
		end)),
		c.array("static const char *const edges", edges_of(model)),
		service.edge and c.array("static const char *const services", services_of(model)) or "",
		define_gateway(service), fill([[
const struct warren_service $(s)_service = {
	.api = WARREN_API,
	.system = "$(system)",
	.name = "$(s)",
	$(handlers)
	$(publishes)
	$(edges)
	.topology = &$(s)_topology,
	$(services)
	.worker_open = open_worker,
	.worker_close = close_worker,
	$(extension)
};]], {
			s = s,
			system = model.package,
			handlers = counted(service.handlers, "handlers", "handler_count", "handlers"),
			publishes = counted(service.publishes, "publishes", "publish_count", "publishes"),
			edges = counted(edges_of(model), "edges", "edge_count", "edges"),
			services = service.edge and counted(services_of(model), "services", "service_count", "services") or "",
			extension = service.edge and ".extension = &warren_gateway,\n.extension_table = &gateway," or "",
		}))) .. "\n"
end

-- ---- what a person writes ----

-- Lines of: symbol, file in the service's folder, place in the schema.
local function handlers_file(service)
	local lines = {}
	local function add(symbol, file, place)
		lines[#lines + 1] = ("%s\t%s\t%s:%d\n"):format(symbol, file, place.file, place.line)
	end
	add(service.c_name .. "_worker_open", "worker.c", service)
	add(service.c_name .. "_worker_close", "worker.c", service)
	for _, handler in ipairs(service.handlers) do
		add(handler.c_name, handler.file_name, handler)
	end
	for _, event in ipairs(flow.incoming(service)) do
		local name = flow.admit_in_name(event)
		add(service.c_name .. "_" .. name, name .. ".c", event.message)
	end
	for _, event in ipairs(flow.outgoing(service)) do
		local name = flow.admit_out_name(service, event)
		add(service.c_name .. "_" .. name, name .. ".c", event.message)
	end
	return table.concat(lines)
end

-- ---- all services ----

local function all_header(model, name)
	local macro = c.system_file(model, "services"):upper()
	local services = text.map(model.services, function(service)
		return service.c_name
	end)
	return c.header(model, name, text.map(services, function(service)
		return service .. "_service.h"
	end), ("/* All services of %s, for a program that runs them together. */"):format(model.package),
		fill([[
#define $(macro) \
	$(list)]], {
			macro = macro,
			list = text.each(services, function(service)
				return "&" .. service .. "_service"
			end, ", \\\n"),
		}))
end

local function emit(model)
	local files = {}
	if #model.services > 0 then
		local name = c.system_file(model, "services.h")
		text.append(files, { path = "c/" .. name, text = all_header(model, name) })
	end
	for _, service in ipairs(model.services) do
		local base = "c/" .. service.c_name
		text.append(files, { path = base .. "_service.h", text = header(model, service, service.c_name .. "_service.h") },
			{ path = base .. "_service.c", text = source(model, service, service.c_name .. "_service.h") },
			{ path = base .. "_handlers.txt", text = handlers_file(service) })
	end
	return files
end

return { name = "c", emit = emit }
