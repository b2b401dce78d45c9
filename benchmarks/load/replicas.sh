#!/usr/bin/env bash
# What a changed row of a push view costs, in processor time, as replicas of feature-api and the rate of changes grow: the model of
# docs/performance.md is taken from two points and held against the others.
#
#   benchmarks/load/replicas.sh [--seconds N] [--out FILE]
#
# Takes the .NET SDK, redis-server, redis-tools and curl; some five minutes.
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

spent() { for name in "$@"; do echo $(($(ticks "${pid[$name]}"))); done | awk '{ sum += $1 } END { print sum + 0 }'; }

# What everything takes but for the load itself, in ms of processor time a second: on the writer's side and on the replicas'.
point() { # replicas, rows a second
  local number=$1 rate=$2 writing=(ingest ingest_sidecar redis) serving=() name writing_before serving_before
  for name in "${replicas[@]:0:number}"; do serving+=("$name" "${name}_sidecar"); done
  writing_before=$(spent "${writing[@]}") serving_before=$(spent "${serving[@]}")
  load updates --url "$ingest/features" --entities "$entities" --features "$features" --rate "$rate" --seconds "$seconds" >"$work/updated"
  awk -v n="$number" -v r="$(cut -d ' ' -f 1 "$work/updated")" -v w=$(($(spent "${writing[@]}") - writing_before)) -v a=$(($(spent "${serving[@]}") - serving_before)) \
    -v s="$seconds" -v hz="$(getconf CLK_TCK)" 'BEGIN { print n, r, w / hz / s * 1e3, a / hz / s * 1e3 }' >>"$work/points"
  say "  $number replica(s), $rate rows/s: $(tail -n 1 "$work/points" | cut -d ' ' -f 3-) ms a second on the writer's side and the replicas'"
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
  load updates --url "$ingest/features" --entities "$entities" --features "$features" --rate 3000 --seconds $((seconds * 2)) >/dev/null
  [ "$name" != second ] || continue
  for rate in 200 1000 2000 4000; do point "${#replicas[@]}" "$rate"; done
done

report() {
  echo "# Replicas and changes, measured $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  echo "$entities rows × $features features, held by every replica; 20 requests a second; through DevSidecar and Redis. ms of processor time a second."
  echo
  echo "| replicas | rows/s | feature-ingest, its sidecar, Redis | the replicas and their sidecars | both | by the model | off by |"
  echo "|---:|---:|---:|---:|---:|---:|---:|"
  # The first and the last rate at one replica give the four figures of the model.
  awk '
    { n[NR] = $1; r[NR] = $2; w[NR] = $3; a[NR] = $4 }
    END {
      for (i = 1; i <= NR && n[i] == 1; i++) last = i
      row_w = (w[last] - w[1]) / (r[last] - r[1]); base_w = w[1] - r[1] * row_w
      row_a = (a[last] - a[1]) / (r[last] - r[1]); base_a = a[1] - r[1] * row_a
      for (i = 1; i <= NR; i++) {
        both = w[i] + a[i]; model = base_w + r[i] * row_w + n[i] * (base_a + r[i] * row_a)
        printf "| %d | %d | %.0f | %.0f | %.0f | %.0f | %+.0f %% |\n", n[i], r[i], w[i], a[i], both, model, 100 * (model - both) / both
      }
      printf "\nThe model, from one replica at the lowest and the highest rate: %.0f ms a second and %.0f µs a row on the writer'"'"'s side, and %.0f ms a second and %.0f µs a row for each replica.\n", base_w, row_w * 1e3, base_a, row_a * 1e3
    }' "$work/points"
}
report | tee ${out:+"$out"}
