# Part of run.sh: many entities at once, and what a large registry costs.

query_round() { # name, form, processes…
  wrk_round "$1" "$api" "$query_connections" "$2" "${@:3}"
}

bulk_round() {
  local before after rps p50 p99 p999
  before=$(cpu_of api_sidecar redis)
  load bulk --grpc-endpoint "http://127.0.0.1:$api_grpc" --entities "$entities" --keys 100 --concurrency "$query_connections" --seconds "$seconds" >"$work/bulk.log"
  after=$(cpu_of api_sidecar redis)
  read -r _ rps p50 p99 p999 _ < <(grep ^figures "$work/bulk.log")
  record_figures bulk "$rps" "$p50" "$p99" "$p999"
  cpu_spent "$before" "$after" "$(awk -v r="$rps" -v s="$seconds" 'BEGIN { printf "%.0f", r * s }')" bulk
}

measure_queries() {
  say "Queries: 100 entities × $features features of $entities entities, $rounds round(s) of $seconds s"
  clear_rows
  apply 1 >/dev/null
  applied_everywhere
  load post --url "$ingest/features" --file "$work/rows.ndjson" --rows "$entities" >/dev/null
  local round form
  for form in native feast; do
    wrk_for 3 "$api" "$query_connections" "$form"
  done
  for round in $(seq "$rounds"); do
    query_round query native api api_sidecar redis
    bulk_round
    query_round feast feast api api_sidecar redis
    read_round single "$api" api api_sidecar redis
  done
}

measure_registry() {
  say "Registry: 500 views × 100 features"
  local round read_query="?view=default"
  clear_rows
  apply 1 >/dev/null; applied_everywhere
  load post --url "$ingest/features" --file "$work/rows.ndjson" --rows "$entities" >/dev/null
  wrk_for 4 "$api" "$connections" get
  for round in $(seq "$rounds"); do
    apply 1 >/dev/null; applied_everywhere
    read_round one_view "$api" api api_sidecar redis
    record apply.seconds "$(apply 500)"; applied_everywhere
    read_round many_views "$api" api api_sidecar redis
    # New documents each time: what is in the store already is not written again.
    redis --scan --pattern 'featurestore||$registry/*' | xargs -r -n 5000 redis-cli -p "$redis_port" unlink >/dev/null
  done
}

report_queries() {
  if [ -f "$work/query.rps" ]; then
    local q b f s
    q=$(m query.rps 1) b=$(m bulk.rps 1) f=$(m feast.rps 1) s=$(m single.rps)
    echo
    echo "## Queries: 100 entities × $features features, $entities entities at random, $query_connections connections"
    echo
    echo "| what | calls/s | p50 ms | p99 ms | \`POST /features/query\` against it | aim |"
    echo "|---|---:|---:|---:|---:|---|"
    echo "| \`POST /features/query\` → DevSidecar → Redis | $q | $(m query.p50 2) | $(m query.p99 2) | | |"
    echo "| the same sidecar's GetBulkState of 100 keys, by gRPC | $b | $(m bulk.p50 2) | $(m bulk.p99 2) | $(percent "$q" "$b") | ≥ 85 %: $(aim "$q" "$b" 85) |"
    echo "| a hundred \`GET /features/{id}\`, $connections connections ($s/s) | $(fixed "$(awk -v s="$s" 'BEGIN { print s / 100 }')" 1) | | | $(percent "$q" "$(awk -v s="$s" 'BEGIN { print s / 100 }')") | |"
    echo "| \`POST /get-online-features\`, Feast's form of the same | $f | $(m feast.p50 2) | $(m feast.p99 2) | Feast's is $(percent "$f" "$q") of it | ≥ 85 %: $(aim "$f" "$q" 85) |"
  fi
  if [ -f "$work/apply.seconds" ]; then
    local one many
    one=$(m one_view.rps) many=$(m many_views.rps)
    echo
    echo "## A registry of 500 views × 100 features"
    echo
    echo "Applied in $(m apply.seconds 2) s (aim: under 2 s: $(met "$(m apply.seconds 3)" "<" 2)). \`GET\` with it: $many/s; with one view: $one/s; ratio $(percent "$many" "$one")."
  fi
}
