#!/usr/bin/env bash
# Starts the whole system on this machine, in Release, and measures it against what the parts can do at most.
# Figures drift with the machine; the ratios, of things measured in turn in one run, are what counts.
#
#   benchmarks/load/run.sh [--quick] [--only reads|writes|memory|events|queries|registry|push] [--out FILE]
#
# Takes the .NET SDK, redis-server, redis-tools and wrk. Redis holds its data in memory only and is gone at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=3 seconds=8 row_count=50000 stream_count=1000000 commands=200000 event_count=50000 backlog_count=1000000 only=all out=
entities=10000 features=50 connections=32
while [ $# -gt 0 ]; do
  case $1 in
    --quick) rounds=1 seconds=3 row_count=10000 stream_count=100000 commands=50000 event_count=10000 backlog_count=100000 ;;
    --only) only=${2:?--only takes reads, writes, memory, events, queries, registry or push}; shift ;;
    --out) out=${2:?--out takes a file}; shift ;;
    *) echo "unknown option $1; usage: run.sh [--quick] [--only reads|writes|memory|events|queries|registry|push] [--out FILE]" >&2; exit 2 ;;
  esac
  shift
done
case $only in all | reads | writes | memory | events | queries | registry | push) ;; *) echo "--only takes reads, writes, memory, events, queries, registry or push" >&2; exit 2 ;; esac
for tool in dotnet redis-server redis-cli redis-benchmark wrk curl; do
  command -v "$tool" >/dev/null || { echo "$tool is missing (Debian: redis-server, redis-tools, wrk, curl)" >&2; exit 2; }
done

work=$(mktemp -d)
declare -A pid=()
step_pid=

stop() {
  status=$?
  trap - EXIT INT TERM HUP
  if [ "$status" != 0 ]; then
    for log in "$work"/*.log; do
      [ -s "$log" ] && { echo "--- ${log##*/}"; tail -n 10 "$log" | cut -c 1-300; } >&2
    done
  fi
  # In the order that lets each finish: what makes the load, the services, their sidecars, Redis.
  for process in $step_pid ${pid[bare]:-} ${pid[empty_sidecar]:-} ${pid[empty]:-} ${pid[api]:-} ${pid[ingest]:-} ${pid[api_sidecar]:-} ${pid[ingest_sidecar]:-} ${pid[redis]:-}; do
    kill "$process" 2>/dev/null || continue
    for _ in $(seq 100); do kill -0 "$process" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$process" 2>/dev/null || true
  done
  rm -rf "$work"
  exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say() { echo "$(date +%T) $*" >&2; }

# Runs a step within a time limit. In the background, as bash heeds a signal only between commands or while it waits.
step() {
  timeout 400 "$@" &
  step_pid=$!
  local result=0
  wait "$step_pid" || result=$?
  step_pid=
  [ "$result" = 0 ] || { echo "failed ($result): $*" >&2; exit 1; }
}

start() { # name, command…
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pid[$name]=$!
}

say "Building"
for project in services/feature-api services/feature-ingest src/FeatureStore.DevSidecar benchmarks/load; do
  step dotnet build --disable-build-servers --configuration Release --nologo --verbosity quiet "$project" >"$work/build.log"
done
load() { step dotnet benchmarks/load/bin/Release/net10.0/FeatureStore.LoadBaselines.dll "$@"; }

load ports 7 >"$work/ports"
read -r redis_port api_port api_http api_grpc ingest_port ingest_http ingest_grpc <"$work/ports"
api=http://127.0.0.1:$api_port ingest=http://127.0.0.1:$ingest_port
redis() { redis-cli -p "$redis_port" "$@"; }
start_redis() {
  start redis redis-server --port "$redis_port" --bind 127.0.0.1 --save "" --appendonly "${1:-no}" --dir "$work"
  for _ in $(seq 600); do [ "$(redis ping 2>/dev/null)" = PONG ] && return; sleep 0.02; done
  return 1
}
# The rows only: the sidecars' streams lie in the same Redis.
clear_rows() { redis --scan --pattern 'featurestore||*' | xargs -r -n 5000 redis-cli -p "$redis_port" unlink >/dev/null; }

start_redis

