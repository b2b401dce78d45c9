#!/usr/bin/env bash
# Measures history and training sets: the point-in-time join against a query written for the same files, the writing of history
# against the writing of the same Parquet alone, and what logging costs ingest.
# Figures drift with the machine; the ratios, of things measured in turn in one run, are what counts. Beside the time that went by
# stands the processor time, in which other work on the machine shows less.
#
#   benchmarks/offline/run.sh [--quick] [--only join|write|logging] [--out FILE]
#
# Takes the .NET SDK and, for logging, redis-server, redis-tools and curl; 4 GiB of disk at the most, in TMPDIR.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=3 history_rows=10000000 event_count=1000000 days=30 user_count=50000 batches=20 row_count=50000 only=all out=
parts='join|write|logging'
usage="usage: run.sh [--quick] [--only $parts] [--out FILE]"
while [ $# -gt 0 ]; do
  case $1 in
    --quick) rounds=1 history_rows=300000 event_count=30000 days=10 user_count=5000 batches=4 row_count=10000 ;;
    --only) only=${2:?$usage}; shift ;;
    --out) out=${2:?$usage}; shift ;;
    *) echo "unknown option $1; $usage" >&2; exit 2 ;;
  esac
  shift
done
[[ "|all|$parts|" == *"|$only|"* ]] || { echo "--only $only is none of them; $usage" >&2; exit 2; }

. benchmarks/load/system.sh
. benchmarks/load/figures.sh
needs dotnet
case $only in
  all | logging) needs redis-server redis-cli curl; build benchmarks/offline services/feature-history ;;
  *) step dotnet build --disable-build-servers --configuration Release --nologo --verbosity quiet benchmarks/offline >"$work/build.log" ;;
esac
offline() { step dotnet benchmarks/offline/bin/Release/net10.0/FeatureStore.OfflineBenchmarks.dll "$@"; }

. benchmarks/offline/logging.sh

# The service gives a set 1 GiB unless told otherwise; the query has all that there is.
join_round() { # name, cut|limit, views, layout, options…
  local seconds processor peak
  offline "$2" --folder "$work/history" --views "$3" --layout "$4" --days "$days" --events "$work/events.parquet" --output "$work/$2.parquet" "${@:5}" >"$work/took" 2>"$work/took.log"
  read -r seconds processor peak <"$work/took"
  record "$1.seconds" "$seconds"; record "$1.cpu" "$processor"; record "$1.peak" "$peak"
  say "  $1: $seconds s, $processor s of processor time, $(mib "$peak")"
}

measure_join() { # name, views, layout, rounds
  say "Join: $event_count events, $history_rows rows in $2 view(s), $3"
  rm -rf "$work/history"
  limit=1200 offline history --folder "$work/history" --views "$2" --layout "$3" --rows "$history_rows" --days "$days" --entities "$user_count"
  for _ in $(seq "$4"); do
    join_round "$1.cut" cut "$2" "$3" --memory 1GiB
    join_round "$1.limit" limit "$2" "$3"
    join_round "$1.ordered" limit "$2" "$3" --ordered
  done
  offline same "$work/cut.parquet" "$work/limit.parquet"
  rm -rf "$work/history" "$work/cut.parquet" "$work/limit.parquet"
}

measure_joins() {
  offline events --events "$work/events.parquet" --rows "$event_count" --days "$days" --entities "$user_count"
  measure_join one 1 Compacted "$rounds"
  measure_join five 5 Compacted "$rounds"
  # For information, once each.
  measure_join small 1 TenthSmall 1
  measure_join partial 1 Partial 1
}

measure_write() {
  say "Writing: $batches deliveries of 50 events × 100 rows × 50 features"
  local fed fed_cpu whole whole_cpu alone alone_cpu
  mkdir "$work/writing"
  offline write --folder "$work/writing" --batches "$batches" --rounds "$rounds" >"$work/writes"
  while read -r fed fed_cpu whole whole_cpu alone alone_cpu; do
    record fed.rps "$fed"; record fed.cpu "$fed_cpu"; record whole.rps "$whole"; record whole.cpu "$whole_cpu"; record alone.rps "$alone"; record alone.cpu "$alone_cpu"
    say "  fed $fed rows/s, in one go $whole, DuckDB alone $alone"
  done <"$work/writes"
}

case $only in all | join) measure_joins ;; esac
case $only in all | write) measure_write ;; esac
case $only in all | logging) measure_logging ;; esac

times() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

join_row() { # label, name
  local cut limit
  cut=$(median "$work/$2.cut.cpu") limit=$(median "$work/$2.limit.cpu")
  echo "| $1 | $(m "$2.cut.seconds" 1) / $(m "$2.cut.cpu" 1) | $(m "$2.limit.seconds" 1) / $(m "$2.limit.cpu" 1)" \
    "| $(times "$(median "$work/$2.cut.seconds")" "$(median "$work/$2.limit.seconds")") / $(times "$cut" "$limit")" \
    "| $(times "$cut" "$(median "$work/$2.ordered.cpu")") | $(mib "$(sort -n "$work/$2.cut.peak" | tail -n 1)") | $(mib "$(sort -n "$work/$2.limit.peak" | tail -n 1)") |"
}

write_row() { # label, name
  echo "| $1 | $(m "$2.rps") | $(m "$2.cpu") | $(percent "$(m fed.rps)" "$(m "$2.rps")") | $(percent "$(m fed.cpu)" "$(m "$2.cpu")") |"
}

report() {
  echo "# History and training sets, measured $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r), .NET $(dotnet --list-runtimes | sed -n 's/^Microsoft.AspNetCore.App \([^ ]*\).*/\1/p' | tail -n 1)," \
    "load average $(cut -d ' ' -f 1-3 /proc/loadavg). Medians of $rounds round(s), taken in turn."
  if [ -f "$work/one.cut.cpu" ]; then
    echo
    echo "## $event_count events joined with $history_rows rows × 5 features, $days days, $user_count entities, ttl a day"
    echo
    echo "| history | \`TrainingSetCut\`, s / s of processor time | ASOF query alone | ratio of both; aim ≤ 1.3 | of the query with the events' order | VmHWM of the cut; aim < 2048 MiB | of the query |"
    echo "|---|---:|---:|---:|---:|---:|---:|"
    join_row "one view, a file a day" one
    join_row "five views, a file a day" five
    join_row "one view, every tenth day in four files" small
    join_row "one view, half of the rows say three features, half the other two" partial
    echo
    echo "The cut has 1 GiB of DuckDB's memory, as in the service, and the query all. Both sets have the same rows. The last two histories were measured once."
  fi
  if [ -f "$work/fed.rps" ]; then
    echo
    echo "## Writing: $((batches * 5000)) rows × 50 features of one day"
    echo
    echo "| what | rows/s | rows by second of processor time | the first against it | by processor time |"
    echo "|---|---:|---:|---:|---:|"
    write_row "events of 100 rows, 50 a delivery, read and written by \`HistoryWriter\`" fed
    write_row "\`HistoryWriter\`, all rows read before, in one file" whole
    write_row "DuckDB: the same columns from a table in memory, sorted, in one file" alone
  fi
  report_logging
}
report >"$work/report.md"
cat "$work/report.md"
[ -z "$out" ] || cp "$work/report.md" "$out"
