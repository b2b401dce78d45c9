# Part of run.sh: events from the broker to the online store, and what a restart of Redis costs.

now_ms() { date +%s%3N; }

# How many events of a stream a consumer group has not finished yet.
unfinished() { # stream, group
  redis xinfo groups "$1" 2>/dev/null | awk -v group="$2" '
    $0 == "name" { getline; mine = ($0 == group) }
    mine && $0 == "pending" { getline; pending = $0 }
    mine && $0 == "entries-read" { getline; read = $0; known = 1 }
    END { if (known) print pending, read; else print "0 0" }'
}

# Waits until a group has finished so many events since the stream was made.
finished() { # stream, group, events
  local pending read
  for _ in $(seq 20000); do
    read -r pending read < <(unfinished "$1" "$2")
    [ "$read" -ge "$3" ] && [ "$pending" = 0 ] && return
    sleep 0.02
  done
  echo "the events of $1 were not taken in time" >&2
  exit 1
}

events_round() { # name, topic, app id, events taken before, processes…
  local name=$1 topic=$2 app=$3 already=$4 before after started ms
  shift 4
  before=$(cpu_of "$@")
  started=$(now_ms)
  redis --pipe <"$work/$topic.resp" >/dev/null
  finished "$topic" "$app" $((already + event_count))
  ms=$(($(now_ms) - started))
  after=$(cpu_of "$@")
  record "$name.rps" $((event_count * 1000 / ms))
  cpu_spent "$before" "$after" "$event_count" "$name"
  say "  $name: $((event_count * 1000 / ms)) events/s"
}

measure_events() {
  say "Events: $event_count of one row, $rounds round(s)"
  clear_rows
  local empty_port empty_http empty_grpc round
  free_ports empty_port empty_http empty_grpc
  # The same subscription, of another topic, for the app that does nothing.
  mkdir "$work/empty"
  cp components/pubsub.yaml components/resiliency.yaml components/subscriptions.yaml "$work/empty"
  sed -i 's/^- feature-ingest$/- empty/; s/feature-updates/empty-updates/' "$work/empty/resiliency.yaml" "$work/empty/subscriptions.yaml"
  start_load empty empty --port "$empty_port"
  load wait "http://127.0.0.1:$empty_port/health/live"
  sidecar empty_sidecar empty "$empty_port" "$empty_http" "$empty_grpc" "$work/empty"
  load wait "http://127.0.0.1:$empty_http/v1.0/healthz"
  for topic in feature-updates empty-updates; do
    load backlog --topic "$topic" --rows "$event_count" --features "$features" >"$work/$topic.resp"
  done
  # The first round in vain, until the code is compiled as far as it will be.
  for round in $(seq 0 "$rounds"); do
    events_round events_store feature-updates feature-ingest $((round * event_count)) ingest ingest_sidecar redis
    events_round events_empty empty-updates empty $((round * event_count)) empty empty_sidecar redis
    [ "$round" != 0 ] || rm -f "$work"/events_*
  done
  finish empty_sidecar empty
  redis unlink empty-updates feature-updates >/dev/null
  clear_rows
}

restart_ingest_sidecar() {
  sidecar ingest_sidecar feature-ingest "$ingest_port" "$ingest_http" "$ingest_grpc"
  load wait "http://127.0.0.1:$ingest_http/v1.0/healthz" "$ingest/health/ready"
}

