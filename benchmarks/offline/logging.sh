# Sourced by run.sh: what it costs ingest that accepted rows are logged to history.

post_logged() { # name, address, file
  local rows before after name
  before=0 after=0
  for name in "${spending[@]}"; do before=$((before + $(ticks "${pid[$name]}"))); done
  load post --url "$2/features" --file "$work/$3" --rows "$row_count" >"$work/rate"
  for name in "${spending[@]}"; do after=$((after + $(ticks "${pid[$name]}"))); done
  read -r rows <"$work/rate"
  record "$1.rps" "$rows"
  awk -v t=$((after - before)) -v n="$row_count" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.1f\n", t / hz / n * 1e6 }' >>"$work/$1.cpu"
  say "  $1: $rows rows/s, $(tail -n 1 "$work/$1.cpu") µs of processor time a row"
}

start_history() {
  sidecar history_sidecar feature-history "$history_port" "$history_http" "$history_grpc"
  load wait "http://127.0.0.1:$history_http/v1.0/healthz/outbound"
  service history feature-history/bin/Release/net10.0/FeatureStore.FeatureHistory "$history_port" "$history_http" "$history_grpc" "History__Path=$work/logged"
  load wait "http://127.0.0.1:$history_port/health/ready"
}

# What history has not written yet: what is pending, and what was not even delivered.
behind() { redis xinfo groups feature-history | awk 'previous == "pending" { behind += $1 } previous == "lag" { behind += $1 } { previous = $1 } END { print behind + 0 }'; }
await_history() {
  for _ in $(seq 600); do [ "$(behind)" = 0 ] && return; sleep 0.5; done
  echo "history did not catch up" >&2
  exit 1
}

measure_logging() {
  say "Logging: $row_count rows × 50 features, one NDJSON request, through DevSidecar to Redis"
  load generate --rows "$row_count" --features 50 --seed 1 --file "$work/rows.ndjson"
  local plain_port plain_http plain_grpc logged_port logged_http logged_grpc name address spending before_history
  free_ports redis_port plain_port plain_http plain_grpc logged_port logged_http logged_grpc history_port history_http history_grpc
  start_redis
  mkdir "$work/plain"
  cp components/*.yaml "$work/plain"
  rm "$work/plain/history.yaml"
  for name in plain logged; do
    local -n port=${name}_port http=${name}_http grpc=${name}_grpc
    if [ "$name" = plain ]; then sidecar plain_sidecar feature-ingest "$port" "$http" "$grpc" "$work/plain"; else sidecar logged_sidecar feature-ingest "$port" "$http" "$grpc"; fi
    load wait "http://127.0.0.1:$http/v1.0/healthz/outbound"
    service "$name" feature-ingest/bin/Release/net10.0/FeatureStore.FeatureIngest "$port" "$http" "$grpc"
    load wait "http://127.0.0.1:$port/health/ready"
  done
  ingest=http://127.0.0.1:$plain_port
  apply 1 >/dev/null
  start_history
  sleep 2
  # In vain, until the code is compiled as far as it will be.
  for _ in 1 2; do
    for address in "$plain_port" "$logged_port"; do
      clear_rows default
      load post --url "http://127.0.0.1:$address/features" --file "$work/rows.ndjson" --rows "$row_count" >/dev/null
    done
  done
  for _ in $(seq "$rounds"); do
    await_history
    finish history history_sidecar
    spending=(plain plain_sidecar redis)
    clear_rows default
    post_logged without "http://127.0.0.1:$plain_port" rows.ndjson
    spending=(logged logged_sidecar redis)
    clear_rows default
    post_logged away "http://127.0.0.1:$logged_port" rows.ndjson
    start_history
    # What came while it was away is not to be written while the next is measured.
    await_history
    spending=(logged logged_sidecar redis)
    clear_rows default
    before_history=$(($(ticks "${pid[history]}") + $(ticks "${pid[history_sidecar]}")))
    post_logged running "http://127.0.0.1:$logged_port" rows.ndjson
    await_history
    awk -v t=$(($(ticks "${pid[history]}") + $(ticks "${pid[history_sidecar]}") - before_history)) -v n="$row_count" -v hz="$(getconf CLK_TCK)" \
      'BEGIN { printf "%.1f\n", t / hz / n * 1e6 }' >>"$work/history.cpu"
  done
}

logging_row() { # label, name
  echo "| $1 | $(m "$2.rps") | $(percent "$(m "$2.rps")" "$(m without.rps)") | $(m "$2.cpu" 1) | $(percent "$(m "$2.cpu" 1)" "$(m without.cpu 1)") |"
}

report_logging() {
  [ -f "$work/running.rps" ] || return 0
  echo
  echo "## Logging: $row_count new rows × 50 features, one NDJSON request, feature-ingest → DevSidecar → Redis"
  echo
  echo "| component \`history\` | rows/s | of without; aim > 75 % | feature-ingest, its sidecar and Redis, µs of processor time a row | of without |"
  echo "|---|---:|---:|---:|---:|"
  logging_row "none" without
  logging_row "there, feature-history not running" away
  logging_row "there, feature-history running on the same cores" running
  echo
  echo "feature-history and its sidecar take $(m history.cpu 1) µs of processor time a row beside that."
}
