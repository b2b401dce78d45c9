#!/usr/bin/env bash
# Starts the whole system on this machine, in Release, and measures it against what the parts can do at most.
# Figures drift with the machine; the ratios, of things measured in turn in one run, are what counts.
#
#   benchmarks/load/run.sh [--quick] [--only reads|writes|memory|events|queries|registry|push|serving|telemetry] [--sizes N,N…] [--out FILE]
#
# `push` is what is served from memory at 10,000 entities. `serving` is the same at each of --sizes (10,000, 100,000 and 1,000,000
# entities), more entities than memory holds, and how long a write takes to show: half an hour and 8 GiB, and therefore not part of a
# run of everything.
# Takes the .NET SDK, redis-server, redis-tools and wrk. Redis holds its data in memory only and is gone at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=3 seconds=8 row_count=50000 stream_count=1000000 commands=200000 event_count=50000 backlog_count=1000000 only=all out=
serving_sizes=(10000 100000 1000000) visible_entities=100000 visible_seconds=60
entities=10000 features=50 connections=32 query_connections=8
parts='reads|writes|memory|events|queries|registry|push|serving|telemetry'
usage="usage: run.sh [--quick] [--only $parts] [--sizes N,N…] [--out FILE]; serving is not part of a run of all"
while [ $# -gt 0 ]; do
  case $1 in
    --quick)
      rounds=1 seconds=3 row_count=10000 stream_count=100000 commands=50000 event_count=10000 backlog_count=100000
      serving_sizes=(1000 10000) visible_entities=10000 visible_seconds=10
      ;;
    --only) only=${2:?$usage}; shift ;;
    --sizes) IFS=, read -ra serving_sizes <<<"${2:?$usage}"; shift ;;
    --out) out=${2:?$usage}; shift ;;
    *) echo "unknown option $1; $usage" >&2; exit 2 ;;
  esac
  shift
done
[[ "|all|$parts|" == *"|$only|"* ]] || { echo "--only $only is none of them; $usage" >&2; exit 2; }

. benchmarks/load/system.sh
. benchmarks/load/figures.sh
needs dotnet redis-server redis-cli redis-benchmark wrk curl
build
start_system

draw() { # name, entities, seed, options…
  load ids --entities "$2" --seed "$3" --file "$work/ids.$1" "${@:4}"
}
draw uniform "$entities" 1
case $only in
  all | reads | writes | queries | registry)
    # The second file is newer, and of other values: it is merged into what the first one left.
    load generate --rows "$row_count" --features "$features" --seed 1 --file "$work/rows.ndjson"
    load generate --rows "$row_count" --features "$features" --seed 2 --time 2026-02-01T00:00:00Z --file "$work/newer.ndjson"
    ;;
esac

cpu_of() { for name in "$@"; do echo "$name $(ticks "${pid[$name]}")"; done; }
# What each process spent on one operation, in µs: $1 before, $2 after, $3 operations, $4 prefix.
cpu_spent() {
  local name before after
  while read -r name before <&3 && read -r name after <&4; do
    awk -v t=$((after - before)) -v n="$3" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.1f\n", t / hz / n * 1e6 }' >>"$work/$4.cpu.$name"
  done 3<<<"$1" 4<<<"$2"
}

# Asks for the entities that were drawn under the name in $drawn.
wrk_for() { # seconds, address, connections, get|native|feast
  step wrk --threads 2 --connections "$3" --duration "$1s" --timeout 10s \
    --script benchmarks/load/entities.lua "$2" -- "$work/ids.${drawn:-uniform}" "$4" ${read_query:+"$read_query"} >"$work/wrk.log"
}

record_figures() { # name, requests/s, p50, p99, p99.9
  record "$1.rps" "$2"; record "$1.p50" "$3"; record "$1.p99" "$4"; record "$1.p999" "$5"
  say "  $1: $2/s, p50 $3 ms, p99 $4 ms, p99.9 $5 ms"
}

wrk_round() { # name, address, connections, get|native|feast, processes…
  local name=$1 url=$2 before after rps p50 p99 p999 errors
  before=$(cpu_of "${@:5}")
  wrk_for "$seconds" "$url" "$3" "$4"
  after=$(cpu_of "${@:5}")
  read -r _ rps p50 p99 p999 errors < <(grep ^figures "$work/wrk.log")
  [ "$errors" = 0 ] || { echo "$errors of the requests to $url failed" >&2; exit 1; }
  record_figures "$name" "$rps" "$p50" "$p99" "$p999"
  cpu_spent "$before" "$after" "$(awk -v r="$rps" -v s="$seconds" 'BEGIN { printf "%.0f", r * s }')" "$name"
}