sidecar() { # name, app id, its port, HTTP port, gRPC port, folder of components
  start "$1" env REDIS_HOST="127.0.0.1:$redis_port" dotnet src/FeatureStore.DevSidecar/bin/Release/net10.0/FeatureStore.DevSidecar.dll \
    --app-id "$2" --app-port "$3" --dapr-http-port "$4" --dapr-grpc-port "$5" --resources-path "${6:-components}" --log-level error
}
service() { # name, program, its port, HTTP port, gRPC port
  start "$1" env urls="http://127.0.0.1:$3" DAPR_HTTP_ENDPOINT="http://127.0.0.1:$4" DAPR_GRPC_ENDPOINT="http://127.0.0.1:$5" \
    dotnet "services/$2.dll"
}
say "Starting"
sidecar api_sidecar feature-api "$api_port" "$api_http" "$api_grpc"
sidecar ingest_sidecar feature-ingest "$ingest_port" "$ingest_http" "$ingest_grpc"
load wait "http://127.0.0.1:$api_http/v1.0/healthz/outbound" "http://127.0.0.1:$ingest_http/v1.0/healthz/outbound"
service api feature-api/bin/Release/net10.0/FeatureStore.FeatureApi "$api_port" "$api_http" "$api_grpc"
service ingest feature-ingest/bin/Release/net10.0/FeatureStore.FeatureIngest "$ingest_port" "$ingest_http" "$ingest_grpc"
load wait "$api/health/ready" "$ingest/health/ready"

# The second file is newer, and of other values: it is merged into what the first one left.
load generate --rows "$row_count" --features "$features" --seed 1 --file "$work/rows.ndjson"
load generate --rows "$row_count" --features "$features" --seed 2 --time 2026-02-01T00:00:00Z --file "$work/newer.ndjson"

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2) }'; }
fixed() { awk -v x="$1" -v digits="$2" 'BEGIN { printf "%.*f", digits, x }'; }
percent() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.0f %%", 100 * a / b }'; }
aim() { awk -v a="$1" -v b="$2" -v least="$3" 'BEGIN { print (100 * a / b >= least ? "met" : "**missed**") }'; }
mib() { awk -v k="$1" 'BEGIN { printf "%.0f MiB", k / 1024 }'; }
record() { echo "$2" >>"$work/$1"; }

# The processor time that a process has used, in clock ticks.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }
cpu_of() { for name in "$@"; do echo "$name $(ticks "${pid[$name]}")"; done; }
# What each process spent on one operation, in µs: $1 before, $2 after, $3 operations, $4 prefix.
cpu_spent() {
  local name before after
  while read -r name before <&3 && read -r name after <&4; do
    awk -v t=$((after - before)) -v n="$3" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.1f\n", t / hz / n * 1e6 }' >>"$work/$4.cpu.$name"
  done 3<<<"$1" 4<<<"$2"
}

read_round() { # name, address, seconds, processes…
  local name=$1 url=$2 length=$3 before after rps p50 p99 errors
  shift 3
  before=$(cpu_of "$@")
  step wrk --threads 2 --connections "$connections" --duration "${length}s" --timeout 5s \
    --script benchmarks/load/random-entity.lua "$url" -- "$entities" ${read_query:+"$read_query"} >"$work/wrk.log"
  after=$(cpu_of "$@")
  read -r _ rps p50 p99 errors < <(grep ^figures "$work/wrk.log")
  [ "$errors" = 0 ] || { echo "$errors of the requests to $url failed" >&2; exit 1; }
  record "$name.rps" "$rps"; record "$name.p50" "$p50"; record "$name.p99" "$p99"
  cpu_spent "$before" "$after" $((rps * length)) "$name"
  say "  $name: $rps/s, p50 $p50 ms, p99 $p99 ms"
}

redis_round() {
  local rps p50 p99
  step redis-benchmark -p "$redis_port" -c "$connections" -n "$commands" -r "$entities" --csv \
    HGETALL 'featurestore||default/__rand_int__' >"$work/redis-benchmark.log"
  IFS=, read -r _ rps _ _ p50 _ p99 _ < <(tail -n 1 "$work/redis-benchmark.log" | tr -d '"')
  record redis.rps "$rps"; record redis.p50 "$p50"; record redis.p99 "$p99"
  say "  redis: $rps/s, p50 $p50 ms, p99 $p99 ms"
}

