-- Every naming rule.
--
--   message UserLogin  ->  struct user_login, wire name userLogin
--   nested Outer.Inner ->  OuterInner, outer_inner
--   HTTPRequest        ->  http_request, httpRequest
--   a name that C, C++ or TypeScript reserve gets a `_` behind it
local names = {}

local function set(text)
	local out = {}
	for word in text:gmatch("%S+") do
		out[word] = true
	end
	return out
end

-- C11 and C++20 keywords, macros of the headers that generated code includes, and `base`, each struct's first member.
local C_RESERVED = set([[
	alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto base bitand bitor bool break
	case catch char char8_t char16_t char32_t class co_await co_return co_yield compl complex concept const
	const_cast consteval constexpr constinit continue decltype default delete do double dynamic_cast else enum
	errno explicit export extern false final float for friend goto if imaginary import inline int linux long
	module mutable namespace new noexcept noreturn not not_eq nullptr offsetof operator or or_eq override private
	protected public reflexpr register reinterpret_cast requires restrict return short signed sizeof static
	static_assert static_cast stderr stdin stdout struct switch synchronized template this thread_local throw
	true try typedef typeid typename typeof union unix unsigned using virtual void volatile wchar_t while xor
	xor_eq assert va_arg va_copy va_end va_list va_start
]])

-- Structs of the C library: a message of that name could not stand beside its headers.
local C_STRUCTS = set([[
	addrinfo dirent epoll_event flock hostent in_addr iovec itimerspec itimerval lconv linger
	mallinfo msghdr passwd pollfd rlimit rusage sched_param servent sigaction sigevent siginfo sigstack
	sockaddr stat statfs statvfs sysinfo termios timespec timeval timex timezone tm tms ucred utimbuf utsname
	winsize
]])

-- Names that TypeScript takes in a type's place, and the types that generated code itself uses.
local TS_RESERVED = set([[
	any abstract as asserts async await bigint boolean break case catch class const constructor continue debugger
	declare default delete do else enum export extends false finally for from function get if implements import in
	infer instanceof interface is keyof let module namespace never new null number object of package private
	protected public readonly require return satisfies set static string super switch symbol this throw true try
	type typeof undefined unique unknown var void while with yield
	Array ArrayBuffer Boolean Date Error Function JSON Map Number Object Omit Partial Promise Readonly Record
	RegExp Required Set String Symbol Uint8Array ClientToServerEvents ServerToClientEvents WarrenDone WarrenError
	WarrenErrorCode WarrenFieldRules WarrenRefusal
]])

-- Names that Socket.IO keeps for itself, and the runtime's own: an event's queue is <system>.<service>.<event>, and the
-- runtime has queues of those names beside it.
local WIRE_RESERVED = set([[
	connect connect_error disconnect disconnecting newListener removeListener warrenError warrenOffset
	dead lost quarantine topology
]])

-- UserLogin -> user_login, HTTPRequest -> http_request, OrderV2 -> order_v2.
function names.snake(name)
	return (name:gsub("(%u+)(%u%l)", "%1_%2"):gsub("([%l%d])(%u)", "%1_%2"):lower())
end

-- UserLogin -> userLogin, HTTPRequest -> httpRequest.
function names.wire(name)
	return (names.snake(name):gsub("_+(%w)", string.upper):gsub("^%u", string.lower))
end

-- A field's, a oneof's, an enum value's or an enum's name in C.
function names.c(name)
	local snake = names.snake(name)
	return C_RESERVED[snake] and snake .. "_" or snake
end

-- A message's name in C.
function names.c_struct(name)
	local snake = names.snake(name)
	return (C_RESERVED[snake] or C_STRUCTS[snake]) and snake .. "_" or snake
end

-- A message's or an enum's name in TypeScript.
function names.ts(name)
	return TS_RESERVED[name] and name .. "_" or name
end

-- COLOR_RED of enum Color -> COLOR_RED, RED of it -> COLOR_RED, COLOR_RED of Outer.Color -> OUTER_COLOR_RED.
function names.c_value(value, enum_name, enum_c_name)
	local prefix = names.snake(enum_name):upper() .. "_"
	local upper = names.snake(value):upper()
	if upper:sub(1, #prefix) == prefix and #upper > #prefix then
		upper = upper:sub(#prefix + 1)
	end
	return enum_c_name:gsub("_$", ""):upper() .. "_" .. upper
end

function names.is_reserved_on_the_wire(name)
	return WIRE_RESERVED[name] == true
end

return names
