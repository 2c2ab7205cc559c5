-- "did you mean …?": the name in a list that is nearest to a mistyped one.
local near = {}

-- Edit distance, capitals counting as their small letters.
local function distance(a, b)
	a, b = a:lower(), b:lower()
	local row = {}
	for j = 0, #b do
		row[j] = j
	end
	for i = 1, #a do
		local diagonal = row[0]
		row[0] = i
		for j = 1, #b do
			local cost = a:byte(i) == b:byte(j) and 0 or 1
			diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
		end
	end
	return row[#b]
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