measure_reads() {
  say "Reads: $entities entities, $rounds round(s) of $seconds s"
  clear_rows
  load post --url "$ingest/features" --file "$work/rows.ndjson" --rows "$entities" >/dev/null
  # Found only now: a client's connection could have taken it meanwhile.
  load ports 1 >"$work/ports"
  local bare_port bare
  read -r bare_port <"$work/ports"
  bare=http://127.0.0.1:$bare_port
  start bare dotnet benchmarks/load/bin/Release/net10.0/FeatureStore.LoadBaselines.dll bare --url "$api/features/000000000000" --port "$bare_port"
  load wait "$bare/"
  for url in "$api" "$bare"; do
    step wrk --threads 2 --connections "$connections" --duration 4s --script benchmarks/load/random-entity.lua "$url" -- "$entities" >"$work/wrk.log"
  done
  for _ in $(seq "$rounds"); do
    read_round api "$api" "$seconds" api api_sidecar redis
    read_round bare "$bare" "$seconds" bare
    redis_round
  done
  document_bytes=$(redis hstrlen 'featurestore||default/000000000000' data)
}

post_round() { # name, file
  local before after rows
  before=$(cpu_of ingest ingest_sidecar redis)
  load post --url "$ingest/features" --file "$work/$2" --rows "$row_count" >"$work/rate"
  after=$(cpu_of ingest ingest_sidecar redis)
  read -r rows <"$work/rate"
  record "$1.rps" "$rows"
  cpu_spent "$before" "$after" "$row_count" "$1"
  say "  $1: $rows rows/s"
}

blind_round() { # name, file
  local before after rows
  before=$(cpu_of ingest_sidecar redis)
  load blind --grpc-endpoint "http://127.0.0.1:$ingest_grpc" --file "$work/$2" --rows "$row_count" >"$work/rate"
  after=$(cpu_of ingest_sidecar redis)
  read -r rows <"$work/rate"
  record "$1.rps" "$rows"
  cpu_spent "$before" "$after" "$row_count" "$1"
  say "  $1: $rows rows/s"
}

measure_writes() {
  say "Writes: $row_count rows, $rounds round(s)"
  # Once in vain, until the code is compiled as far as it will be.
  load post --url "$ingest/features" --file "$work/rows.ndjson" --rows 10000 >/dev/null
  for _ in $(seq "$rounds"); do
    clear_rows
    post_round ingest_new rows.ndjson
    post_round ingest_newer newer.ndjson
    clear_rows
    blind_round blind_new rows.ndjson
    blind_round blind_newer newer.ndjson
  done
}

measure_memory() {
  say "Memory: $stream_count rows of one feature in one request"
  clear_rows
  load memory --url "$ingest/features" --rows "$stream_count" --features 1 --pid "${pid[ingest]}" >"$work/memory"
  say "  $(tr '\n' ';' <"$work/memory")"
  clear_rows
}

. benchmarks/load/events.sh
. benchmarks/load/queries.sh
. benchmarks/load/push.sh

# Memory first: what the service takes for other loads would hide what it takes for this one.
case $only in all | memory) measure_memory ;; esac
case $only in all | reads) measure_reads ;; esac
case $only in all | writes) measure_writes ;; esac
case $only in all | events) measure_events; measure_backlog; measure_recovery ;; esac
# Last: with a registry the store is schema-less no longer.
case $only in all | queries) measure_queries ;; esac
case $only in all | registry) measure_registry ;; esac
case $only in all | push) measure_push ;; esac

m() { fixed "$(median "$work/$1")" "${2:-0}"; }
cpu_row() { # label, name, processes…
  local label=$1 name=$2 text="" process
  shift 2
  for process in "$@"; do text+="${text:+, }${process//_/ } $(m "$name.cpu.$process" 1)"; done
  echo "| $label | $text |"
}

