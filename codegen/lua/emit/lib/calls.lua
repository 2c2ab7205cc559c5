-- The prototypes of an event's calls: declared for the services that may make them, defined once.
local text = require("emit.lib.text")

local calls = {}

local function prototype(template, attribute)
	return function(event)
		local values = { e = event.c_name, m = event.message.c_name, r = event.reply and event.reply.c_name or "" }
		return text.fill(template, values), attribute and " " .. attribute or ""
	end
end

calls.reply = prototype("int $(e)_reply(struct $(e)_call *call, const struct $(r) *reply)")
calls.done = prototype("int $(e)_done(struct $(e)_call *call)")
calls.fail = prototype("int $(e)_fail(struct $(e)_call *call, enum warren_code code, const char *fmt, ...)",
	"WARREN_PRINTF(3, 4)")
calls.fail_field = prototype("int $(e)_fail_field(struct $(e)_call *call, enum warren_code code, const char *field, "
	.. "const char *fmt, ...)", "WARREN_PRINTF(4, 5)")
calls.retry = prototype("int $(e)_retry(struct $(e)_call *call, const char *fmt, ...)", "WARREN_PRINTF(2, 3)")
calls.defer = prototype("struct $(e)_call *$(e)_defer(struct $(e)_call *call)")
calls.on_reply = prototype("typedef void (*$(e)_on_reply)(struct warren_ctx *ctx, const struct $(r) *reply, "
	.. "const struct warren_error *error, void *data)")
calls.request = prototype("int $(e)_request(struct warren_ctx *ctx, const struct $(m) *message, "
	.. "$(e)_on_reply on_reply, void *data)")
calls.publish = prototype("int $(e)_publish(struct warren_ctx *ctx, const struct $(m) *message)")
calls.publish_now = prototype("int $(e)_publish_now(struct warren_ctx *ctx, const struct $(m) *message)")
calls.send = prototype("int $(e)_send(struct warren_ctx *ctx, struct warren_target to, const struct $(m) *message)")
calls.send_now = prototype("int $(e)_send_now(struct warren_ctx *ctx, struct warren_target to, "
	.. "const struct $(m) *message)")

-- Declares the named calls of an event, one a line.
function calls.declare(event, names)
	return text.each(names, function(name)
		local line, attribute = calls[name](event)
		return line .. attribute .. ";"
	end)
end

return calls
