#!/usr/bin/env python3
"""NFStream itself beside nta's profile nfstream on one Ethernet capture (pcap): the flows of both as a multiset.

usage: tests/conformance/beside_nfstream.py CAPTURE [--nta PROGRAM]      needs scripts/bench.sh flows --install-rivals
Frames that NFStream reads as IP although they hold none are counted by class, with the flows they make there. Exit 0
when the two agree on every flow of the capture without these frames; 77 without NFStream.
"""
import argparse
import collections
import csv
import ipaddress
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / "build/rivals/venv/bin/python"
CLASSES = {
    "ethertype": "EtherType of no IP, the next half byte is 4 or 6",
    "length": "802.3 length instead of an EtherType, the next half byte is 4 or 6",
    "ihl": "IPv4 whose header length is below 20 bytes",
    "capwap": "port 5247: what NFStream takes for IP behind CAPWAP",
}
TYPES = {0x0800, 0x86DD, 0x8100, 0x8847, 0x8848, 0x8863, 0x8864}
COLUMNS = ("src_ip", "src_port", "dst_ip", "dst_port", "protocol", "vlan_id", "tunnel_id", "bidirectional_first_seen_ms",
           "bidirectional_last_seen_ms", "bidirectional_packets", "bidirectional_bytes", "src2dst_packets")
STREAM = f"""
import sys
from nfstream import NFStreamer
for flow in NFStreamer(source=sys.argv[1], n_dissections=0, statistical_analysis=True, splt_analysis=0, n_meters=1,
                       idle_timeout=120, active_timeout=1800):
    print(*(getattr(flow, name) for name in {COLUMNS}), sep=",")
"""


def frame_class(frame):
    """Name of the class of a frame, or None."""
    at, kind = 14, int.from_bytes(frame[12:14], "big")
    while kind == 0x8100:
        kind, at = int.from_bytes(frame[at + 2:at + 4], "big"), at + 4
    if len(frame) <= at:
        return None
    if kind not in TYPES and frame[at] >> 4 in (4, 6):
        return "ethertype" if kind >= 0x600 else "length"
    if kind != 0x0800 or frame[at] >> 4 != 4:
        return None
    ports = at + (frame[at] & 15) * 4
    if ports < at + 20:
        return "ihl"
    is_udp = frame[at + 9:at + 10] == b"\x11"
    return "capwap" if is_udp and 5247 in struct.unpack(">HH", frame[ports:ports + 4].ljust(4, b"\0")) else None


def without(capture, classes, out):
    """Writes the capture without the frames of these classes; how many of each there were."""
    counts = collections.Counter()
    with open(capture, "rb") as source, open(out, "wb") as target:
        target.write(source.read(24))
        while len(head := source.read(16)) == 16:
            frame = source.read(struct.unpack("<I", head[8:12])[0])
            name = frame_class(frame)
            counts[name] += 1
            if name not in classes:
                target.write(head + frame)
    return counts


def flow(values):
    """A flow whatever endpoint it is told from: sides sorted, addresses as numbers."""
    source, target = ((int(ipaddress.ip_address(values[i])), int(values[i + 1])) for i in (0, 2))
    return min(source, target), max(source, target), *map(int, values[4:])


def of_nfstream(capture):
    done = subprocess.run([PYTHON, "-c", STREAM, capture], capture_output=True, text=True, check=True)
    return collections.Counter(flow(line.split(",")) for line in done.stdout.splitlines())


def of_nta(program, capture):
    words = [program, "features", capture, "--profile", "nfstream", "--set", "nfstream-core", "--format", "csv", "--out", "-", "-q"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return collections.Counter(flow([row[name] for name in COLUMNS]) for row in csv.DictReader(done.stdout.splitlines()))


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=pathlib.Path)
    parser.add_argument("--nta", default=str(ROOT / "build/release/nta"))
    arguments = parser.parse_args(argv)
    if not PYTHON.exists():
        print("NFStream is not installed; scripts/bench.sh flows --install-rivals brings it", file=sys.stderr)
        return 77
    ours, theirs = of_nta(arguments.nta, arguments.capture), of_nfstream(arguments.capture)
    print(f"flows: nta {ours.total()}, NFStream {theirs.total()}, equal {(ours & theirs).total()}")
    with tempfile.TemporaryDirectory() as name:
        rest = pathlib.Path(name) / "rest.pcap"
        for one in CLASSES:
            frames = without(arguments.capture, {one}, rest)[one]
            more = (theirs - ours).total() - (of_nfstream(rest) - of_nta(arguments.nta, rest)).total() if frames else 0
            print(f"{one}: {frames} frames, {more} flows that only NFStream has or counts otherwise ({CLASSES[one]})")
        without(arguments.capture, CLASSES, rest)
        ours, theirs = of_nta(arguments.nta, rest), of_nfstream(rest)
    print(f"without them: nta {ours.total()}, NFStream {theirs.total()}, equal {(ours & theirs).total()}")
    return 0 if ours == theirs else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
