-- Counts the cases in a verbose ctest log: "PASSED FAILED" for tests/run to add up.
--
--   count.lua LOG [--failed]     --failed: writes to stderr what each failed test said
--
-- Each test's own runner says how many cases it ran; a test whose runner says nothing counts as one.
-- A test that ctest calls failed counts as at least one failed case, whatever its runner said.

local function counts_in(line)
  local checks, failures, errors = line:match("%%: Checks: (%d+), Failures: (%d+), Errors: (%d+)")
  if checks then
    local failed = tonumber(failures) + tonumber(errors)
    return tonumber(checks) - failed, failed
  end
  local passed, failed = line:match("^(%d+) passed, (%d+) failed")
  if passed then
    return tonumber(passed), tonumber(failed)
  end
  local ran = line:match("^Ran (%d+) tests? in ")
  if ran then
    return tonumber(ran), 0
  end
  local broken = line:match("^FAILED %((.*)%)$")
  if broken then
    local failed = 0
    for what, n in broken:gmatch("(%a+)=(%d+)") do
      if what == "failures" or what == "errors" or what == "successes" then
        failed = failed + tonumber(n)
      end
    end
    return -failed, failed -- Python's unittest has counted them as run
  end
  local node_passed = line:match("^[#ℹ]+ pass (%d+)")
  if node_passed then
    return tonumber(node_passed), 0
  end
  local node_failed = line:match("^[#ℹ]+ fail (%d+)")
  if node_failed then
    return 0, tonumber(node_failed)
  end
  return 0, 0
end

-- on_failed(name, lines): for each failed test.
local function count(log, on_failed)
  local tests = {}
  local total_passed, total_failed = 0, 0
  for line in log:lines() do
    local number, text = line:match("^(%d+): (.*)$")
    if number then
      local test = tests[number] or { passed = 0, failed = 0 }
      local passed, failed = counts_in(text)
      test.passed, test.failed = test.passed + passed, test.failed + failed
      if not (text:match("^Test command: ") or text:match("^Working Directory: ") or text:match("^Test timeout computed")) then
        test[#test + 1] = text
      end
      tests[number] = test
    end
    local ended, name, verdict = line:match("^%s*%d+/%d+ Test%s+#(%d+): (%S+) %.*%s*(%**%a+)")
    if ended then
      local test = tests[ended] or { passed = 0, failed = 0 }
      if verdict ~= "Passed" then
        test.failed = math.max(test.failed, 1)
        on_failed(name, test)
      elseif test.passed + test.failed == 0 then
        test.passed = 1
      end
      total_passed, total_failed = total_passed + math.max(test.passed, 0), total_failed + test.failed
    end
  end
  return total_passed, total_failed
end

local function show(name, lines)
  io.stderr:write(("---- %s failed, and said:\n%s\n----\n"):format(name, table.concat(lines, "\n")))
end

local log = assert(io.open(arg[1]))
print(count(log, arg[2] == "--failed" and show or function() end))
log:close()
