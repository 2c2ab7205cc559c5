-- stubs/<service>/: the files that a person goes on with.  Written once into the service's own folder, where they are
-- absent, and never touched again.  They compile; until a handler is written it fails each call and says so.
local c = require("emit.lib.c")
local flow = require("emit.lib.flow")
local sample = require("emit.lib.sample")
local text = require("emit.lib.text")

local fill = text.fill

local function file(service, name, body)
	return { path = ("stubs/%s/%s"):format(service.c_name, name), text = c.fold(body) .. "\n" }
end

-- ---- the program ----

local function main_file(service)
	return file(service, "main.c", fill([[
/* $(s) as a process of its own. */
#include "$(s)_service.h"

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {&$(s)_service};
	static const struct warren_program program = {
		.name = "$(s)",
		.services = services,
		.service_count = sizeof services / sizeof services[0],
	};
	return warren_main(argc, argv, &program);
}]], { s = service.c_name }))
end

local function cmake_file(service)
	return { path = ("stubs/%s/CMakeLists.txt"):format(service.c_name),
		text = ("warren_service(%s%s)\n"):format(service.c_name, service.edge and " EDGE" or "") }
end

-- ---- the worker ----

local function worker_header(service)
	return file(service, "worker.h", fill([[
/* The state of one worker thread of $(s): put database handles and the like here. */
#ifndef $(guard)
#define $(guard)

#include "$(s)_service.h"

struct $(s)_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif]], { s = service.c_name, guard = service.c_name:upper() .. "_WORKER_H" }))
end

