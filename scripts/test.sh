#!/usr/bin/env bash
# All tests, cheapest first: lint, release build and its tests, CUDA compile, end-to-end tests, then the same
# libnta and kernel tests under the address and undefined-behaviour sanitizers.
# usage: scripts/test.sh [--long]    A failed step stops those that need it, never the summary.
#   --long: also tests that take minutes or need more than the project's packages (a Slurm of one node)
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/local/cuda/bin"
case "${1:-}" in
  "") ;;
  --long) export NTA_LONG=1 ;;
  *) echo "test: unknown argument $1; see the head of scripts/test.sh" >&2; exit 2 ;;
esac
reports=build/reports
rm -rf "$reports" && mkdir -p "$reports"
expected=()

step() {  # step NAME COMMAND...: says how long it took
  local name=$1 start=$SECONDS; shift
  "$@"; local code=$?
  echo "-- $name: $([ $code = 0 ] && echo done || echo "failed ($code)") after $((SECONDS - start)) s"
  return $code
}

failed_step() {  # failed_step NAME: the summary counts what never ran
  expected+=("$1=$reports/$1.never-ran.xml")
}

report_exit() {  # report_exit REPORT CODE: a leak or a crash at the very end fails no test case, but it counts
  echo "$2" > "$1.exit"
}

gtests() {  # gtests PRESET NAMES...: each layer's binary with a report of its own
  local preset=$1; shift
  local code=0 one name
  for name in "$@"; do
    expected+=("$preset/$name=$reports/$preset-$name.xml")
    timeout 900 "build/$preset/tests/nta_test_$name" --gtest_brief=1 \
      --gtest_output="xml:$reports/$preset-$name.xml" > "$reports/$preset-$name.log" 2>&1
    one=$?
    report_exit "$reports/$preset-$name.xml" "$one"
    [ "$one" = 0 ] || code=1
  done
  return $code
}

fuzz_replays() {  # fuzz_replays PRESET: every target over its corpus
  local preset=$1 code=0 target name
  for target in "build/$preset"/tests/fuzz/nta_fuzz_*; do
    [ -x "$target" ] && [ ! -d "$target" ] || continue
    name=${target##*/nta_fuzz_}
    expected+=("$preset/fuzz_$name=$reports/$preset-fuzz_$name.xml")
    if timeout 600 "$target" "tests/fuzz/corpus/$name" > "$reports/$preset-fuzz_$name.log" 2>&1; then
      echo "<testsuite name=\"fuzz\"><testcase classname=\"fuzz\" name=\"$name\"/></testsuite>" \
        > "$reports/$preset-fuzz_$name.xml"
    else
      code=1
    fi
  done
  return $code
}

mutations() {  # mutations PRESET COUNT: damaged captures, the first of those that scripts/mutate.sh makes
  local preset=$1 count=$2 folders=(experiments/data/lab) report
  report="$reports/$preset-mutations"
  expected+=("$preset/mutations=$report.xml")
  if [ -d ../shared/data ]; then folders+=(../shared/data); fi
  timeout 600 "build/$preset/tests/fuzz/nta_mutate_captures" 1 0 "$count" "${folders[@]}" > "$report.log" 2>&1 || return 1
  echo '<testsuite name="mutations"><testcase classname="fuzz" name="mutations"/></testsuite>' > "$report.xml"
}

python_tests() {  # python_tests NAME PATHS...
  local name=$1; shift
  expected+=("$name=$reports/$name.xml")
  NTA_BUILD="$PWD/build/release" timeout 2400 .venv/bin/python -m pytest -q -p no:cacheprovider \
    --junit-xml="$reports/$name.xml" "$@" > "$reports/$name.log" 2>&1
  local code=$?
  report_exit "$reports/$name.xml" "$code"
  return "$code"
}

plain_layers=(core config capture shards flows kernels kernels_emulated datasets datasets_emulated metrics)
torch_layers=(models training evaluation serving)

if step setup scripts/setup.sh; then
  expected+=("lint=$reports/lint.xml")
  step lint scripts/lint.py --report "$reports/lint.xml"
  if step "release build" scripts/build.sh release; then
    step "release tests" gtests release "${plain_layers[@]}" "${torch_layers[@]}"
    step "release fuzz replay" fuzz_replays release
    step "python tests" python_tests python tests
  else
    failed_step release-build
  fi
  if step "asan build" scripts/build.sh asan; then
    step "asan tests" gtests asan "${plain_layers[@]}"
    step "asan fuzz replay" fuzz_replays asan
    step "asan mutations" mutations asan 1500
  else
    failed_step asan-build
  fi
else
  failed_step setup
fi
exec python3 scripts/test_summary.py --expect "${expected[@]}"
