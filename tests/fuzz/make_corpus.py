#!/usr/bin/env python3
"""Writes the hand-made seeds of the fuzz targets `capture` and `decode` below corpus/.

Every input is built here from the formats' documents; run it again after a new seed and commit the result.
Inputs that a fuzzer once broke stay in the same folders under the name `found-*` and are left alone.
"""
import gzip
import lzma
import struct
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def be16(*values):
    return struct.pack(f">{len(values)}H", *values)


def ethernet(ether_type, payload):
    return bytes.fromhex("020000000002020000000001") + be16(ether_type) + payload


def ipv4(protocol, payload, total=None, words=5, fragment=0):
    total = 4 * words + len(payload) if total is None else total
    head = struct.pack(">BBHHHBBHII", 0x40 | words, 0, total, 7, fragment, 64, protocol, 0, 0x0A000001, 0x0A000002)
    return head + bytes(4 * (words - 5)) + payload


def ipv6(next_header, payload, length=None):
    length = len(payload) if length is None else length
    address = bytes.fromhex("20010db8") + bytes(11)
    return struct.pack(">IHBB", 6 << 28, length, next_header, 64) + address + b"\1" + address + b"\2" + payload


def tcp(payload=b"", offset=5, flags=0x18):
    return struct.pack(">HHIIBBHI", 40000, 443, 1, 2, offset << 4, flags, 512, 0) + bytes(4 * max(0, offset - 5)) + payload


def udp(payload=b""):
    return be16(4000, 53, 8 + len(payload), 0) + payload


def extension(next_header, n8, payload):
    return bytes([next_header, n8]) + bytes(6 + 8 * n8) + payload


def fragment6(next_header, offset8, more, payload):
    return struct.pack(">BBHI", next_header, 0, offset8 << 3 | more, 99) + payload


def ah(next_header, payload):
    return bytes([next_header, 4]) + bytes(22) + payload


PACKETS = {  # name: (link type, bytes)
    "tcp": (1, ethernet(0x0800, ipv4(6, tcp(b"hello")))),
    "tcp-options": (1, ethernet(0x0800, ipv4(6, tcp(b"x", offset=8), words=8))),
    "tcp-bad-offset": (1, ethernet(0x0800, ipv4(6, tcp(offset=15)[:30]))),
    "offload": (1, ethernet(0x0800, ipv4(6, tcp(bytes(50)), total=0))),
    "padding": (1, ethernet(0x0800, ipv4(6, tcp())) + bytes(6)),
    "length-beyond": (1, ethernet(0x0800, ipv4(6, tcp(), total=1500))),
    "fragment-first": (1, ethernet(0x0800, ipv4(17, udp(bytes(16)), fragment=0x2000))),
    "fragment-later": (1, ethernet(0x0800, ipv4(17, bytes(16), fragment=3))),
    "vlan": (1, ethernet(0x88A8, be16(7, 0x8100, 9, 0x86DD) + ipv6(17, udp(b"q")))),
    "deep-vlan": (1, ethernet(0x8100, be16(1, 0x8100) * 20 + ipv4(6, tcp()))),
    "snap": (1, ethernet(48, bytes.fromhex("aaaa030000000800") + ipv4(6, tcp()))),
    "llc-ip": (1, ethernet(43, bytes.fromhex("060603") + ipv4(6, tcp()))),
    "spanning-tree": (1, ethernet(38, bytes.fromhex("424203") + bytes(35))),
    "arp": (1, ethernet(0x0806, bytes(28))),
    "lldp": (1, ethernet(0x88CC, bytes(30))),
    "mpls": (1, ethernet(0x8847, be16(1, 0, 1, 0x140) + ipv4(6, tcp()))),
    "eompls": (1, ethernet(0x8847, be16(1, 0x140, 0, 0) + ethernet(0x0800, ipv4(6, tcp())))),
    "pppoe": (1, ethernet(0x8864, be16(0x1100, 1, 0, 0x57) + ipv6(6, tcp()))),
    "null": (0, struct.pack("<I", 2) + ipv4(1, b"\x08\0" + bytes(30))),
    "loop": (108, struct.pack(">I", 30) + ipv6(58, b"\x80\0" + bytes(6))),
    "raw": (101, ipv6(6, tcp())),
    "raw4": (228, ipv4(132, be16(1, 2) + bytes(8))),
    "sll": (113, be16(0, 1, 6) + bytes(8) + be16(0x0800) + ipv4(6, tcp())),
    "sll-llc": (113, bytes(14) + be16(4) + bytes.fromhex("aaaa030000000800") + ipv4(6, tcp())),
    "sll2": (276, be16(0x86DD) + bytes(18) + ipv6(136, udp())),
    "extensions": (229, ipv6(0, extension(60, 0, extension(43, 1, extension(6, 0, tcp()))))),
    "fragment6": (229, ipv6(44, fragment6(60, 0, 1, extension(17, 0, udp(bytes(8)))))),
    "fragment6-later": (229, ipv6(44, fragment6(17, 5, 0, bytes(20)))),
    "jumbo": (229, ipv6(0, bytes([6, 0, 0xC2, 4]) + struct.pack(">I", 70000) + tcp(), length=0)),
    "ah": (228, ipv4(51, ah(6, tcp(b"data")))),
    "ah6": (229, ipv6(51, ah(60, extension(6, 0, tcp())))),
    "ipip": (228, ipv4(4, ipv4(41, ipv6(4, ipv4(4, ipv4(4, ipv4(6, tcp()))))))),
    "ipip-nothing": (228, ipv4(4, bytes(40))),
    "unknown-link": (147, bytes(20)),
    "dccp": (228, ipv4(33, be16(1, 2) + bytes(12))),
}


