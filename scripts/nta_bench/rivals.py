"""The other flow meters: how each is started on a capture, what it says about flows, how it comes onto the machine.

Python rivals live in an environment of their own, build/rivals/venv; the versions are those of rivals.txt.
"""
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import typing

from nta_rim.program import ROOT, Failure

VENV = ROOT / "build/rivals/venv"
PINNED = ROOT / "scripts/rivals.txt"
DEBIAN = {"argus": "argus-server", "racount": "argus-client", "softflowd": "softflowd", "nfpcapd": "nfdump",
          "ndpiReader": "libndpi-bin", "tshark": "tshark"}

NFSTREAM = """
import sys
from nfstream import NFStreamer
n, columns = 0, 0
for flow in NFStreamer(source=sys.argv[1], n_dissections=0, statistical_analysis=True, splt_analysis=0, n_meters=1,
                       idle_timeout=120, active_timeout=1800):
    n += 1
    columns = columns or len(flow.keys())
print("flows", n, "columns", columns)
"""
TSHARK_FIELDS = ["frame.time_epoch", "frame.len", "ip.src", "ip.dst", "ip.proto", "tcp.srcport", "tcp.dstport",
                 "tcp.flags"]


@dataclasses.dataclass
class Rival:
    """A program beside which nta is measured; `flows` reads its own count from what it printed."""
    name: str
    program: str
    command: typing.Callable  # (program, capture) -> words, run in an empty folder
    features: str  # values of a flow record, or why there is no number
    at_least: float | None = None  # target of the ratio
    flows: str | None = None  # regular expression with the count
    slow: bool = False  # fewer rounds
    counter: typing.Callable | None = None  # words that count flows, run once beside the measurement
    only: tuple = ()  # captures; empty: all
    at_most: dict = dataclasses.field(default_factory=dict)  # capture: packets, of both sides in that comparison
    version: typing.Callable = lambda rival: debian_version(rival.program)

    def path(self):
        if os.environ.get("NTA_BENCH_NO_RIVALS"):  # tests: as on a machine without them
            return None
        own = VENV / "bin" / self.program
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        return str(own) if own.exists() else shutil.which(self.program, path=path)

    def length(self, capture, n_packets):
        return min(n_packets, self.at_most.get(capture, n_packets))

    def missing(self):
        """Why it cannot run, or None."""
        if self.path() is None:
            return f"{self.program} is not installed; scripts/bench.sh flows --install-rivals brings it"
        return None


def tshark_words(program, capture):
    fields = (word for field in TSHARK_FIELDS for word in ("-e", field))
    return [program, "-n", "-r", capture, "-T", "fields", *fields]


def debian_version(program):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", DEBIAN[program]], capture_output=True, text=True,
                          check=False)
    return done.stdout or "unknown"


def wheel_version(name):
    return next((line.split("==")[1] for line in PINNED.read_text().splitlines() if line.startswith(name + "==")), "?")


def wheel(name):
    return lambda rival: wheel_version(name)


RIVALS = [
    Rival("argus", "argus", lambda p, f: [p, "-r", f, "-w", "/dev/null"], "about 25", 5, r"sum +(\d+)",
          counter=lambda p, f: ["sh", "-c", f"{p} -r {f} -w a.argus && racount -r a.argus"]),
    Rival("softflowd", "softflowd", lambda p, f: [p, "-r", f], "9", 3.5, r"Flows expired: (\d+)"),
    Rival("nfpcapd", "nfpcapd", lambda p, f: [p, "-r", f, "-w", "."], "about 10, one direction", None, r"Flows: (\d+)",
          counter=lambda p, f: ["sh", "-c", f"{p} -r {f} -w . >/dev/null 2>&1 && nfdump -R . -I"]),
    Rival("ndpiReader", "ndpiReader", lambda p, f: [p, "-i", f, "-q"], "protocol and counters", 40,
          r"Unique flows: +(\d+)", counter=lambda p, f: [p, "-i", f], slow=True, only=("mix", "small", "full")),
    Rival("tshark", "tshark", tshark_words, "none, 8 fields a packet", slow=True, only=("mix",),
          at_most={"mix": 500_000}),
    Rival("NFStream", "python", lambda p, f: [p, "-c", NFSTREAM, f], "its columns", 48, r"flows (\d+)", slow=True,
          at_most={"flood": 200_000}, version=wheel("nfstream")),
    Rival("cicflowmeter", "cicflowmeter", lambda p, f: [p, "-f", f, "-c", "out.csv"], "82", 500, r"rows (\d+)",
          slow=True, only=("mix",), at_most={"mix": 50_000}, version=wheel("cicflowmeter")),
]


def nfstream_missing(rival):
    if not (VENV / "bin/python").exists() or rival.path() is None:
        return "NFStream is not installed; scripts/bench.sh flows --install-rivals brings it"
    return None


def why_missing(rival):
    return nfstream_missing(rival) if rival.name == "NFStream" else rival.missing()


def count(rival, output):
    found = re.findall(rival.flows, output) if rival.flows else []
    return int(found[-1]) if found else None


# The packages' own services would start to listen: a policy that says no, for as long as apt runs.
APT = """
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > $policy
  chmod 755 $policy
fi
apt-get -o DPkg::Lock::Timeout=300 update -q || true
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "$@"
"""


def must(words, what):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(2, f"{what} could not be installed: {done.stderr.strip()[-300:]}")


def may_be_root():
    """Words before a command that needs root, or None."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


def install():
    """The pinned wheels of rivals.txt, then Debian's packages; without root those are named and left out."""
    if not (VENV / "bin/pip").exists():
        must(["python3", "-m", "venv", str(VENV)], str(VENV))
    must([str(VENV / "bin/pip"), "install", "-q", "--disable-pip-version-check", "-r", str(PINNED)], PINNED.name)
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    wanted = sorted({package for program, package in DEBIAN.items() if not shutil.which(program, path=path)})
    as_root = may_be_root()
    if wanted and as_root is None:
        print(f"bench: only root can install {' '.join(wanted)}; their rivals are skipped until root has run:\n"
              f"  apt-get update && apt-get install -y --no-install-recommends {' '.join(wanted)}", file=sys.stderr, flush=True)
    elif wanted:
        must([*as_root, "sh", "-c", APT, "apt", *wanted], f"Debian's packages {' '.join(wanted)}")
