# Part of run.sh: what metrics and sampled traces cost a hot read.

trace_share=0.01

measure_telemetry() {
  local sink_port observed_port observed_http observed_grpc observed read_query="?view=default"
  say "Telemetry: $entities entities, $((rounds * 2)) round(s) of $seconds s"
  clear_rows
  apply 1 --push >/dev/null
  applied_everywhere
  load fill --grpc-endpoint "http://127.0.0.1:$ingest_grpc" --rows "$entities" --features "$features" >/dev/null
  free_ports sink_port observed_port observed_http observed_grpc
  observed=http://127.0.0.1:$observed_port
  start_load sink sink --port "$sink_port"
  load wait "http://127.0.0.1:$sink_port/health/live"
  restart_api
  start_api observed "$observed_port" "$observed_http" "$observed_grpc" \
    OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:$sink_port" OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_METRIC_EXPORT_INTERVAL=5000 \
    OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG="$trace_share"
  settle
  for address in "$api" "$observed"; do
    load warm --url "$address" --entities "$entities" >/dev/null
    wrk_for 4 "$address" "$connections" get
  done
  for _ in $(seq $((rounds * 2))); do
    read_round silent "$api" api
    read_round observed "$observed" observed
  done
  finish observed observed_sidecar sink
}

report_telemetry() {
  [ -f "$work/observed.rps" ] || return 0
  local silent observed
  silent=$(m silent.rps 1) observed=$(m observed.rps 1)
  echo
  echo "## Telemetry: metrics each 5 s and $(awk -v s="$trace_share" 'BEGIN { print 100 * s }') % of traces by OTLP, hot \`GET\`, 1 entity × $features features, $entities entities"
  echo
  echo "| what | requests/s | p50 ms | p99 ms | µs of processor time each |"
  echo "|---|---:|---:|---:|---:|"
  echo "| no collector | $(m silent.rps) | $(m silent.p50 2) | $(m silent.p99 2) | $(m silent.cpu.api 2) |"
  echo "| with telemetry | $(m observed.rps) | $(m observed.p50 2) | $(m observed.p99 2) | $(m observed.cpu.observed 2) |"
  echo
  echo "It is $(percent "$observed" "$silent") of it; ≥ 95 %: $(aim "$observed" "$silent" 95)."
}
