"""Ethernet packets of pcap and pcapng files as (time in ns, wire length, bytes), for the captures of benchmarks.

A plain reader that shares no code with the product: damaged files end at the damage, other link types give nothing.
"""
import pathlib
import struct
import subprocess

ETHERNET = 1
MAGICS = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
          b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}
MAX_CAPTURED = 262_144


def content(path):
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout
    return pathlib.Path(path).read_bytes()


def pcap_packets(blob):
    order, fraction_ns = MAGICS[blob[:4]]
    if struct.unpack_from(order + "I", blob, 20)[0] & 0xFFFF != ETHERNET:
        return
    record, at = struct.Struct(order + "IIII"), 24
    while at + 16 <= len(blob):
        seconds, fraction, captured, wire = record.unpack_from(blob, at)
        at += 16
        if captured > MAX_CAPTURED or at + captured > len(blob):
            return
        yield seconds * 1_000_000_000 + fraction * fraction_ns, wire, blob[at:at + captured]
        at += captured


def interface(order, body):
    """(link type, nanoseconds of one tick) of an interface description block."""
    link, tick_ns, at = struct.unpack_from(order + "H", body, 0)[0], 1000.0, 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        if code == 9 and length >= 1:  # if_tsresol
            value = body[at + 4]
            tick_ns = 1e9 / (2.0 ** (value & 0x7F) if value & 0x80 else 10.0 ** value)
        at += 4 + (length + 3) // 4 * 4
    return link, tick_ns


def pcapng_packets(blob):
    order, interfaces, at = "<", [], 0
    while at + 12 <= len(blob):
        if blob[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order, interfaces = "<" if blob[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">", []
        kind, length = struct.unpack_from(order + "II", blob, at)
        if length < 12 or at + length > len(blob):
            return
        body = blob[at + 8:at + length - 4]
        if kind == 1:
            interfaces.append(interface(order, body))
        elif kind == 6 and len(body) >= 20:  # enhanced packet block
            number, high, low, captured, wire = struct.unpack_from(order + "IIIII", body, 0)
            if number < len(interfaces) and interfaces[number][0] == ETHERNET and captured <= len(body) - 20:
                yield int(((high << 32) + low) * interfaces[number][1]), wire, body[20:20 + captured]
        at += length


def packets(path):
    """Empty for files that are no capture."""
    blob = content(path)
    if blob[:4] in MAGICS:
        return list(pcap_packets(blob))
    return list(pcapng_packets(blob)) if blob[:4] == b"\x0a\x0d\x0d\x0a" else []
