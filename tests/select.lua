-- What of the tests is wanted, and what has to be built for it.
--
--   select.lua TABLE [NAME…]
--
-- TABLE is the tests.tsv that CMake writes: a test, its builds, its targets.  A NAME is a suite (unit), a test (unit/service_call), or
-- the last part of a test's name; without any, all are wanted.  Prints a line for each build: BUILD, the pattern that ctest takes,
-- the targets.  A name that nothing has is one line on stderr with those that are near, and the exit status 2.

local BUILDS = { "asan", "plain", "tsan", "fuzz" }

local function read_tests(path)
  local tests = {}
  for line in io.lines(path) do
    local name, builds, targets = line:match("^(%S+)\t([^\t]*)\t([^\t]*)$")
    local suite, short = name:match("^([^/]+)/(.+)$")
    tests[#tests + 1] = { name = name, suite = suite, short = short, builds = builds, targets = targets }
  end
  return tests
end

-- The number of letters that have to be put in, taken out or changed to make one text of the other.
local function distance(a, b)
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

-- Names that somebody may have meant: those that hold what was said, and those that are a few letters away.
local function near(tests, said)
  local found, seen = {}, {}
  local function look(candidate, name)
    local far = distance(said, candidate)
    if candidate:find(said, 1, true) then
      far = 0
    end
    if far <= math.max(2, #said // 4) and not seen[name] then
      seen[name] = true
      found[#found + 1] = { far = far, name = name }
    end
  end
  for _, test in ipairs(tests) do
    look(test.suite, test.suite)
    look(test.name, test.name)
    look(test.short, test.name)
  end
  table.sort(found, function(a, b)
    return a.far < b.far or a.far == b.far and a.name < b.name
  end)
  local names = {}
  for i = 1, math.min(#found, 8) do
    names[i] = found[i].name
  end
  return names
end

local function suites_of(tests)
  local names, seen = {}, {}
  for _, test in ipairs(tests) do
    if not seen[test.suite] then
      seen[test.suite] = true
      names[#names + 1] = test.suite
    end
  end
  return names
end

local function refuse(tests, said)
  local names = near(tests, said)
  local hint = #names > 0 and "near: " .. table.concat(names, " ") or "the suites: " .. table.concat(suites_of(tests), " ")
  io.stderr:write(("dev: no suite or test %s; %s\n"):format(said, hint))
  os.exit(2)
end

-- A suite's name means the suite alone, though a test of another one may end in it.
local function mark(tests, said)
  for _, field in ipairs({ "suite", "name", "short" }) do
    local found = false
    for _, test in ipairs(tests) do
      if test[field] == said then
        test.wanted, found = true, true
      end
    end
    if found then
      return
    end
  end
  refuse(tests, said)
end

local function print_build(tests, build)
  local names, targets, seen = {}, {}, {}
  for _, test in ipairs(tests) do
    if test.wanted and (" " .. test.builds .. " "):find(" " .. build .. " ", 1, true) then
      names[#names + 1] = test.name
      for target in test.targets:gmatch("%S+") do
        if not seen[target] then
          seen[target] = true
          targets[#targets + 1] = target
        end
      end
    end
  end
  if #names > 0 then
    print(("%s\t^(%s)$\t%s"):format(build, table.concat(names, "|"), table.concat(targets, " ")))
  end
end

local tests = read_tests(arg[1])
for i = 2, #arg do
  mark(tests, arg[i])
end
for _, test in ipairs(tests) do
  test.wanted = test.wanted or #arg == 1
end
for _, build in ipairs(BUILDS) do
  print_build(tests, build)
end
