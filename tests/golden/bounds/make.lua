-- Writes a schema in which everything is as long, as many, as deep and as large as the language allows.
--   make.lua > bounds.proto
local PACKAGE_LEN, SERVICE_LEN, MESSAGE_LEN = 40, 64, 128
local FIELDS, VALUES, NESTED, LISTED = 1000, 500, 30, 100
local UINT32_MAX, SAFE_MAX = 4294967295, 9007199254740991
local FIELD_NUMBER_MAX = 536870911
local HALF_AN_HOUR_MS, DAY_MS, PREFETCH_MAX, ATTEMPTS_MAX = 1800000, 86400000, 2000, 1000

-- Names of that length that differ in their last letter.
local function name(first, len, last)
	return first .. ("x"):rep(len - 2) .. last
end

local package = name("b", PACKAGE_LEN, "p")
local edge, owner, other = name("S", SERVICE_LEN, "a"), name("S", SERVICE_LEN, "b"), name("S", SERVICE_LEN, "c")
local asked, answer, told = name("M", MESSAGE_LEN, "a"), name("M", MESSAGE_LEN, "b"), name("M", MESSAGE_LEN, "c")
local out = {}
local function add(text, ...)
	out[#out + 1] = text:format(...)
end

add('syntax = "proto3";\npackage %s;\nimport "warren/options.proto";\n', package)
add("service %s { option (warren.service) = { edge: true }; }", edge)
add("service %s {", owner)
add("  rpc On%s(%s) returns (%s) {", asked, asked, answer)
add("    option (warren.on) = { timeout_ms: %d ttl_ms: %d max_length: %d prefetch: %d", HALF_AN_HOUR_MS, UINT32_MAX, UINT32_MAX,
	PREFETCH_MAX)
add("      retry { max_attempts: %d backoff_ms: %d backoff_max_ms: %d } };\n  }", ATTEMPTS_MAX, DAY_MS, DAY_MS)
add("  rpc OnNothing(Nothing) returns (warren.None);\n}")
add("service %s { rpc On%s(%s) returns (warren.None) { option (warren.on) = { prefetch: 1 "
	.. "retry { max_attempts: 2 backoff_ms: 1 backoff_max_ms: 1 } }; } }", other, told, told)
add("// It takes nothing, sends nothing and asks nothing.\nservice Empty {}\n")

-- An event with all there is.
add("message %s {", asked)
add('  option (warren.event) = { from: "%s" from: "%s" browser { rate_per_s: %d burst: %d } };', edge, other, UINT32_MAX, UINT32_MAX)
add("  string text = 1 [(warren.field) = { min_len: 0 max_len: %d pattern: \"^(%s)?$\" }];", UINT32_MAX, ("[a-z]{1,9}"):rep(20))
add("  repeated string many = 2 [(warren.field) = { min_items: 0 max_items: %d max_len: %d }];", UINT32_MAX, UINT32_MAX)
local listed = {}
for i = 1, LISTED do
	listed[i] = ('in: "%s%d"'):format(("v"):rep(200), i)
end
add("  string one = 3 [(warren.field) = { %s }];", table.concat(listed, " "))
add("}")
add("message %s { bool ok = %d; }", answer, FIELD_NUMBER_MAX)
add('message %s { option (warren.event) = { from: "%s" to: "%s" }; Extremes extremes = 1; }', told, owner, edge)
add('// An event without a field.\nmessage Nothing { option (warren.event) = { from: "%s" from: "%s" }; }\n', edge, other)

add("message Extremes {")
for i, field in ipairs({
	{ "int64", -SAFE_MAX, SAFE_MAX }, { "uint64", 0, SAFE_MAX }, { "sint64", -SAFE_MAX, SAFE_MAX },
	{ "fixed64", 0, SAFE_MAX }, { "sfixed64", -SAFE_MAX, SAFE_MAX }, { "int32", -2147483648, 2147483647 },
	{ "uint32", 0, UINT32_MAX },
}) do
	local type, least, most = table.unpack(field)
	add("  %s a_%s = %d;", type, type, i)
	add("  %s b_%s = %d [(warren.field) = { gte: %d lte: %d %s }];", type, type, 100 + i, least, most,
		type:match("64$") and "integer: SAFE" or "")
end
add("  double a_double = 50 [(warren.field) = { gte: -1.7976931348623157e308 lte: 1.7976931348623157e308 }];")
add("  Large large = 51;\n  repeated Large larges = 52;\n  Deep deep = 53;\n  T0 outer = 54;\n  Wide wide = 55;\n}")
add("enum Large {\n  LARGE_UNSPECIFIED = 0;\n  LARGE_LEAST = -2147483648;\n  LARGE_MOST = 2147483647;")
for i = 1, VALUES do
	add("  LARGE_%s_%d = %d;", ("X"):rep(100), i, i * 4000000)
end
add("}\nmessage Deep { Deep deep = 1; int32 number = 2; }")

add("message Wide {")
local types = { "string", "bytes", "int32", "bool", "double", "Large", "Nothing" }
for i = 1, FIELDS do
	-- The numbers that protobuf keeps for itself lie between.
	local number = i <= FIELDS / 2 and i or FIELD_NUMBER_MAX - (FIELDS - i)
	local label = i % 3 == 0 and "repeated " or i % 3 == 1 and types[i % #types + 1] ~= "Nothing" and "optional " or ""
	add("  %s%s %s_%d = %d;", label, types[i % #types + 1], ("f"):rep(100), i, number)
end
add("}")

-- Types within types.
for i = 0, NESTED do
	add("%smessage T%d {", ("  "):rep(i), i)
end
for i = NESTED, 0, -1 do
	add("%s  int32 number = 1;%s\n%s}", ("  "):rep(i), i < NESTED and (" T%d inner = 2;"):format(i + 1) or "", ("  "):rep(i))
end
io.write(table.concat(out, "\n"), "\n")
