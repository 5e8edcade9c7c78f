"""The slow twin of the meters: shard rows -> flows of any profile, with plain loops and dictionaries.

Shares no code with the product. Every word of a profile document (`flows.md` 3) is a branch or a table entry here; a
flow keeps its packets, each with the direction that it was given.
"""
from flow_profiles import load
from row_use import UNIT_NS, packets
from shard_rows import frames

FIN, SYN, RST, ACK = 1, 2, 4, 16
UDP, TCP = 17, 6
REASON = {"idle": 1, "active": 2, "fin": 3, "rst": 4, "eof": 5}
NEW, CONTINUED = "new", "continued"


class Flow:
    """`forward`: the side whose packets are forward."""

    def __init__(self, key, forward, continuation_of=-1):
        self.key, self.forward, self.continuation_of = key, forward, continuation_of
        self.packets, self.reason = [], None
        self.closed_at = self.closed_by = None
        self.fin_sides, self.fins_seen = set(), 0  # fins_seen: FINs that moved cic_fixed's state

    def is_forward(self, p):
        return p.one_sided or p.side == self.forward

    def add(self, p, fwd=None):
        p.fwd = self.is_forward(p) if fwd is None else fwd
        self.packets.append(p)

    start = property(lambda self: self.packets[0].t)
    last = property(lambda self: self.packets[-1].t)


class Meter:
    def __init__(self, profile):
        self.profile = profile
        self.rule = profile["tcp_end"]["rule"]
        self.second = 10**9 // UNIT_NS[profile["time_unit"]]
        self.open, self.done, self.dropped = {}, [], {}

    def reached(self, word, waited):
        limit = self.profile[word]
        if limit is None:
            return False
        bound = limit["s"] * self.second
        return waited > bound if limit["cut"] == ">" else waited >= bound

    def finish(self, flow, why):
        flow.reason = flow.closed_by or why
        if self.profile["singles"] == "keep" or len(flow.packets) > 1:
            self.done.append(flow)
        else:
            self.dropped["single_packet_flow"] = self.dropped.get("single_packet_flow", 0) + 1

    def begin(self, key, p, before, how):
        """The flow that p starts; `before`: the one that it ended, if any."""
        word, swap = self.profile["continuation"], self.profile["direction"] == "synack_swap"
        forward, continuation_of, fwd = p.side, -1, None
        if swap and p.flags & SYN and p.flags & ACK:
            forward = 1 - p.side
        if how == CONTINUED:
            continuation_of = before.packets[0].number
            if word in ("inherit", "inherit_first_forward"):
                forward = before.forward
            if word == "inherit_first_forward":
                fwd = True
        flow = self.open[key] = Flow(key, forward, continuation_of)
        flow.add(p, fwd)
        if self.rule == "close_linger":
            self.close_linger(flow, p)
        elif self.rule == "cic_fixed" and p.flags & FIN:
            flow.fin_sides.add(p.fwd)

    def cut(self, flow, p):
        """(why the open flow ends before p, how p goes on), or None."""
        if self.rule == "close_linger" and flow.closed_at is not None:
            linger = self.profile["tcp_end"]["linger_s"] * self.second
            if (p.flags & SYN and not p.flags & ACK) or p.t - flow.closed_at > linger:
                return flow.closed_by, NEW
        if self.rule == "cic_fixed" and flow.closed_by and p.flags & SYN:
            return flow.closed_by, NEW
        if self.rule == "cic_fixed" and p.icmp >= 0 and flow.packets[0].icmp >= 0:
            there, here = flow.packets[0].icmp, p.icmp
            if there >> 8 != here >> 8 and there & 255 != here & 255:
                return "active", NEW
        if self.reached("idle", p.t - flow.last):
            return "idle", NEW
        if self.reached("active", p.t - flow.start):
            return ("active", CONTINUED) if self.rule != "cic_fixed" else self.cic_fixed_cut(flow, p)
        return None

    def cic_fixed_cut(self, flow, p):
        protocol = p.row.key.protocol
        if protocol == UDP and self.reached("active", p.t - flow.last):
            return "active", NEW
        return "active", CONTINUED if protocol in (TCP, UDP) else NEW

    def close_linger(self, flow, p):
        """Closes at the first RST, or at the FIN after which both sides have sent one."""
        if p.flags & FIN:
            flow.fin_sides.add(p.fwd)
        if flow.closed_at is None and p.flags & RST:
            flow.closed_at, flow.closed_by = p.t, "rst"
        elif flow.closed_at is None and len(flow.fin_sides) == 2:
            flow.closed_at, flow.closed_by = p.t, "fin"

    def cic_fixed(self, flow, p):
        if p.flags & FIN:
            flow.fin_sides.add(p.fwd)
            if flow.fins_seen == 0 or (flow.fins_seen == 1 and len(flow.fin_sides) == 2):
                flow.fins_seen += 1
        elif p.flags & RST:
            flow.closed_by = flow.closed_by or "rst"
        elif p.flags & ACK and flow.fins_seen == 2:
            flow.closed_by = flow.closed_by or "fin"

    def cic_original(self, key, flow, p):
        """Adds p, or drops it; a backward FIN and an RST end the flow at once."""
        if p.flags & FIN and flow.is_forward(p):
            flow.fins_seen += 1
            if flow.fins_seen == 1:
                flow.add(p)
            else:
                self.dropped["late_fin"] = self.dropped.get("late_fin", 0) + 1
            return
        flow.add(p)
        if p.flags & (FIN | RST):
            del self.open[key]
            self.finish(flow, "fin" if p.flags & FIN else "rst")

    def take(self, key, p):
        flow = self.open.get(key)
        if flow is None:
            self.begin(key, p, None, NEW)
            return
        cut = self.cut(flow, p)
        if cut is not None:
            self.finish(flow, cut[0])
            self.begin(key, p, flow, cut[1])
        elif self.rule == "cic_original":
            self.cic_original(key, flow, p)
        else:
            flow.add(p)
            if self.rule == "close_linger":
                self.close_linger(flow, p)
            elif self.rule == "cic_fixed":
                self.cic_fixed(flow, p)

    def flows(self):
        """Every flow, ascending by its first packet, then layer."""
        for flow in self.open.values():
            self.finish(flow, "eof")
        self.open = {}
        return sorted(self.done, key=lambda f: (f.packets[0].number, f.packets[0].layer))


