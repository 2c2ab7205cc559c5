-- "did you mean …?": the name in a list that is nearest to a mistyped one.
local near = {}

-- How many letters must be exchanged, added, left out or swapped with the next; capitals count as their small letters.
local function distance(a, b)
	a, b = a:lower(), b:lower()
	local rows = { [0] = {} }
	for j = 0, #b do
		rows[0][j] = j
	end
	for i = 1, #a do
		local row = { [0] = i }
		for j = 1, #b do
			local cost = a:byte(i) == b:byte(j) and 0 or 1
			row[j] = math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + cost)
			if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
				row[j] = math.min(row[j], rows[i - 2][j - 2] + 1)
			end
		end
		rows[i] = row
	end
	return rows[#a][#b]
end

-- Returns the nearest of `names`, nil when none is near.
function near.find(name, names)
	local best, best_distance
	for _, candidate in ipairs(names) do
		local d = distance(name, candidate)
		if candidate ~= name and d <= math.max(1, #name // 3) and (not best or d < best_distance) then
			best, best_distance = candidate, d
		end
	end
	return best
end

-- Returns " (did you mean 'x'?)" or "".
function near.hint(name, names)
	local found = near.find(name, names)
	return found and (" (did you mean '%s'?)"):format(found) or ""
end

return near
