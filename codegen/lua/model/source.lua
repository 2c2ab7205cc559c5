-- One file of a schema: where its parts stand, and what was written above them.
--
-- protobuf names a part by a path of field numbers and indexes: { 4, 0, 2, 1 } is the second field (2) of the first
-- message (4).
local source = {}
source.__index = source

local OPTION_TAG_MIN = 50700 -- paths of our options have such a number in them

local function place_of(file, location)
	return { file = file, line = location.span[1] + 1, column = location.span[2] + 1 }
end

-- A comment's lines without the blank that follows the marks.
local function doc_of(location)
	local comment = location.leading_comments or location.trailing_comments
	if not comment then
		return nil
	end
	local lines = {}
	for line in (comment:gsub("\r", "") .. "\n"):gmatch("(.-)\n") do
		lines[#lines + 1] = line:gsub("^ ", ""):gsub("%s+$", "")
	end
	local doc = table.concat(lines, "\n"):gsub("^%s+", ""):gsub("%s+$", "")
	return doc ~= "" and doc or nil
end

function source.new(descriptor)
	local self = setmetatable({
		name = descriptor.name,
		descriptor = descriptor,
		places = {},
		docs = {},
	}, source)
	local info = descriptor.source_code_info
	for _, location in ipairs(info and info.location or {}) do
		local place = place_of(self.name, location)
		local key = table.concat(location.path, ",")
		self.places[key] = self.places[key] or place
		self.docs[key] = self.docs[key] or doc_of(location)
		for i, number in ipairs(location.path) do
			if number >= OPTION_TAG_MIN then
				local option = table.concat(location.path, ",", 1, i)
				self.places[option] = self.places[option] or place
				break
			end
		end
	end
	return self
end

-- Where the part at `path` (and the further numbers) stands; else where what it lies in stands.
function source:place(path, ...)
	local numbers = table.move({ ... }, 1, select("#", ...), #path + 1, table.move(path, 1, #path, 1, {}))
	for last = #numbers, 1, -1 do
		local place = self.places[table.concat(numbers, ",", 1, last)]
		if place then
			return place
		end
	end
	return { file = self.name, line = 1, column = 1 }
end

function source:doc(path)
	return self.docs[table.concat(path, ",")]
end

-- The path of a part below `path`.
function source.below(path, ...)
	return table.move({ ... }, 1, select("#", ...), #path + 1, table.move(path, 1, #path, 1, {}))
end

return source