measure_backlog() {
  say "Backlog: $backlog_count events of one small row"
  finish ingest_sidecar
  redis unlink feature-updates >/dev/null
  load backlog --topic feature-updates --rows "$backlog_count" --features 1 >"$work/backlog.resp"
  redis --pipe <"$work/backlog.resp" >/dev/null
  rm "$work/backlog.resp"
  local started pending read tenth=1
  started=$(now_ms)
  restart_ingest_sidecar
  while [ "$tenth" -le 10 ]; do
    read -r pending read < <(unfinished feature-updates feature-ingest)
    if [ $((read - pending)) -ge $((backlog_count * tenth / 10)) ]; then
      record backlog "$((tenth * 10)) $(awk '/VmRSS/ { r = $2 } /VmHWM/ { h = $2 } END { print r, h }' "/proc/${pid[ingest]}/status")"
      tenth=$((tenth + 1))
    fi
    sleep 0.05
    [ $(($(now_ms) - started)) -lt 900000 ] || { echo "the backlog was not taken in time" >&2; exit 1; }
  done
  record backlog.rps $((backlog_count * 1000 / ($(now_ms) - started)))
  say "  $(tr '\n' ';' <"$work/backlog")"
  redis unlink feature-updates >/dev/null
  clear_rows
  # The stream is gone with its group; a sidecar started anew makes both.
  finish ingest_sidecar
  restart_ingest_sidecar
}

# Kills Redis, starts it again after a while, and sees how long after it answers the store does.
measure_recovery() {
  local round up
  say "Recovery after a restart of Redis, $rounds round(s)"
  redis config set appendonly yes >/dev/null
  for round in $(seq "$rounds"); do
    kill -KILL "${pid[redis]}"
    wait "${pid[redis]}" 2>/dev/null || true
    sleep 3
    start_redis yes
    up=$(now_ms)
    until curl -sf -o /dev/null -X PATCH "$ingest/features/recovery" -H 'Content-Type: application/json' -d '{"f":1}'; do sleep 0.01; done
    record recovery.write $(($(now_ms) - up))
    until curl -sf -o /dev/null "$api/features/recovery"; do sleep 0.01; done
    record recovery.read $(($(now_ms) - up))
    until curl -sf -o /dev/null "http://127.0.0.1:$ingest_http/v1.0/publish/pubsub/feature-updates" \
      -H 'Content-Type: application/json' -d "{\"entity_id\":\"recovery-$round\",\"features\":{\"f\":1}}"; do sleep 0.01; done
    until curl -sf -o /dev/null "$api/features/recovery-$round"; do sleep 0.01; done
    record recovery.event $(($(now_ms) - up))
    say "  write $(tail -n 1 "$work/recovery.write") ms, read $(tail -n 1 "$work/recovery.read") ms, event $(tail -n 1 "$work/recovery.event") ms"
    sleep 1
  done
  redis config set appendonly no >/dev/null
}

report_events() {
  [ -f "$work/events_store.rps" ] || return 0
  local store empty at resident peak first= last=
  store=$(m events_store.rps) empty=$(m events_empty.rps)
  echo
  echo "## Events: \`feature-updates\` over Redis Streams, one row × $features features each, delivered in bulk by DevSidecar"
  echo
  echo "| what | events/s | ratio | aim |"
  echo "|---|---:|---:|---|"
  echo "| to the online store, new entities at first, then merged | $store | | |"
  echo "| DevSidecar delivering to an empty endpoint | $empty | $(percent "$store" "$empty") | ≥ 70 %: $(aim "$store" "$empty" 70) |"
  echo
  echo "Memory of feature-ingest under a backlog of $backlog_count events of one small row:"
  echo
  echo "| events taken | VmRSS | VmHWM |"
  echo "|---:|---:|---:|"
  while read -r at resident peak; do
    echo "| $at % | $(mib "$resident") | $(mib "$peak") |"
    first=${first:-$peak} last=$peak
  done <"$work/backlog"
  echo
  echo "The peak at the end is $(percent "$last" "$first") of the peak at 10 %; flat (≤ 125 %): $(met "$last" "<= 1.25 *" "$first"). $(m backlog.rps) events/s."
  echo
  echo "After Redis was killed, away for 3 s and started again with its append-only file, counted from its first PONG (median, longest of $rounds):"
  echo "the first write was acknowledged after $(m recovery.write) ms ($(sort -n "$work/recovery.write" | tail -n 1)), read after $(m recovery.read) ms ($(sort -n "$work/recovery.read" | tail -n 1)), the first event published and read after $(m recovery.event) ms ($(sort -n "$work/recovery.event" | tail -n 1))."
}
