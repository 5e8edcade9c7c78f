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


def udp(payload=b"", port=53):
    return be16(4000, port, 8 + len(payload), 0) + payload


def extension(next_header, n8, payload):
    return bytes([next_header, n8]) + bytes(6 + 8 * n8) + payload


def fragment6(next_header, offset8, more, payload):
    return struct.pack(">BBHI", next_header, 0, offset8 << 3 | more, 99) + payload


def ah(next_header, payload):
    return bytes([next_header, 4]) + bytes(22) + payload


def over_udp(port, payload, fragment=0):
    return (228, ipv4(17, udp(payload, port), fragment=fragment))


def wlan(kind, flags, payload):
    more = 6 * (flags & 3 == 3) + 2 * (kind >> 7) + 4 * (kind >> 7 & flags >> 7)
    return bytes([kind, flags]) + bytes(22 + more) + bytes.fromhex("aaaa030000000800") + payload


def radiotap(payload):
    return struct.pack("<HHI", 0, 12, 0) + bytes(4) + payload


def attribute(kind, value):
    return struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


INNER = ipv4(6, tcp(b"inner"))
INNER6 = ipv6(17, udp(b"inner"))
FRAME = ethernet(0x0800, INNER)
GRE_ALL = bytes.fromhex("b00086dd12340000") + struct.pack(">II", 0xCAFE, 7)

TUNNELS = {  # name: (link type, bytes)
    "gre": (228, ipv4(47, be16(0, 0x0800) + INNER)),
    "gre-all-fields": (229, ipv6(47, GRE_ALL + INNER6)),
    "gre-ethernet": (228, ipv4(47, be16(0x2000, 0x6558, 0, 9) + FRAME)),
    "gre-mpls": (228, ipv4(47, be16(0, 0x8847, 1, 0x140) + INNER)),
    "gre-ppp": (228, ipv4(47, be16(0, 0x880B, 0xFF03, 0x57) + INNER6)),
    "gre-routing": (228, ipv4(47, be16(0x4000, 0x0800) + INNER)),
    "gre-other": (228, ipv4(47, be16(0, 0x2000) + bytes(20))),
    "pptp": (228, ipv4(47, be16(0x3081, 0x880B, 47, 5, 0, 1, 0, 2, 0x21) + INNER)),
    "pptp-ack": (228, ipv4(47, be16(0x2081, 0x880B, 0, 5, 0, 1))),
    "erspan-1": (228, ipv4(47, be16(0, 0x88BE) + FRAME)),
    "erspan-2": (228, ipv4(47, be16(0x1000, 0x88BE, 0, 1, 0x1005, 0x1807, 0, 3) + FRAME)),
    "erspan-3": (228, ipv4(47, be16(0x1000, 0x22EB, 0, 1, 0x2005, 0x1807, 0, 3, 0, 1, 0, 0, 0, 0) + FRAME)),
    "vxlan": over_udp(4789, be16(0x0800, 0, 1, 0x500) + FRAME),
    "vxlan-reserved": over_udp(8472, be16(0x0800, 0, 1, 0x501) + FRAME),
    "vxlan-fragment": over_udp(4789, be16(0x0800, 0, 1, 0x500) + FRAME, fragment=0x2000),
    "geneve": over_udp(6081, be16(0x0200, 0x6558, 0, 0x900) + bytes(8) + FRAME),
    "geneve-ip": over_udp(6081, be16(0x0000, 0x86DD, 0, 0x900) + INNER6),
    "gtp": over_udp(2152, be16(0x30FF, 50, 0, 1) + INNER),
    "gtp-extensions": over_udp(2152, be16(0x34FF, 50, 0, 1, 0, 0x85, 0x0100, 0x85, 0x0100, 0) + INNER),
    "gtp-extension-empty": over_udp(2152, be16(0x34FF, 50, 0, 1, 0, 0x85, 0, 0) + INNER),
    "gtp-echo": over_udp(2152, be16(0x3201, 4, 0, 0, 0, 0)),
    "teredo": over_udp(3544, INNER6),
    "teredo-indications": over_udp(3544, bytes([0, 1, 2, 3]) + bytes(14) + be16(0, 1, 2, 3) + INNER6),
    "teredo-long": over_udp(3544, bytes([0, 1, 255, 255]) + bytes(40)),
    "capwap": over_udp(5247, bytes([0, 0x10, 2, 0]) + bytes(4) + FRAME),
    "capwap-wlan": over_udp(5247, bytes([0, 0x20, 3, 0x10]) + bytes(12) + wlan(8, 1, INNER)),
    "capwap-keep-alive": over_udp(5247, bytes([0, 0x10, 2, 8]) + bytes(44)),
    "tzsp": over_udp(37008, be16(0x0100, 1) + bytes([0, 40, 2, 1, 1, 1]) + FRAME),
    "tzsp-endless": over_udp(37008, be16(0x0100, 1) + bytes(30)),
    "ppp": (9, be16(0xFF03, 0x21) + INNER),
    "ppp-short": (50, bytes([0x57]) + INNER6),
    "hdlc": (104, be16(0x0F00, 0x0800) + INNER),
    "hdlc-slarp": (104, be16(0x8F00, 0x8035) + bytes(18)),
    "radiotap": (127, radiotap(wlan(0x88, 0x83, INNER))),
    "wlan": (105, wlan(8, 2, INNER)),
    "wlan-beacon": (105, wlan(0x80, 0, INNER)),
    "wlan-protected": (105, wlan(8, 0x41, INNER)),
    "ppi": (192, struct.pack("<HHI", 0, 12, 105) + bytes(4) + wlan(8, 0, INNER)),
    "ppi-nested": (192, struct.pack("<HHI", 0, 8, 192) * 18 + FRAME),
    "nflog": (239, be16(0x0200, 0) + attribute(10, b"log\0") + attribute(9, INNER6)),
}

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
    **TUNNELS,
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
    for name in ("sll", "null", "raw", "extensions", "ipip", "ah", "unknown-link", "vxlan", "gre-ethernet", "gtp", "radiotap"):
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
