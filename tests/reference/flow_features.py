"""Set `nta` of a flow from its packet list, each feature by its definition: lists, sums, exact Python integers.

A real number is float(a) / float(b): two correctly rounded conversions and one IEEE division, at most one square root.
Works on any profile's flows: its limits, its unit of time (times become ns as integers) and its ddof.
"""
import math

from row_use import UNIT_NS

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
NS_PER_S = 10**9


class Measure:
    """What a profile says about numbers: seconds of its words and gaps in its unit, ns, ddof."""

    def __init__(self, profile):
        self.ns = UNIT_NS[profile["time_unit"]]
        self.second = NS_PER_S // self.ns
        self.subflow, self.idle, self.bulk = (profile[word] * self.second for word in ("subflow_s", "active_s", "bulk_s"))
        self.bulk_min, self.ddof = profile["bulk_min"], profile["ddof"]

    def std(self, values):
        n = len(values)
        if n <= self.ddof or n == 0:
            return 0.0
        return math.sqrt(ratio(n * sum(v * v for v in values) - sum(values) ** 2, n * (n - self.ddof)))

    def gaps_ns(self, packets):
        return [g * self.ns for g in gaps(packets)]

    def per_s(self, count, duration):
        return ratio(count * self.second, duration) if duration > 0 else 0.0


def ratio(a, b):
    return float(a) / float(b) if b else 0.0


def mean(values):
    return ratio(sum(values), len(values))


def gaps(packets):
    return [b.t - a.t for a, b in zip(packets, packets[1:])]


def runs(packets, max_gap):
    """Stretches of payload packets of one direction; a gap above max_gap (None: no limit) cuts, too."""
    out = []
    for p in packets:
        if p.payload == 0:
            continue
        last = out[-1][-1] if out else None
        if last is not None and last.fwd == p.fwd and (max_gap is None or p.t - last.t <= max_gap):
            out[-1].append(p)
        else:
            out.append([p])
    return out


def old_and_gap_segments(packets):
    old = gap = 0
    u = highest = last_seq = None
    for p in packets:
        if not p.has_tcp_header:
            continue
        if u is None:
            u = 0
        else:
            step = (p.seq - last_seq) % 2**32
            u += step - 2**32 if step >= 2**31 else step
        last_seq = p.seq
        end = u + p.payload + bool(p.flags & SYN) + bool(p.flags & FIN)
        if highest is not None and p.payload > 0:
            old += end <= highest
            gap += u > highest
        highest = end if highest is None else max(highest, end)
    return old, gap


def stretches(packets, idle):
    """Lengths of activity between gaps above idle."""
    out, start = [], packets[0].t
    for a, b in zip(packets, packets[1:]):
        if b.t - a.t > idle:
            out.append(a.t - start)
            start = b.t
    return out + [packets[-1].t - start]


def history_byte(packets):
    bits, zero = 0, False
    for p in packets:
        syn, ack = p.flags & SYN, p.flags & ACK
        bits |= 1 if syn and not ack else 0
        bits |= 2 if syn and ack else 0
        bits |= 4 if ack and not p.flags & (SYN | FIN | RST) and p.payload == 0 else 0
        bits |= 8 if p.payload > 0 else 0
        bits |= 16 if p.flags & FIN else 0
        bits |= 32 if p.flags & RST else 0
        zero = zero or (p.has_tcp_header and p.window == 0 and not p.flags & (SYN | RST))
    return bits | (64 if old_and_gap_segments(packets)[0] else 0) | (128 if zero else 0)


def tcp_state(both, fwd, bwd):
    s = any(p.flags & SYN and not p.flags & ACK for p in fwd)
    k = any(p.flags & SYN and p.flags & ACK for p in bwd)
    fin_f, fin_b = any(p.flags & FIN for p in fwd), any(p.flags & FIN for p in bwd)
    rst_f, rst_b = any(p.flags & RST for p in fwd), any(p.flags & RST for p in bwd)
    first_rst = next((p for p in both if p.flags & RST), None)
    if s and k:
        if fin_f and fin_b:
            return 3
        if first_rst is not None:
            return 7 if first_rst in fwd else 8
        return 5 if fin_f else 6 if fin_b else 2
    if s:
        return 4 if rst_b else 9 if rst_f else 11 if fin_f else 1 if not bwd else 13
    if k:
        return 10 if rst_b else 12 if fin_b else 13
    return 13


def three(out, name, function, both, fwd, bwd):
    for prefix, part in (("", both), ("fwd_", fwd), ("bwd_", bwd)):
        out[prefix + name] = function(part)


def two(out, name, function, fwd, bwd):
    for prefix, part in (("fwd_", fwd), ("bwd_", bwd)):
        out[prefix + name] = function(part)


def size_features(out, measure, both, fwd, bwd):
    three(out, "packets", len, both, fwd, bwd)
    out["wire_bytes"] = sum(p.wire for p in both)
    three(out, "ip_bytes", lambda part: sum(p.ip_len for p in part), both, fwd, bwd)
    three(out, "payload_bytes", lambda part: sum(p.payload for p in part), both, fwd, bwd)
    two(out, "payload_packets", lambda part: sum(p.payload > 0 for p in part), fwd, bwd)
    two(out, "header_bytes", lambda part: sum(p.header for p in part), fwd, bwd)
    for name, function in (("min", lambda v: min(v, default=0)), ("mean", mean), ("std", measure.std),
                           ("max", lambda v: max(v, default=0))):
        three(out, f"ip_len_{name}", lambda part: function([p.ip_len for p in part]), both, fwd, bwd)
        if name != "min":
            two(out, f"payload_len_{name}", lambda part: function([p.payload for p in part if p.payload]), fwd, bwd)
        three(out, f"iat_{name}_ns", lambda part: function(measure.gaps_ns(part)), both, fwd, bwd)
    two(out, "small_packet_share", lambda part: ratio(sum(p.ip_len <= 128 for p in part), len(part)), fwd, bwd)
    out["bwd_packet_share"] = ratio(len(bwd), len(both))
    out["bwd_byte_share"] = ratio(out["bwd_ip_bytes"], out["ip_bytes"])


