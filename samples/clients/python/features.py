"""Writes and reads features over HTTP, with nothing but Python's standard library.

    python3 samples/clients/python/features.py [DRIVER]
"""
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone

INGEST = os.environ.get("FEATURESTORE_INGEST", "http://localhost:8081")
API = os.environ.get("FEATURESTORE_API", "http://localhost:8080")
# An API key, where the store asks for one.
HEADERS = {"Authorization": f"Bearer {os.environ['FEATURESTORE_API_KEY']}"} if "FEATURESTORE_API_KEY" in os.environ else {}


def call(method, url, body=None, content_type="application/json"):
    """The reply's JSON; None for 404. Other errors are raised with what the store says is wrong."""
    request = urllib.request.Request(url, data=body, method=method, headers={**HEADERS, "Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        problem = error.read().decode()
        if error.code == 404:
            return None
        raise RuntimeError(f"{method} {url}: {error.code} {problem}") from None


def now():
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


driver = sys.argv[1] if len(sys.argv) > 1 else "driver/1001"
# Encoded whole, a slash too, so that no two ids become one.
path = urllib.parse.quote(driver, safe="")

# One row: the features named are set, others stay.
written = call("PATCH", f"{INGEST}/features/{path}?view=driver_stats", json.dumps({"rating": 4.9, "trips": 308}).encode())
print("written:", written["outcome"])

# Many rows: one JSON object a line. With event and created timestamps a row is the same however often it is sent,
# so a batch that failed half-way can simply be sent again.
stamp = now()
rows = [
    {"view": "driver_stats", "entity_id": f"{driver}-{i}", "event_timestamp": stamp, "created_timestamp": stamp, "features": {"rating": 4 + i / 10, "trips": i}}
    for i in range(3)
]
counts = call("POST", f"{INGEST}/features", "\n".join(map(json.dumps, rows)).encode(), "application/x-ndjson")
print("bulk:", counts["applied"], "applied,", counts["rejected"], "rejected")

# One entity.
print("read:", json.dumps(call("GET", f"{API}/features/{path}?view=driver_stats")["features"], sort_keys=True))

# Many entities at once; with a registry, `"service": "…"` names the features of a model.
query = {"features": ["driver_stats:rating", "driver_stats:trips"], "entities": [{"entity_id": f"{driver}-{i}"} for i in range(4)]}
for row in call("POST", f"{API}/features/query", json.dumps(query).encode())["rows"]:
    print("query:", row["values"], row["statuses"])
