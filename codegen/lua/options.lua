-- What follows --warren_opt=: only=c,ts   service=User   scripts=DIR.
local near = require("near")

local options = {}

local KNOWN = { "only", "scripts", "service" }

-- protoc joins all options with commas, so a piece without `=` goes on with the list before it.
local function pairs_of(parameter)
	local out = {}
	for piece in parameter:gmatch("[^,]+") do
		local key, value = piece:match("^([^=]*)=(.*)$")
		if key then
			out[#out + 1] = { key = key, values = { value } }
		elseif #out > 0 and out[#out].key == "only" then
			table.insert(out[#out].values, piece)
		else
			out[#out + 1] = { key = piece, values = {} }
		end
	end
	return out
end

-- Returns { only = list or nil, service = name or nil, scripts = path -> text }; nil, error.
function options.parse(parameter, host)
	local given = { scripts = {} }
	for _, pair in ipairs(pairs_of(parameter)) do
		local value = pair.values[1]
		if pair.key ~= "only" and pair.key ~= "scripts" and pair.key ~= "service" then
			return nil, ("--warren_opt: unknown option '%s'%s; there are only=, service= and scripts=")
				:format(pair.key, near.hint(pair.key, KNOWN))
		elseif not value or value == "" then
			return nil, ("--warren_opt: %s= needs a value"):format(pair.key)
		elseif pair.key == "only" then
			given.only = given.only or {}
			table.move(pair.values, 1, #pair.values, #given.only + 1, given.only)
		elseif pair.key == "service" then
			if given.service then
				return nil, "--warren_opt: service= is given twice; one run emits one service or all"
			end
			given.service = value
		else
			local scripts, err = host.read_folder(value)
			if not scripts then
				return nil, "--warren_opt: scripts=: " .. err
			end
			for path, text in pairs(scripts) do
				given.scripts[path] = text
			end
		end
	end
	return given
end

local function choose_emitters(only, emitters)
	if not only then
		return emitters
	end
	local names, is_known, wanted, out = {}, {}, {}, {}
	for _, emitter in ipairs(emitters) do
		if not is_known[emitter.name] then
			is_known[emitter.name] = true
			names[#names + 1] = emitter.name
		end
	end
	for _, name in ipairs(only) do
		if not is_known[name] then
			return nil, ("--warren_opt: only=%s: there is no such kind of output%s; there are %s")
				:format(name, near.hint(name, names), table.concat(names, ", "))
		end
		wanted[name] = true
	end
	for _, emitter in ipairs(emitters) do
		if wanted[emitter.name] then
			out[#out + 1] = emitter
		end
	end
	return out
end

-- The files that a service has for itself: its table, test kit, list of handlers, and its folder of stubs.  Its header is not
-- among these, for the files that are common to all include all headers.
local OWN_FILES = { "_service.c", "_test.h", "_handlers.txt" }

local function owner_of(path, model)
	local name = path:match("[^/]+$")
	for _, service in ipairs(model.services) do
		for _, suffix in ipairs(OWN_FILES) do
			if name == service.c_name .. suffix then
				return service.c_name
			end
		end
	end
	return path:match("^stubs/([^/]+)/")
end

-- Returns { emitters = list, wants = function(path) }; nil, error.
function options.choose(given, emitters, model)
	local chosen, err = choose_emitters(given.only, emitters)
	if not chosen then
		return nil, err
	end
	if not given.service then
		return { emitters = chosen, wants = function() return true end }
	end
	local names, wanted = {}, nil
	for _, service in ipairs(model.services) do
		names[#names + 1] = service.name
		if given.service == service.name or given.service == service.c_name then
			wanted = service.c_name
		end
	end
	if not wanted then
		return nil, ("--warren_opt: service=%s: no such service%s; there are %s")
			:format(given.service, near.hint(given.service, names), table.concat(names, ", "))
	end
	return {
		emitters = chosen,
		wants = function(path)
			local owner = owner_of(path, model)
			return owner == nil or owner == wanted
		end,
	}
end

return options
