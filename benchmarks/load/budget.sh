#!/usr/bin/env bash
# Has feature-api read more rows of a push view, each once, than its memory may hold, and watches what they take there: what the service
# counts, and what the process is.
#
#   benchmarks/load/budget.sh [--rows N] [--budget MIB] [--out FILE]
#
# 5,000,000 small rows by 256 MiB take some five minutes, and 4 GiB for Redis. Takes the .NET SDK, redis-server, redis-tools and curl.
set -euo pipefail
cd "$(dirname "$0")/../.."

rows=5000000 budget=256 features=5 out=
usage="usage: budget.sh [--rows N] [--budget MIB] [--out FILE]"
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=${2:?$usage}; shift ;;
    --budget) budget=${2:?$usage}; shift ;;
    --out) out=${2:?$usage}; shift ;;
    *) echo "unknown option $1; $usage" >&2; exit 2 ;;
  esac
  shift
done

. benchmarks/load/system.sh
. benchmarks/load/figures.sh
needs dotnet redis-server redis-cli curl
build
start_system
limit=3600

apply 1 --push --row-features "$features" >/dev/null
applied_everywhere
say "Filling the store with $rows rows of $features features"
load fill --grpc-endpoint "http://127.0.0.1:$ingest_grpc" --rows "$rows" --features "$features" >"$work/filled"
say "  $(cut -d ' ' -f 1 "$work/filled") rows/s"
restart_api Resident__BudgetBytes=$((budget * 1024 * 1024))
settle

say "Reading each row once"
before=$(status_of api VmRSS)
start_load metrics metrics --pid "${pid[api]}" --seconds "$limit" FeatureStore.Resident
until grep -qs featurestore.resident.bytes "$work/metrics.log"; do sleep 0.1; done
start_load warm warm --url "$api" --entities "$rows"
sample() {
  echo "$(metric 'featurestore.resident.reads[source=store]') $(metric featurestore.resident.bytes) $(metric featurestore.resident.rows) $(status_of api VmRSS)" >>"$work/samples"
}
while kill -0 "${pid[warm]}" 2>/dev/null; do
  sample
  sleep 1
done
await_end warm
# What is told each second is told once more.
sleep 2
finish metrics
sample

report() {
  local read bytes held resident tenth=1 most last
  most=$(awk '$1 == "featurestore.resident.bytes" && $2 > most { most = $2 } END { print most }' "$work/metrics.log")
  last=$(metric featurestore.resident.bytes)
  echo "# A budget of $budget MiB, measured $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  echo "$rows rows of $features features, documents of $(cut -d ' ' -f 2 "$work/filled") bytes, each read once by \`POST /features/query\` of 100 entities, $(cat "$work/warm.log") rows/s → DevSidecar → Redis. VmRSS before: $(mib "$before")."
  echo
  echo "| rows read | rows in memory | resident bytes, keys and index included | VmRSS |"
  echo "|---:|---:|---:|---:|"
  while read -r read bytes held resident; do
    [ "$read" -ge $((rows / 10 * tenth)) ] || continue
    echo "| $read | $held | $(mib $((bytes / 1024))) | $(mib "$resident") |"
    tenth=$((read * 10 / rows + 1))
  done <"$work/samples"
  echo
  echo "At most $(percent "$most" $((budget * 1024 * 1024))) of the budget, ≤ 110 %: $(met "$most" "<= 1.1 *" $((budget * 1024 * 1024)));" \
    "at the end $(percent "$last" $((budget * 1024 * 1024))), ≥ 90 %: $(met "$last" ">= 0.9 *" $((budget * 1024 * 1024)))." \
    "VmRSS at most $(mib "$(status_of api VmHWM)"); $(metric featurestore.resident.evictions) rows were let go of."
}
report >"$work/report.md"
cat "$work/report.md"
[ -z "$out" ] || cp "$work/report.md" "$out"
