#!/usr/bin/env bash
# Runs the whole test suite many times in a row, to find the test that passes only mostly.
#   tests/repeat.sh [TIMES]    20 unless told otherwise; stops at the first failure, and a test that was skipped is one
set -euo pipefail
cd "$(dirname "$0")/.."
times=${1:-20}
# As in .ci/run: many processes that live for seconds.
export DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=300
dotnet build FeatureStore.sln --nologo --verbosity quiet
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for run in $(seq "$times"); do
  started=$SECONDS
  if ! dotnet test --no-build >"$log" 2>&1; then
    cat "$log"
    echo "run $run of $times failed" >&2
    exit 1
  fi
  total=$(sed -nE 's/^ *succeeded: ([0-9]+).*/\1/p' "$log" | tail -n 1)
  skipped=$(sed -nE 's/^ *skipped: ([0-9]+).*/\1/p' "$log" | tail -n 1)
  if [ -z "$total" ] || [ "$total" = 0 ] || [ "${skipped:-0}" != 0 ]; then
    cat "$log"
    echo "run $run of $times: ${total:-0} passed, ${skipped:-0} skipped; a test that is skipped shows nothing" >&2
    exit 1
  fi
  echo "run $run of $times: $total passed, $skipped skipped, $((SECONDS - started)) s"
done
