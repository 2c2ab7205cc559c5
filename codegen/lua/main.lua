-- From one CodeGeneratorRequest to one response: reads the options, has the model made, runs the emitters.
--
-- main.lua(host, request) returns { files = { { path=, text= }… } } or { error = "…" }.
-- An emitter is a file emit/NAME.lua that returns { name = "c", emit = function(model) return files end };
-- what lies in folders below emit/ is for emitters to require.
local host, request = ...

-- `require` finds scripts by their paths: require("emit.lib.text") is emit/lib/text.lua.
local function find_script(name)
	local path = name:gsub("%.", "/") .. ".lua"
	local text = host.scripts[path]
	if not text then
		return ("\n\tno script %s"):format(path)
	end
	return assert(load(text, "@" .. path, "t"))
end
package.searchers = { package.searchers[1], find_script }

local options = require("options")

local given, wrong = options.parse(request.parameter or "", host)
if not given then
	return { error = wrong }
end
for path, text in pairs(given.scripts) do
	host.scripts[path] = text
end

local function sorted_emitters()
	local paths, emitters = {}, {}
	for path in pairs(host.scripts) do
		paths[#paths + 1] = path:match("^emit/[^/]+%.lua$")
	end
	table.sort(paths)
	for _, path in ipairs(paths) do
		local emitter = require((path:gsub("%.lua$", ""):gsub("/", ".")))
		assert(type(emitter) == "table" and type(emitter.name) == "string" and type(emitter.emit) == "function",
			path .. " does not return { name = …, emit = function(model) … end }")
		emitters[#emitters + 1] = { path = path, name = emitter.name, emit = emitter.emit }
	end
	return emitters
end

local function check_file(file, emitter, taken)
	assert(type(file.path) == "string" and type(file.text) == "string", emitter.path .. " made a file without path or text")
	assert(not file.path:match("^/") and not ("/" .. file.path .. "/"):match("/%.%.?/"),
		emitter.path .. " made a file outside of the output: " .. file.path)
	assert(not file.text:find("\0", 1, true), emitter.path .. " made a text with a zero byte: " .. file.path)
	assert(not taken[file.path], ("%s and %s both make %s"):format(taken[file.path], emitter.path, file.path))
	taken[file.path] = emitter.path
end

-- The model goes first: a broken schema is told whatever was asked for.
local model, problems = require("model")(request, host)
if not model then
	return { error = problems }
end
local emitters = sorted_emitters()
local chosen
chosen, wrong = options.choose(given, emitters, model)
if not chosen then
	return { error = wrong }
end

local files, taken = {}, {}
for _, emitter in ipairs(chosen.emitters) do
	for _, file in ipairs(emitter.emit(model)) do
		check_file(file, emitter, taken)
		if chosen.wants(file.path) then
			files[#files + 1] = { path = file.path, text = file.text }
		end
	end
end
table.sort(files, function(a, b)
	return a.path < b.path
end)
return { files = files }