local function worker_source(service)
	return file(service, "worker.c", fill([[
#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int $(s)_worker_open(struct warren_instance *instance, struct $(s)_worker **ret)
{
	struct $(s)_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void $(s)_worker_close(struct $(s)_worker *worker)
{
	free(worker);
}]], { s = service.c_name }))
end

-- ---- handlers ----

local function what_to_write(handler)
	local event, does = handler.event, ("Write here what %s does, then"):format(handler.service.c_name)
	if handler.replies then
		return does, ("`return %s_reply(call, &(struct %s){…});`"):format(event.c_name, event.reply.c_name)
	end
	return does .. " `return 0;`.", ""
end

local function handler_file(handler)
	local event = handler.event
	return file(handler.service, handler.file_name, fill([[
#include "worker.h"

$(doc)
int $(name)(struct $(e)_call *call, const struct $(m) *message, struct $(s)_worker *worker)
{
	(void)message;
	(void)worker;
	return $(e)_fail(call, WARREN_INTERNAL, "$(name) is not written yet");
}]], {
		s = handler.service.c_name,
		e = event.c_name,
		m = event.message.c_name,
		name = handler.c_name,
		doc = c.comment({ event.doc or "", text.join_sentences(flow.thread_note(handler)), what_to_write(handler) }),
	}))
end

local function admit_in_file(service, event)
	local name = flow.admit_in_name(event)
	return file(service, name .. ".c", fill([[
#include "worker.h"

$(doc)
int $(s)_$(name)(struct warren_socket *socket, struct $(m) *message, struct $(s)_worker *worker)
{
	(void)socket;
	(void)message;
	(void)worker;
	return 0;
}]], {
		s = service.c_name,
		name = name,
		m = event.message.c_name,
		doc = c.comment({
			event.doc or "",
			"From a browser; it passes as it is.  Write here what should be looked at, changed or refused.",
			flow.admit_note(),
			flow.admit_later_note(),
		}),
	}))
end

local function admit_out_file(service, event)
	local name = flow.admit_out_name(service, event)
	return file(service, name .. ".c", fill([[
#include "worker.h"

$(doc)
int $(s)_$(name)(struct warren_ctx *ctx, const struct warren_target *to, struct $(m) *message, struct $(s)_worker *worker)
{
	(void)ctx;
	(void)to;
	(void)message;
	(void)worker;
	return 0;
}]], {
		s = service.c_name,
		name = name,
		m = event.message.c_name,
		doc = c.comment({
			event.doc or "",
			"To browsers; it passes as it is.  Write here what should be changed or dropped.",
			flow.admit_note(),
		}),
	}))
end

-- ---- tests ----

local initialiser

local function c_value(field)
	if field.message then
		return ("&(struct %s)%s"):format(field.message.c_name, initialiser(field.message))
	elseif field.enum then
		return sample.enum_value(field).c_name
	elseif field.type == "bytes" then
		local len = sample.bytes_len(field)
		return ("{.len = %d, .data = (uint8_t[%d]){0}}"):format(len, len)
	end
	local value = sample.scalar(field)
	if type(value) == "string" then
		return c.string(value)
	elseif type(value) == "boolean" then
		return value and "1" or "0"
	end
	return text.number(value)
end

local function member(field)
	if field.label ~= "repeated" then
		local has = field.label == "optional" and not field.message and field.type ~= "string"
		return (has and (".has_%s = 1, "):format(field.c_name) or "") .. (".%s = %s"):format(field.c_name, c_value(field))
	end
	local count = field.rules.min_items
	local values = {}
	for i = 1, count do
		values[i] = c_value(field)
	end
	local type_name = c.type(field)
	local array = type_name:match("%*$") and type_name .. "const []" or "const " .. type_name .. "[]"
	return (".%s_count = %d, .%s = (%s){%s}"):format(field.c_name, count, field.c_name, array, table.concat(values, ", "))
end

-- A message with what its rules demand.
function initialiser(message)
	local members = text.map(sample.demanded(message), member)
	return "{" .. (#members > 0 and table.concat(members, ", ") or "0") .. "}"
end

-- user_on_user_login -> on_user_login.
local function case_name(handler)
	return (handler.file_name:gsub("%.c$", ""))
end

local function test_case(handler)
	local event = handler.event
	local values = {
		name = case_name(handler),
		s = handler.service.c_name,
		e = event.c_name,
		m = event.message.c_name,
		r = event.reply and event.reply.c_name or "",
		init = initialiser(event.message),
		call = event.c_name .. (event.reply and "_deliver_test" or "_test"),
	}
	if handler.replies then
		return fill([[
START_TEST($(name))
{
	struct warren_test *t = warren_test_new(&$(s)_service);
	const struct $(r) *reply = $(e)_test(t, &(struct $(m))$(init));
	ck_assert_msg(reply != NULL, "%s", warren_test_error(t)->message);
	warren_test_free(t);
}
END_TEST]], values)
	end
	return fill([[
START_TEST($(name))
{
	struct warren_test *t = warren_test_new(&$(s)_service);
	$(call)(t, &(struct $(m))$(init));
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST]], values)
end

local function test_file(service)
	return file(service, service.c_name .. "_test.c", fill([[
/* $(s) on the in-process broker.  Each case asks that a message is dealt with: say what must come of it. */
#include "$(s)_test.h"

#include <check.h>
#include <stdlib.h>

$(cases)

int main(void)
{
	TCase *cases = tcase_create("$(s)");
	$(add)
	Suite *suite = suite_create("$(s)");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}]], {
		s = service.c_name,
		cases = text.each(service.handlers, test_case, "\n\n"),
		add = text.each(service.handlers, function(handler)
			return ("tcase_add_test(cases, %s);"):format(case_name(handler))
		end),
	}))
end

-- ---- all ----

local function emit(model)
	local files = {}
	for _, service in ipairs(model.services) do
		text.append(files, main_file(service), cmake_file(service), worker_header(service), worker_source(service))
		for _, handler in ipairs(service.handlers) do
			text.append(files, handler_file(handler))
		end
		for _, event in ipairs(flow.incoming(service)) do
			text.append(files, admit_in_file(service, event))
		end
		for _, event in ipairs(flow.outgoing(service)) do
			text.append(files, admit_out_file(service, event))
		end
		if #service.handlers > 0 then
			text.append(files, test_file(service))
		end
	end
	return files
end

return { name = "stubs", emit = emit }
