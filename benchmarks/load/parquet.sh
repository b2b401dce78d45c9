#!/usr/bin/env bash
# Loads a Parquet file with the built command into the whole system on this machine, in Release, and measures how fast it goes
# and what memory the command takes on the way; then kills such a load half-way, goes on with it, and compares every row.
#
#   benchmarks/load/parquet.sh [--rows N] [--out FILE]
#
# Takes the .NET SDK, redis-server and redis-tools. Redis holds its data in memory only and is gone at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."

rows=1000000 out=
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=${2:?--rows takes a number}; shift ;;
    --out) out=${2:?--out takes a file}; shift ;;
    *) echo "unknown option $1; usage: parquet.sh [--rows N] [--out FILE]" >&2; exit 2 ;;
  esac
  shift
done
. benchmarks/load/system.sh
. benchmarks/load/figures.sh
needs dotnet redis-server redis-cli
build src/FeatureStore.Cli
featurestore=src/FeatureStore.Cli/bin/Release/net10.0/featurestore
start_system

say "Writing $rows rows"
load columns --rows "$rows" --file "$work/rows.parquet"
load columns --rows "$rows" --file "$work/rows.ndjson"
# Once in vain, until the services' code is compiled as far as it will be.
load columns --rows 20000 --file "$work/first.parquet"
"$featurestore" ingest "$work/first.parquet" --view first --id id --time t --endpoint "$ingest" >/dev/null

begin_load() { # file, view
  start load "$featurestore" ingest "$work/$1" --view "$2" --id id --time t --checkpoint "$work/$2.checkpoint" --endpoint "$ingest"
}
done_rows() { sed -n 's/^  "row": \([0-9]*\).*/\1/p' "$work/$1.checkpoint" 2>/dev/null || true; }

# The command's memory at a tenth, half and nine tenths of the way, and the most that it ever was, in KiB.
watch_load() { # file, view
  local share at resident peak
  begin_load "$1" "$2"
  : >"$work/$2.memory"
  for share in 10 50 90; do
    while at=$(done_rows "$2"); [ "${at:-0}" -lt $((rows * share / 100)) ]; do
      kill -0 "${pid[load]}" 2>/dev/null || break 2
      sleep 0.05
    done
    resident=$(status_of load VmRSS) peak=$(status_of load VmHWM)
    echo "$share $resident $peak" >>"$work/$2.memory"
  done
  wait "${pid[load]}" || { echo "the load failed" >&2; exit 1; }
  cat "$work/load.log" >&2
  sed -n 's/.*(\([0-9,]*\) rows\/s).*/\1/p' "$work/load.log" | tr -d , >"$work/$2.rate"
}

say "Parquet in one go"
watch_load rows.parquet one_go
say "The same rows as NDJSON"
watch_load rows.ndjson as_ndjson

say "Parquet, killed half-way"
begin_load rows.parquet in_two
while at=$(done_rows in_two); [ "${at:-0}" -lt $((rows / 2)) ]; do
  kill -0 "${pid[load]}" 2>/dev/null || { echo "it ended before it could be killed: give more --rows" >&2; exit 1; }
  sleep 0.05
done
kill -KILL "${pid[load]}"
wait "${pid[load]}" 2>/dev/null || true
at=$(done_rows in_two)
say "  killed after $at rows; going on"
begin_load rows.parquet in_two
wait "${pid[load]}" || { echo "going on failed" >&2; exit 1; }
cat "$work/load.log" >&2
[ ! -e "$work/in_two.checkpoint" ] || { echo "a checkpoint was left" >&2; exit 1; }
compared=$(load compare --url "$api" --left one_go --right in_two --rows "$rows")

memory_row() { # label, view
  local share resident peak most=0 cells=""
  while read -r share resident peak; do cells+=" $(mib "$resident") |" most=$peak; done <"$work/$2.memory"
  echo "| $1 | $(cat "$work/$2.rate") |$cells $(mib "$most") |"
}
report() {
  echo "# \`featurestore ingest\`, measured $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  echo "$rows rows of an id, a time, two numbers, a text and a vector of four; $(nproc) cores, DevSidecar, Redis without persistence."
  echo
  echo "| file | rows/s | VmRSS at 10 % | at 50 % | at 90 % | peak by then |"
  echo "|---|---:|---:|---:|---:|---:|"
  memory_row "Parquet, $(mib $(($(stat -c %s "$work/rows.parquet") / 1024)))" one_go
  memory_row "NDJSON, $(mib $(($(stat -c %s "$work/rows.ndjson") / 1024)))" as_ndjson
  echo
  echo "A Parquet load that was killed after $at rows (SIGKILL) and gone on with: all $compared rows are the same as in one go, values and times."
}
report >"$work/report.md"
cat "$work/report.md"
[ -z "$out" ] || cp "$work/report.md" "$out"
