#!/usr/bin/env python3
"""Captures for benchmarks, made from seeds: the same bytes on every machine, nothing is ever sent anywhere.

  mix        lab and shared captures one after the other, again with other addresses until there are enough packets;
             what a recording cut off (the lab keeps 128 bytes) is zeros up to the wire length, at most 1514 bytes
  small      mix cut to 96 bytes a packet
  elephant   one TCP connection, 96 bytes a packet
  full       as uniform, 649 bytes a packet
  uniform    TCP connections of 10 packets each (at most 200,000), packets interleaved, 96 bytes a packet
  flood      TCP SYNs of as many connections as packets
  flows-N    N connections (Zipf lengths), 64 bytes a packet: the scaling family
usage: make_captures.py NAME --out FILE [--packets N]      prints what is in it as JSON
"""
import argparse
import hashlib
import json
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from pcap_files import packets  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = ("ndpi-pcaps/pcap", "nfstream-oracle/pcap", "iot-sentinel", "attack-pcaps")
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
START_S = 1_700_000_000
SEED = 20_240_501
FULL_BYTES = 1514
PIECE = 262_144  # packets written at once


def word(frames, at):
    return frames[at].astype(np.int64) * 256 + frames[at + 1]


def put_word(frames, at, value):
    frames[at], frames[at + 1] = (value >> 8).astype(np.uint8), (value & 0xFF).astype(np.uint8)


def sources(shared):
    """Lab and shared captures in an order that is mixed but the same everywhere: a part is like the whole."""
    files = sorted((ROOT / "experiments/data/lab").glob("*.pcap.zst"))
    for folder in SHARED:
        files += sorted(p for p in (shared / folder).glob("**/*") if p.is_file() and "pcap" in p.suffix + p.name)
    return sorted(files, key=lambda path: hashlib.sha256(f"{SEED} {path.name}".encode()).digest())


