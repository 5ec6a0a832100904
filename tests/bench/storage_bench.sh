#!/usr/bin/env bash
# limit_s: 900
# Appends a second to the journal, against write(2) of the same bytes in the same run; then COPY into PostgreSQL against libpqxx's stream_to.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${IOC_BUILD_DIR:-build/release}
cmake --build "$build" --target journal_bench postgres_bench >/dev/null || { echo "0 passed, 1 failed"; exit 1; }
failed=0
"$build/bin/journal_bench" || failed=$((failed + 1))
"$build/bin/postgres_bench" || failed=$((failed + 1))
echo "$((2 - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
