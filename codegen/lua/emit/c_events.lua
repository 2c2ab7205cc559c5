-- c/<package>_events.{h,c}: what belongs to an event whichever service has to do with it: its table, its call
-- type and its calls.  The calls are declared in the headers of the services that may make them.
local c = require("emit.lib.c")
local calls = require("emit.lib.calls")
local flow = require("emit.lib.flow")
local text = require("emit.lib.text")

local fill = text.fill

-- ---- the header ----

local ABOUT = [[
The events of @: their tables, which the runtime reads, and their calls' types.

Services include their own header, <service>_service.h, which includes this one.]]

local function header(model, name)
	local taken = text.filter(model.events, function(event)
		return #event.handlers > 0
	end)
	local call_types = text.each(taken, function(event)
		return fill("struct $(e)_call {\n\tstruct warren_ctx ctx;\n};", { e = event.c_name })
	end)
	return c.header(model, name, { c.system_file(model, "messages.h"), "warren/service.h" },
		c.block_comment(ABOUT:gsub("@", model.package)), c.pieces(
			call_types == "" and "" or c.comment("One delivery of each event in a handler's hands; "
				.. "`&call->ctx` is its context.") .. "\n" .. call_types,
			text.each(model.events, function(event)
				return ("extern const struct warren_event %s_event;"):format(event.c_name)
			end)))
end

-- ---- the tables ----

local function define_event(event)
	local e = event.c_name
	local function table_fields(key, count, list)
		return #list > 0 and ("\t.%s = %s_%s,\n\t.%s = %d,\n"):format(key, e, key, count, #list) or ""
	end
	local function names(key, services)
		return c.array(("static const char *const %s_%s"):format(e, key), text.map(services, function(service)
			return c.string(service.c_name)
		end))
	end
	local reply = event.reply and ("\t.reply = &%s_type,\n\t.reply_timeout_ms = %d,\n\t.replier = %s,\n"):format(
		event.reply.c_name, event.reply_timeout_ms, c.string(event.replier.service.c_name)) or ""
	return fill([[
$(queues)
$(producers)
$(edges)

const struct warren_event $(e)_event = {
	.name = "$(name)",
	.type = &$(m)_type,
	.guarantee = WARREN_$(guarantee),
	.schema = "$(schema)",
$(more)
};]], {
		e = e,
		name = event.name,
		m = event.message.c_name,
		guarantee = event.guarantee,
		schema = event.schema,
		queues = c.array(("static const struct warren_broker_queue *const %s_queues"):format(e),
			text.map(event.handlers, function(handler)
				return "&" .. handler.queue_c_name
			end)),
		producers = names("producers", event.from),
		edges = names("edges", event.to),
		more = (reply .. table_fields("queues", "queue_count", event.handlers)
			.. table_fields("producers", "producer_count", event.from)
			.. table_fields("edges", "edge_count", event.to)
			.. (event.sends_at_least_once and "\t.sends_at_least_once = true,\n" or "")):gsub("\n$", ""),
	})
end

-- ---- the calls ----

local BODIES = {
	reply = "\treturn warren_reply(&call->ctx, reply);",
	done = "\treturn warren_done(&call->ctx);",
	fail = [[
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;]],
	fail_field = [[
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;]],
	retry = [[
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;]],
	defer = "\treturn (struct $(e)_call *)warren_defer(&call->ctx);",
	request = "\treturn warren_request(ctx, &$(e)_event, message, $(e)_invoke, (warren_any_fn)on_reply, data);",
	publish = "\treturn warren_publish(ctx, &$(e)_event, message);",
	publish_now = "\treturn warren_publish_now(ctx, &$(e)_event, message);",
	send = "\treturn warren_send(ctx, &$(e)_event, to, message);",
	send_now = "\treturn warren_send_now(ctx, &$(e)_event, to, message);",
}

local INVOKE = [[
static void $(e)_invoke(struct warren_ctx *ctx, const void *reply, const struct warren_error *error, warren_any_fn fn, void *data)
{
	(($(e)_on_reply)fn)(ctx, reply, error, data);
}]]

local function define_calls(event)
	local values = { e = event.c_name }
	local pieces = {}
	local function define(condition, ...)
		for _, name in ipairs(condition and { ... } or {}) do
			local line = calls[name](event)
			pieces[#pieces + 1] = line .. "\n{\n" .. fill(BODIES[name], values) .. "\n}"
		end
	end
	define(event.replier, "reply")
	define(flow.is_done(event), "done")
	define(#event.handlers > 0, "fail", "fail_field", "retry", "defer")
	if flow.is_requested(event) then
		pieces[#pieces + 1] = fill(INVOKE, values)
		define(true, "request")
	end
	define(flow.is_published(event), "publish")
	define(flow.is_published(event) and flow.is_from_calls(event), "publish_now")
	define(flow.is_sent(event), "send")
	define(flow.is_sent(event) and flow.is_from_calls(event), "send_now")
	return c.pieces(table.unpack(pieces))
end

local function source(model, name)
	local includes = #model.services == 0 and "" or ('#include "%s"\n'):format(c.system_file(model, "topology.h"))
		.. text.each(model.services, function(service)
			return ('#include "%s_service.h"'):format(service.c_name)
		end)
	return c.fold(c.pieces(c.head(model) .. "\n" .. ('#include "%s"'):format(name), includes,
		text.each(model.events, function(event)
			return c.pieces(("/* ---- %s ---- */"):format(event.name), define_event(event), define_calls(event))
		end, "\n\n"))) .. "\n"
end

local function emit(model)
	local name = c.system_file(model, "events.h")
	return {
		{ path = "c/" .. name, text = header(model, name) },
		{ path = "c/" .. c.system_file(model, "events.c"), text = source(model, name) },
	}
end

return { name = "c", emit = emit }
