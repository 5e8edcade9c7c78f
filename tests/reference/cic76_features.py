"""Set `cic76` of a flow by its definitions (`flows.md` 4.2), in the three variants of the profile word `cic_formulas`.

Sizes are payload lengths, times those of the profile in us; sample standard deviations; empty: 0.
"""
import math

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
UNITS_PER_S = {"ns": 10**9, "us": 10**6, "ms": 10**3}
SIDES = ("Fwd", "Bwd")


def ratio(a, b):
    return float(a) / float(b) if b else 0.0


def mean(values):
    return ratio(sum(values), len(values))


def variance(values):
    n = len(values)
    return ratio(n * sum(v * v for v in values) - sum(values) ** 2, n * (n - 1)) if n > 1 else 0.0


def std(values):
    return math.sqrt(variance(values))


def gaps(packets):
    return [b.t - a.t for a, b in zip(packets, packets[1:])]


def runs(packets, max_gap, merged):
    """Stretches of payload packets, cut by a gap above max_gap and, unless merged, by the other direction."""
    out = []
    for p in packets:
        if p.payload == 0:
            continue
        last = out[-1][-1] if out else None
        if last is not None and (merged or last.fwd == p.fwd) and p.t - last.t <= max_gap:
            out[-1].append(p)
        else:
            out.append([p])
    return out


