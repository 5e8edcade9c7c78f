"""The slow twin of the meters: shard rows -> flows of profile `nta`, with plain loops and dictionaries.

Shares no code with the product. Rules: a flow of a key ends before a packet that comes 120 s after its last one or
1800 s after its first; a TCP flow closes at its first RST or at the FIN that makes both sides have sent one, keeps the
packets of the next 5 s, and ends before a SYN without ACK or a later packet. Times never run back within a key.
"""
import pathlib
import json

import h5py
import hdf5plugin  # noqa: F401  registers the LZ4 and Zstd filters
import numpy as np

IDLE_NS, ACTIVE_NS, LINGER_NS = 120 * 10**9, 1800 * 10**9, 5 * 10**9
FIN, SYN, RST, ACK = 1, 2, 4, 16
PORT_PROTOCOLS = {6, 17, 33, 132, 136}
CHUNK_ROWS = 65536
REASON = {"idle": 1, "active": 2, "fin": 3, "rst": 4, "eof": 5}


class Packet:
    __slots__ = ("number", "t", "side", "wire", "ip_len", "payload", "header", "flags", "window", "ttl", "seq",
                 "icmp", "tcp", "has_tcp_header", "fragment")


class Flow:
    def __init__(self, key, packet, forward, continuation_of, capture):
        self.key, self.forward, self.continuation_of, self.capture = key, forward, continuation_of, capture
        self.packets = [packet]
        self.closed_at = self.closed_by = self.reason = None
        self.fin_sides = set()


def shard_rows(path):
    """Columns of one shard: absolute time as Python integers, keys as tuples."""
    with h5py.File(path) as file:
        rows = {name: file["rows"][name][:] for name in file["rows"]}
        keys = {name: file["keys"][name][:] for name in file["keys"]}
        base_ns, first = int(file.attrs["time_base_s"]) * 10**9, int(file.attrs["first_index"])
    times = np.empty(len(rows["dt"]), dtype=np.int64)
    for start in range(0, len(times), CHUNK_ROWS):
        times[start:start + CHUNK_ROWS] = np.cumsum(rows["dt"][start:start + CHUNK_ROWS])
    return rows, keys, [base_ns + int(t) for t in times], first


def last_tunnel_but_ipip(path):
    kinds = [path >> shift & 15 for shift in (0, 4, 8, 12)]
    return next((kind for kind in reversed(kinds) if kind > 1), 0)


def flow_key(keys, i, links):
    protocol = int(keys["protocol"][i])
    ports = (int(keys["port_a"][i]), int(keys["port_b"][i])) if protocol in PORT_PROTOCOLS else (0, 0)
    return (links[int(keys["link"][i])]["file"], bytes(keys["addr_a"][i]), bytes(keys["addr_b"][i]), *ports, protocol,
            int(keys["vlan_outer"][i]), int(keys["vlan_inner"][i]), last_tunnel_but_ipip(int(keys["path"][i])),
            int(keys["tunnel_id"][i]), int(keys["icmp_class"][i]))


def make_packet(rows, i, t, number, key):
    p = Packet()
    bits, protocol = int(rows["bits"][i]), key[5]
    one_endpoint = key[1] == key[2] and protocol not in PORT_PROTOCOLS
    p.number, p.t, p.side = number, t, 0 if one_endpoint else bits & 1
    p.wire, p.ip_len = int(rows["wire_len"][i]), int(rows["ip_len"][i])
    p.header = 4 * int(rows["ip_hdr"][i]) + int(rows["l4_hdr"][i])
    p.payload = max(0, p.ip_len - p.header)
    p.flags, p.window, p.ttl = int(rows["tcp_flags"][i]), int(rows["window"][i]), int(rows["ttl"][i])
    p.seq = int(rows["seq"][i])
    p.fragment = bits >> 1 & 3 != 0
    p.tcp = protocol == 6
    later, missing, malformed = bits >> 1 & 3 == 2, bits >> 5 & 1, bits >> 6 & 1
    p.icmp = int(rows["icmp"][i]) if protocol in (1, 58) and not later and not missing else -1
    p.has_tcp_header = p.tcp and not later and not missing and not malformed
    return p


def packets(folder):
    """(key, packet) of every used row of a shard folder, in capture order."""
    manifest = json.loads((pathlib.Path(folder) / "manifest.json").read_text())
    for shard in manifest["shards"]:
        rows, keys, times, first = shard_rows(pathlib.Path(folder) / shard["file"])
        projected = [flow_key(keys, i, manifest["links"]) for i in range(len(keys["link"]))]
        for i in np.argsort(rows["index"], kind="stable"):
            bits = int(rows["bits"][i])
            deeper_row_follows = bits >> 12 and not bits >> 8 & 1
            if rows["status"][i] == 0 and not deeper_row_follows:
                key = projected[rows["key"][i]]
                yield key, make_packet(rows, i, times[i], first + int(rows["index"][i]), key)


def ends_before(flow, p):
    """Why the open flow ends before packet p, or None."""
    first, last = flow.packets[0].t, flow.packets[-1].t
    if flow.closed_at is not None:
        if (p.flags & SYN and not p.flags & ACK) or p.t - flow.closed_at > LINGER_NS:
            return flow.closed_by
    if p.t - last >= IDLE_NS:
        return "idle"
    if p.t - first >= ACTIVE_NS:
        return "active"
    return None


def note_end(flow, p):
    """Closes the flow at its first RST, or at the FIN after which both sides have sent one."""
    if p.flags & FIN:
        flow.fin_sides.add(p.side)
    if flow.closed_at is None and p.tcp:
        if p.flags & RST:
            flow.closed_at, flow.closed_by = p.t, "rst"
        elif len(flow.fin_sides) == 2:
            flow.closed_at, flow.closed_by = p.t, "fin"


def flows_of(folder):
    """Every flow, ascending by its first packet."""
    open_flows, done = {}, []
    for key, p in packets(folder):
        flow = open_flows.get(key)
        if flow is not None:
            p.t = max(p.t, flow.packets[-1].t)
            why = ends_before(flow, p)
            if why is None:
                flow.packets.append(p)
                note_end(flow, p)
                continue
            flow.reason = flow.closed_by or why
            done.append(flow)
        forward, continuation = p.side, -1
        if p.flags & SYN and p.flags & ACK:
            forward = 1 - p.side
        if flow is not None and why == "active":
            forward, continuation = flow.forward, flow.packets[0].number
        open_flows[key] = Flow(key, p, forward, continuation, key[0])
        note_end(open_flows[key], p)
    for flow in open_flows.values():
        flow.reason = flow.closed_by or "eof"
        done.append(flow)
    return sorted(done, key=lambda f: f.packets[0].number)
