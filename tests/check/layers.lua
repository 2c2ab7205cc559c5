-- Who may include whom: services -> generated -> runtime -> libraries.  One row a room; what is not listed is refused.

local ROOMS = {
  -- folder, and the prefixes of quoted includes that it may use
  { "runtime/include/warren/", { "warren/" } },
  { "runtime/src/base/", { "warren/", "base/" } },
  { "runtime/src/ops/", { "warren/", "base/", "ops/" } },
  { "runtime/src/codec/", { "warren/", "base/", "codec/" } },
  { "runtime/src/broker/", { "warren/", "base/", "broker/" } },
  { "runtime/src/service/", { "warren/", "base/", "broker/", "codec/", "ops/", "service/" } },
  { "runtime/src/edge/loop/", { "warren/", "base/", "edge/internal.h", "edge/loop/" } },
  { "runtime/src/edge/http/", { "warren/", "base/", "edge/internal.h", "edge/loop/", "edge/http/" } },
  { "runtime/src/edge/engine/", { "warren/", "base/", "edge/internal.h", "edge/loop/", "edge/http/", "edge/engine/" } },
  { "runtime/src/edge/cluster/", { "warren/", "base/", "edge/internal.h", "edge/loop/", "edge/http/", "edge/engine/", "edge/cluster/" } },
  { "runtime/src/edge/socketio/", { "warren/", "base/", "edge/internal.h", "edge/loop/", "edge/engine/", "edge/cluster/", "edge/socketio/" } },
  { "runtime/src/edge/post/", { "warren/", "base/", "edge/internal.h", "edge/engine/", "edge/socketio/", "edge/post/" } },
  { "runtime/src/edge/internal.h", { "warren/", "base/", "edge/loop/" } },
  { "runtime/src/edge/", { "warren/", "base/", "edge/" } },
  { "runtime/src/gateway/", { "warren/", "base/", "broker/broker.h", "ops/ops.h", "service/instance.h", "service/name.h", "service/store.h", "service/trust.h", "service/wire.h", "gateway/" } },
  -- a bare name is a file beside it
  { "codegen/", { "google/", "warren/options.pb-c.h", "BESIDE" } },
  { "generated/c/", { "warren/", "BESIDE" } },
  { "services/", { "warren/", "BESIDE", "GENERATED" } },
}

-- Public headers that the libraries above may not know.
local FORBIDDEN = {
  ["runtime/src/base/"] = { "warren/service.h", "warren/edge.h", "warren/gateway.h", "warren/message.h", "warren/test.h" },
  ["runtime/src/ops/"] = { "warren/service.h", "warren/edge.h", "warren/gateway.h", "warren/message.h", "warren/test.h" },
  ["runtime/src/codec/"] = { "warren/service.h", "warren/edge.h", "warren/gateway.h", "warren/test.h" },
  ["runtime/src/broker/"] = { "warren/service.h", "warren/edge.h", "warren/gateway.h", "warren/message.h", "warren/test.h" },
  ["runtime/src/service/"] = { "warren/edge.h", "warren/gateway.h" },
  ["runtime/src/edge/"] = { "warren/service.h", "warren/gateway.h", "warren/message.h", "warren/test.h" },
}

local function starts(text, prefix)
  return text:sub(1, #prefix) == prefix
end

local function exists(path)
  local file = io.open(path)
  if file then
    file:close()
  end
  return file ~= nil
end

local function room_of(path)
  for _, room in ipairs(ROOMS) do
    if starts(path, room[1]) then
      return room
    end
  end
end

local function allowed(room, path, include)
  for prefix, forbidden in pairs(FORBIDDEN) do
    for _, header in ipairs(starts(path, prefix) and forbidden or {}) do
      if include == header then
        return false
      end
    end
  end
  for _, prefix in ipairs(room[2]) do
    if prefix == "BESIDE" then
      if exists(path:match("^(.*/)") .. include) or exists(path:match("^(.*/)") .. "../" .. include) then
        return true
      end
    elseif prefix == "GENERATED" then
      if exists("generated/c/" .. include) then
        return true
      end
    elseif starts(include, prefix) then
      return true
    end
  end
  return false
end

-- rabbitmq-c's headers have other names in each release: one file knows them.
local function is_rabbitmq_c(path, include)
  return path ~= "runtime/src/broker/amqp_library.h" and (include:match("^amqp") or include:match("^rabbitmq%-c/")) ~= nil
end

local files = assert(io.popen("git ls-files -co --exclude-standard '*.c' '*.h'"))
local read, broken = 0, 0
for path in files:lines() do
  local room = room_of(path)
  if exists(path) then
    read = read + 1
    local number = 0
    for line in io.lines(path) do
      number = number + 1
      local include = line:match('^%s*#%s*include%s*"([^"]+)"')
      local library = line:match("^%s*#%s*include%s*<([^>]+)>")
      if room and include and not allowed(room, path, include) then
        broken = broken + 1
        print(("%s:%d: %s may not include %s"):format(path, number, room[1], include))
      end
      if library and is_rabbitmq_c(path, library) then
        broken = broken + 1
        print(("%s:%d: include broker/amqp_library.h instead of <%s>"):format(path, number, library))
      end
    end
  end
end
files:close()
assert(read > 0, "no file was read")
os.exit(broken == 0)
