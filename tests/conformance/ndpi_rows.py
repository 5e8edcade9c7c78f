"""What ndpiReader counts, as a transformation of packet rows: its flows are no profile of the product.

As profile `nfstream`, but: no time-outs, times as captured, sizes are captured lengths modulo 65,536, an IPv6 address is
the 32-bit sum of its last two little-endian words, GRE, ERSPAN and VXLAN are opened, PPI is read, LLC is not, every
truncated packet is dropped, IPv4 packets without a total length and CAPWAP that does not decode are kept.
"""
import collections
import math
import re
import tarfile

import flow_meter
import flow_profiles
import shard_rows

CAPWAP = 8
NO_TOTAL_LENGTH, INNER_FAILED, NEXT_KIND = 1 << 3, 1 << 8, 15 << 12
LINE = re.compile(r"\[(\d+) pkts/(\d+) bytes (?:<->|->) (\d+) pkts/(\d+) bytes\]")
SIZES = re.compile(r"\[Pkt Len c2s/s2c min/avg/max/stddev: (\d+)/(\d+) (\d+)/(\d+) (\d+)/(\d+) (\d+)/(\d+)\]")

PROFILE = {
    **flow_profiles.NFSTREAM, "name": "ndpi-reader",
    "use": {**flow_profiles.NFSTREAM["use"],
            "open": [*flow_profiles.NFSTREAM["use"]["open"], "gre", "erspan", "vxlan@ipv4"],
            "link_types": [*flow_profiles.NFSTREAM["use"]["link_types"], 192],
            "shims": [shim for shim in flow_profiles.NFSTREAM["use"]["shims"] if shim != "llc"]},
    "order": "capture", "time_unit": "us", "idle": None, "active": None,
}


def short_address(address):
    """IPv6 as that tool compares it; IPv4 as it is."""
    words = int.from_bytes(address[8:12], "little") + int.from_bytes(address[12:16], "little")
    return bytes(12) + (words % 2**32).to_bytes(4, "little")


def transform(frames):
    """The same frames with rows and keys changed in place, so that PROFILE sees what the tool sees."""
    done = set()
    kept = []  # keeps every key alive: `done` holds their ids
    for frame in frames:
        for row in frame:
            key = row.key
            no_length = row.truncated or (row.no_total_length and key.ip_version == 6)
            row.bits = (row.bits & ~NO_TOTAL_LENGTH) | (NO_TOTAL_LENGTH if no_length else 0)
            if row.next_kind == CAPWAP and row.inner_failed:
                row.bits &= ~(INNER_FAILED | NEXT_KIND)
            row.wire_len = row.cap_len
            if id(key) not in done:
                done.add(id(key))
                kept.append(key)
                shorten(key)
            if key.swapped:
                row.bits ^= 1
        yield frame


def shorten(key):
    """Addresses as the tool compares them, endpoints sorted again."""
    key.swapped = False
    if key.ip_version == 6:
        key.addr_a, key.addr_b = short_address(key.addr_a), short_address(key.addr_b)
        if (key.addr_a, key.port_a) > (key.addr_b, key.port_b):
            key.addr_a, key.addr_b, key.port_a, key.port_b = key.addr_b, key.addr_a, key.port_b, key.port_a
            key.swapped = True


def flows(folder):
    """[(forward sizes, backward sizes)] of a capture's shard folder."""
    out = []
    for flow in flow_meter.flows_of(None, PROFILE, transform(shard_rows.frames(folder))):
        out.append(tuple([p.wire % 65536 for p in flow.packets if p.fwd == fwd] for fwd in (True, False)))
    return out


def counts(flow):
    return len(flow[0]), sum(flow[0]), len(flow[1]), sum(flow[1])


def expected_texts(archive):
    """{capture: text} of expected_results.tar.gz."""
    with tarfile.open(archive) as tar:
        return {member.name.removeprefix("result/").removesuffix(".out"): tar.extractfile(member).read().decode("utf-8", "replace")
                for member in tar.getmembers() if member.isfile()}


def expected_flows(text):
    """[(four counts, eight packet length statistics or None)], a line a flow."""
    out = []
    for line in text.splitlines():
        found = LINE.search(line)
        if found:
            sizes = SIZES.search(line)
            out.append((tuple(map(int, found.groups())), tuple(map(int, sizes.groups())) if sizes else None))
    return out


def length_statistics(flow):
    """min, mean, max and population standard deviation of both directions, in the order of the text."""
    columns = []
    for sizes in flow:
        n = len(sizes)
        mean = sum(sizes) / n if n else 0
        spread = math.sqrt(sum(s * s for s in sizes) / n - mean * mean) if n else 0
        columns.append((min(sizes, default=0), mean, max(sizes, default=0), spread))
    return tuple(value for pair in zip(*columns) for value in pair)


def compare(text, got):
    """Counter of four numbers that only the text has, that only nta has, and how many flows agree."""
    want = collections.Counter(numbers for numbers, _ in expected_flows(text))
    have = collections.Counter(map(counts, got))
    return want - have, have - want, sum((want & have).values())