read_round() { # name, address, processes…
  wrk_round "$1" "$2" "$connections" get "${@:3}"
}

redis_round() { # name, connections, keys a call
  local clients=${2:-$connections} keys=${3:-1} rps p50 p99 p999
  step redis-benchmark -p "$redis_port" -c "$clients" -P "$keys" -n $((keys > 1 ? commands * 5 : commands)) -r "$entities" \
    HGETALL 'featurestore||default/__rand_int__' >"$work/redis-benchmark.log"
  read -r rps p50 p99 p999 < <(awk -v keys="$keys" '
    /^Cumulative/ { is_over = 1 }
    /% <= / && !is_over && !p999 && $1 + 0 >= 99.9 { p999 = $3 }
    /throughput summary/ { rps = $3 / keys }
    /avg +min +p50/ { getline; p50 = $3; p99 = $5 }
    END { printf "%.1f %s %s %s\n", rps, p50, p99, p999 }' < <(tr '\r' '\n' <"$work/redis-benchmark.log"))
  record_figures "$1" "$rps" "$p50" "$p99" "$p999"
}

measure_reads() {
  say "Reads: $entities entities, $rounds round(s) of $seconds s"
  clear_rows
  load post --url "$ingest/features" --file "$work/rows.ndjson" --rows "$entities" >/dev/null
  local bare_port bare url
  free_ports bare_port
  bare=http://127.0.0.1:$bare_port
  start_load bare bare --url "$api/features/000000000000" --port "$bare_port"
  load wait "$bare/"
  for url in "$api" "$bare"; do wrk_for 4 "$url" "$connections" get; done
  for _ in $(seq "$rounds"); do
    read_round api "$api" api api_sidecar redis
    read_round bare "$bare" bare
    redis_round redis
  done
  document_bytes=$(redis hstrlen 'featurestore||default/000000000000' data)
  finish bare
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
  for _ in 1 2 3 4; do
    clear_rows
    load post --url "$ingest/features" --file "$work/rows.ndjson" --rows "$row_count" >/dev/null
    load post --url "$ingest/features" --file "$work/newer.ndjson" --rows "$row_count" >/dev/null
  done
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
. benchmarks/load/serving.sh
. benchmarks/load/telemetry.sh

# Memory first: what the service takes for other loads would hide what it takes for this one.
case $only in all | memory) measure_memory ;; esac
case $only in all | reads) measure_reads ;; esac
case $only in all | writes) measure_writes ;; esac
case $only in all | events) measure_events; measure_backlog; measure_recovery ;; esac
# Last: with a registry the store is schema-less no longer.
case $only in all | queries) measure_queries ;; esac
case $only in all | registry) measure_registry ;; esac
case $only in all | push) measure_serving "$entities" ;; esac
case $only in serving) measure_serving "${serving_sizes[@]}"; measure_budget "${serving_sizes[-1]}"; measure_visible "${serving_sizes[-1]}" ;; esac
case $only in telemetry) measure_telemetry ;; esac

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
    echo "| entities new to the store | $(m ingest_new.rps) | $(m blind_new.rps) | $(percent "$(m ingest_new.rps)" "$(m blind_new.rps)") | ≥ 60 %: $(aim "$(m ingest_new.rps)" "$(m blind_new.rps)" 60) |"
    echo "| entities stored before: read, decoded, merged | $(m ingest_newer.rps) | $(m blind_newer.rps) | $(percent "$(m ingest_newer.rps)" "$(m blind_newer.rps)") | ≥ 60 %: $(aim "$(m ingest_newer.rps)" "$(m blind_newer.rps)" 60) |"
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
    echo "The peak at the end is $(percent "$last" "$first") of the peak at 10 %; flat (≤ 125 %): $(met "$last" "<= 1.25 *" "$first"). $(sed -n 's/^rows.s //p' "$work/memory") rows/s."
  fi
  report_events
  report_queries
  report_serving
  report_telemetry
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
  serving_cpu_rows
}
report >"$work/report.md"
cat "$work/report.md"
[ -z "$out" ] || cp "$work/report.md" "$out"
