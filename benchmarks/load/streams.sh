#!/usr/bin/env bash
# Idle event streams on one replica of feature-api: what they take, and how soon a change comes through to one of them.
#
#   benchmarks/load/streams.sh [--streams N] [--seconds N] [--out FILE]
#
# Takes the .NET SDK, redis-server, redis-tools and curl, and as many open files as there are streams; some two minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

streams=10000 seconds=30 features=50 out=
usage="usage: streams.sh [--streams N] [--seconds N] [--out FILE]"
while [ $# -gt 0 ]; do
  case $1 in
    --streams) streams=${2:?$usage}; shift ;;
    --seconds) seconds=${2:?$usage}; shift ;;
    --out) out=${2:?$usage}; shift ;;
    *) echo "unknown option $1; $usage" >&2; exit 2 ;;
  esac
  shift
done
ulimit -n "$(ulimit -H -n)"

. benchmarks/load/system.sh
. benchmarks/load/figures.sh
needs dotnet redis-server redis-cli curl
build
start_system
apply 1 --push >/dev/null
applied_everywhere
load fill --grpc-endpoint "http://127.0.0.1:$ingest_grpc" --rows "$streams" --features "$features" >/dev/null
restart_api
settle
load warm --url "$api" --entities "$streams" >/dev/null

before=$(status_of api VmRSS)
say "$streams streams for $seconds s"
load follow --url "$api" --write "$ingest" --entities "$streams" --seconds "$seconds" --pid "${pid[api]}" >"$work/followed"
read -r connected idle_cpu rss p50 p99 <"$work/followed"

report() {
  echo "# Idle streams, measured $(date -u +%Y-%m-%dT%H:%MZ)"
  echo
  echo "| streams on one replica | connected in | VmRSS a stream | processor time while idle, heartbeats included | a change shows after, p50 / p99 |"
  echo "|---:|---:|---:|---:|---:|"
  echo "| $streams | $connected s | $(awk -v a="$rss" -v b="$before" -v n="$streams" 'BEGIN { printf "%.1f KiB", (a - b) / n }') | $idle_cpu % of a core | $p50 / $p99 ms |"
}
report | tee ${out:+"$out"}
