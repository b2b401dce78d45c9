#!/usr/bin/env bash
# What a changed row of a push view costs, in processor time, as replicas of feature-api and the rate of changes grow: the model of
# docs/performance.md is taken from two points and held against the others.
#
#   benchmarks/load/replicas.sh [--seconds N] [--out FILE]
#
# Takes the .NET SDK, redis-server, redis-tools and curl; some four minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=15 entities=10000 features=50 out=
usage="usage: replicas.sh [--seconds N] [--out FILE]"
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=${2:?$usage}; shift ;;
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
apply 1 --push >/dev/null
applied_everywhere
load fill --grpc-endpoint "http://127.0.0.1:$ingest_grpc" --rows "$entities" --features "$features" >/dev/null

ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }
spent() { for name in "$@"; do echo $(($(ticks "${pid[$name]}"))); done | awk '{ sum += $1 } END { print sum + 0 }'; }

# Everything that a change costs, but for the load itself: on the writer's side and on the replicas'.
point() { # replicas, rows a second
  local number=$1 rate=$2 writing=(ingest ingest_sidecar redis) serving=() name writing_before serving_before rows
  for name in "${replicas[@]:0:number}"; do serving+=("$name" "${name}_sidecar"); done
  writing_before=$(spent "${writing[@]}") serving_before=$(spent "${serving[@]}")
  load updates --url "$ingest/features" --entities "$entities" --features "$features" --rate "$rate" --seconds "$seconds" >"$work/updated"
  rows=$(awk -v s="$seconds" '{ print $1 * s }' "$work/updated")
  awk -v n="$number" -v r="$rate" -v w=$(($(spent "${writing[@]}") - writing_before)) -v a=$(($(spent "${serving[@]}") - serving_before)) \
    -v rows="$rows" -v hz="$(getconf CLK_TCK)" 'BEGIN { print n, r, w / hz / rows * 1e6, a / hz / rows * 1e6 }' >>"$work/points"
  say "  $number replica(s), $rate rows/s: $(tail -n 1 "$work/points" | cut -d ' ' -f 3-) µs a row on the writer's side and the replicas'"
}

replicas=()
for name in api second third; do
  free_ports port http grpc
  if [ "$name" = api ]; then restart_api; else start_api "$name" "$port" "$http" "$grpc"; fi
  replicas+=("$name")
  settle
  # Whatever is held costs more than what is not: each replica holds all rows.
  address=$api
  [ "$name" = api ] || address=http://127.0.0.1:$port
  load warm --url "$address" --entities "$entities" >/dev/null
  # In vain, until the code is compiled as far as it will be.
  load updates --url "$ingest/features" --entities "$entities" --features "$features" --rate 2000 --seconds "$seconds" >/dev/null
  point "${#replicas[@]}" 1000
  point "${#replicas[@]}" 2000
done

report() {
  echo "# Replicas and changes, measured $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  echo "$entities rows × $features features, held by every replica; through DevSidecar and Redis. µs of processor time a changed row."
  echo
  echo "| replicas | rows/s | feature-ingest, its sidecar, Redis | replicas and their sidecars | both | by the model | off by |"
  echo "|---:|---:|---:|---:|---:|---:|---:|"
  # Two points give the cost of the write and that of a replica: one replica and three, at 2,000 rows/s.
  awk '
    { n[NR] = $1; r[NR] = $2; w[NR] = $3; a[NR] = $4; if ($2 == 2000 && $1 == 1) one = $3 + $4; if ($2 == 2000 && $1 == 3) three = $3 + $4 }
    END {
      each = (three - one) / 2; base = one - each
      for (i = 1; i <= NR; i++) {
        both = w[i] + a[i]; model = base + n[i] * each
        printf "| %d | %d | %.0f | %.0f | %.0f | %.0f | %.0f %% |\n", n[i], r[i], w[i], a[i], both, model, 100 * (model - both) / both
      }
      printf "\nThe model, from 1 and 3 replicas at 2,000 rows/s: %.0f µs a row, and %.0f µs for each replica.\n", base, each
    }' "$work/points"
}
report | tee ${out:+"$out"}
