"""The slow twin of host windows and link load (`flows.md` 4.5, 4.6): shard rows -> rows as dictionaries.

Plain loops and dictionaries over the rows and flows of the other twins; shares no code with the product.
"""
import fractions
import functools
import json
import pathlib

from flow_features import tcp_state
from flow_identity import identity
from flow_meter import flows_of
from flow_profiles import load
from row_use import TCP, packets
from shard_rows import frames, shard

FAILED_STATES = {1, 4, 9, 11}  # S0, REJ, RSTOS0, SH
PRIMARY = 1 << 11
CHANGES = ("packets_out", "ip_bytes_out", "flows_out")


def manifest_of(folder):
    return json.loads((pathlib.Path(folder) / "manifest.json").read_text())


def all_rows(folder):
    manifest = manifest_of(folder)
    for entry in manifest["shards"]:
        yield from shard(pathlib.Path(folder) / entry["file"], manifest["links"], manifest["join"])


def primary_rows(folder):
    """One row a packet, whatever became of it."""
    return (row for row in all_rows(folder) if row.bits & PRIMARY)


@functools.lru_cache(maxsize=None)
def log2_fixed(c):
    """floor(2^32 log2 c) from both sides: digits of the logarithm that a lower and an upper bound agree on."""
    whole = c.bit_length() - 1
    digits = whole
    low = high = fractions.Fraction(c, 1 << whole)  # in [1, 2)
    scale = 1 << 300
    for _ in range(32):
        low = fractions.Fraction(low * low * scale // 1, scale)
        high = fractions.Fraction(-(-(high * high * scale) // 1), scale)
        digit = 1 if low >= 2 else 0
        assert digit == (1 if high >= 2 else 0), f"log2 {c}: 300 bits do not decide"
        digits = 2 * digits + digit
        low, high = low / (1 + digit), high / (1 + digit)
    return digits


def entropy(counts):
    n = sum(counts)
    if n == 0:
        return 0.0
    weighted = sum(c * log2_fixed(c) for c in counts if c > 0)
    return float(n * log2_fixed(n) - weighted) / float(n << 32)


class Host:
    def __init__(self):
        self.packets_out = self.ip_bytes_out = self.packets_in = self.ip_bytes_in = 0
        self.flows_out = self.flows_in = self.failed_out = 0
        self.packets_to, self.bytes_to, self.flows_to_port = {}, {}, {}
        self.peers_out, self.peers_in = set(), set()


def count(table, name, by=1):
    table[name] = table.get(name, 0) + by


def host_sums(folder, profile, window_ns):
    """((capture, window, address) -> Host, (capture, window) -> packets)."""
    hosts, totals = {}, {}
    join = manifest_of(folder)["join"]
    for row in primary_rows(folder):
        count(totals, (row.key.file, row.t_ns // window_ns))
    for _, p in packets(profile, frames(folder)):
        row, key = p.row, p.row.key
        source, target = (key.addr_a, key.addr_b) if row.side == 0 else (key.addr_b, key.addr_a)
        window = (key.file, row.t_ns // window_ns)
        sender = hosts.setdefault((*window, source), Host())
        receiver = hosts.setdefault((*window, target), Host())
        sender.packets_out += 1
        sender.ip_bytes_out += row.ip_len
        receiver.packets_in += 1
        receiver.ip_bytes_in += row.ip_len
        count(sender.packets_to, target)
        count(sender.bytes_to, target, row.ip_len)
    for flow in flows_of(folder, profile):
        who = identity(flow, profile)
        start_ns = who["start_s"] * 10**9 + who["start_ns"]
        window = (0 if join else who["capture"], start_ns // window_ns)
        source, target = bytes(who["src_ip"]), bytes(who["dst_ip"])
        fwd, bwd = [p for p in flow.packets if p.fwd], [p for p in flow.packets if not p.fwd]
        tcp = who["protocol"] == TCP
        failed = tcp_state(flow.packets, fwd, bwd) in FAILED_STATES if tcp else not bwd
        sender = hosts.setdefault((*window, source), Host())
        receiver = hosts.setdefault((*window, target), Host())
        sender.flows_out += 1
        sender.failed_out += failed
        sender.peers_out.add(target)
        count(sender.flows_to_port, (who["protocol"], who["dst_port"]))
        receiver.flows_in += 1
        receiver.peers_in.add(source)
    return hosts, totals


def host_windows(folder, window_ns, profile="nta"):
    """Rows in the order of the product: keys capture, start_s, start_ns, host (16 bytes), then columns."""
    profile = load(profile)
    hosts, totals = host_sums(folder, profile, window_ns)
    first = {}
    for capture, window in [*totals, *(place[:2] for place in hosts)]:
        first[capture] = min(window, first.get(capture, window))
    rows = []
    for capture, window, address in sorted(hosts):
        now, before = hosts[capture, window, address], hosts.get((capture, window - 1, address), Host())
        all_packets = totals.get((capture, window), 0)
        row = {"capture": capture, "start_s": window * window_ns // 10**9, "start_ns": window * window_ns % 10**9,
               "host": address}
        for name in ("packets_out", "ip_bytes_out", "packets_in", "ip_bytes_in", "flows_out", "flows_in"):
            row[name] = getattr(now, name)
        row["peers_out"], row["peers_in"] = len(now.peers_out), len(now.peers_in)
        row["dst_ports_out"], row["failed_out"] = len(now.flows_to_port), now.failed_out
        both = now.packets_out + now.packets_in
        row["address_frequency"] = float(both) / float(all_packets) if all_packets else 0.0
        for name in CHANGES:
            x, x_before = getattr(now, name), getattr(before, name)
            row[name + "_change"] = 0.0 if window == first[capture] else float(x - x_before) / float(max(1, x_before))
        row["peer_entropy"] = entropy(now.packets_to.values())
        row["port_entropy"] = entropy(now.flows_to_port.values())
        row["byte_entropy"] = entropy(now.bytes_to.values())
        rows.append(row)
    return rows


def in_network(address, network):
    """`network`: (16 bytes, bits of 128)."""
    shift = 128 - network[1]
    return int.from_bytes(address, "big") >> shift == int.from_bytes(network[0], "big") >> shift


def units_of(manifest, prefixes):
    """Every series, in order: (capture, unit, direction)."""
    links = {}
    for number, link in enumerate(manifest["links"]):
        links.setdefault(0 if manifest["join"] else link["file"], []).append(number)
    for capture in sorted(links):
        yield capture, "capture", "both"
        for number in links[capture]:
            yield capture, f"link:{number}", "both"
        for name in prefixes:
            yield capture, name, "in"
            yield capture, name, "out"


def link_load(folder, interval_ns, prefixes):
    """Rows in the order of the product. `prefixes`: name -> (16 bytes, bits of 128)."""
    manifest = manifest_of(folder)
    sums, spans = {}, {}
    for row in primary_rows(folder):
        key, at = row.key, row.t_ns // interval_ns
        members = ["capture both", f"link:{key.link} both"]
        if key.ip_version:
            source, target = (key.addr_a, key.addr_b) if row.side == 0 else (key.addr_b, key.addr_a)
            members += [f"{name} out" for name, network in prefixes.items() if in_network(source, network)]
            members += [f"{name} in" for name, network in prefixes.items() if in_network(target, network)]
        for member in members:
            n, wire_bytes = sums.get((key.file, member, at), (0, 0))
            sums[key.file, member, at] = n + 1, wire_bytes + row.wire_len
        low, high = spans.get(key.file, (at, at))
        spans[key.file] = min(low, at), max(high, at)
    rows = []
    for capture, unit, direction in units_of(manifest, prefixes):
        low, high = spans.get(capture, (0, -1))
        for at in range(low, high + 1):
            n, wire_bytes = sums.get((capture, f"{unit} {direction}", at), (0, 0))
            rows.append({"capture": capture, "unit": unit, "direction": direction,
                         "start_s": at * interval_ns // 10**9, "start_ns": at * interval_ns % 10**9, "packets": n,
                         "wire_bytes": wire_bytes,
                         "bits_per_s": float(8 * wire_bytes * 10**9) / float(interval_ns)})
    return rows
