"""A tiny reader of what the lab records: classic pcap, Ethernet, IPv4 -> one Packet per frame.

Plain Python without dependencies, on purpose independent of the program that the lab tests.
"""

import struct
import subprocess
from collections import namedtuple

# proto is the IP protocol number, or 0 for anything but IPv4 (ARP); ports are 0 without ports, and
# (type, code) for ICMP. `head` is what identifies a packet: IP and transport header without TTL.
Packet = namedtuple("Packet", "time_ns proto src dst sport dport flags size head")
ORDERS = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\x4d\x3c\xb2\xa1": ("<", 1),
          b"\xa1\xb2\xc3\xd4": (">", 1000), b"\xa1\xb2\x3c\x4d": (">", 1)}


def load(path):
    """The bytes of a capture; .zst goes through the zstd program."""
    if str(path).endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout
    with open(path, "rb") as file:
        return file.read()


def decode(time_ns, frame, size):
    """One frame; anything but IPv4 becomes a packet of protocol 0."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return Packet(time_ns, 0, "", "", 0, 0, 0, size, frame)
    ip = frame[14:]
    header = (ip[0] & 15) * 4
    proto, l4 = ip[9], ip[header:]
    later_fragment = (ip[6] & 0x1F) or ip[7]
    sport = dport = flags = 0
    if not later_fragment and proto in (6, 17) and len(l4) >= 8:
        sport, dport = struct.unpack(">HH", l4[:4])
        flags = l4[13] if proto == 6 and len(l4) > 13 else 0
    elif proto == 1 and len(l4) >= 2:
        sport, dport = l4[0], l4[1]
    src, dst = (".".join(map(str, ip[at:at + 4])) for at in (12, 16))
    head = ip[2:8] + ip[9:10] + ip[12:]  # without TTL and header checksum: equal after a hop
    return Packet(time_ns, proto, src, dst, sport, dport, flags, size, head)


def packets(path):
    """Every packet of a capture, in its order; a cut or damaged record is an error."""
    data = load(path)
    if data[:4] not in ORDERS:
        raise ValueError(f"{path}: not a pcap file")
    order, scale = ORDERS[data[:4]]
    if struct.unpack(order + "I", data[20:24])[0] != 1:
        raise ValueError(f"{path}: link type is not Ethernet")
    record, at = struct.Struct(order + "IIII"), 24
    while at < len(data):
        seconds, part, kept, size = record.unpack_from(data, at)
        frame = data[at + 16:at + 16 + kept]
        if len(frame) != kept:
            raise ValueError(f"{path}: record cut at byte {at}")
        at += 16 + kept
        yield decode(seconds * 1_000_000_000 + part * scale, frame, size)


ECHO_CLASS = {0: 8, 14: 13, 16: 15, 18: 17}  # ICMP answers belong to their question


def connections(path):
    """Dicts with start, proto, packets and ends (initiator, responder, their ports), by 5-tuple.

    A new connection begins after 120 s of silence, or when a SYN comes after the old one was closed
    by RST or by FINs of both sides. A first packet with SYN and ACK came from the responder.
    """
    running, done = {}, []
    for p in packets(path):
        if not p.proto:
            continue
        if p.proto == 1:
            kind = ECHO_CLASS.get(p.sport, p.sport)
            key = (1, *sorted((p.src, p.dst)), kind)
        else:
            key = (p.proto, *sorted(((p.src, p.sport), (p.dst, p.dport))))
        flow = running.get(key)
        if flow and (p.time_ns - flow["last"] >= 120 * 10**9 or
                     flow["closed"] and (p.flags & 0x12 == 2 or p.time_ns - flow["closed"] > 5e9)):
            done.append(running.pop(key))
            flow = None
        if flow is None:
            swap = p.flags & 0x12 == 0x12
            ends = (p.dst, p.src, p.dport, p.sport) if swap else (p.src, p.dst, p.sport, p.dport)
            flow = running[key] = {"start": p.time_ns, "proto": p.proto, "ends": ends, "packets": 0,
                                   "closed": 0, "fins": set()}
        flow["last"], flow["packets"] = p.time_ns, flow["packets"] + 1
        if p.flags & 1:
            flow["fins"].add((p.src, p.sport))
        if not flow["closed"] and (p.flags & 4 or len(flow["fins"]) == 2):
            flow["closed"] = p.time_ns
    return sorted([*done, *running.values()], key=lambda flow: flow["start"])
