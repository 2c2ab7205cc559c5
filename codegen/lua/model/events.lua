-- Services, events, and who takes, sends and answers what.
local handlers = require("model.handlers")
local names = require("names")
local near = require("near")
local source = require("model.source")

local events = {}

local FILE_SERVICE = 6
local SERVICE_OPTIONS, SERVICE_METHOD, MESSAGE_OPTIONS = 3, 2, 7
local SERVICE_TAG, EVENT_TAG = 50700, 50701

local below = source.below

-- Returns a function that reports at the event's option.
local function reporter(found, place)
	return function(text, ...)
		found:add(place, text, ...)
	end
end

local function check_unknown(options, where, add)
	if options.unknown_tag then
		add("%s has an option (number %d) that this protoc-gen-warren does not know; "
			.. "update it, or use the warren/options.proto that came with it", where, options.unknown_tag)
	end
end

-- ---- services ----

local function add_service(model, one, descriptor, path, found)
	local options = descriptor.options and descriptor.options.warren or {}
	local place = one:place(path)
	check_unknown(options, "(warren.service)", reporter(found, one:place(path, SERVICE_OPTIONS, SERVICE_TAG)))
	table.insert(model.services, {
		name = descriptor.name,
		c_name = names.snake(descriptor.name),
		doc = one:doc(path),
		edge = options.edge or false,
		handlers = {},
		publishes = {},
		receives = {},
		place = place,
		file = place.file,
		line = place.line,
		source = one,
		descriptor = descriptor,
		path = path,
	})
end

local function index(list, key)
	local out, all = {}, {}
	for i, element in ipairs(list) do
		out[element[key]] = out[element[key]] or element
		all[i] = element[key]
	end
	return out, all
end

-- ---- events ----

