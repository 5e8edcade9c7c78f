#!/bin/sh
# The one command on a machine with a GPU: device tests, CPU = GPU byte for byte, one worker = two = all devices, sanitizer,
# speed; one table with predicted and measured columns, and the same as JSON. From a bundle (gpu_bundle.sh) or a checkout.
# usage: scripts/gpu_check.sh [--build DIR] [--json FILE] [--quick]
# Exit: 0 all right, 1 something is not, 77 no CUDA device.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
root=$(cd "$here/.." && pwd)
build=$root/build/release json=$root/gpu-check.json warm_ups=20 runs=100
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$2; shift 2 ;;
    --json) json=$2; shift 2 ;;
    --quick) warm_ups=2 runs=5; shift ;;
    *) echo "usage: gpu_check.sh [--build DIR] [--json FILE] [--quick]" >&2; exit 2 ;;
  esac
done

program() {  # program NAME: its path, from the bundle or the build
  if [ -x "$root/bin/$1" ]; then echo "$root/bin/$1"
  elif [ -x "$build/tests/$1" ]; then echo "$build/tests/$1"
  else echo "$build/$1"; fi
}
nta=$(program nta) tests=$(program nta_test_kernels) stream_tests=$(program nta_test_datasets) device=$(program nta_bench_device) cpu=$(program nta_bench_kernels)
if [ ! -x "$nta" ] || [ ! -x "$device" ]; then
  echo "no CUDA device is used: $device is not there (configure with -DNTA_CUDA=ON)"
  exit 77
fi
"$device" 32 0 1 > /dev/null 2>&1
case $? in
  0) ;;
  77) echo "no CUDA device"; exit 77 ;;
  *) "$device" 32 0 1; echo "the CUDA device does not work"; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
say() {  # say NAME STATE TEXT: a line of the report; STATE: ok, failed, skipped
  echo "$1: $2: $3"
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$work/checks"
  [ "$2" != failed ] || failed=1
}

# 1. Every test that takes a device.
for binary in "$tests" "$stream_tests"; do
  name="device tests of ${binary##*/nta_test_}"
  if [ ! -x "$binary" ]; then
    say "$name" skipped "not built"
  elif "$binary" --gtest_filter='*/cuda' --gtest_brief=1 > "$work/tests" 2>&1; then
    say "$name" ok "$(grep PASSED "$work/tests")"
  else
    say "$name" failed "$(grep FAILED "$work/tests" | head -3 | tr '\n' ' ')"
  fi
done

# 2. Bytes of the CPU and of the GPU.
equal=0 unequal=""
for capture in "$root"/experiments/data/lab/*.pcap.zst; do
  for profile in nta nfstream cic-fixed cic-original; do
    for set in nta cic76 nfstream; do
      for on in cpu cuda; do
        "$nta" features "$capture" --profile $profile --set $set --sequence-n 20 --device $on --quiet \
          --out "$work/$on.csv" > "$work/said" 2>&1 || unequal="$unequal $(tail -1 "$work/said")"
      done
      if cmp -s "$work/cpu.csv" "$work/cuda.csv"; then equal=$((equal + 1))
      else unequal="$unequal ${capture##*/}/$profile/$set"; fi
      rm -f "$work/cpu.csv" "$work/cuda.csv"
    done
  done
done
if [ -z "$unequal" ] && [ $equal -gt 0 ]; then say "CPU = GPU" ok "$equal tables of lab captures, all profiles and sets"
else say "CPU = GPU" failed "$equal equal; not:$unequal"; fi

