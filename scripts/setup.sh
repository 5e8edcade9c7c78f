#!/usr/bin/env bash
# Brings a fresh Debian 12 machine to where the project builds: packages, Python environment, CUDA compiler.
# usage: scripts/setup.sh [--cpu-only] [--slurm]      run again at any time: what is there is left alone
#   --slurm: also Slurm, for the long test of nta features --slurm
# exit: 0 ready, 2 something is missing that this script may not install (it says what to run)
set -euo pipefail
cd "$(dirname "$0")/.."

cpu_only=0
slurm=0
for argument in "$@"; do
  case "$argument" in
    --cpu-only) cpu_only=1 ;;
    --slurm) slurm=1 ;;
    -h|--help) sed -n '2,5p' "$0" | cut -c3-; exit 0 ;;
    *) echo "setup: unknown argument $argument; see scripts/setup.sh --help" >&2; exit 2 ;;
  esac
done

packages=(
  g++ cmake ninja-build ccache mold git pkg-config clang-format
  libhdf5-dev liblz4-dev libzstd-dev zlib1g-dev liblzma-dev libpcap-dev libssl-dev
  nlohmann-json3-dev libcli11-dev libspdlog-dev libfmt-dev libtbb-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  python3 python3-venv zstd xz-utils procps
)
[ "$slurm" = 0 ] || packages+=(slurmctld slurmd slurm-client munge)
# What a machine with its own CUDA toolkit has already: the same packages, as wheels.
cuda_wheels=(nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88
             nvidia-cuda-cccl==13.0.85 nvidia-cuda-runtime==13.0.96)
cccl_wheel=(nvidia-cuda-cccl==13.0.85)

missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 == "ii" {print $2}')
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) <(sort -u <<<"$installed")
}

by_hand() {  # by_hand REASON PACKAGES...
  echo "setup: $1; root has to run:" >&2
  echo "  apt-get update && apt-get install -y ${*:2}" >&2
  exit 2
}

install_packages() {
  command -v dpkg-query >/dev/null || by_hand "this machine has no apt; on Debian 12" "${packages[@]}"
  local missing; mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || by_hand "Debian packages are missing that only root can install" "${missing[@]}"
    as_root=(sudo -n)
  fi
  echo "setup: installing ${#missing[@]} Debian packages"
  # A foreign package source that is out of order fails the update, not the installation: the latter decides.
  local wait=(-o DPkg::Lock::Timeout=300) log; log=$(mktemp)
  { "${as_root[@]}" apt-get "${wait[@]}" update -q || true; } >"$log" 2>&1
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${wait[@]}" install -y -q \
         --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    echo "setup: Debian's packages could not be installed: $(reason "$log")" >&2
    echo "  missing: ${missing[*]}" >&2
    echo "  the whole log is $log; run scripts/setup.sh again when that is solved" >&2
    exit 2
  fi
  rm -f "$log"
}

reason() {  # reason LOG: of apt or pip, in one line
  if grep -qE 'Temporary failure|NewConnectionError|Could not (resolve|connect)|Network is unreachable' "$1"; then
    echo "no network, or its package source cannot be reached"
  else
    grep -E '^(E:|ERROR:|Error:|[^ ]+: error:)' "$1" | tail -n 1 | grep . || tail -n 1 "$1"
  fi
}

nvcc_is_new_enough() {  # what scripts/cmake/Cccl.cmake accepts
  local nvcc release
  for nvcc in "$(command -v nvcc)" /usr/local/cuda/bin/nvcc; do
    [ -x "$nvcc" ] || continue
    release=$("$nvcc" --version | sed -n 's/.*release \([0-9]*\)\..*/\1/p')
    [ "${release:-0}" -ge 13 ] && return
  done
  return 1
}

wanted_wheels() {
  if nvcc_is_new_enough; then return; fi
  if [ "$cpu_only" = 1 ]; then printf '%s\n' "${cccl_wheel[@]}"; else printf '%s\n' "${cuda_wheels[@]}"; fi
}

install_python() {
  local wheels; mapfile -t wheels < <(wanted_wheels)
  local stamp=.venv/nta-setup-stamp log=.venv/nta-setup.log wanted folder
  wanted=$({ cat scripts/requirements.txt; printf '%s\n' "${wheels[@]}"; } | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  echo "setup: installing the Python environment (LibTorch is about 4.6 GB)"
  .venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv .venv ||  # also one that was interrupted
    { echo "setup: python3 -m venv .venv failed; remove .venv and run scripts/setup.sh again" >&2; exit 2; }
  if ! .venv/bin/python -m pip install -q --disable-pip-version-check -r scripts/requirements.txt "${wheels[@]}" \
         >"$log" 2>&1; then
    echo "setup: the packages of scripts/requirements.txt could not be installed: $(reason "$log")" >&2
    echo "  the whole log is $log; run scripts/setup.sh again when that is solved" >&2
    exit 2
  fi
  for folder in .venv/lib/python3*/site-packages/nvidia/cu13; do  # the wheels' nvcc looks for cudart in lib64
    [ ! -d "$folder/lib" ] || [ -e "$folder/lib64" ] || ln -s lib "$folder/lib64"
  done
  echo "$wanted" > "$stamp"
}

install_packages
install_python
echo "setup: ready"