def within_base(t, p, unit_ns):
    """A clock moved to the time base of p's shard saturates at +-2^62 ns."""
    base, limit = p.row.base_ns // unit_ns, (2**62 - 1) // unit_ns
    return max(base - limit, min(base + limit, t))


def on_the_clock(order, pairs, unit_ns):
    """(key, packet) again, with the times that the profile's order gives them."""
    if order == "sorted":
        by_key = {}
        for key, p in pairs:
            by_key.setdefault(key, []).append(p)
        for key, list_of_key in by_key.items():
            yield from ((key, p) for p in sorted(list_of_key, key=lambda p: p.t))
        return
    latest, latest_of = None, {}
    for key, p in pairs:
        if order == "monotone":
            latest = p.t = p.t if latest is None else max(p.t, within_base(latest, p, unit_ns))
        elif order == "monotone_key":
            latest_of[key] = p.t = max(p.t, latest_of.get(key, p.t))
        yield key, p


def flows_of(folder, profile="nta", of_frames=None):
    """Every flow of a shard folder (or of frames at hand) under a profile: name, document or path."""
    profile = load(profile)
    meter = Meter(profile)
    counted = packets(profile, frames(folder) if of_frames is None else of_frames)
    for key, p in on_the_clock(profile["order"], counted, UNIT_NS[profile["time_unit"]]):
        meter.take(key, p)
    return meter.flows()
