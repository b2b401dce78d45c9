-- wrk: GET of a random entity of `entities`; at the end requests/s, p50 and p99 in ms, errors.
-- Usage: wrk … -s random-entity.lua http://host:port -- entities [query]
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  math.randomseed(number)
  count = tonumber(args[1])
  -- Built beforehand, so that the generator costs the same whatever it measures: next to nothing.
  requests = {}
  for i = 1, count do
    requests[i] = wrk.format("GET", string.format("/features/%012d", i - 1) .. (args[2] or ""))
  end
end

function request()
  return requests[math.random(count)]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("figures %.0f %.3f %.3f %d\n",
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
