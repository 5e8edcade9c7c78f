#!/usr/bin/env bash
# Speed as ratios in one run: scripts/bench.sh [capture|training|all] [--quick] [--json FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh >/dev/null
scripts/build.sh release
exec .venv/bin/python scripts/bench.py "$@"