report() {
  echo "# Load, measured $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r), .NET $(dotnet --list-runtimes | sed -n 's/^Microsoft.AspNetCore.App \([^ ]*\).*/\1/p' | tail -n 1)," \
    "Redis $(redis-server --version | sed 's/.*v=\([^ ]*\).*/\1/') without persistence. The load generator runs on the same cores and is included."
  echo "Medians of $rounds round(s), taken in turn. **Sidecar: DevSidecar**, not daprd, wherever a line says \"DevSidecar\"."
  if [ -f "$work/api.rps" ]; then
    local a b r
    a=$(m api.rps) b=$(m bare.rps) r=$(m redis.rps)
    echo
    echo "## Reads: 1 entity × $features features, $entities entities at random, $connections connections"
    echo
    echo "| what | requests/s | p50 ms | p99 ms | \`GET\` against it | aim |"
    echo "|---|---:|---:|---:|---:|---|"
    echo "| \`GET /features/{id}\` → DevSidecar → Redis | $a | $(m api.p50 2) | $(m api.p99 2) | | |"
    echo "| bare Kestrel endpoint, as many bytes | $b | $(m bare.p50 2) | $(m bare.p99 2) | $(percent "$a" "$b") | ≥ 20 %: $(aim "$a" "$b" 20) |"
    echo "| redis-benchmark HGETALL of the same hashes ($document_bytes bytes of document) | $r | $(m redis.p50 2) | $(m redis.p99 2) | $(percent "$a" "$r") | |"
  fi
  if [ -f "$work/ingest_new.rps" ]; then
    echo
    echo "## Writes: $row_count rows × $features features, one NDJSON request"
    echo
    echo "| what | \`POST /features\` → DevSidecar → Redis, rows/s | blind SaveState in batches of 100 → DevSidecar → Redis, rows/s | ratio | aim |"
    echo "|---|---:|---:|---:|---|"
    echo "| entities new to the store | $(m ingest_new.rps) | $(m blind_new.rps) | $(percent "$(m ingest_new.rps)" "$(m blind_new.rps)") | ≥ 40 %: $(aim "$(m ingest_new.rps)" "$(m blind_new.rps)" 40) |"
    echo "| entities stored before: read, decoded, merged | $(m ingest_newer.rps) | $(m blind_newer.rps) | $(percent "$(m ingest_newer.rps)" "$(m blind_newer.rps)") | ≥ 40 %: $(aim "$(m ingest_newer.rps)" "$(m blind_newer.rps)" 40) |"
    echo
    echo "The blind client saves the documents that feature-ingest stores, encoded beforehand, with as many batches under way."
  fi
  if [ -f "$work/memory" ]; then
    echo
    echo "## Memory of feature-ingest: $stream_count small rows (one feature), one streamed NDJSON request, through DevSidecar"
    echo
    echo "| rows sent | VmRSS | VmHWM |"
    echo "|---:|---:|---:|"
    local at resident peak first= last=
    while read -r at resident peak; do
      [ "$at" = rows/s ] && continue
      echo "| $at % | $(mib "$resident") | $(mib "$peak") |"
      first=${first:-$peak} last=$peak
    done <"$work/memory"
    echo
    echo "The peak at the end is $(percent "$last" "$first") of the peak at 10 %; flat (≤ 125 %): $(awk -v a="$last" -v b="$first" 'BEGIN { print (a <= 1.25 * b ? "met" : "**missed**") }'). $(sed -n 's/^rows.s //p' "$work/memory") rows/s."
  fi
  report_events
  report_queries
  report_push
  echo
  echo "## Where processor time goes"
  echo
  echo "| operation | µs of processor time each |"
  echo "|---|---|"
  [ ! -f "$work/api.rps" ] || cpu_row "a \`GET\` request" api api api_sidecar redis
  [ ! -f "$work/api.rps" ] || cpu_row "a request to the bare endpoint" bare bare
  [ ! -f "$work/ingest_new.rps" ] || cpu_row "a new row" ingest_new ingest ingest_sidecar redis
  [ ! -f "$work/ingest_new.rps" ] || cpu_row "a row merged into a stored one" ingest_newer ingest ingest_sidecar redis
  [ ! -f "$work/ingest_new.rps" ] || cpu_row "a row saved blind" blind_new ingest_sidecar redis
  [ ! -f "$work/events_store.rps" ] || cpu_row "an event of one row" events_store ingest ingest_sidecar redis
  [ ! -f "$work/events_empty.rps" ] || cpu_row "an event to the empty endpoint" events_empty empty empty_sidecar redis
  [ ! -f "$work/query.rps" ] || cpu_row "a query of 100 entities" query api api_sidecar redis
  [ ! -f "$work/query.rps" ] || cpu_row "the same in Feast's form" feast api api_sidecar redis
  [ ! -f "$work/query.rps" ] || cpu_row "a GetBulkState of 100 keys" bulk api_sidecar redis
  [ ! -f "$work/hot.rps" ] || cpu_row "a hot \`GET\`" hot api api_sidecar redis
  [ ! -f "$work/hot.rps" ] || cpu_row "a request to the bare endpoint, beside it" hot_bare bare
  [ ! -f "$work/hot.rps" ] || cpu_row "a hot query of 100 entities" hot_query api api_sidecar redis
  [ ! -f "$work/hot.rps" ] || cpu_row "a hot \`GET\` while rows are updated, what that takes included" updated api api_sidecar ingest ingest_sidecar redis
}
report >"$work/report.md"
cat "$work/report.md"
[ -z "$out" ] || cp "$work/report.md" "$out"