def time_features(out, measure, both, fwd, bwd):
    duration = both[-1].t - both[0].t
    out["duration_ns"] = duration * measure.ns
    three(out, "packets_per_s", lambda part: measure.per_s(len(part), duration), both, fwd, bwd)
    three(out, "ip_bytes_per_s", lambda part: measure.per_s(sum(p.ip_len for p in part), duration), both, fwd, bwd)
    out["subflow_count"] = 1 + sum(g > measure.subflow for g in gaps(both))
    idle = [g * measure.ns for g in gaps(both) if g > measure.idle]
    out["idle_count"], out["idle_mean_ns"], out["idle_max_ns"] = len(idle), mean(idle), max(idle, default=0)
    active = [s * measure.ns for s in stretches(both, measure.idle)]
    out["active_mean_ns"], out["active_max_ns"] = mean(active), max(active)
    out["first_reply_ns"] = (bwd[0].t - fwd[0].t) * measure.ns if fwd and bwd else -1


def run_features(out, measure, both):
    for prefix, forward in (("fwd_", True), ("bwd_", False)):
        bulks = [r for r in runs(both, measure.bulk) if r[0].fwd == forward and len(r) >= measure.bulk_min]
        total = sum(p.payload for r in bulks for p in r)
        out[prefix + "bulk_count"] = len(bulks)
        out[prefix + "bulk_bytes_mean"] = ratio(total, len(bulks))
        out[prefix + "bulk_bytes_per_s"] = measure.per_s(total, sum(r[-1].t - r[0].t for r in bulks))
        bursts = [sum(p.payload for p in r) for r in runs(both, None) if r[0].fwd == forward]
        out[prefix + "burst_count"] = len(bursts)
        out[prefix + "burst_bytes_mean"] = mean(bursts)
        out[prefix + "burst_bytes_max"] = max(bursts, default=0)
    payloads = [p.payload if p.fwd else -p.payload for p in both if p.payload][:8]
    for k in range(8):
        out[f"first_payload_{k + 1}"] = payloads[k] if k < len(payloads) else 0


def handshake(out, measure, both, fwd, bwd):
    syn = next((p.t for p in fwd if p.flags & SYN and not p.flags & ACK), None)
    syn_ack = next((p for p in bwd if p.flags & SYN and p.flags & ACK), None)
    ack = None
    if syn_ack is not None:
        # The flow's order decides what comes after, also among equal time stamps.
        later = both[both.index(syn_ack) + 1:]
        ack = next((p.t for p in later if p.fwd and p.flags & ACK and not p.flags & SYN), None)
    out["syn_synack_ns"] = (syn_ack.t - syn) * measure.ns if syn is not None and syn_ack is not None else -1
    out["synack_ack_ns"] = (ack - syn_ack.t) * measure.ns if ack is not None else -1


def tcp_features(out, measure, both, fwd, bwd):
    for name, flag in (("fin", FIN), ("syn", SYN), ("rst", RST), ("psh", PSH), ("ack", ACK)):
        two(out, f"{name}_packets", lambda part: sum(p.flags & flag != 0 for p in part), fwd, bwd)
    for name, flag in (("urg", URG), ("ece", ECE), ("cwr", CWR)):
        out[f"{name}_packets"] = sum(p.flags & flag != 0 for p in both)
    two(out, "init_window", lambda part: next((p.window for p in part if p.has_tcp_header), -1), fwd, bwd)
    two(out, "zero_window_packets", lambda part: sum(
        p.has_tcp_header and p.window == 0 and not p.flags & (SYN | RST) for p in part), fwd, bwd)
    two(out, "old_segments", lambda part: old_and_gap_segments(part)[0], fwd, bwd)
    two(out, "gap_segments", lambda part: old_and_gap_segments(part)[1], fwd, bwd)
    two(out, "ttl_min", lambda part: min((p.ttl for p in part), default=-1), fwd, bwd)
    two(out, "ttl_max", lambda part: max((p.ttl for p in part), default=-1), fwd, bwd)
    handshake(out, measure, both, fwd, bwd)
    is_tcp = both[0].tcp
    first_rst = next((p for p in both if p.flags & RST), None)
    rst_bits = 0 if first_rst is None else 1 << 16 if first_rst in fwd else 1 << 17
    out["tcp_state"] = tcp_state(both, fwd, bwd) if is_tcp else 0
    out["tcp_history"] = history_byte(fwd) | history_byte(bwd) << 8 | rst_bits if is_tcp else 0
    icmp = both[0].icmp
    out["icmp_type"] = icmp >> 8 if icmp >= 0 else -1
    out["icmp_code"] = icmp & 255 if icmp >= 0 else -1
    out["fragment_packets"] = sum(p.fragment for p in both)


def features(flow, profile):
    """{name: int or float} of all 114 features."""
    both, measure = flow.packets, Measure(profile)
    fwd = [p for p in both if p.fwd]
    bwd = [p for p in both if not p.fwd]
    out = {}
    size_features(out, measure, both, fwd, bwd)
    time_features(out, measure, both, fwd, bwd)
    run_features(out, measure, both)
    tcp_features(out, measure, both, fwd, bwd)
    return out