-- The services that `from` or `to` name.
local function resolve_services(listed, member, message, model, add)
	local by_name, all = index(model.services, "name")
	local out, seen = {}, {}
	for _, name in ipairs(listed) do
		local service = by_name[name]
		if not service then
			add("%s: '%s' on %s, there is no such service%s; declare `service %s { … }`, or name one of: %s", member, name,
				message.name, near.hint(name, all), name:match("^%a[%w_]*$") or "Name", #all > 0 and table.concat(all, ", ") or "(none yet)")
		elseif seen[name] then
			add("%s: '%s' on %s stands twice; remove one", member, name, message.name)
		elseif member == "to" and not service.edge then
			add("to: '%s' on %s, but %s is no edge: `to` is for the browsers of an edge, a service takes events by an rpc; "
				.. "write `rpc On%s(%s) returns (warren.None);` in it", name, message.name, name, message.name, message.name)
		else
			out[#out + 1] = service
		end
		seen[name] = true
	end
	return out
end

local function check_not_yet(options, message, add)
	if options.key then
		local field
		for _, candidate in ipairs(message.fields) do
			field = candidate.name == options.key and candidate or field
		end
		local _, all = index(message.fields, "name")
		if not field then
			add("key: '%s' on %s, which has no such field%s; name one of its fields", options.key, message.name,
				near.hint(options.key, all))
		else
			add("key: '%s' on %s: ordered delivery is not supported yet; remove it", options.key, message.name)
		end
	end
	if options.auth == "REQUIRED" then
		add("auth: REQUIRED on %s is not supported yet, anybody could send it; remove it and check in the handler", message.name)
	end
	if #options.roles > 0 then
		add("roles: '%s' on %s is not supported yet, anybody could send it; remove it and check in the handler",
			options.roles[1], message.name)
	end
end

local function resolve_browser(browser, event, add)
	if not browser then
		return nil
	end
	local name = event.message.name
	check_unknown(browser, "browser", add)
	if not event.from_edge and event.is_from_known then
		add("browser on %s, but no edge is among `from`, so that no browser sends it; remove it or add an edge", name)
	elseif not browser.rate_per_s then
		add("browser on %s without rate_per_s has no effect; give one", name)
	end
	for _, member in ipairs({ "rate_per_s", "burst" }) do
		if browser[member] == 0 then
			add("browser: %s: 0 on %s would let nothing pass; raise it, or remove `from` the edge", member, name)
		end
	end
	return { rate_per_s = browser.rate_per_s, burst = browser.burst or browser.rate_per_s }
end

-- Services get an event at least once unless the schema says otherwise, browsers at most once unless it says so.
local function resolve_guarantee(options, event)
	event.guarantee = options.guarantee == "AT_MOST_ONCE" and options.guarantee or "AT_LEAST_ONCE"
	event.sends_at_least_once = options.guarantee == "AT_LEAST_ONCE" and #event.to > 0
end

local function add_event(model, message, options, found)
	local place = message.source:place(message.path, MESSAGE_OPTIONS, EVENT_TAG)
	local add = reporter(found, place)
	local event = {
		name = message.wire_name,
		c_name = message.c_name,
		message = message,
		doc = message.doc,
		deprecated = options.deprecated or false,
		handlers = {},
		place = place,
		options = options,
	}
	if message.is_nested then
		add("(warren.event) on %s, which is declared inside of another message; move it out", message.full_name)
	end
	check_unknown(options, "(warren.event)", add)
	event.from = resolve_services(options.from, "from", message, model, add)
	event.to = resolve_services(options.to, "to", message, model, add)
	event.is_from_known = #event.from == #options.from
	event.from_edge = false
	for _, service in ipairs(event.from) do
		event.from_edge = event.from_edge or service.edge
	end
	if #options.from == 0 then
		add("%s has no `from`, nobody may send it; name the services that do", message.name)
	end
	check_not_yet(options, message, add)
	if options.auth == "NONE" and not event.from_edge and event.is_from_known then
		add("auth: NONE on %s, but no edge is among `from`, so that no browser sends it; remove it", message.name)
	end
	event.browser = resolve_browser(options.browser, event, add)
	resolve_guarantee(options, event)
	message.event = event
	table.insert(model.events, event)
end

local function resolve_replacements(model, found)
	local by_name, all = {}, {}
	for i, event in ipairs(model.events) do
		by_name[event.message.name] = event
		all[i] = event.message.name
	end
	for _, event in ipairs(model.events) do
		local wanted, name = event.options.replaced_by, event.message.name
		if wanted then
			event.replaced_by = by_name[wanted]
			if not event.replaced_by then
				found:add(event.place, "replaced_by: '%s' on %s is no event%s; name the message of an event", wanted, name,
					near.hint(wanted, all))
			elseif event.replaced_by == event then
				found:add(event.place, "replaced_by: '%s' on %s itself; name the event that takes its place", wanted, name)
			elseif not event.deprecated then
				found:add(event.place, "replaced_by: '%s' on %s, which is not deprecated; add `deprecated: true`", wanted, name)
			end
		end
	end
end

-- ---- the whole ----

local function link_services(model)
	for _, event in ipairs(model.events) do
		for _, service in ipairs(event.from) do
			table.insert(service.publishes, event)
		end
		for _, service in ipairs(event.to) do
			table.insert(service.receives, event)
		end
	end
end

function events.add(model, sources, found)
	for _, one in ipairs(sources) do
		for i, descriptor in ipairs(one.descriptor.service) do
			add_service(model, one, descriptor, { FILE_SERVICE, i - 1 }, found)
		end
	end
	for _, message in ipairs(model.messages) do
		local options = message.descriptor.options
		if options and options.warren then
			add_event(model, message, options.warren, found)
		end
	end
	resolve_replacements(model, found)
	link_services(model)
	for _, service in ipairs(model.services) do
		for i, method in ipairs(service.descriptor.method) do
			handlers.add(model, service, method, below(service.path, SERVICE_METHOD, i - 1), found)
		end
	end
end

return events
