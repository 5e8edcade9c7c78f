#!/bin/bash
# Records the lab: record.sh [--jobs N] [--out FOLDER] [lab-03 ...]. Needs root; writes NAME.pcap.zst,
# labels.json, sessions.json, README.md into FOLDER (default: experiments/data/lab).
#
# Each session runs in its own empty network namespace, mount namespace and process namespace. There
# is no link to the machine's network, and when the session's first process ends, for whatever
# reason, the kernel ends all others, and networks and temporary files vanish with the namespaces.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/../../experiments/data/lab
jobs=4
names=()

# command:package, one line per program that the sessions use.
needs="nginx:nginx dnsmasq:dnsmasq-base dig:bind9-dnsutils iperf3:iperf3 sshd:openssh-server
ssh:openssh-client mosquitto:mosquitto mosquitto_pub:mosquitto-clients nmap:nmap hping3:hping3
slowhttptest:slowhttptest sshpass:sshpass hydra:hydra iodine:iodine tcpdump:tcpdump nft:nftables
ip:iproute2 tc:iproute2 ping:iputils-ping ethtool:ethtool curl:curl openssl:openssl zstd:zstd
python3:python3 nsenter:util-linux sysctl:procps"
services="nginx ssh sshd mosquitto dnsmasq iodined iperf3"

install_packages() {
  local missing=() need made_policy=false unit fresh=()
  for need in $needs; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  for unit in $services; do
    [ -e "/etc/init.d/$unit" ] || [ -e "/lib/systemd/system/$unit.service" ] || fresh+=("$unit")
  done
  # Debian asks this file before a package may start its daemon: 101 means no.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    made_policy=true
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
  for unit in "${fresh[@]}"; do  # nor at the next boot
    systemctl disable "$unit.service" >/dev/null 2>&1 || true
  done
  if $made_policy; then
    rm -f /usr/sbin/policy-rc.d
    trap - EXIT
  fi
}

record_one() {  # one session, in namespaces that end with it; its output only when it fails
  local name=$1
  if ! unshare --net --mount --pid --fork --kill-child --mount-proc \
    "$(command -v python3)" "$here/session.py" "$name" "$logs" >"$logs/$name.txt" 2>&1; then
    echo "$name failed:" >&2
    cat "$logs/$name.txt" >&2
    return 1
  fi
  zstd -q -19 -f "$logs/$name.pcap" -o "$logs/$name.pcap.zst"
  rm "$logs/$name.pcap"
  echo "recorded $name"
}

all=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    --jobs) jobs=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    lab-*) names+=("$1"); shift ;;
    *) echo "record.sh: unknown word '$1'; usage: record.sh [--jobs N] [--out FOLDER] [lab-03 ...]" >&2
       exit 2 ;;
  esac
done
if [ "$(id -u)" != 0 ]; then
  echo "record.sh: building networks needs root; run it with sudo" >&2
  exit 2
fi
export PYTHONDONTWRITEBYTECODE=1 PATH=$PATH:/usr/sbin:/sbin

if [ -z "${NTA_LAB_INSIDE:-}" ]; then
  install_packages
  mkdir -p "$out/.recording"
  # However this process ends (also by SIGKILL: pdeathsig), the process namespace ends with it.
  NTA_LAB_INSIDE=1 setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
    bash "${BASH_SOURCE[0]}" "${all[@]}" &
  inside=$!
  trap 'rmdir "$out/.recording"' EXIT
  trap 'kill -KILL $inside; wait $inside || true; exit 130' INT TERM
  wait $inside
  exit
fi

out=$(cd "$out" && pwd)
logs=$out/.recording  # memory, seen in this mount namespace only and gone with it
mount --make-rprivate /
mount -t tmpfs lab "$logs"
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(cd "$here" && python3 -c \
  'from catalogue import SESSIONS; print(*(line[0] for line in SESSIONS), sep="\n")')

for name in "${names[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
  record_one "$name" &
done
wait || true
for name in "${names[@]}"; do
  [ -s "$logs/$name.pcap.zst" ] ||
    { echo "record.sh: $name failed, nothing in $out was replaced" >&2; exit 1; }
done

python3 "$here/labels.py" "$logs" "$out"
cp "$logs"/lab-*.pcap.zst "$out/"
python3 "$here/table.py" "$out"
python3 "$here/check.py" "$out" "${names[@]}"
