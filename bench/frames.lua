-- wrk: one GET per request, uniformly at random over a list of "path<TAB>range" lines (range may be empty).
-- Environment: BENCH_LIST the list; BENCH_ACCEPT an Accept field, when the server wants one; BENCH_CODING
-- an Accept-Encoding.
local requests = {}

function init()
  math.randomseed(os.time() + tonumber(tostring({}):sub(8), 16) % 100000)
  local accept = os.getenv("BENCH_ACCEPT")
  local coding = os.getenv("BENCH_CODING")
  for line in io.lines(os.getenv("BENCH_LIST")) do
    local path, range = line:match("^([^\t]*)\t?(.*)$")
    local fields = { ["Host"] = "bench" }
    if accept then fields["Accept"] = accept end
    if coding then fields["Accept-Encoding"] = coding end
    if range ~= "" then fields["Range"] = "bytes=" .. range end
    requests[#requests + 1] = wrk.format("GET", path, fields)
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
                         latency:percentile(99), bad))
end

-- A person looks at what came before asking for more: BENCH_PAUSE, milliseconds between two requests of a connection.
local pause = tonumber(os.getenv("BENCH_PAUSE") or "0")
if pause > 0 then
  function delay()
    return math.random(math.floor(pause / 2), math.ceil(pause * 3 / 2))
  end
end
