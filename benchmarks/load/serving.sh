# Part of run.sh: a push view, served from memory: how fast beside what could be faster, what a row takes there, what more entities than
# there is room for do, and how long a write takes to show.

update_rate=2000
zipf=1.1
roomy=$((4 * 1024 * 1024 * 1024)) default_budget=$((256 * 1024 * 1024)) default_entities=1000000

# Reads while random rows are updated.
updated_round() { # name
  start_load updates updates --url "$ingest/features" --entities "$entities" --features "$features" --rate "$update_rate" --seconds $((seconds + 2))
  sleep 1
  read_round "$1" "$api" api api_sidecar ingest ingest_sidecar redis
  await_end updates
  record "$1.updates" "$(cut -d ' ' -f 1 "$work/updates.log")"
  record "$1.again" "$(cut -d ' ' -f 2 "$work/updates.log")"
}

# All rows in both views, as feature-ingest would have stored them; all of the push view's read once; what they take.
fill_memory() {
  local view before
  say "  filling"
  for view in default pulled; do
    # What feature-ingest has saved cannot be saved over blind.
    clear_rows "$view"
    load fill --grpc-endpoint "http://127.0.0.1:$ingest_grpc" --rows "$entities" --features "$features" --view "$view" >"$work/filled"
  done
  restart_api Resident__BudgetBytes="$roomy"
  settle
  before=$(status_of api VmRSS)
  load warm --url "$api" --entities "$entities" >"$work/rate"
  say "  $(cat "$work/rate") rows/s from the store to memory"
  load metrics --pid "${pid[api]}" --seconds 3 FeatureStore.Resident >"$work/metrics.log"
  record "$entities.document" "$(cut -d ' ' -f 2 "$work/filled")"
  record "$entities.rows" "$(metric featurestore.resident.rows)"
  record "$entities.bytes" "$(metric featurestore.resident.bytes)"
  record "$entities.grown" $(($(status_of api VmRSS) - before))
  [ "$(m "$entities.rows")" = "$entities" ] || { echo "$(m "$entities.rows") rows are in memory" >&2; exit 1; }
}

# A query as wrk sends them.
write_query() {
  local names ids
  names=$(seq -f '"default:feature_%02g"' -s , 0 49)
  ids=$(head -n 100 "$work/ids.uniform" | sed 's/.*/{"id":"&"}/' | paste -sd ,)
  echo "{\"features\":[$names],\"entities\":[$ids]}" >"$work/query.json"
}

reply_bytes() { curl --silent --fail --output /dev/null --write-out '%{size_download}' "$@"; }

serve_from_memory() { # entities
  local entities=$1 read_query="?view=default" bare_port bare_query_port bare bare_query url round at
  say "From memory: $entities entities × $features features, $rounds round(s) of $seconds s"
  fill_memory
  draw uniform "$entities" 1
  draw zipf "$entities" 2 --zipf "$zipf"
  write_query
  free_ports bare_port bare_query_port
  bare=http://127.0.0.1:$bare_port bare_query=http://127.0.0.1:$bare_query_port
  start_load bare bare --url "$api/features/000000000000$read_query" --port "$bare_port"
  start_load bare_query bare --url "$api/features/query" --post "$work/query.json" --port "$bare_query_port"
  load wait "$bare/" "$bare_query/"
  record "$entities.reply" "$(reply_bytes "$api/features/000000000000$read_query") $(reply_bytes "$direct/features/000000000000")"
  record "$entities.query_reply" "$(reply_bytes --json "@$work/query.json" "$api/features/query") $(reply_bytes --json "@$work/query.json" "$direct/features/query")"
  # In vain, until the code is compiled as far as it will be.
  for url in "$api" "$bare" "$direct" "$api"; do wrk_for $(((seconds + 1) / 2)) "$url" "$connections" get; done
  for url in "$api" "$bare_query" "$direct" "$api"; do wrk_for $(((seconds + 1) / 2)) "$url" "$query_connections" native; done
  read_query="?view=pulled" wrk_for $(((seconds + 1) / 2)) "$api" "$connections" get
  load updates --url "$ingest/features" --entities "$entities" --features "$features" --rate "$update_rate" --seconds 3 >/dev/null
  at=$entities
  for round in $(seq "$rounds"); do
    read_round "$at.hot" "$api" api api_sidecar redis
    read_round "$at.bare" "$bare" bare
    redis_round "$at.redis"
    read_round "$at.direct" "$direct" direct redis
    drawn=zipf read_round "$at.hot_zipf" "$api" api api_sidecar redis
    updated_round "$at.updated"
    drawn=zipf updated_round "$at.updated_zipf"
    read_query="?view=pulled" read_round "$at.pulled" "$api" api api_sidecar redis
    wrk_round "$at.query" "$api" "$query_connections" native api api_sidecar redis
    drawn=zipf wrk_round "$at.query_zipf" "$api" "$query_connections" native api api_sidecar redis
    wrk_round "$at.bare_query" "$bare_query" "$query_connections" native bare_query
    redis_round "$at.redis_query" "$query_connections" 100
    wrk_round "$at.direct_query" "$direct" "$query_connections" native direct redis
  done
  finish bare bare_query
}

