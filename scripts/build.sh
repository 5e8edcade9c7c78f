#!/usr/bin/env bash
# Configures and builds a preset: scripts/build.sh [release|asan] [ninja arguments...]
# The log lies in build/<preset>/build.log; on failure its errors are printed, the first ones first.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
case "$preset" in -h|--help) sed -n '2,3p' "$0" | cut -c3-; exit 0 ;; esac
shift || true
export PATH="$PATH:/usr/local/cuda/bin"
# Checkouts in several folders share what the compiler cache holds.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros
mkdir -p "build/$preset"
log="build/$preset/build.log"
if ! { cmake --preset "$preset" && ninja -C "build/$preset" "$@"; } > "$log" 2>&1; then
  grep -E -A5 '(error:|FAILED|undefined|cannot find|CMake Error)' "$log" | awk 'NR <= 80' >&2 || tail -n 40 "$log" >&2
  echo "build: $preset failed; the whole log is $log" >&2
  exit 1
fi
