-- c/<service>_test.h: typed calls of the test kit, for services that handle events.
local c = require("emit.lib.c")
local text = require("emit.lib.text")

local fill = text.fill

-- A program may include the headers of several services that take or produce the same event.
local function once(name, definition)
	return fill([[
#ifndef $(guard)
#define $(guard)
$(definition)
#endif]], { guard = name:upper() .. "_DEFINED", definition = definition })
end

local function define_delivery(handler)
	local event = handler.event
	local values = {
		e = event.c_name,
		m = event.message.c_name,
		r = event.reply and event.reply.c_name or "",
		name = event.name,
	}
	if handler.replies then
		return fill([[
/* Delivers $(name).  Returns the reply; NULL: see warren_test_error.  Owns: test. */
static inline const struct $(r) *$(e)_test(struct warren_test *test, const struct $(m) *message)
{
	return (const struct $(r) *)warren_test_request(test, &$(e)_event, message);
}]], values)
	end
	-- Where another service replies, the plain name is that one's.
	local call = event.c_name .. (event.reply and "_deliver_test" or "_test")
	values.call = call
	return once(call, fill([[
/* Delivers $(name). */
static inline void $(call)(struct warren_test *test, const struct $(m) *message)
{
	warren_test_deliver(test, &$(e)_event, message);
}]], values))
end

local function define_published(event)
	local call = event.c_name .. "_published"
	return once(call, fill([[
/* Returns the nth $(name) that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct $(m) *$(call)(struct warren_test *test, int nth)
{
	return (const struct $(m) *)warren_test_published(test, &$(e)_event, nth);
}]], { call = call, e = event.c_name, m = event.message.c_name, name = event.name }))
end

local function header(model, service, name)
	return c.header(model, name, { service.c_name .. "_service.h", "warren/test.h" },
		("/* Typed calls of the test kit for %s: deliver an event, look at what came out.  See warren/test.h. */"):format(
			service.c_name),
		c.pieces(text.each(service.handlers, define_delivery, "\n\n"),
			text.each(service.publishes, define_published, "\n\n")))
end

local function emit(model)
	return text.map(text.filter(model.services, function(service)
		return #service.handlers > 0
	end), function(service)
		local name = service.c_name .. "_test.h"
		return { path = "c/" .. name, text = header(model, service, name) }
	end)
end

return { name = "c", emit = emit }