measure_serving() { # numbers of entities…
  local number direct_port direct
  clear_rows
  apply 1 --push >/dev/null
  applied_everywhere
  free_ports direct_port
  direct=http://127.0.0.1:$direct_port
  start_load direct direct --redis "127.0.0.1:$redis_port" --port "$direct_port"
  load wait "$direct/health/live"
  for number in "$@"; do
    serve_from_memory "$number"
    record served "$number"
  done
  finish direct
}

# More rows than there is room for. Of fewer than a million entities the room is so much smaller.
measure_budget() { # entities
  local entities=$1 read_query="?view=default" round
  local budget=$((default_budget / default_entities * entities))
  [ "$entities" -lt "$default_entities" ] || budget=$default_budget
  say "More than memory holds: $entities entities in $((budget / 1024)) KiB, $rounds round(s) of $seconds s"
  restart_api Resident__BudgetBytes="$budget"
  settle
  # Each row once, and then as they are asked for, until what is held is what is asked for most.
  load warm --url "$api" --entities "$entities" >/dev/null
  draw first "$entities" 3 --zipf "$zipf" --count $((entities + 200000))
  load warm --url "$api" --entities "$entities" --ids "$work/ids.first" >/dev/null
  # Drawn anew each time: a sequence that comes again would find all that it once asked for.
  draw next "$entities" 4 --zipf "$zipf"
  drawn=next wrk_for $(((seconds + 1) / 2)) "$api" "$connections" get
  for round in $(seq "$rounds"); do
    draw next "$entities" $((4 + round)) --zipf "$zipf"
    drawn=next read_round budget "$api" api api_sidecar redis
  done
  draw next "$entities" $((5 + rounds)) --zipf "$zipf"
  start_load metrics metrics --pid "${pid[api]}" --seconds $((seconds + 4)) FeatureStore.Resident
  sleep 2
  drawn=next wrk_for "$seconds" "$api" "$connections" get
  await_end metrics
  record budget.entities "$entities"
  record budget.bytes "$budget"
  record budget.held "$(metric featurestore.resident.bytes)"
  record budget.rows "$(metric featurestore.resident.rows)"
  record budget.memory "$(metric 'featurestore.resident.reads[source=memory]')"
  record budget.store "$(metric 'featurestore.resident.reads[source=store]')"
  say "  $(percent "$(m budget.memory)" $(($(m budget.memory) + $(m budget.store)))) from memory"
}

# Three replicas of feature-api, all rows in the memory of each.
measure_visible() { # entities that there are
  local entities=$(($1 < visible_entities ? $1 : visible_entities)) second_port second_http second_grpc third_port third_http third_grpc address
  say "Until a write shows on three replicas: $entities entities, $update_rate rows/s for $visible_seconds s"
  free_ports second_port second_http second_grpc third_port third_http third_grpc
  restart_api
  start_api second "$second_port" "$second_http" "$second_grpc"
  start_api third "$third_port" "$third_http" "$third_grpc"
  settle
  for address in "$api" "http://127.0.0.1:$second_port" "http://127.0.0.1:$third_port"; do
    load warm --url "$address" --entities "$entities" >/dev/null
  done
  load visible --url "$ingest/features" --api "$api" --api "http://127.0.0.1:$second_port" --api "http://127.0.0.1:$third_port" \
    --entities "$entities" --features "$features" --rate "$update_rate" --seconds "$visible_seconds" >"$work/visible"
  record visible.entities "$entities"
  say "  $(cat "$work/visible")"
  finish second second_sidecar third third_sidecar
}

