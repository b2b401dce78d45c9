# Sourced by the scripts beside it, at the root of the repository: starts the services, a DevSidecar each and Redis, all in Release on
# ports that are free, and ends whatever was started. Redis holds its data in memory only and is gone at the end.

needs() { # tools…
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "$tool is missing (Debian: redis-server, redis-tools, wrk, curl)" >&2; exit 2; }
  done
}

work=$(mktemp -d)
declare -A pid=()
started=()
step_pid=

stop() {
  local status=$? at process
  trap - EXIT INT TERM HUP
  if [ "$status" != 0 ]; then
    for log in "$work"/*.log; do
      [ -s "$log" ] && { echo "--- ${log##*/}"; tail -n 10 "$log" | cut -c 1-300; } >&2
    done
  fi
  # What was first started last, so that each can finish: what makes the load, the services, their sidecars, Redis.
  [ -z "$step_pid" ] || kill "$step_pid" 2>/dev/null || true
  for ((at = ${#started[@]} - 1; at >= 0; at--)); do
    process=${pid[${started[at]}]:-}
    [ -n "$process" ] && kill "$process" 2>/dev/null || continue
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
  timeout "${limit:-400}" "$@" &
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
  [[ " ${started[*]} " == *" $name "* ]] || started+=("$name")
}

# Ends what was started, if it runs.
finish() { # names…
  local name
  for name in "$@"; do
    [ -n "${pid[$name]:-}" ] || continue
    kill "${pid[$name]}" 2>/dev/null || true
    wait "${pid[$name]}" 2>/dev/null || true
    unset "pid[$name]"
  done
}

# Waits for what ends by itself, as it should.
await_end() { # name
  local result=0
  wait "${pid[$1]}" || result=$?
  unset "pid[$1]"
  [ "$result" = 0 ] || { echo "$1 failed ($result)" >&2; exit 1; }
}

build() { # projects…
  local project
  say "Building"
  for project in services/feature-api services/feature-ingest src/FeatureStore.DevSidecar benchmarks/load "$@"; do
    step dotnet build --disable-build-servers --configuration Release --nologo --verbosity quiet "$project" >"$work/build.log"
  done
}

load_command=(dotnet benchmarks/load/bin/Release/net10.0/FeatureStore.LoadBaselines.dll)
load() { step "${load_command[@]}" "$@"; }
start_load() { start "$1" "${load_command[@]}" "${@:2}"; } # name, arguments…

# Looked for when it is wanted, and not before: a client's connection could take it meanwhile.
free_ports() { # variables…
  load ports $# >"$work/ports"
  read -r "$@" <"$work/ports"
}

redis() { redis-cli -p "$redis_port" "$@"; }
start_redis() { # appendonly
  start redis redis-server --port "$redis_port" --bind 127.0.0.1 --save "" --appendonly "${1:-no}" --dir "$work"
  for _ in $(seq 600); do [ "$(redis ping 2>/dev/null)" = PONG ] && return; sleep 0.02; done
  return 1
}
# The rows only, or those of a view: the sidecars' streams lie in the same Redis.
clear_rows() { redis --scan --pattern "featurestore||${1:+$1/}*" | xargs -r -n 5000 redis-cli -p "$redis_port" unlink >/dev/null; }

sidecar() { # name, app id, its port, HTTP port, gRPC port, folder of components
  start "$1" env REDIS_HOST="127.0.0.1:$redis_port" dotnet src/FeatureStore.DevSidecar/bin/Release/net10.0/FeatureStore.DevSidecar.dll \
    --app-id "$2" --app-port "$3" --dapr-http-port "$4" --dapr-grpc-port "$5" --resources-path "${6:-components}" --log-level error
}
service() { # name, program, its port, HTTP port, gRPC port, settings as NAME=VALUE…
  start "$1" env "${@:6}" urls="http://127.0.0.1:$3" DAPR_HTTP_ENDPOINT="http://127.0.0.1:$4" DAPR_GRPC_ENDPOINT="http://127.0.0.1:$5" \
    dotnet "services/$2.dll"
}

# A replica of feature-api with its sidecar; it is stopped first where it runs.
start_api() { # name, its port, HTTP port, gRPC port, settings…
  finish "$1" "$1_sidecar"
  sidecar "$1_sidecar" feature-api "$2" "$3" "$4"
  load wait "http://127.0.0.1:$3/v1.0/healthz/outbound"
  service "$1" feature-api/bin/Release/net10.0/FeatureStore.FeatureApi "$2" "$3" "$4" "${@:5}"
  load wait "http://127.0.0.1:$2/health/ready"
}
restart_api() { start_api api "$api_port" "$api_http" "$api_grpc" "$@"; } # settings…

# Redis, and a replica of each service with its sidecar.
start_system() {
  say "Starting"
  free_ports redis_port api_port api_http api_grpc ingest_port ingest_http ingest_grpc
  api=http://127.0.0.1:$api_port ingest=http://127.0.0.1:$ingest_port
  start_redis
  sidecar ingest_sidecar feature-ingest "$ingest_port" "$ingest_http" "$ingest_grpc"
  load wait "http://127.0.0.1:$ingest_http/v1.0/healthz/outbound"
  service ingest feature-ingest/bin/Release/net10.0/FeatureStore.FeatureIngest "$ingest_port" "$ingest_http" "$ingest_grpc"
  load wait "$ingest/health/ready"
  restart_api
}

apply() { # views, options of the registry…
  load registry --views "$1" --features 100 "${@:2}" >"$work/registry.json"
  curl --silent --show-error --fail --output /dev/null --write-out '%{time_total}' -X PUT "$ingest/registry" -H 'Content-Type: application/json' --data-binary "@$work/registry.json"
}

# Reads until both services serve by the registry just applied.
applied_everywhere() {
  local version
  version=$(curl --silent "$ingest/registry" | sed 's/{"version":\([0-9]*\).*/\1/')
  for _ in $(seq 200); do
    [ "$(curl --silent "$api/registry" | sed 's/{"version":\([0-9]*\).*/\1/')" = "$version" ] && return
    sleep 0.05
  done
  echo "feature-api did not find registry version $version" >&2
  exit 1
}

# Rows of a push view are held from some seconds after a replica learned that it is one.
settle() { sleep 7; }

# A field of a process's status in KiB: VmRSS, or VmHWM, the most that it ever was.
status_of() { sed -n "s/^$2:[^0-9]*\([0-9]*\).*/\1/p" "/proc/${pid[$1]}/status" 2>/dev/null || true; } # name, field

# The processor time that a process has used, in clock ticks.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; } # process
