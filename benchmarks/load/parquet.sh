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
for tool in dotnet redis-server redis-cli; do
  command -v "$tool" >/dev/null || { echo "$tool is missing (Debian: redis-server, redis-tools)" >&2; exit 2; }
done

work=$(mktemp -d)
declare -A pid=()

stop() {
  status=$?
  trap - EXIT INT TERM HUP
  if [ "$status" != 0 ]; then
    for log in "$work"/*.log; do
      [ -s "$log" ] && { echo "--- ${log##*/}"; tail -n 10 "$log" | cut -c 1-300; } >&2
    done
  fi
  for process in ${pid[load]:-} ${pid[api]:-} ${pid[ingest]:-} ${pid[api_sidecar]:-} ${pid[ingest_sidecar]:-} ${pid[redis]:-}; do
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
start() { # name, command…
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pid[$name]=$!
}

say "Building"
for project in services/feature-api services/feature-ingest src/FeatureStore.DevSidecar src/FeatureStore.Cli benchmarks/load; do
  dotnet build --disable-build-servers --configuration Release --nologo --verbosity quiet "$project" >"$work/build.log"
done
load() { dotnet benchmarks/load/bin/Release/net10.0/FeatureStore.LoadBaselines.dll "$@"; }
featurestore=src/FeatureStore.Cli/bin/Release/net10.0/featurestore

load ports 7 >"$work/ports"
read -r redis_port api_port api_http api_grpc ingest_port ingest_http ingest_grpc <"$work/ports"
api=http://127.0.0.1:$api_port ingest=http://127.0.0.1:$ingest_port
redis() { redis-cli -p "$redis_port" "$@"; }

sidecar() { # name, app id, its port, HTTP port, gRPC port
  start "$1" env REDIS_HOST="127.0.0.1:$redis_port" dotnet src/FeatureStore.DevSidecar/bin/Release/net10.0/FeatureStore.DevSidecar.dll \
    --app-id "$2" --app-port "$3" --dapr-http-port "$4" --dapr-grpc-port "$5" --resources-path components --log-level error
}
service() { # name, program, its port, HTTP port, gRPC port
  start "$1" env urls="http://127.0.0.1:$3" DAPR_HTTP_ENDPOINT="http://127.0.0.1:$4" DAPR_GRPC_ENDPOINT="http://127.0.0.1:$5" \
    dotnet "services/$2.dll"
}
say "Starting"
start redis redis-server --port "$redis_port" --bind 127.0.0.1 --save "" --dir "$work"
for _ in $(seq 600); do [ "$(redis ping 2>/dev/null)" = PONG ] && break; sleep 0.02; done
sidecar api_sidecar feature-api "$api_port" "$api_http" "$api_grpc"
sidecar ingest_sidecar feature-ingest "$ingest_port" "$ingest_http" "$ingest_grpc"
load wait "http://127.0.0.1:$api_http/v1.0/healthz/outbound" "http://127.0.0.1:$ingest_http/v1.0/healthz/outbound"
service api feature-api/bin/Release/net10.0/FeatureStore.FeatureApi "$api_port" "$api_http" "$api_grpc"
service ingest feature-ingest/bin/Release/net10.0/FeatureStore.FeatureIngest "$ingest_port" "$ingest_http" "$ingest_grpc"
load wait "$api/health/ready" "$ingest/health/ready"

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
status_of() { sed -n "s/^$1:[^0-9]*\([0-9]*\).*/\1/p" "/proc/${pid[load]}/status" 2>/dev/null || true; }

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
    resident=$(status_of VmRSS) peak=$(status_of VmHWM)
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

mib() { awk -v k="$1" 'BEGIN { printf "%.0f MiB", k / 1024 }'; }
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
