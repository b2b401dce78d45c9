#!/usr/bin/env bash
# Reads from memory at an even, moderate rate while rows are updated, for some minutes, and sees whether anything creeps: latency, memory,
# what a read allocates.
#
#   benchmarks/load/soak.sh [--minutes N] [--slice SECONDS] [--rate READS] [--out FILE]
#
# Takes the .NET SDK, redis-server, redis-tools and curl.
set -euo pipefail
cd "$(dirname "$0")/../.."

minutes=10 slice=30 rate=2000 update_rate=500 entities=20000 features=50 out=
usage="usage: soak.sh [--minutes N] [--slice SECONDS] [--rate READS] [--out FILE]"
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) minutes=${2:?$usage}; shift ;;
    --slice) slice=${2:?$usage}; shift ;;
    --rate) rate=${2:?$usage}; shift ;;
    --out) out=${2:?$usage}; shift ;;
    *) echo "unknown option $1; $usage" >&2; exit 2 ;;
  esac
  shift
done
slices=$((minutes * 60 / slice)) third=$((minutes * 60 / slice / 3))
[ "$third" -gt 0 ] || { echo "three slices at the least; $usage" >&2; exit 2; }

. benchmarks/load/system.sh
. benchmarks/load/figures.sh
needs dotnet redis-server redis-cli curl
build
start_system
limit=$((slices * slice + 600))

say "Filling: $entities entities × $features features"
apply 1 --push >/dev/null
applied_everywhere
load fill --grpc-endpoint "http://127.0.0.1:$ingest_grpc" --rows "$entities" --features "$features" >/dev/null
settle
load warm --url "$api" --entities "$entities" >/dev/null

say "$minutes minutes: $rate reads/s, $update_rate row updates/s"
start_load metrics metrics --pid "${pid[api]}" --seconds "$limit" --allocations FeatureStore.Resident
update() { # rows/s, seconds
  start_load updates updates --url "$ingest/features" --entities "$entities" --features "$features" --rate "$1" --seconds "$2"
}
# One slice in vain, until the code is compiled as far as it will be, with so many updates that rows lie as they will from then on.
update 2000 "$slice"
start_load steady steady --url "$api" --entities "$entities" --rate "$rate" --seconds $((slices * slice)) --slice "$slice"
await_end updates
update "$update_rate" $((slices * slice + 5))
wait_for_slice() { # number
  until grep -q "^$1 " "$work/steady.log"; do
    kill -0 "${pid[metrics]}" 2>/dev/null || { echo "the metrics ended" >&2; exit 1; }
    kill -0 "${pid[steady]}" 2>/dev/null || grep -q "^$1 " "$work/steady.log" || { echo "the reads ended" >&2; exit 1; }
    sleep 0.2
  done
}
wait_for_slice 0
allocated=$(metric allocated)
for at in $(seq "$slices"); do
  wait_for_slice "$at"
  read -r _ reads p50 p99 p999 < <(grep "^$at " "$work/steady.log")
  now=$(metric allocated)
  # Slice, reads/s, p50, p99, p99.9, VmRSS of feature-api and feature-ingest, bytes allocated a read, resident bytes.
  echo "$at $reads $p50 $p99 $p999 $(status_of api VmRSS) $(status_of ingest VmRSS)" \
    "$(awk -v a="$now" -v b="$allocated" -v n=$((reads * slice)) 'BEGIN { printf "%.0f", (a - b) / n }') $(metric featurestore.resident.bytes)" >>"$work/slices"
  allocated=$now
  say "  $(tail -n 1 "$work/slices")"
done
await_end steady
await_end updates
# Without updates, and once the last of them are through, to tell what a read allocates by itself.
sleep 3
allocated=$(metric allocated)
load steady --url "$api" --entities "$entities" --rate "$rate" --seconds 5 --slice 5 >/dev/null
record quiet.allocated "$(awk -v a="$(metric allocated)" -v b="$allocated" -v n=$((rate * 10)) 'BEGIN { print (a - b) / n }')"

drift() { # label, column, the most that the last third may be of the first or nothing
  local first last
  head -n "$third" "$work/slices" | cut -d ' ' -f "$2" >"$work/first"
  tail -n "$third" "$work/slices" | cut -d ' ' -f "$2" >"$work/last"
  first=$(median "$work/first") last=$(median "$work/last")
  echo "| $1 | $first | $last | $(percent "$last" "$first") | ${3:+≤ $(percent "$3" 1): $(met "$last" "<= $3 *" "$first")} |"
}
report() {
  local at reads p50 p99 p999 served ingested each held updated again
  read -r updated again <"$work/updates.log"
  echo "# $minutes minutes at an even rate, measured $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  echo "$rate reads/s of random entities from memory, $entities entities × $features features, while $updated rows/s are updated through DevSidecar ($again requests sent again after a 503); $(nproc) cores, the load generator included. Times are the client's."
  echo
  echo "| at | reads/s | p50 ms | p99 ms | p99.9 ms | VmRSS feature-api | VmRSS feature-ingest | allocated a read, updates included | resident rows |"
  echo "|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
  while read -r at reads p50 p99 p999 served ingested each held; do
    echo "| $((at * slice)) s | $reads | $p50 | $p99 | $p999 | $(mib "$served") | $(mib "$ingested") | $each bytes | $(mib $((held / 1024))) |"
  done <"$work/slices"
  echo
  echo "| medians of $third slices | first third | last third | ratio | aim |"
  echo "|---|---:|---:|---:|---|"
  drift "p50, ms" 3 ""
  drift "p99, ms" 4 1.25
  drift "VmRSS of feature-api, KiB" 6 1.15
  drift "VmRSS of feature-ingest, KiB" 7 1.15
  drift "allocated a read, updates included, bytes" 8 ""
  echo
  echo "A read allocates $(m quiet.allocated) bytes while nothing is updated, what else the service does by itself included."
}
report >"$work/report.md"
cat "$work/report.md"
[ -z "$out" ] || cp "$work/report.md" "$out"
