#!/usr/bin/env bash
# Speed as ratios in one run: scripts/bench.sh [flows|scaling|decode|threads|ingest|stream|training|all]... [--quick]
#   [--json FILE] [--install-rivals] [--captures NAMES] [--rivals NAMES] [--packets N]     (-h tells more)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh >/dev/null
scripts/build.sh release
exec .venv/bin/python scripts/bench.py "$@"