def pcap(packets, order="<", magic=0xA1B2C3D4, link=1, version=(2, 4)):
    out = struct.pack(order + "IHHIIII", magic, *version, 0, 0, 65535, link)
    for i, packet in enumerate(packets):
        out += struct.pack(order + "IIII", 1700000000 + i, i, len(packet), len(packet) + i) + packet
    return out


def block(kind, body, order):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(order, link, snaplen, options):
    body = struct.pack(order + "HHI", link, 0, snaplen)
    for code, value in options:
        body += struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)
    return block(1, body, order)


def pcapng(order):
    packet = PACKETS["tcp"][1]
    timed = struct.pack(order + "IIII", 1, 2, len(packet), 1500) + packet
    return (
        section(order)
        + interface(order, 1, 65535, [(2, b"eth0"), (9, b"\x09"), (14, struct.pack(order + "q", -5)), (0, b"")])
        + interface(order, 101, 64, [(9, b"\x94")])
        + block(6, struct.pack(order + "I", 0) + timed, order)
        + block(2, struct.pack(order + "HH", 1, 0) + timed, order)
        + block(3, struct.pack(order + "I", len(packet)) + packet, order)
        + block(6, struct.pack(order + "I", 7) + timed, order)
        + block(4, bytes(8), order)
        + block(5, bytes(40), order)
    )


def zstd_raw(data):
    """A zstd frame of one raw block (RFC 8878), as Python 3.11 has no zstd."""
    frame = struct.pack("<I", 0xFD2FB528) + b"\x60" + struct.pack("<H", len(data) - 256)
    return frame + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def captures():
    some = [packet for link, packet in PACKETS.values() if link == 1]
    small = pcap(some[:3])
    whole = pcap(some)
    yield "little-us", whole
    yield "big-us", pcap(some[:4], ">")
    yield "little-ns", pcap(some[:4], "<", 0xA1B23C4D)
    yield "big-ns", pcap(some[:4], ">", 0xA1B23C4D)
    yield "old-version", pcap(some[:2], version=(2, 2))
    yield "torn-record", whole[:-3]
    yield "torn-header", whole[:20]
    yield "too-large", small + struct.pack("<IIII", 1, 1, 1 << 30, 1)
    yield "empty", b""
    yield "text", b"no capture at all\n"
    for name in ("sll", "null", "raw", "extensions", "ipip", "ah", "unknown-link"):
        link, packet = PACKETS[name]
        yield f"link-{name}", pcap([packet, packet], link=link)
    fragments = [PACKETS["fragment-first"][1], PACKETS["fragment-later"][1], PACKETS["fragment-later"][1]]
    yield "fragments", pcap(fragments)
    for name, order in (("little", "<"), ("big", ">")):
        yield f"ng-{name}", pcapng(order)
    yield "ng-both", pcapng("<") + pcapng(">")
    yield "ng-torn", pcapng("<")[:-5]
    yield "ng-bad-trailer", pcapng("<")[:-4] + b"\1\2\3\4"
    yield "ng-bad-length", pcapng("<") + struct.pack("<III", 6, 14, 14)
    yield "ng-no-interface", section("<") + block(3, struct.pack("<I", 4) + b"abcd", "<")
    yield "gzip", gzip.compress(whole, mtime=0)
    yield "gzip-two", gzip.compress(small[:60], mtime=0) + gzip.compress(small[60:], mtime=0)
    yield "gzip-cut", gzip.compress(whole, mtime=0)[:-30]
    yield "xz", lzma.compress(whole)
    yield "xz-two", lzma.compress(small[:60]) + lzma.compress(small[60:])
    yield "xz-damaged", lzma.compress(whole)[:-40] + bytes(40)
    yield "zstd", zstd_raw(whole)
    yield "zstd-cut", zstd_raw(whole)[:-9]


def packets():
    for name, (link, packet) in PACKETS.items():
        yield name, be16(link, len(packet)) + packet
        yield f"{name}-cut", be16(link, len(packet)) + packet[: len(packet) * 2 // 3]


def write(folder, inputs):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if not old.name.startswith("found-"):
            old.unlink()
    for name, data in inputs:
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    write(CORPUS / "capture", captures())
    write(CORPUS / "decode", packets())