# 3. All lab captures as shards: one worker, two on a device (so that their copies and kernels overlap), all devices, and
# little memory, so that partitions go in slices: the bytes of cores each time.
"$nta" ingest "$root"/experiments/data/lab/*.pcap.zst --out "$work/shards" --partitions 32 --quiet > "$work/said" 2>&1
from_shards() {  # from_shards NAME OPTIONS...: rows of the shards with these options into NAME.h5; prints seconds
  to=$work/$1.h5; shift
  python3 - "$nta" features "$work/shards" --no-hash --quiet --out "$to" "$@" <<'PY'
import subprocess, sys, time
begin = time.monotonic()
run = subprocess.run(sys.argv[1:], capture_output=True, text=True)
print(f"{time.monotonic() - begin:.2f} s" if run.returncode == 0 else (run.stdout + run.stderr).strip()[-200:])
PY
}
cores_s=$(from_shards cores --device cpu)
workers() {  # workers NAME OPTIONS...
  name=$1; shift
  took=$(from_shards device "$@")
  if [ -s "$work/device.h5" ] && cmp -s "$work/cores.h5" "$work/device.h5"; then
    say "$name" ok "the bytes of cores; $took, cores $cores_s"
  else
    say "$name" failed "other bytes than cores, or none: $took"
  fi
  rm -f "$work/device.h5"
}
workers "one worker" --device cuda:0 --threads 1
workers "two workers on a device" --device cuda:0
workers "all devices" --device cuda
workers "little memory" --device cuda --memory 64M

# 4. compute-sanitizer, where it is.
sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
for tool in memcheck racecheck; do
  if [ ! -x "$sanitizer" ]; then
    say "$tool" skipped "no compute-sanitizer"
  elif "$sanitizer" --tool $tool --error-exitcode 9 "$tests" --gtest_brief=1 \
      --gtest_filter='*BulkEqualsStreamForEverySize/cuda:*LongFlow*/cuda:*LongRun*/cuda' > "$work/$tool" 2>&1; then
    say "$tool" ok "$(tail -1 "$work/$tool")"
  else
    say "$tool" failed "$(grep -m1 -E '=========|FAILED' "$work/$tool")"
  fi
done

# 5. Speed: kernels by CUDA events, the whole path by one worker, two, all devices; one core beside it.
if ! "$device" 8000000 $warm_ups $runs > "$work/device.json" 2> "$work/said"; then
  say "speed" failed "$(tail -1 "$work/said")"
  echo '{}' > "$work/device.json"
fi
[ ! -x "$cpu" ] || "$cpu" 4000000 20 3 1 1 > "$work/cpu" 2>&1
say "training on CUDA" skipped "training runs on CPU cores alone so far"

driver=$(nvidia-smi --query-gpu=driver_version,clocks.max.sm,clocks.max.mem --format=csv,noheader 2> /dev/null | head -1)
commit=$(cat "$root/COMMIT" 2> /dev/null || git -C "$root" rev-parse --short HEAD 2> /dev/null || echo unknown)
python3 - "$work" "$json" "$driver" "$commit" <<'PY' || failed=1
import datetime, json, pathlib, sys
work, out, driver, commit = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
device = json.loads((work / "device.json").read_text())
checks = [dict(zip(("check", "state", "text"), line.split("\t"))) for line in (work / "checks").read_text().splitlines()]
n, reached = device.get("packets", 0), 0.65 * device.get("bandwidth", 0)
for stage in device.get("stages", []):
    stage["predicted_ms"] = 1000 * n * stage["bytes_per_packet"] / reached if reached else None
cpu = (work / "cpu").read_text().strip() if (work / "cpu").exists() else ""
date = datetime.date.today().isoformat()
document = {"schema": 1, "date": date, "commit": commit, "card": device.get("card"), "driver_and_clocks": driver,
            "checks": checks, "device": device, "cpu": cpu}
pathlib.Path(out).write_text(json.dumps(document, indent=1) + "\n")
number = lambda x, form: format(x, form) if x else "-"
print(f"\n{date}, commit {commit}, {device.get('card')}, driver and clocks: {driver}\n")
print("| what | B a packet | predicted | measured |\n|---|---|---|---|")
for stage in device.get("stages", []):
    print(f"| {stage['stage']}, ms | {stage['bytes_per_packet']} | {number(stage['predicted_ms'], '.3f')} | {stage['measured_ms']:.3f} |")
print(f"| all kernels, packets/s | {device.get('bytes_per_packet')} | {number(device.get('predicted_packets_per_second'), '.3g')} | "
      f"{number(device.get('measured_packets_per_second'), '.3g')} |")
for crew in device.get("workers", []):
    print(f"| host to host, {crew['devices']} device(s), {crew['workers']} worker(s), packets/s | - | "
          f"{number(crew['predicted_packets_per_second'], '.3g')} | {number(crew['measured_packets_per_second'], '.3g')} |")
for check in checks:
    print(f"| {check['check']} | - | - | {check['state']}: {check['text']} |")
print(cpu)
PY
exit $failed
