#!/usr/bin/env bash
# One archive with all that a bare machine with a GPU lacks: the programs, stripped, their shared libraries, the CUDA
# tests and benchmarks, the lab captures, gpu_check.sh. glibc, libstdc++ and torch are that machine's own.
# usage: scripts/gpu_bundle.sh [--build DIR] [--out FILE.tar.gz]     DIR: a build with NTA_CUDA=ON; default build/release
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/release out=build/nta-gpu.tar.gz
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    *) sed -n '2,4p' "$0"; exit 2 ;;
  esac
done
limit_bytes=$((60 * 1000 * 1000))

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/nta-gpu
mkdir -p "$root"/{bin,exe,lib,scripts,experiments/data}

pack() {  # pack FILE: into exe, stripped, with a starter in bin if it is a program
  strip --strip-unneeded -o "$root/exe/$(basename "$1")" "$1"
  case $1 in
    *.so) ;;
    *) ln -s run "$root/bin/$(basename "$1")" ;;
  esac
}

[ -x "$build/nta" ] || { echo "gpu_bundle: no $build/nta; build it first" >&2; exit 1; }
pack "$build/nta"
for name in tests/nta_test_kernels tests/nta_test_kernels_emulated tests/nta_test_datasets tests/nta_bench_kernels tests/nta_bench_device \
            libnta_trainers.so; do
  if [ -e "$build/$name" ]; then pack "$build/$name"; else echo "gpu_bundle: without $name, which is not built"; fi
done

# Libraries that the machine has, or that come with torch, stay away.
own='^(ld-linux-x86-64|libc|libm|libdl|librt|libpthread|libresolv|libutil|libstdc\+\+|libgcc_s)\.so'
for file in "$root"/exe/*; do
  ldd "$file" | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3}'
done | sort -u | while read -r name path; do
  case $path in */torch/*|*/nvidia/*|"$PWD"/*) continue ;; esac
  [[ $name =~ $own ]] || cp -L "$path" "$root/lib/$name"
done
strip --strip-unneeded "$root"/lib/*

cat > "$root/bin/run" <<'RUN'
#!/bin/sh
# Starts the program of this name with the libraries of the bundle, and torch's where python3 finds it.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here/.." && pwd)
libraries=$here/lib
if [ -e "$here/exe/libnta_trainers.so" ] && command -v python3 > /dev/null 2>&1; then
  torch=$(python3 -c 'import importlib.util as u
s = u.find_spec("torch")
print(list(s.submodule_search_locations)[0] + "/lib" if s else "")' 2> /dev/null)
  [ -z "$torch" ] || libraries=$libraries:$torch
fi
LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec "$here/exe/${0##*/}" "$@"
RUN
chmod +x "$root/bin/run"
cp scripts/gpu_check.sh "$root/scripts/"
cp -r experiments/data/lab "$root/experiments/data/"
cp experiments/*.json "$root/experiments/"
cp -r experiments/base "$root/experiments/" 2> /dev/null || true
cp README.md LICENSE "$root/"
echo "${NTA_COMMIT:-$(git rev-parse --short HEAD 2> /dev/null || echo unknown)}" > "$root/COMMIT"

mkdir -p "$(dirname "$out")"
tar -C "$stage" --sort=name --owner=0 --group=0 -czf "$out" nta-gpu
bytes=$(stat -c %s "$out")
echo "$out: $bytes B, $(ls "$root/exe" | wc -l) programs, $(ls "$root/lib" | wc -l) libraries"
[ "$bytes" -lt "$limit_bytes" ] || { echo "gpu_bundle: more than $limit_bytes B" >&2; exit 1; }