# How fast rows were updated; and should feature-ingest have refused some at first, in how many requests.
updated_at() { # name
  local again
  again=$(awk '{ sum += $1 } END { print sum + 0 }' "$work/$1.again")
  echo "$(m "$1.updates") rows/s$([ "$again" = 0 ] || echo " ($again requests sent again after a 503)")"
}

thousand_cost() { fixed "$(awk -v us="$(median "$work/$1.cpu.$2")" 'BEGIN { print us / 1000 }')" 3; } # name, process

serving_row() { # label, name, process or nothing, digits, aim, names of baselines…
  local label=$1 name=$2 process=$3 digits=$4 wanted=$5 baseline cells=""
  shift 5
  for baseline in "$@"; do cells+=" ${baseline:+$(percent "$(m "$name.rps" 1)" "$(m "$baseline.rps" 1)")} |"; done
  echo "| $label | $(m "$name.rps" "$digits") | $(m "$name.p50" 2) | $(m "$name.p99" 2) | $(m "$name.p999" 2) | ${process:+$(thousand_cost "$name" "$process")} |$cells $wanted |"
}

report_serving_of() { # entities
  local at=$1 own direct_bytes b r d hot
  read -r own direct_bytes <"$work/$at.reply"
  b=$at.bare r=$at.redis d=$at.direct hot=$(m "$at.hot.rps")
  echo
  echo "## Push serving: $at entities × $features features, $connections connections"
  echo
  echo "| what | requests/s | p50 ms | p99 ms | p99.9 ms | CPU s / 1,000 reads | of bare | of redis-benchmark | of direct | aim |"
  echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
  serving_row "hot \`GET /features/{id}?view=\`, uniform" "$at.hot" api 0 \
    "≥ 90 % of bare: $(aim "$hot" "$(m "$b.rps")" 90); ≥ 70 % of redis-benchmark: $(aim "$hot" "$(m "$r.rps")" 70); p99 $(percent "$(m "$at.hot.p99" 3)" "$(m "$b.p99" 3)") of bare's, ≤ 150 %: $(met "$(m "$at.hot.p99" 3)" "<= 1.5 *" "$(m "$b.p99" 3)")" "$b" "$r" "$d"
  serving_row "the same, Zipf $zipf" "$at.hot_zipf" api 0 "" "$b" "$r" "$d"
  serving_row "uniform, while $(updated_at "$at.updated") are updated through DevSidecar" "$at.updated" api 0 \
    "$(percent "$(m "$at.updated.rps")" "$hot") of hot" "$b" "$r" "$d"
  serving_row "Zipf $zipf, while $(updated_at "$at.updated_zipf") are updated through DevSidecar" "$at.updated_zipf" api 0 \
    "$(percent "$(m "$at.updated_zipf.rps")" "$(m "$at.hot_zipf.rps")") of hot, ≥ 70 %: $(aim "$(m "$at.updated_zipf.rps")" "$(m "$at.hot_zipf.rps")" 70)" "$b" "$r" "$d"
  serving_row "the same rows in a pull view → DevSidecar → Redis, uniform" "$at.pulled" api 0 "" "$b" "$r" "$d"
  serving_row "bare Kestrel endpoint, as many bytes ($own)" "$b" bare 0 "" "" "" ""
  serving_row "redis-benchmark HGETALL of the same hashes" "$r" "" 0 "" "" "" ""
  serving_row "direct: a minimal C# API → Redis, HGET of the document ($direct_bytes bytes)" "$d" direct 0 "" "$b" "$r" ""
  read -r own direct_bytes <"$work/$at.query_reply"
  b=$at.bare_query r=$at.redis_query d=$at.direct_query
  echo
  echo "100 entities × $features features a call, $query_connections connections:"
  echo
  echo "| what | calls/s | p50 ms | p99 ms | p99.9 ms | CPU s / 1,000 calls | of bare | of redis-benchmark | of direct | aim |"
  echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
  serving_row "hot \`POST /features/query\`, uniform" "$at.query" api 0 "≥ 1,500/s: $(met "$(m "$at.query.rps" 1)" ">=" 1500)" "$b" "$r" "$d"
  serving_row "the same, Zipf $zipf" "$at.query_zipf" api 0 "" "$b" "$r" "$d"
  serving_row "bare Kestrel endpoint, as many bytes ($own)" "$b" bare_query 0 "" "" "" ""
  serving_row "redis-benchmark, 100 HGETALL a pipeline" "$r" "" 0 "" "" "" ""
  serving_row "direct: a minimal C# API → Redis, 100 HGET a call ($direct_bytes bytes)" "$d" direct 0 "" "$b" "$r" ""
}

