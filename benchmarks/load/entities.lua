-- wrk: asks for the entities that a file lists, each of two threads for its half, one after another and again from the first; at the
-- end requests/s, p50, p99 and p99.9 in ms, errors.
-- Usage: wrk --threads 2 … -s entities.lua http://host:port -- ids get [query]
--        … -- ids native|feast: POST of a query of 100 entities, in the store's own form or in Feast's
local threads = 0
local size = 100

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local function queries(ids, form)
  local features = {}
  for i = 0, 49 do features[#features + 1] = string.format('"default:feature_%02d"', i) end
  local head = '{"features":[' .. table.concat(features, ",") .. '],'
  local headers = { ["Content-Type"] = "application/json" }
  local made = {}
  for first = 1, #ids - size + 1, size do
    made[#made + 1] = form == "feast"
      and wrk.format("POST", "/get-online-features", headers,
        head .. '"entities":{"id":["' .. table.concat(ids, '","', first, first + size - 1) .. '"]},"full_feature_names":false}')
      or wrk.format("POST", "/features/query", headers,
        head .. '"entities":[{"id":"' .. table.concat(ids, '"},{"id":"', first, first + size - 1) .. '"}]}')
  end
  return made
end

function init(args)
  local ids = {}
  local line = 0
  for id in io.lines(args[1]) do
    line = line + 1
    if line % 2 == number % 2 then ids[#ids + 1] = id end
  end
  -- Built beforehand, so that the generator costs the same whatever it measures: next to nothing.
  if args[2] == "get" then
    local head, tail = wrk.format("GET", "/features/@" .. (args[3] or "")):match("^(.-)@(.*)$")
    requests = {}
    for i = 1, #ids do requests[i] = head .. ids[i] .. tail end
  else
    requests = queries(ids, args[2])
  end
  count = #requests
  at = 0
end

function request()
  at = at % count + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("figures %.1f %.3f %.3f %.3f %d\n",
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
