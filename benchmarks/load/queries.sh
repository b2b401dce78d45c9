# Part of run.sh: many entities at once, and what a large registry costs.

query_connections=8

query_round() { # name, form, processes…
  local name=$1 form=$2 before after rps p50 p99 errors
  shift 2
  before=$(cpu_of "$@")
  step wrk --threads 2 --connections "$query_connections" --duration "${seconds}s" --timeout 10s \
    --script benchmarks/load/many-entities.lua "$api" -- "$entities" 100 "$form" >"$work/wrk.log"
  after=$(cpu_of "$@")
  read -r _ rps p50 p99 errors < <(grep ^figures "$work/wrk.log")
  [ "$errors" = 0 ] || { echo "$errors of the queries failed" >&2; exit 1; }
  record "$name.rps" "$rps"; record "$name.p50" "$p50"; record "$name.p99" "$p99"
  cpu_spent "$before" "$after" "$(awk -v r="$rps" -v s="$seconds" 'BEGIN { printf "%.0f", r * s }')" "$name"
  say "  $name: $rps/s, p50 $p50 ms, p99 $p99 ms"
}

bulk_round() {
  local before after rps p50 p99
  before=$(cpu_of api_sidecar redis)
  load bulk --grpc-endpoint "http://127.0.0.1:$api_grpc" --entities "$entities" --keys 100 --concurrency "$query_connections" --seconds "$seconds" >"$work/bulk.log"
  after=$(cpu_of api_sidecar redis)
  read -r _ rps p50 p99 _ < <(grep ^figures "$work/bulk.log")
  record bulk.rps "$rps"; record bulk.p50 "$p50"; record bulk.p99 "$p99"
  cpu_spent "$before" "$after" "$(awk -v r="$rps" -v s="$seconds" 'BEGIN { printf "%.0f", r * s }')" bulk
  say "  bulk: $rps/s, p50 $p50 ms, p99 $p99 ms"
}

apply() { # views
  load registry --views "$1" --features 100 ${push:-} >"$work/registry.json"
  curl --silent --show-error --fail --output /dev/null --write-out '%{time_total}' -X PUT "$ingest/registry" -H 'Content-Type: application/json' --data-binary "@$work/registry.json"
}

# Reads until both services serve by the registry just applied.
applied_everywhere() {
  local version
  version=$(curl --silent "$ingest/registry" | sed 's/{"version":\([0-9]*\).*/\1/')
  for _ in $(seq 200); do
    [ "$(curl --silent "$api/registry" | sed 's/{"version":\([0-9]*\).*/\1/')" = "$version" ] && return
    sleep 0.05
  done
  echo "feature-api did not find registry version $version" >&2
  exit 1
}

measure_queries() {
  say "Queries: 100 entities × $features features of $entities entities, $rounds round(s) of $seconds s"
  clear_rows
  apply 1 >/dev/null
  applied_everywhere
  load post --url "$ingest/features" --file "$work/rows.ndjson" --rows "$entities" >/dev/null
  local round form
  for form in native feast; do
    step wrk --threads 2 --connections "$query_connections" --duration 3s --script benchmarks/load/many-entities.lua "$api" -- "$entities" 100 "$form" >"$work/wrk.log"
  done
  for round in $(seq "$rounds"); do
    query_round query native api api_sidecar redis
    bulk_round
    query_round feast feast api api_sidecar redis
    read_round single "$api" "$seconds" api api_sidecar redis
  done
}

measure_registry() {
  say "Registry: 500 views × 100 features"
  local round read_query="?view=default"
  clear_rows
  apply 1 >/dev/null; applied_everywhere
  load post --url "$ingest/features" --file "$work/rows.ndjson" --rows "$entities" >/dev/null
  step wrk --threads 2 --connections "$connections" --duration 4s --script benchmarks/load/random-entity.lua "$api" -- "$entities" "$read_query" >"$work/wrk.log"
  for round in $(seq "$rounds"); do
    apply 1 >/dev/null; applied_everywhere
    read_round one_view "$api" "$seconds" api api_sidecar redis
    record apply.seconds "$(apply 500)"; applied_everywhere
    read_round many_views "$api" "$seconds" api api_sidecar redis
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
    echo "Applied in $(m apply.seconds 2) s (aim: under 2 s: $(awk -v s="$(m apply.seconds 3)" 'BEGIN { print (s < 2 ? "met" : "**missed**") }')). \`GET\` with it: $many/s; with one view: $one/s; ratio $(percent "$many" "$one")."
  fi
}
