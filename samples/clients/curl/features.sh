#!/usr/bin/env bash
# Writes and reads features with curl, and publishes an event through a Dapr sidecar.
#   samples/clients/curl/features.sh
set -euo pipefail
ingest=${FEATURESTORE_INGEST:-http://localhost:8081}
api=${FEATURESTORE_API:-http://localhost:8080}
# Any app's sidecar will do; this is feature-ingest's own.
dapr=${DAPR_HTTP_ENDPOINT:-http://localhost:3501}
json='Content-Type: application/json'
curl() { command curl --silent --show-error --fail-with-body "$@"; echo; }

# One row: the features named are set, others stay. The id is percent-encoded: driver/1001.
curl -X PATCH "$ingest/features/driver%2F1001?view=driver_stats" -H "$json" -d '{"rating":4.9,"trips":308}'

# Many rows: one JSON object a line, of any number.
curl -X POST "$ingest/features" -H 'Content-Type: application/x-ndjson' --data-binary @- <<'ROWS'
{"view":"driver_stats","entity_id":"driver/1002","features":{"rating":4.1,"trips":12}}
{"view":"driver_stats","entity_id":"driver/1003","features":{"rating":3.7,"trips":9007199254740993}}
ROWS

# One entity; and with what is known of each feature.
curl "$api/features/driver%2F1001?view=driver_stats"
curl "$api/features/driver%2F1001?view=driver_stats&metadata=true"

# Many entities at once.
curl -X POST "$api/features/query" -H "$json" \
  -d '{"features":["driver_stats:rating","driver_stats:trips"],"entities":[{"entity_id":"driver/1002"},{"entity_id":"driver/1003"},{"entity_id":"driver/9"}]}'

# A feature is deleted; then the whole row.
curl -X DELETE "$ingest/features/driver%2F1001?view=driver_stats&feature=rating"
curl -X DELETE "$ingest/features/driver%2F1002?view=driver_stats"

# A row as an event, with the API token where the sidecar asks for one.
curl -X POST "$dapr/v1.0/publish/pubsub/feature-updates" -H "$json" ${DAPR_API_TOKEN:+-H "dapr-api-token: $DAPR_API_TOKEN"} \
  -d '{"view":"driver_stats","entity_id":"driver/1004","features":{"trips":1}}'
for _ in $(seq 100); do
  if command curl --silent --fail "$api/features/driver%2F1004?view=driver_stats"; then echo; exit 0; fi
  sleep 0.1
done
echo "The event did not arrive within 10 s." >&2
exit 1
