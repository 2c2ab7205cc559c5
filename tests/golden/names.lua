-- The naming rules, case by case.  names.lua FOLDER-OF-SCRIPTS
package.path = arg[1] .. "/?.lua"
local names = require("names")
local near = require("near")

local passed, failed = 0, 0

local function check(what, got, wanted)
	if got == wanted then
		passed = passed + 1
	else
		failed = failed + 1
		print(("FAIL %s: %s, not %s"):format(what, tostring(got), tostring(wanted)))
	end
end

for name, wanted in pairs({
	UserLogin = { "user_login", "userLogin" },
	HTTPRequest = { "http_request", "httpRequest" },
	URL = { "url", "url" },
	UserID = { "user_id", "userId" },
	UserIDs = { "user_i_ds", "userIDs" },
	OrderV2 = { "order_v2", "orderV2" },
	OrderCreatedV2 = { "order_created_v2", "orderCreatedV2" },
	X509Seen = { "x509_seen", "x509Seen" },
	User_Login = { "user_login", "userLogin" },
	user_login = { "user_login", "userLogin" },
	userLogin = { "user_login", "userLogin" },
	A = { "a", "a" },
	ABTest = { "ab_test", "abTest" },
}) do
	check("snake of " .. name, names.snake(name), wanted[1])
	check("wire of " .. name, names.wire(name), wanted[2])
end

for name, wanted in pairs({
	name = "name", class = "class_", int = "int_", ["for"] = "for_", base = "base_", errno = "errno_", NULL = "null",
	bool = "bool_", ["and"] = "and_", typename = "typename_", userName = "user_name", Class = "class_",
}) do
	check("c of " .. name, names.c(name), wanted)
end

for name, wanted in pairs({ Stat = "stat_", Tm = "tm_", Delete = "delete_", User = "user", Login = "login" }) do
	check("c_struct of " .. name, names.c_struct(name), wanted)
end

for name, wanted in pairs({ Object = "Object_", Promise = "Promise_", string = "string_", UserLogin = "UserLogin" }) do
	check("ts of " .. name, names.ts(name), wanted)
end

check("value with prefix", names.c_value("COLOR_RED", "Color", "color"), "COLOR_RED")
check("value without prefix", names.c_value("RED", "Color", "color"), "COLOR_RED")
check("value of a nested enum", names.c_value("COLOR_RED", "Color", "outer_color"), "OUTER_COLOR_RED")
check("value that is the prefix alone", names.c_value("COLOR_", "Color", "color"), "COLOR_COLOR_")
check("value of a mended enum", names.c_value("ON", "Switch", "switch_"), "SWITCH_ON")

for name, wanted in pairs({ Rooter = "Router", Ruoter = "Router", router = "Router", Usr = "User", Warehouse = false }) do
	check("near " .. name, near.find(name, { "Router", "User", "Stock" }) or false, wanted)
end

print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0)