class Table:
    """One flow's 76 values; a method a group of rows of the page's table."""

    def __init__(self, flow, profile):
        self.profile, self.variant = profile, profile["cic_formulas"]
        self.second = UNITS_PER_S[profile["time_unit"]]
        self.to_us = lambda t: t * 10**6 // self.second if self.second > 10**6 else t * (10**6 // self.second)
        self.both = flow.packets
        self.part = {"Fwd": [p for p in self.both if p.fwd], "Bwd": [p for p in self.both if not p.fwd]}
        self.duration = self.both[-1].t - self.both[0].t
        self.out = {}

    original = property(lambda self: self.variant == "original")
    as_published = property(lambda self: self.variant != "corrected")

    def whole(self, a, b):
        """a / b, as an integer where the original tool divides integers."""
        if self.original:
            return a // b if b else 0
        return ratio(a, b)

    def rate(self, count):
        return ratio(count * self.second, self.duration) if self.duration > 0 else 0.0

    def flow_rate(self, count):
        if self.duration > 0:
            return self.rate(count)
        word = self.profile["rate_at_zero"]
        if word == "inf_nan":
            return math.inf if count else math.nan
        return float(word)

    def spread(self, name, values, order):
        functions = {"Mean": mean, "Std": std, "Max": lambda v: max(v, default=0), "Min": lambda v: min(v, default=0)}
        for word in order.split():
            self.out[f"{name} {word}"] = functions[word](values)

    def volume(self):
        self.out["Flow Duration"] = self.duration
        self.out["Total Fwd Packet"], self.out["Total Bwd packets"] = (len(self.part[s]) for s in SIDES)
        for side in SIDES:
            self.out[f"Total Length of {side} Packet"] = sum(p.payload for p in self.part[side])
        for side in SIDES:
            self.spread(f"{side} Packet Length", [p.payload for p in self.part[side]], "Max Min Mean Std")
        self.out["Flow Bytes/s"] = self.flow_rate(sum(p.payload for p in self.both))
        self.out["Flow Packets/s"] = self.flow_rate(len(self.both))

    def gaps_between(self):
        self.spread("Flow IAT", gaps(self.both), "Mean Std Max Min")
        for side in SIDES:
            part = self.part[side]
            self.out[f"{side} IAT Total"] = part[-1].t - part[0].t if part else 0
            self.spread(f"{side} IAT", gaps(part), "Mean Std Max Min")

    def flags_and_headers(self):
        for name, flag in (("PSH", PSH), ("URG", URG)):
            for side in SIDES:
                counted = [p for p in self.part[side] if p is self.both[0] or not self.original]
                self.out[f"{side} {name} Flags"] = sum(p.flags & flag != 0 for p in counted)
        for side in SIDES:
            self.out[f"{side} Header Length"] = sum(p.l4_header for p in self.part[side])
        for side in SIDES:
            self.out[f"{side} Packets/s"] = self.rate(len(self.part[side]))

    def lengths(self):
        sizes = [p.payload for p in self.both]
        again = sizes[:1] + sizes if self.original else sizes
        self.spread("Packet Length", again, "Min Max Mean Std")
        self.out["Packet Length Variance"] = variance(again)
        for name, flag in (("FIN", FIN), ("SYN", SYN), ("RST", RST), ("PSH", PSH), ("ACK", ACK), ("URG", URG),
                           ("CWR", CWR), ("ECE", ECE)):
            self.out[f"{name} Flag Count"] = sum(p.flags & flag != 0 for p in self.both)
        self.out["Down/Up Ratio"] = self.whole(len(self.part["Bwd"]), len(self.part["Fwd"]))
        self.out["Average Packet Size"] = ratio(sum(again), len(self.both))
        for side in SIDES:
            self.out[f"{side} Segment Size Avg"] = mean([p.payload for p in self.part[side]])

    def bulks(self):
        merged = self.profile["bulk"] == "runs_merged"
        found = [r for r in runs(self.both, self.profile["bulk_s"] * self.second, merged)
                 if len(r) >= self.profile["bulk_min"]]
        for side in SIDES:
            mine = [r for r in found if (side == "Bwd" if merged else r[0].fwd == (side == "Fwd"))]
            total = sum(p.payload for r in mine for p in r)
            self.out[f"{side} Bytes/Bulk Avg"] = self.whole(total, len(mine))
            self.out[f"{side} Packet/Bulk Avg"] = self.whole(sum(map(len, mine)), len(mine))
            self.out[f"{side} Bulk Rate Avg"] = self.whole(total * self.second, sum(r[-1].t - r[0].t for r in mine))

    def subflows(self):
        count = sum(g > self.profile["subflow_s"] * self.second for g in gaps(self.both))
        count += not self.as_published
        for side in SIDES:
            part = self.part[side]
            self.out[f"Subflow {side} Packets"] = self.whole(len(part), count)
            self.out[f"Subflow {side} Bytes"] = self.whole(sum(p.payload for p in part), count)

    def windows(self):
        first = self.both[0]
        windows = {side: [p.window for p in self.part[side] if p.has_tcp_header] for side in SIDES}
        fwd = windows["Fwd"][0] if windows["Fwd"] else -1
        bwd = windows["Bwd"][0] if windows["Bwd"] else -1
        if self.as_published:
            fwd = first.window if first.fwd and first.has_tcp_header else 0
            candidates = windows["Bwd"][::-1] if self.original else [w for w in windows["Bwd"] if w]
            bwd = candidates[0] if candidates else 0
        self.out["FWD Init Win Bytes"], self.out["Bwd Init Win Bytes"] = fwd, bwd
        self.out["Fwd Act Data Pkts"] = sum(p.payload > 0 for p in self.part["Fwd"]
                                            if not (self.original and p is first))
        smallest = min((p.l4_header for p in self.part["Fwd"]), default=0)
        self.out["Fwd Seg Size Min"] = 0 if self.as_published and not first.fwd else smallest

    def activity(self):
        limit = self.profile["active_s"] * self.second
        stretches, start = [], self.both[0].t
        for a, b in zip(self.both, self.both[1:]):
            if b.t - a.t > limit:
                stretches.append(a.t - start)
                start = b.t
        if self.profile["active_last"]:
            stretches.append(self.both[-1].t - start)
        self.spread("Active", [s for s in stretches if s > 0], "Mean Std Max Min")
        self.spread("Idle", [g for g in gaps(self.both) if g > limit], "Mean Std Max Min")


def features(flow, profile):
    """{exact name: int or float} of the 76, in column order."""
    table = Table(flow, profile)
    for group in (table.volume, table.gaps_between, table.flags_and_headers, table.lengths, table.bulks, table.subflows,
                  table.windows, table.activity):
        group()
    return table.out
