-- From the files of a request to the checked model that emitters read; every rule of the schema language is checked here
-- and in model/.
--
-- model   = { package="demo", api=3, files={"demo.proto"}, source="demo.proto", messages={message…}, enums={enum…},
--             events={event…}, services={service…}, topology (see model/topology.lua) }, each list in order of declaration
-- message = { name="UserLogin", full_name="demo.UserLogin", c_name="user_login", ts_name="UserLogin", wire_name="userLogin",
--             doc, file, line, fields={field…}, fields_by_number={field…}, oneofs={oneof…}, event, has_secret }
--           (nested message Outer.Inner: name="OuterInner")
-- oneof   = { name, c_name, fields={field…}, doc }
-- field   = { name, c_name, json_name, number, type="string", label="singular|optional|repeated", oneof, message, enum,
--             packed, deprecated, doc, file, line, rules={required, min_len, max_len, pattern, ["in"], gte, lte, min_items,
--             max_items, email, uuid, example, safe, secret} }
-- enum    = { name, full_name, c_name, ts_name, doc, values={ {name, c_name, number, doc}… } }
-- event   = { name="userLogin", c_name="user_login", message, doc, from={service…}, to={service…}, from_edge,
--             guarantee="AT_LEAST_ONCE|AT_MOST_ONCE" (to services), sends_at_least_once (to browsers), browser={rate_per_s, burst}, deprecated, replaced_by=event,
--             handlers={handler…}, reply=message, reply_timeout_ms, replier=handler, schema="16 hex digits" }
-- service = { name="User", c_name="user", doc, file, line, edge, handlers={handler…}, publishes={event…},
--             receives={event…} }
-- handler = { event, service, c_name="user_on_user_login", file_name="on_user_login.c", replies, timeout_ms,
--             retry={max_attempts, backoff_ms, backoff_max_ms}, ttl_ms, max_length, queue="QUORUM|CLASSIC",
--             prefetch, inline,
--             queue_name="demo.user.userLogin", queue_c_name="user_user_login_queue", file, line }
--
-- A value that is absent is nil.  `doc` is the comment above, as written, without its marks.
local API = 3 -- WARREN_API, what the emitted code is made for

local check_claims = require("model.claims")
local events = require("model.events")
local files = require("model.files")
local fingerprint = require("model.fingerprint")
local problems = require("model.problems")
local topology = require("model.topology")
local types = require("model.types")

-- Returns the model; nil and the text of all that is wrong.
local function make(request, host)
	local found = problems.new()
	local sources, package = files.read(request, found)
	if #sources == 0 then
		return nil, found:text()
	end
	local model = { package = package, api = API, files = {}, messages = {}, enums = {}, events = {}, services = {} }
	for i, source in ipairs(sources) do
		model.files[i] = source.name
	end
	model.source = table.concat(model.files, ", ")
	types.add(model, sources, found, host)
	events.add(model, sources, found)
	check_claims(model, found)
	if found:any() then
		return nil, found:text()
	end
	for _, event in ipairs(model.events) do
		event.schema = fingerprint.of(event.message, host)
	end
	topology.add(model)
	return model
end

return make
