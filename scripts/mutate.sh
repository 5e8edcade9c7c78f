#!/usr/bin/env bash
# Damages real captures by chance and runs them through ingest and all meters under the sanitizers.
# usage: scripts/mutate.sh [--count N] [--seed S] [--first I] [FOLDER...]
#   default: 10000 mutations, seed 1, of the captures in experiments/data/lab and, if it is there, ../shared/data.
# Ends with exit 1 at the first crash, hang (120 s), lost packet or difference; the last line names seed and number,
# and --seed S --first NUMBER --count 1 shows it again.
set -euo pipefail
cd "$(dirname "$0")/.."
count=10000 seed=1 first=0
while [ $# -gt 0 ]; do
  case "$1" in
    --count) count=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    --first) first=$2; shift 2 ;;
    -h|--help) sed -n '2,6p' "$0" | cut -c3-; exit 0 ;;
    -*) echo "mutate.sh: unknown option $1" >&2; exit 2 ;;
    *) break ;;
  esac
done
folders=("$@")
if [ ${#folders[@]} = 0 ]; then
  folders=(experiments/data/lab)
  if [ -d ../shared/data ]; then folders+=(../shared/data); else echo "mutate.sh: no ../shared/data: lab captures only" >&2; fi
fi
scripts/build.sh asan nta_mutate_captures
# one process a core, each with its own range of numbers
jobs=$(nproc)
pids=()
for ((job = 0; job < jobs; ++job)); do
  begin=$((first + count * job / jobs)) end=$((first + count * (job + 1) / jobs))
  [ "$end" -gt "$begin" ] || continue
  build/asan/tests/fuzz/nta_mutate_captures "$seed" "$begin" $((end - begin)) "${folders[@]}" \
    2> "build/asan/mutate-$job.log" & pids+=($!)
done
code=0
for pid in "${pids[@]}"; do wait "$pid" || code=1; done
if [ $code != 0 ]; then
  for ((job = 0; job < jobs; ++job)); do tr '\r' '\n' < "build/asan/mutate-$job.log" | tail -n 40 >&2; done
  exit 1
fi
