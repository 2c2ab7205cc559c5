-- C: strings, comments, line breaks, types.
local text = require("emit.lib.text")

local c = {}

local WIDTH = 100
local TAB = 8

-- The first line of each file.
function c.head(model)
	local made = ("Made by protoc-gen-warren from %s."):format(model.source)
	local line = c.comment(made .. "  Do not edit: change the schema and run ./dev gen.")
	return line:find("\n") and c.comment({ made, "Do not edit: change the schema and run ./dev gen." }) or line
end

-- Text that would end the comment, open one, splice a line or reverse what follows is made harmless.
local function harmless(line)
	local out = line:gsub("%*/", "* /"):gsub("/%*", "/ *"):gsub("%?%?/", "? ?/")
	return (out:gsub("\u{202A}", ""):gsub("\u{202B}", ""):gsub("\u{202C}", ""):gsub("\u{202D}", "")
		:gsub("\u{202E}", ""):gsub("\u{2066}", ""):gsub("\u{2067}", ""):gsub("\u{2068}", ""):gsub("\u{2069}", ""))
end

-- A comment of one line where it fits, of several where not; "" for nothing to say.  `indent` counts tabs.
-- `doc` is text, or a list of texts that each begin a line of their own.
function c.comment(doc, indent)
	local width = WIDTH - (indent or 0) * TAB
	local lines = {}
	for _, part in ipairs(type(doc) == "table" and doc or { doc or "" }) do
		local flowed = text.flow(harmless(part), width - 3)
		text.append(lines, table.unpack(flowed))
	end
	if #lines == 0 then
		return ""
	end
	if #lines == 1 and text.columns(lines[1]) + 6 <= width then
		return "/* " .. lines[1] .. " */"
	end
	for i, line in ipairs(lines) do
		lines[i] = line == "" and " *" or " * " .. line
	end
	return "/*\n" .. table.concat(lines, "\n") .. "\n */"
end

-- A comment whose lines stand as they are.
function c.block_comment(block)
	return "/*\n" .. (harmless(block) .. "\n"):gsub("(.-)\n", function(line)
		return line == "" and " *\n" or " * " .. line .. "\n"
	end) .. " */"
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["?"] = "\\?" }

-- A string literal.  Bytes outside of ASCII are written in octal, so that no compiler has an opinion on them;
-- a question mark after another is escaped, or C11 sees trigraphs.
function c.string(value)
	local escaped = value:gsub('[%c"\\\128-\255]', function(char)
		return ESCAPES[char] or string.format("\\%03o", char:byte())
	end):gsub("%?%?+", function(marks)
		return "?" .. ("\\?"):rep(#marks - 1)
	end)
	return '"' .. escaped .. '"'
end

local function expand(line)
	return text.columns((line:gsub("\t", (" "):rep(TAB))))
end

-- Where a line may be broken: before an attribute, else after the last comma, else after a call's bracket.
local function last_break(line)
	local best, first, in_string, escaped, column = nil, true, false, false, 0
	for i = 1, #line do
		local char = line:sub(i, i)
		column = column + (char == "\t" and TAB or 1)
		if column > WIDTH and best then
			return best
		end
		if in_string then
			in_string = escaped or char ~= '"'
			escaped = not escaped and char == "\\"
		elseif char == '"' then
			in_string = true
		elseif char == "," and line:sub(i + 1, i + 1) == " " then
			best = i
		elseif char == "(" and first and line:sub(i - 1, i - 1):match("[%w_]") and line:sub(i + 1, i + 1) ~= ")" then
			best, first = i, false
		elseif char == ")" and line:sub(i + 1, i + 8) == " WARREN_" then
			return i
		end
	end
	return best
end

local function fold_line(line, out)
	local indent = line:match("^\t*") .. "\t"
	while expand(line) > WIDTH do
		local at = last_break(line)
		if not at or at >= #line then
			break
		end
		out[#out + 1] = line:sub(1, at)
		line = indent .. line:sub(at + 1):gsub("^ ", "")
	end
	out[#out + 1] = line
end

-- Breaks the lines of code that are too long; comments and directives stay.
function c.fold(code)
	local out = {}
	for line in (code .. "\n"):gmatch("(.-)\n") do
		if line:match("^%s*/?%*") or line:match("^#") then
			out[#out + 1] = line
		else
			fold_line(line, out)
		end
	end
	return table.concat(out, "\n")
end

-- A header: head, guard, extern "C" around what it declares.
function c.header(model, name, includes, about, body)
	return c.fold(text.fill([[
$(head)
$(about)
#ifndef $(guard)
#define $(guard)

$(includes)

#ifdef __cplusplus
extern "C" {
#endif

$(body)

#ifdef __cplusplus
}
#endif

#endif
]], {
		head = c.head(model),
		about = about or "",
		guard = name:upper():gsub("[^%w]", "_"),
		includes = text.each(includes, function(include)
			return '#include "' .. include .. '"'
		end),
		body = body,
	})) .. "\n"
end

-- An array of constants.  C has none of length zero: "" for those.
function c.array(declaration, elements)
	if #elements == 0 then
		return ""
	end
	local list = table.concat(elements, ", ")
	if #list + #declaration <= WIDTH - 8 and not list:find("\n") then
		return declaration .. "[] = {" .. list .. "};"
	end
	local body = tonumber(elements[1]) and text.wrap(list .. ",", WIDTH - TAB) or text.map(elements, function(element)
		return element .. ","
	end)
	return declaration .. "[] = {\n" .. text.indent(table.concat(body, "\n"), "\t") .. "\n};"
end

-- Joins the pieces that are not empty with an empty line between them.
function c.pieces(...)
	return table.concat(text.filter({ ... }, function(piece)
		return piece ~= ""
	end), "\n\n")
end

local TYPES = {
	double = "double",
	float = "float",
	int32 = "int32_t",
	int64 = "int64_t",
	uint32 = "uint32_t",
	uint64 = "uint64_t",
	sint32 = "int32_t",
	sint64 = "int64_t",
	fixed32 = "uint32_t",
	fixed64 = "uint64_t",
	sfixed32 = "int32_t",
	sfixed64 = "int64_t",
	bool = "protobuf_c_boolean",
	string = "const char *",
	bytes = "ProtobufCBinaryData",
}

-- The type of one value of a field.
function c.type(field)
	if field.enum then
		return "enum " .. field.enum.c_name
	end
	if field.message then
		return "const struct " .. field.message.c_name .. " *"
	end
	return assert(TYPES[field.type], field.type)
end

-- A declaration; the star stands at the name.
function c.declare(type_name, name)
	return type_name .. (type_name:match("%*$") and "" or " ") .. name
end

-- "demo_events.h" and the like.
function c.system_file(model, rest)
	return model.package:gsub("%.", "_") .. "_" .. rest
end

return c
