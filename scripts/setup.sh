#!/usr/bin/env bash
# Brings a fresh Debian 12 machine to where the project builds: packages, Python environment, CUDA compiler.
# usage: scripts/setup.sh [--cpu-only]      run again at any time: what is there is left alone
# exit: 0 ready, 2 something is missing that this script may not install (it says what to run)
set -euo pipefail
cd "$(dirname "$0")/.."

cpu_only=0
for argument in "$@"; do
  case "$argument" in
    --cpu-only) cpu_only=1 ;;
    -h|--help) sed -n '2,4p' "$0" | cut -c3-; exit 0 ;;
    *) echo "setup: unknown argument $argument; see scripts/setup.sh --help" >&2; exit 2 ;;
  esac
done

packages=(
  g++ cmake ninja-build ccache mold git pkg-config clang-format
  libhdf5-dev liblz4-dev libzstd-dev zlib1g-dev liblzma-dev libpcap-dev libssl-dev
  nlohmann-json3-dev libcli11-dev libspdlog-dev libfmt-dev libtbb-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  python3 python3-venv zstd xz-utils
)
# What a machine with its own CUDA toolkit has already: the same packages, as wheels.
cuda_wheels=(nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88
             nvidia-cuda-cccl==13.0.85 nvidia-cuda-runtime==13.0.96)
cccl_wheel=(nvidia-cuda-cccl==13.0.85)

missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 == "ii" {print $2}')
  comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) <(sort -u <<<"$installed")
}

install_packages() {
  local missing; mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "setup: these Debian packages are missing and only root can install them; run:" >&2
      echo "  sudo apt-get update && sudo apt-get install -y ${missing[*]}" >&2
      exit 2
    fi
    as_root=(sudo -n)
  fi
  echo "setup: installing ${#missing[@]} Debian packages"
  if ! { "${as_root[@]}" apt-get update -qq &&
         "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
           apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }; then
    echo "setup: Debian's packages could not be installed (no network?). Missing: ${missing[*]}" >&2
    echo "  run scripts/setup.sh again on a machine that reaches its package mirror" >&2
    exit 2
  fi
}

nvcc_is_new_enough() {
  local nvcc; nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null) || return 1
  local release; release=$("$nvcc" --version | sed -n 's/.*release \([0-9]*\)\..*/\1/p')
  [ "${release:-0}" -ge 13 ]
}

wanted_wheels() {
  if nvcc_is_new_enough; then return; fi
  if [ "$cpu_only" = 1 ]; then printf '%s\n' "${cccl_wheel[@]}"; else printf '%s\n' "${cuda_wheels[@]}"; fi
}

install_python() {
  local wheels; mapfile -t wheels < <(wanted_wheels)
  local stamp=.venv/nta-setup-stamp wanted
  wanted=$({ cat scripts/requirements.txt; printf '%s\n' "${wheels[@]}"; } | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  echo "setup: installing the Python environment (LibTorch is about 4.6 GB)"
  [ -x .venv/bin/python ] || python3 -m venv .venv
  if ! .venv/bin/python -m pip install -q --disable-pip-version-check -r scripts/requirements.txt "${wheels[@]}"; then
    echo "setup: the packages of scripts/requirements.txt could not be installed (no network?)" >&2
    echo "  run scripts/setup.sh again on a machine that reaches a Python package index" >&2
    exit 2
  fi
  echo "$wanted" > "$stamp"
}

install_packages
install_python
echo "setup: ready"
