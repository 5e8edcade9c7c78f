"""Where NFStream itself and profile nfstream part, on a capture made here: each class of frames, expected by rule."""
import csv
import struct
import subprocess
import sys

import beside_nfstream
import pytest

from conftest import BUILD

MACS = bytes.fromhex("020000000002" "020000000001")


def ipv4(source, payload, first_byte=0x45):
    head = struct.pack(">BBHHHBBH", first_byte, 0, 20 + len(payload), 0, 0, 64, 17, 0)
    return head + bytes([10, 0, 0, source, 10, 0, 0, 200]) + payload


def udp(source_port, target_port, payload):
    return struct.pack(">HHHH", source_port, target_port, 8 + len(payload), 0) + payload


def frame(kind, packet):
    return MACS + struct.pack(">H", kind) + packet


def gtp(first_byte, message, payload):
    return bytes([first_byte, message]) + struct.pack(">HI", len(payload), 7) + payload


PLAIN = udp(1000, 53, b"x" * 20)
INNER = struct.pack(">BBHHHBBH", 0x45, 0, 36, 0, 0, 64, 17, 0) + bytes([99, 0, 0, 1, 99, 0, 0, 2]) + udp(7, 9, b"inside..")
# Source address 10.0.0.N -> frames of that host; flows by rule and in the tool itself.
CASES = [
    ("plain IPv4", [frame(0x0800, ipv4(1, PLAIN))], 1, 1),
    ("EtherType 0x8903 before what looks like IPv4", [frame(0x8903, ipv4(2, PLAIN))], 0, 1),
    ("802.3 length 0x0100 before what looks like IPv4", [frame(0x0100, ipv4(3, PLAIN))], 0, 1),
    ("IPv4 with a header of 4 bytes", [frame(0x0800, ipv4(4, PLAIN, 0x41))], 0, 1),
    ("GTP version 2 on the port of GTP-U", [frame(0x0800, ipv4(5, udp(4000, 2152, gtp(0x58, 0x58, b"X" * 112))))], 1, 1),
    ("GTP-U echo request", [frame(0x0800, ipv4(6, udp(4000, 2152, gtp(0x32, 1, bytes(4)))))], 1, 1),
    ("GTP-U user data without IP inside", [frame(0x0800, ipv4(7, udp(4000, 2152, gtp(0x30, 255, b"X" * 40))))], 0, 0),
]
TUNNEL = MACS + bytes.fromhex("8100" "006c" "8100" "0060" "0800") + ipv4(8, udp(2152, 2152, gtp(0x30, 255, INNER)))


@pytest.fixture
def capture(tmp_path):
    frames = [one for _, several, _, _ in CASES for one in several] + [TUNNEL]
    path = tmp_path / "parting.pcap"
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i, one in enumerate(frames):
            out.write(struct.pack("<IIII", 1_700_000_000 + i, 0, len(one), len(one)) + one)
    return path


def flows_of(counter, host):
    return sum(n for flow, n in counter.items() if any(address == 0x0A000000 + host for address, _ in flow[:2]))


def test_profile_by_rule(nta, capture):
    done = nta("features", capture, "--profile", "nfstream", "--set", "nfstream-core", "--format", "csv", "--out", "-")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    for host, (what, _, by_rule, _) in enumerate(CASES, 1):
        assert sum(row["src_ip"] == f"10.0.0.{host}" for row in rows) == by_rule, what
    inside = [row for row in rows if row["src_ip"] == "99.0.0.1"]
    # The inner packet has no tag of its own: the frame's last one keeps its flow apart and is its vlan_id.
    assert [(row["vlan_id"], row["tunnel_id"], row["bidirectional_bytes"]) for row in inside] == [("96", "1", str(len(TUNNEL)))]


def test_the_tool_itself(capture):
    if not beside_nfstream.PYTHON.exists():
        pytest.skip("NFStream is not installed; scripts/bench.sh flows --install-rivals brings it")
    theirs = beside_nfstream.of_nfstream(capture)
    for host, (what, _, _, in_tool) in enumerate(CASES, 1):
        assert flows_of(theirs, host) == in_tool, what
    done = subprocess.run([sys.executable, beside_nfstream.__file__, capture, "--nta", BUILD / "nta"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "flows: nta 4, NFStream 7, equal 4" in done.stdout
    for name in ("ethertype", "length", "ihl"):
        assert f"{name}: 1 frames, 1 flows" in done.stdout
