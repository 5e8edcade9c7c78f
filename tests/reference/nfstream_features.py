"""Set `nfstream` of a flow by its definitions (`flows.md` 4.3), and its first packets as sequences (4.4).

Sizes in the profile's accounting mode, times in whole ms since the epoch; sample standard deviations; empty: 0.
"""
import math

from row_use import UNIT_NS

FLAGS = (("syn", 2), ("cwr", 128), ("ece", 64), ("urg", 32), ("ack", 16), ("psh", 8), ("rst", 4), ("fin", 1))
IPV6_HEADER = 40


def size(p, word):
    if word == "ip":
        return p.ip_len - (IPV6_HEADER if p.ip6 else 0)
    return {"wire": p.wire, "wire16": p.wire % 65536, "l4": p.l4, "payload": p.payload}[word]


def ms(p, profile):
    return p.t * UNIT_NS[profile["time_unit"]] // 10**6


def mean(values):
    return float(sum(values)) / float(len(values)) if values else 0.0


def std(values):
    n = len(values)
    if n < 2:
        return 0.0
    return math.sqrt(float(n * sum(v * v for v in values) - sum(values) ** 2) / float(n * (n - 1)))


def statistics(out, prefix, suffix, values):
    out[f"{prefix}min_{suffix}"] = min(values, default=0)
    out[f"{prefix}mean_{suffix}"] = mean(values)
    out[f"{prefix}stddev_{suffix}"] = std(values)
    out[f"{prefix}max_{suffix}"] = max(values, default=0)


def features(flow, profile):
    """{name: int or float} in column order: 15 core columns, 48 statistics."""
    out = {}
    parts = [(prefix, part, [ms(p, profile) for p in part], [size(p, profile["size"]) for p in part])
             for prefix, part in (("bidirectional_", flow.packets), ("src2dst_", [p for p in flow.packets if p.fwd]),
                                  ("dst2src_", [p for p in flow.packets if not p.fwd]))]
    for prefix, part, times, sizes in parts:
        out[prefix + "first_seen_ms"] = times[0] if times else 0
        out[prefix + "last_seen_ms"] = times[-1] if times else 0
        out[prefix + "duration_ms"] = times[-1] - times[0] if times else 0
        out[prefix + "packets"], out[prefix + "bytes"] = len(part), sum(sizes)
    for prefix, part, times, sizes in parts:
        statistics(out, prefix, "ps", sizes)
    for prefix, part, times, sizes in parts:
        statistics(out, prefix, "piat_ms", [b - a for a, b in zip(times, times[1:])])
    for prefix, part, times, sizes in parts:
        for name, bit in FLAGS:
            out[f"{prefix}{name}_packets"] = sum(p.flags & bit != 0 for p in part)
    return out


def sequence(flow, profile, n, basis="ip", payload_only=False):
    """{field: n values}, padded with -1 (flags, window: 0), and how many are real."""
    chosen = [p for p in flow.packets if not payload_only or p.payload > 0][:n]
    basis_of = {"ip": lambda p: p.ip_len, "wire": lambda p: p.wire, "payload": lambda p: p.payload}[basis]
    unit = UNIT_NS[profile["time_unit"]]
    out = {"direction": [0 if p.fwd else 1 for p in chosen],
           "size": [min(basis_of(p), 2**31 - 1) for p in chosen],
           "gap_ns": [(b.t - a.t) * unit for a, b in zip(chosen[:1] + chosen, chosen)],
           "flags": [p.flags for p in chosen], "window": [p.window for p in chosen]}
    for name, values in out.items():
        values += [0 if name in ("flags", "window") else -1] * (n - len(chosen))
    return out, len(chosen)