class Once:
    """Source packets one after the other, as many as wanted if there are so many: record headers and frames in one
    array, addresses by position."""

    def __init__(self, shared, n_packets, snaplen=None):
        blobs, times, at = [], [], 0
        self.starts, self.counts, seen = [], {}, set()
        self.pairs = []  # (position of a 16-bit word, position of the one that balances the checksum)
        clock = 0
        for path in sources(shared):
            if len(times) == n_packets:
                break
            content = packets(path)[:n_packets - len(times)]
            frames = tuple(frame for _, _, frame in content)
            if not frames or hash(frames) in seen:  # some captures lie in two folders
                continue
            seen.add(hash(frames))
            folder = path.relative_to(shared).parts[0] if path.is_relative_to(shared) else "lab"
            self.counts[folder] = self.counts.get(folder, 0) + len(frames)
            last = content[0][0]
            for time, wire, frame in content:
                clock += min(max(time - last, 0), 60_000_000_000)  # gaps of years in joined files become a minute
                last = max(last, time)
                whole = frame + bytes(max(min(wire, FULL_BYTES) - len(frame), 0))
                cut = whole if snaplen is None else whole[:snaplen]
                times.append(clock)
                self.starts.append(at)
                blobs.append(struct.pack("<IIII", 0, 0, len(cut), max(wire, len(cut))) + cut)
                self.addresses(cut, at + 16)
                at += 16 + len(cut)
            clock += 1_000_000_000
        self.bytes = np.frombuffer(b"".join(blobs), np.uint8)
        self.starts, self.times, self.span = np.array(self.starts), np.array(times), clock
        self.pairs = np.array(self.pairs).reshape(-1, 2)

    def addresses(self, frame, at):
        at_type = 12
        while frame[at_type:at_type + 2] in (b"\x81\x00", b"\x88\xa8"):
            at_type += 4
        kind, ip = frame[at_type:at_type + 2], at_type + 2
        if kind == b"\x08\x00" and len(frame) >= ip + 20:
            self.pairs += [(at + ip + 12, at + ip + 14), (at + ip + 16, at + ip + 18)]
        elif kind == b"\x86\xdd" and len(frame) >= ip + 40:
            self.pairs += [(at + ip + 20, at + ip + 22), (at + ip + 36, at + ip + 38)]

    def turn(self, number, limit):
        """The packets again, later and between other addresses; every checksum stays as right as it was."""
        out = self.bytes.copy()
        for at, sign in ((self.pairs[:, 0], number), (self.pairs[:, 1], -number)):
            put_word(out, at, (word(out, at) + sign) % 65_535)
        times = self.times + number * (self.span + 3_600_000_000_000)
        fields = np.stack([times // 1_000_000_000 + START_S, times % 1_000_000_000 // 1000], 1).astype("<u4")
        out[self.starts[:, None] + np.arange(8)] = fields.view(np.uint8)
        return out if limit >= len(self.starts) else out[:self.starts[limit]]


def write_mix(out, n_packets, shared, snaplen=None):
    once = Once(shared, n_packets, snaplen)
    out.write(HEADER)
    written, turns = 0, 0
    while written < n_packets:
        out.write(once.turn(turns, n_packets - written).tobytes())
        written, turns = written + min(len(once.starts), n_packets - written), turns + 1
    per_source = ", ".join(f"{name} {n}" for name, n in once.counts.items())
    return f"Ethernet packets of {per_source}; {turns} turns" + (f", cut to {snaplen} B" if snaplen else "")


def records(numbers, connection, back, wire_bytes, flags, caplen):
    """Records of TCP packets: numbers are positions in the capture (10 us apart), one row each."""
    n = len(numbers)
    rows = np.zeros((n, 16 + caplen), np.uint8)
    times_us = numbers.astype(np.int64) * 10
    heads = np.stack([times_us // 1_000_000 + START_S, times_us % 1_000_000, np.full(n, caplen), wire_bytes], 1)
    rows[:, :16] = heads.astype("<u4").view(np.uint8)
    frame = rows[:, 16:].T  # a view: frame[i] is byte i of every packet
    client = 0x0A000000 + connection // 50_000  # client and port name the connection
    server = np.full(n, 0xC0A80000) + connection % 251
    ports = [1024 + connection % 50_000, np.full(n, 443)]
    source, target = np.where(back, server, client), np.where(back, client, server)
    frame[0:12:6], frame[5], frame[11] = 2, np.where(back, 1, 2), np.where(back, 2, 1)
    frame[12], frame[14], frame[22], frame[23] = 8, 0x45, 64, 6
    put_word(frame, 16, wire_bytes - 14)
    for at, address in ((26, source), (30, target)):
        put_word(frame, at, address >> 16)
        put_word(frame, at + 2, address & 0xFFFF)
    put_word(frame, 34, np.where(back, ports[1], ports[0]))
    put_word(frame, 36, np.where(back, ports[0], ports[1]))
    put_word(frame, 40, numbers & 0xFFFF)
    frame[46], frame[47], frame[48] = 0x50, flags, 0x20
    checksum = sum(word(frame, at) for at in range(14, 34, 2))
    checksum = (checksum & 0xFFFF) + (checksum >> 16)
    put_word(frame, 24, 0xFFFF - ((checksum & 0xFFFF) + (checksum >> 16)))
    return rows


def write_made(out, n_packets, connections_of, caplen, flags=0x10):
    """Packets of made TCP connections; connections_of(positions) names the connection of each."""
    out.write(HEADER)
    random = np.random.default_rng(SEED)
    for first in range(0, n_packets, PIECE):
        numbers = np.arange(first, min(first + PIECE, n_packets))
        back = random.random(len(numbers)) < (0.5 if flags == 0x10 else 0.0)
        wire = np.where(back, 1314, 66) if flags == 0x10 else np.full(len(numbers), 60)
        wire = np.maximum(wire, caplen)
        out.write(records(numbers, connections_of(numbers), back, wire, flags, caplen).tobytes())


def zipf(n_packets, n_flows):
    """Each flow has one packet, the others fall to flows with weight 1/rank; order at random."""
    random = np.random.default_rng(SEED + n_flows)
    weights = 1.0 / np.arange(1, n_flows + 1)
    extra = np.searchsorted(np.cumsum(weights) / weights.sum(), random.random(max(n_packets - n_flows, 0)))
    flows = np.concatenate([np.arange(n_flows), np.minimum(extra, n_flows - 1)])[:n_packets]
    return random.permutation(flows)


def make(name, path, n_packets, shared):
    """Writes the capture; what is in it, as a sentence."""
    with open(path, "wb") as out:
        if name in ("mix", "small"):
            return write_mix(out, n_packets, shared, 96 if name == "small" else None)
        if name == "elephant":
            write_made(out, n_packets, np.zeros_like, 96)
            return "one TCP connection, 96 B of 96 and 1314 B packets"
        if name in ("uniform", "full"):
            n_flows, caplen = min(n_packets // 10 + 1, 200_000), 96 if name == "uniform" else 649
            write_made(out, n_packets, lambda i: i % n_flows, caplen)
            return f"{n_flows} TCP connections of equal length, interleaved, {caplen} B a packet"
        if name == "flood":
            write_made(out, n_packets, lambda i: i, 60, flags=0x02)
            return "TCP SYNs of 60 B, as many connections as packets"
        n_flows = int(name.removeprefix("flows-"))
        flows = zipf(n_packets, n_flows)
        write_made(out, n_packets, lambda i: flows[i], 64)
        return f"{n_flows} TCP connections, one packet each, the rest Zipf; 64 B of 66 and 1314 B packets"


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--packets", type=int, default=2_000_000)
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT.parent / "shared/data")
    arguments = parser.parse_args(argv)
    what = make(arguments.name, arguments.out, arguments.packets, arguments.shared)
    print(json.dumps({"name": arguments.name, "packets": arguments.packets, "bytes": arguments.out.stat().st_size,
                      "what": what}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