report_serving() {
  [ -f "$work/served" ] || return 0
  local at document bytes overhead wanted
  while read -r at; do report_serving_of "$at"; done <"$work/served"
  echo
  echo "CPU is that of the process that answers. Lines that do not say DevSidecar are answered without a sidecar."
  echo
  echo "## What a row takes in memory"
  echo
  echo "| rows × $features features | document as stored, bytes | resident bytes a row, keys and index included | beyond the document | VmRSS growth a row | aim |"
  echo "|---:|---:|---:|---:|---:|---|"
  while read -r at; do
    document=$(m "$at.document" 1)
    bytes=$(fixed "$(awk -v b="$(m "$at.bytes")" -v n="$at" 'BEGIN { print b / n }')" 1)
    overhead=$(fixed "$(awk -v b="$bytes" -v d="$document" 'BEGIN { print b - d }')" 1)
    # Segments that are not full yet weigh on few rows.
    wanted=
    [ "$at" -lt "$default_entities" ] || wanted="≤ 150 beyond: $(met "$overhead" "<=" 150)"
    echo "| $at | $document | $bytes | $overhead | $(fixed "$(awk -v k="$(m "$at.grown")" -v n="$at" 'BEGIN { print k * 1024 / n }')" 0) | $wanted |"
  done <"$work/served"
  if [ -f "$work/budget.rps" ]; then
    local memory store
    memory=$(m budget.memory) store=$(m budget.store)
    echo
    echo "## More than memory holds: $(m budget.entities) entities, a budget of $(mib "$(($(m budget.bytes) / 1024))")"
    echo
    echo "Zipf $zipf, $connections connections: $(m budget.rps)/s, p50 $(m budget.p50 2) ms, p99 $(m budget.p99 2) ms, p99.9 $(m budget.p999 2) ms;" \
      "$(fixed "$(awk -v m="$memory" -v s="$store" 'BEGIN { print 100 * m / (m + s) }')" 1) % from memory, which held $(m budget.rows) rows in $(mib "$(($(m budget.held) / 1024))"); the rest → DevSidecar → Redis."
  fi
  if [ -f "$work/visible" ]; then
    local samples seen_p50 seen_p99 sent_p50 sent_p99 acknowledged_p50 acknowledged_p99 rows
    read -r samples seen_p50 seen_p99 sent_p50 sent_p99 acknowledged_p50 acknowledged_p99 rows <"$work/visible"
    echo
    echo "## From a write to all replicas: three of feature-api, a DevSidecar each, $(m visible.entities) entities in the memory of each, $rows rows/s"
    echo
    echo "| $samples samples | p50 ms | p99 ms | aim |"
    echo "|---|---:|---:|---|"
    echo "| from the acknowledgement to visible on every replica | $(fixed "$seen_p50" 1) | $(fixed "$seen_p99" 1) | p99 < 100 ms: $(met "$seen_p99" "<" 100) |"
    echo "| from sending to visible on every replica | $(fixed "$sent_p50" 1) | $(fixed "$sent_p99" 1) | |"
    echo "| from sending to the acknowledgement | $(fixed "$acknowledged_p50" 1) | $(fixed "$acknowledged_p99" 1) | |"
  fi
}

serving_cpu_rows() {
  [ -f "$work/served" ] || return 0
  local at
  while read -r at; do
    cpu_row "a hot \`GET\`, $at entities" "$at.hot" api api_sidecar redis
    cpu_row "a request to the bare endpoint, beside it" "$at.bare" bare
    cpu_row "a request to the direct one" "$at.direct" direct redis
    cpu_row "a hot \`GET\` while rows are updated, what that takes included" "$at.updated" api api_sidecar ingest ingest_sidecar redis
    cpu_row "a \`GET\` of a pull view" "$at.pulled" api api_sidecar redis
    cpu_row "a hot query of 100 entities" "$at.query" api api_sidecar redis
  done <"$work/served"
}
