-- Text: templates, wrapping, lists.  Knows no output language.
local text = {}

-- Fills each `$(name)` of a template from `values`; a name without a value is a bug of ours.
-- A line that is nothing but one `$(name)` takes a value of several lines at that line's indentation,
-- and vanishes when the value is "".
function text.fill(template, values)
	local function value_of(name)
		local value = values[name]
		assert(value ~= nil, "no value for $(" .. name .. ")")
		return tostring(value)
	end

	local out = {}
	for line in (template:gsub("\n$", "") .. "\n"):gmatch("(.-)\n") do
		local indent, name = line:match("^(%s*)%$%(([%w_]+)%)$")
		local block = name and value_of(name)
		if not block then
			out[#out + 1] = line:gsub("%$%(([%w_]+)%)", value_of)
		elseif block ~= "" then
			out[#out + 1] = text.indent(block, indent)
		end
	end
	return table.concat(out, "\n")
end

-- Puts `indent` before every line that is not empty.
function text.indent(block, indent)
	if indent == "" then
		return block
	end
	return (indent .. block:gsub("\n([^\n])", "\n" .. indent .. "%1"))
end

-- Applies `fn` to each element and joins what it returns; nil is left out.
function text.each(list, fn, separator)
	local out = {}
	for i, element in ipairs(list) do
		out[#out + 1] = fn(element, i)
	end
	return table.concat(out, separator or "\n")
end

function text.map(list, fn)
	local out = {}
	for i, element in ipairs(list) do
		out[#out + 1] = fn(element, i)
	end
	return out
end

function text.filter(list, keep)
	local out = {}
	for _, element in ipairs(list) do
		if keep(element) then
			out[#out + 1] = element
		end
	end
	return out
end

function text.append(list, ...)
	for _, element in ipairs({ ... }) do
		list[#list + 1] = element
	end
	return list
end

-- "a", "a and b", "a, b and c".
function text.list(words, last)
	if #words < 2 then
		return words[1] or ""
	end
	return table.concat(words, ", ", 1, #words - 1) .. " " .. (last or "and") .. " " .. words[#words]
end

function text.columns(line)
	return utf8.len(line) or #line
end

-- Fills a line with spaces up to that many columns, however many: string.format takes 99 at the most.
function text.pad(line, columns)
	return line .. (" "):rep(columns - text.columns(line))
end

-- Breaks one paragraph into lines of at most `width` columns; further lines begin with `hang`.
function text.wrap(paragraph, width, hang)
	local lines, line = {}, nil
	for gap, word in paragraph:gmatch("(%s*)(%S+)") do
		if not line then
			line = (#lines == 0 and gap or "") .. word
		elseif text.columns(line) + #gap + text.columns(word) <= width then
			line = line .. gap .. word
		else
			lines[#lines + 1] = line
			line = (hang or "") .. word
		end
	end
	lines[#lines + 1] = line
	return lines
end

local function is_item(line)
	return line:match("^%s*[-*+]%s") or line:match("^%s*%d+[.)]%s")
end

-- Takes a comment apart into paragraphs: { text=…, hang=…, gap=true when an empty line stands before it }.
-- Items of a list and indented lines stay on lines of their own; all other lines flow.
function text.paragraphs(doc)
	local out, gap = {}, false
	for line in ((doc or "") .. "\n"):gmatch("(.-)\r?\n") do
		line = line:gsub("%c", " "):gsub("%s+$", "")
		local last = out[#out]
		if line == "" then
			gap = #out > 0
		elseif last and not gap and not is_item(line) and not (line:match("^%s%s") and last.hang == "") then
			last.text = last.text .. " " .. line:gsub("^%s+", "")
		else
			local item = is_item(line)
			local indent = line:match("^%s*")
			out[#out + 1] = {
				text = item and line or (#indent > 1 and line or line:gsub("^%s+", "")),
				hang = item and indent .. "  " or "",
				gap = gap,
			}
			gap = false
		end
	end
	return out
end

-- The same as lines of at most `width` columns.
function text.flow(doc, width)
	local lines = {}
	for _, paragraph in ipairs(text.paragraphs(doc)) do
		if paragraph.gap then
			lines[#lines + 1] = ""
		end
		text.append(lines, table.unpack(text.wrap(paragraph.text, width, paragraph.hang)))
	end
	return lines
end

-- Ends with a full stop, so that another sentence can follow.
function text.sentence(doc)
	doc = (doc or ""):gsub("%s+$", "")
	if doc == "" or doc:match("[.!?:]$") then
		return doc
	end
	return doc .. "."
end

-- Joins documentation and what we add to it: sentences, in one paragraph where the first is one.
function text.join_sentences(...)
	local out = {}
	for _, part in ipairs({ ... }) do
		if part ~= "" then
			out[#out + 1] = text.sentence(part)
		end
	end
	return table.concat(out, "  ")
end

function text.capital(word)
	return (word:gsub("^%l", string.upper))
end

-- A number as short as it can be read back.
function text.number(value)
	if math.type(value) == "integer" then
		return tostring(value)
	end
	if value == math.floor(value) and math.abs(value) < 1e15 then
		return string.format("%d", value)
	end
	local short = string.format("%.15g", value)
	return tonumber(short) == value and short or string.format("%.17g", value)
end

return text
