-- Names that would meet: what the schema declares becomes names in C, in JSON and on the wire, and each may be taken once.
local names = require("names")

local SERVICE_LEN_MAX, MESSAGE_LEN_MAX = 64, 128

local claims = {}
claims.__index = claims

local function describe(place)
	return ("%s:%d"):format(place.file, place.line)
end

-- `where` names the space in the text: "in C", "on the wire".  `told` has the pairs that were told in any space: one is enough.
local function new_space(where, found, told)
	return setmetatable({ where = where, found = found, told = told, owners = {} }, claims)
end

-- `owner` is { what = "message UserLogin", place = … }.
function claims:take(name, owner)
	local other = self.owners[name]
	if not other then
		self.owners[name] = owner
	elseif other ~= owner and not (self.told[owner] and self.told[owner][other]) then
		self.told[owner] = self.told[owner] or {}
		self.told[owner][other] = true
		self.found:add(owner.place, "%s becomes '%s' %s, and so does %s (%s); rename one", owner.what, name, self.where,
			other.what, describe(other.place))
	end
end

local function owner_of(kind, name, place)
	return { what = kind .. " " .. name, place = place }
end

-- ---- spaces ----

local function check_members(message, found)
	local told = {}
	local members, json = new_space("in struct " .. message.c_name, found, told), new_space("in JSON", found, told)
	for _, oneof in ipairs(message.oneofs) do
		members:take(oneof.c_name .. "_case", owner_of("oneof", oneof.name, oneof.place))
	end
	for _, field in ipairs(message.fields) do
		local owner = owner_of("field", field.name, field.place)
		members:take(field.c_name, owner)
		if field.label == "repeated" then
			members:take(field.c_name .. "_count", owner)
		elseif field.label == "optional" then
			members:take("has_" .. field.c_name, owner)
		end
		json:take(field.json_name, owner)
	end
end

local MESSAGE_NAMES = { "type", "pack", "unpack", "to_json", "from_json", "check", "dump", "descriptor" }
local EVENT_NAMES = {
	"event", "reply", "fail", "fail_field", "retry", "defer", "done", "request", "on_reply", "publish", "publish_now",
	"send", "send_now", "test",
	"deliver_test", "published",
}
local SERVICE_NAMES = { "service", "topology", "worker_open", "worker_close" }

local function take_all(space, prefix, suffixes, owner)
	for _, suffix in ipairs(suffixes) do
		space:take(prefix .. "_" .. suffix, owner)
	end
end

local function claim_messages(model, tags, ordinary, owners)
	for _, enum in ipairs(model.enums) do
		local owner = owner_of("enum", enum.name, enum.place)
		tags:take(enum.c_name, owner)
		ordinary:take(enum.c_name .. "_descriptor", owner)
		for _, value in ipairs(enum.values) do
			ordinary:take(value.c_name, owner_of("value", value.name, value.place))
		end
	end
	for _, message in ipairs(model.messages) do
		local owner = owners[message]
		tags:take(message.c_name, owner)
		take_all(ordinary, message.c_name, MESSAGE_NAMES, owner)
		for _, oneof in ipairs(message.oneofs) do
			local case = ("%s_%s_case"):format(message.c_name, oneof.c_name)
			tags:take(case, owner_of("oneof", oneof.name, oneof.place))
			for _, field in ipairs(oneof.fields) do
				ordinary:take((case .. "_" .. field.name):upper(), owner_of("field", field.name, field.place))
			end
		end
	end
end

local function claim_services(model, tags, ordinary, owners)
	local services = new_space("in C", tags.found, tags.told)
	for _, event in ipairs(model.events) do
		tags:take(event.c_name .. "_call", owners[event.message])
		take_all(ordinary, event.c_name, EVENT_NAMES, owners[event.message])
	end
	for _, service in ipairs(model.services) do
		local owner = owner_of("service", service.name, service.place)
		services:take(service.c_name, owner)
		tags:take(service.c_name .. "_worker", owner)
		take_all(ordinary, service.c_name, SERVICE_NAMES, owner)
		for _, handler in ipairs(service.handlers) do
			ordinary:take(handler.c_name, owner)
			ordinary:take(handler.queue_c_name, owner)
		end
		for _, event in ipairs(service.edge and model.events or {}) do
			ordinary:take(("%s_admit_%s"):format(service.c_name, event.c_name), owner)
		end
	end
end

local function check_prefix(kind, name, c_name, place, found)
	if c_name == "warren" or c_name:match("^warren_") then
		found:add(place, "%s %s becomes '%s' in C, and names that begin with warren are the runtime's; rename it", kind, name,
			c_name)
	end
end

-- Names become parts of queues and routing keys, for which AMQP has 255 bytes in all.
local function check_length(kind, name, place, max, found)
	if #name > max then
		found:add(place, "%s '%s' is longer than %d characters, it becomes a part of names on the broker; shorten it", kind, name,
			max)
	end
end

local SERVICE_RESERVED = { all = true, clean = true, generated = true, help = true, install = true, package = true, test = true }

local function check_services(model, found)
	for _, service in ipairs(model.services) do
		check_prefix("service", service.name, service.c_name, service.place, found)
		check_length("service", service.c_name, service.place, SERVICE_LEN_MAX, found)
		if SERVICE_RESERVED[service.c_name] then
			found:add(service.place, "service %s becomes the program '%s', a name that the build keeps for itself; rename it",
				service.name, service.c_name)
		elseif service.c_name == "wait" then
			found:add(service.place, "service %s becomes '%s.wait' on the broker, where messages wait for their next attempt; "
				.. "rename it", service.name, model.package)
		end
	end
end

local function check_wire(model, owners, found, told)
	local wire = new_space("on the wire", found, told)
	local is_reply = {}
	for _, event in ipairs(model.events) do
		if event.reply then
			is_reply[event.reply] = true
		end
	end
	for _, message in ipairs(model.messages) do
		if message.event or is_reply[message] then
			wire:take(message.wire_name, owners[message])
			if names.is_reserved_on_the_wire(message.wire_name) then
				found:add(message.place, "message %s becomes '%s' on the wire, which Socket.IO or the runtime keep for themselves; "
					.. "rename it", message.name, message.wire_name)
			end
		end
	end
end

return function(model, found)
	local owners, told = {}, {}
	for _, message in ipairs(model.messages) do
		owners[message] = owner_of("message", message.full_name:sub(model.package and #model.package + 2 or 1), message.place)
	end
	check_wire(model, owners, found, told)
	local tags, ordinary = new_space("in C", found, told), new_space("in C", found, told)
	claim_messages(model, tags, ordinary, owners)
	claim_services(model, tags, ordinary, owners)
	check_services(model, found)
	for _, message in ipairs(model.messages) do
		check_prefix("message", message.name, message.c_name, message.place, found)
		check_length("message", message.wire_name, message.place, MESSAGE_LEN_MAX, found)
		check_members(message, found)
	end
	for _, enum in ipairs(model.enums) do
		check_prefix("enum", enum.name, enum.c_name, enum.place, found)
	end
end
