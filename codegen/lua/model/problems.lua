-- What is wrong with a schema: `file:line:column: what, why; mend`, all of it, in the order of the files' lines.
local problems = {}
problems.__index = problems

local SHOWN_MAX = 50

function problems.new()
	return setmetatable({ list = {} }, problems)
end

-- Bytes of a schema's texts that are no UTF-8 would make the response unreadable.
local function readable(line)
	return utf8.len(line) and line or line:gsub("[\x80-\xff]", "?")
end

-- `place` is { file=, line=, column= }; see model/source.lua.
function problems:add(place, text, ...)
	local line = select("#", ...) > 0 and text:format(...) or text
	table.insert(self.list, { place = place, line = readable(line), number = #self.list })
end

function problems:any()
	return #self.list > 0
end

local function comes_before(a, b)
	local p, q = a.place, b.place
	if p.file ~= q.file then
		return p.file < q.file
	elseif p.line ~= q.line then
		return p.line < q.line
	elseif p.column ~= q.column then
		return p.column < q.column
	end
	return a.number < b.number
end

-- A first line with the count, for protoc puts its own prefix before it; then a line for each.
function problems:text()
	table.sort(self.list, comes_before)
	local count = #self.list
	local lines = { count == 1 and "the schema has an error" or ("the schema has %d errors"):format(count) }
	for i = 1, math.min(count, SHOWN_MAX) do
		local problem = self.list[i]
		local place = problem.place
		table.insert(lines, ("%s:%d:%d: %s"):format(place.file, place.line, place.column, problem.line))
	end
	if count > SHOWN_MAX then
		table.insert(lines, ("… and %d more"):format(count - SHOWN_MAX))
	end
	return table.concat(lines, "\n")
end

return problems
