# Part of run.sh: a push view, served from memory, alone and while it is written to.

update_rate=2000

update_read_round() { # name
  load updates --url "$ingest/features" --file "$work/rows.ndjson" --rows "$entities" --rate "$update_rate" --seconds $((seconds + 2)) >"$work/updated" &
  local updates=$!
  sleep 1
  read_round "$1" "$api" "$seconds" api api_sidecar ingest ingest_sidecar redis
  wait "$updates"
  record "$1.updates" "$(cat "$work/updated")"
}

measure_push() {
  say "Push: $entities entities × $features features from memory, $rounds round(s) of $seconds s"
  local bare_port bare round read_query="?view=default"
  clear_rows
  push=--push apply 1 >/dev/null
  applied_everywhere
  load post --url "$ingest/features" --file "$work/rows.ndjson" --rows "$entities" >/dev/null
  load ports 1 >"$work/ports"
  read -r bare_port <"$work/ports"
  bare=http://127.0.0.1:$bare_port
  start bare dotnet benchmarks/load/bin/Release/net10.0/FeatureStore.LoadBaselines.dll bare --url "$api/features/000000000000?view=default" --port "$bare_port"
  load wait "$bare/"
  # Rows are held some seconds after a view was declared a push view.
  sleep 7
  local url
  for url in "$api" "$bare" "$api"; do
    step wrk --threads 2 --connections "$connections" --duration 4s --script benchmarks/load/random-entity.lua "$url" -- "$entities" "$read_query" >"$work/wrk.log"
  done
  for round in $(seq "$rounds"); do
    read_round hot "$api" "$seconds" api api_sidecar redis
    read_round hot_bare "$bare" "$seconds" bare
    redis_round
    query_round hot_query native api api_sidecar redis
    update_read_round updated
  done
}

report_push() {
  [ -f "$work/hot.rps" ] || return 0
  local h b r q u
  h=$(m hot.rps) b=$(m hot_bare.rps) r=$(m redis.rps) q=$(m hot_query.rps 1) u=$(m updated.rps)
  echo
  echo "## Push serving: $entities entities × $features features from memory, at random, $connections connections"
  echo
  echo "| what | requests/s | p50 ms | p99 ms | hot \`GET\` against it | aim |"
  echo "|---|---:|---:|---:|---:|---|"
  echo "| hot \`GET /features/{id}?view=\` | $h | $(m hot.p50 2) | $(m hot.p99 2) | | |"
  echo "| bare Kestrel endpoint, as many bytes | $b | $(m hot_bare.p50 2) | $(m hot_bare.p99 2) | $(percent "$h" "$b"); p99 $(percent "$(m hot.p99 2)" "$(m hot_bare.p99 2)") | ≥ 90 %: $(aim "$h" "$b" 90); p99 ≤ 150 %: $(awk -v a="$(m hot.p99 2)" -v b="$(m hot_bare.p99 2)" 'BEGIN { print (a <= 1.5 * b ? "met" : "**missed**") }') |"
  echo "| redis-benchmark HGETALL | $r | $(m redis.p50 2) | $(m redis.p99 2) | $(percent "$h" "$r") | ≥ 70 %: $(aim "$h" "$r" 70) |"
  echo "| hot \`GET\` while $(m updated.updates) rows/s are updated through DevSidecar | $u | $(m updated.p50 2) | $(m updated.p99 2) | it is $(percent "$u" "$h") of hot | ≥ 70 %: $(aim "$u" "$h" 70) |"
  echo "| \`POST /features/query\`, 100 entities, $query_connections connections | $q | $(m hot_query.p50 2) | $(m hot_query.p99 2) | | ≥ 1,500/s: $(awk -v q="$q" 'BEGIN { print (q >= 1500 ? "met" : "**missed**") }') |"
}
