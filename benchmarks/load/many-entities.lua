-- wrk: POST of a query of `size` random entities of `entities`, in the store's own form or in Feast's; figures as in random-entity.lua.
-- Usage: wrk … -s many-entities.lua http://host:port -- entities size native|feast
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  math.randomseed(number)
  local count, size, form = tonumber(args[1]), tonumber(args[2]), args[3]
  local features = {}
  for i = 0, 49 do features[#features + 1] = string.format('"default:feature_%02d"', i) end
  local headers = { ["Content-Type"] = "application/json" }
  -- Built beforehand, so that the generator costs the same whatever it measures: next to nothing.
  requests = {}
  for i = 1, 100 do
    local ids = {}
    for j = 1, size do
      ids[j] = string.format(form == "feast" and '"%012d"' or '{"id":"%012d"}', math.random(count) - 1)
    end
    local entities = table.concat(ids, ",")
    requests[i] = form == "feast"
      and wrk.format("POST", "/get-online-features", headers,
        '{"features":[' .. table.concat(features, ",") .. '],"entities":{"id":[' .. entities .. ']},"full_feature_names":false}')
      or wrk.format("POST", "/features/query", headers,
        '{"features":[' .. table.concat(features, ",") .. '],"entities":[' .. entities .. ']}')
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("figures %.1f %.3f %.3f %d\n",
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
