#!/usr/bin/env bash
# Configures and builds a preset: scripts/build.sh [release|asan] [ninja arguments...]
# The log lies in build/<preset>/build.log; on failure its end is printed.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
export PATH="$PATH:/usr/local/cuda/bin"
mkdir -p "build/$preset"
log="build/$preset/build.log"
if ! { cmake --preset "$preset" && ninja -C "build/$preset" "$@"; } > "$log" 2>&1; then
  grep -E -A5 '(error|FAILED|undefined|CMake Error)' "$log" | tail -n 80 >&2 || tail -n 40 "$log" >&2
  echo "build: $preset failed; the whole log is $log" >&2
  exit 1
fi
