-- Which files are the system: those named in the run, all of one package, needing nothing beyond it.
local source = require("model.source")

local files = {}

local PACKAGE_LEN_MAX = 40
local VOCABULARY = "warren/options.proto"
local PACKAGE, DEPENDENCY, EXTENSION, SYNTAX = 2, 3, 7, 12 -- numbers in FileDescriptorProto

local function check_package(one, first, found)
	local package = one.descriptor.package
	local place = one:place({ PACKAGE })
	if not package then
		found:add(place, "no package, it names the system and its exchange; write e.g. `package shop;`")
	elseif package == "warren" or package == "google" or package:match("^google%.") then
		found:add(place, "package '%s' is not for systems; name it after the system, e.g. `package shop;`", package)
	elseif package:match("%.") then
		found:add(place, "package '%s' has a dot, the package names the system and its exchange; "
			.. "use one word, an incompatible event becomes OrderCreatedV2 beside the old one", package)
	elseif not package:match("^%l[%l%d_]*$") then
		found:add(place, "package '%s' is not in lower_snake_case, it names the exchange and files; write '%s'",
			package, package:gsub("(%l)(%u)", "%1_%2"):lower())
	elseif #package > PACKAGE_LEN_MAX then
		found:add(place, "package '%s' is longer than %d characters, it becomes a part of names on the broker; shorten it",
			package, PACKAGE_LEN_MAX)
	elseif first and first.descriptor.package and package ~= first.descriptor.package then
		found:add(place, "package '%s', but %s has package '%s': a run makes one system; "
			.. "use one package in all files, or one run for each", package, first.name, first.descriptor.package)
	end
end

local function check_imports(one, is_named, by_name, found)
	for i, import in ipairs(one.descriptor.dependency) do
		local place = one:place({ DEPENDENCY, i - 1 })
		local imported = by_name[import]
		if import == VOCABULARY or is_named[import] then
			goto continue
		elseif imported and imported.package == one.descriptor.package then
			found:add(place, "\"%s\" belongs to the system but not to this run; "
				.. "name all files of package %s on the command line", import, one.descriptor.package or "(none)")
		else
			found:add(place, "\"%s\" is of another package (%s), which is not supported yet; "
				.. "declare the messages that you need in package %s", import,
				imported and imported.package or "none", one.descriptor.package or "(none)")
		end
		::continue::
	end
end

local function check_syntax(one, found)
	local syntax = one.descriptor.syntax
	if syntax ~= "proto3" then
		found:add(one:place({ SYNTAX }), "syntax '%s' is not supported, required fields, defaults and groups "
			.. "have no JSON or C form here; write `syntax = \"proto3\";`", syntax or "proto2")
	end
	if #one.descriptor.extension > 0 then
		found:add(one:place({ EXTENSION, 0 }), "an extension is not supported, it would have no effect; remove it")
	end
end

-- Returns the sources, sorted by name, and the package.
function files.read(request, found)
	local is_named, by_name, sources = {}, {}, {}
	for _, name in ipairs(request.file_to_generate) do
		is_named[name] = true
	end
	for _, descriptor in ipairs(request.proto_file) do
		by_name[descriptor.name] = descriptor
		if is_named[descriptor.name] and descriptor.name ~= VOCABULARY then
			sources[#sources + 1] = source.new(descriptor)
		end
	end
	table.sort(sources, function(a, b)
		return a.name < b.name
	end)
	if #sources == 0 then
		found:add({ file = request.file_to_generate[1] or "(no file)", line = 1, column = 1 },
			"no file of a system was named; name the files that declare services and events")
	end
	for _, one in ipairs(sources) do
		check_syntax(one, found)
		check_package(one, sources[1], found)
		check_imports(one, is_named, by_name, found)
	end
	return sources, sources[1] and sources[1].descriptor.package
end

return files
