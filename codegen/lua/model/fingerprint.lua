-- A message's fingerprint: it changes when what is on the wire changes (numbers, names, types, labels, of the message and
-- of all that it holds), not with comments, rules or the order of lines.
local fingerprint = {}

local function describe_enum(enum)
	local values = {}
	for _, value in ipairs(enum.values) do
		values[#values + 1] = ("%s=%d"):format(value.name, value.number)
	end
	table.sort(values)
	return ("enum %s { %s }"):format(enum.full_name, table.concat(values, " "))
end

local function describe_message(message, visit)
	local lines = {}
	for _, field in ipairs(message.fields_by_number) do
		local of = field.message or field.enum
		lines[#lines + 1] = ("%d %s %s %s %s %s%s"):format(field.number, field.name, field.json_name, field.label,
			field.type, of and of.full_name or "-", field.oneof and " oneof " .. field.oneof.name or "")
		if of then
			visit(of)
		end
	end
	return ("message %s { %s }"):format(message.full_name, table.concat(lines, "; "))
end

function fingerprint.of(message, host)
	local texts, seen = {}, {}
	local function visit(of)
		if seen[of] then
			return
		end
		seen[of] = true
		texts[#texts + 1] = of.values and describe_enum(of) or describe_message(of, visit)
	end
	visit(message)
	table.sort(texts)
	return host.fingerprint(table.concat(texts, "\n"))
end

return fingerprint
