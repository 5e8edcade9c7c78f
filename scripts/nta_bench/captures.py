"""Captures for the benchmarks, from tests/bench/make_captures.py: made once, kept in build/bench by their recipe."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

from nta_rim.program import ROOT, Failure

FOLDER = ROOT / "build/bench"
MAKER = ROOT / "tests/bench/make_captures.py"


def python():
    """The project's interpreter: the maker needs numpy, this program does not (it stays small: see measure.Run)."""
    own = ROOT / ".venv/bin/python"
    return str(own) if own.exists() else sys.executable


def recipe():
    """Changes when what the maker would write changes."""
    files = [MAKER, MAKER.with_name("pcap_files.py")]
    shared = pathlib.Path(os.environ.get("NTA_SHARED", ROOT.parent / "shared")) / "data"
    text = b"".join(path.read_bytes() for path in files) + str((shared / "ndpi-pcaps").exists()).encode()
    return hashlib.sha256(text).hexdigest()[:12], shared


def capture(name, n_packets):
    """{path, packets, bytes, what} of a capture of that many packets."""
    stamp, shared = recipe()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.pcap"):
        if stamp not in old.name and time.time() - old.stat().st_mtime > 3600:  # no other run's of this hour
            old.unlink()
            old.with_suffix(".json").unlink(missing_ok=True)
    path = FOLDER / f"{name}-{n_packets}-{stamp}.pcap"
    facts = path.with_suffix(".json")
    if not (path.exists() and facts.exists()):
        done = subprocess.run([python(), str(MAKER), name, "--out", str(path), "--packets", str(n_packets),
                               "--shared", str(shared)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(1, f"{MAKER.name} {name} failed: {done.stderr.strip()[-500:]}")
        facts.write_text(done.stdout)
    with open(path, "rb") as warm:  # in pieces: this program's size is the floor of the peaks it can tell
        while warm.read(1 << 20):
            pass
    return {**json.loads(facts.read_text()), "path": path}


def forget(made):
    made["path"].unlink(missing_ok=True)
    made["path"].with_suffix(".json").unlink(missing_ok=True)
