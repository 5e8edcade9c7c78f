"""Set `cic76` of a flow by its definitions (`flows.md` 4.2), in the three variants of the profile word `cic_formulas`.

Sizes are payload lengths, times of any profile's unit become us; sample standard deviations; empty: 0. Sums stay exact
until one division of two integers.
"""
import math
from fractions import Fraction

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
UNITS_PER_US = {"ns": Fraction(10**3), "us": Fraction(1), "ms": Fraction(1, 10**3)}
SIDES = ("Fwd", "Bwd")


def ratio(a, b):
    return float(a) / float(b) if b else 0.0


def mean(values, per=1):
    """Of values that are `per` to the wanted unit."""
    per = Fraction(per)
    return ratio(sum(values) * per.denominator, len(values) * per.numerator)


def variance(values, per=1):
    n, per = len(values), Fraction(per)
    spread = n * sum(v * v for v in values) - sum(values) ** 2
    return ratio(spread * per.denominator**2, n * (n - 1) * per.numerator**2) if n > 1 else 0.0


def std(values, per=1):
    return math.sqrt(variance(values, per))


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
        self.per_us = UNITS_PER_US[profile["time_unit"]]
        self.second = int(10**6 * self.per_us)
        self.both = flow.packets
        self.part = {"Fwd": [p for p in self.both if p.fwd], "Bwd": [p for p in self.both if not p.fwd]}
        self.duration = self.both[-1].t - self.both[0].t
        self.out = {}

    original = property(lambda self: self.variant == "original")
    as_published = property(lambda self: self.variant != "corrected")

    @staticmethod
    def share(a, b, whole):
        """a / b, without its fraction where the original tool divides integers."""
        return ratio(a, b) if not whole else a // b if b else 0

    def us(self, t):
        return mean([t], self.per_us)

    def rate(self, count):
        return ratio(count * self.second, self.duration) if self.duration > 0 else 0.0

    def flow_rate(self, count):
        word = self.profile["rate_at_zero"]
        if self.duration > 0:
            return self.rate(count)
        if word == "inf_nan":
            return math.inf if count else math.nan
        return float(word)

    def spread(self, name, values, order, per=1):
        functions = {"Mean": lambda: mean(values, per), "Std": lambda: std(values, per),
                     "Max": lambda: max(values, default=0), "Min": lambda: min(values, default=0)}
        for word in order.split():
            value = functions[word]()
            self.out[f"{name} {word}"] = mean([value], per) if per != 1 and word in ("Max", "Min") else value

    def times(self, name, values, order):
        self.spread(name, values, order, self.per_us)

    def volume(self):
        self.out["Flow Duration"] = self.us(self.duration)
        self.out["Total Fwd Packet"], self.out["Total Bwd packets"] = (len(self.part[s]) for s in SIDES)
        for side in SIDES:
            self.out[f"Total Length of {side} Packet"] = sum(p.payload for p in self.part[side])
        for side in SIDES:
            self.spread(f"{side} Packet Length", [p.payload for p in self.part[side]], "Max Min Mean Std")
        self.out["Flow Bytes/s"] = self.flow_rate(sum(p.payload for p in self.both))
        self.out["Flow Packets/s"] = self.flow_rate(len(self.both))

    def gaps_between(self):
        self.times("Flow IAT", gaps(self.both), "Mean Std Max Min")
        for side in SIDES:
            part = self.part[side]
            self.out[f"{side} IAT Total"] = self.us(part[-1].t - part[0].t) if part else 0
            self.times(f"{side} IAT", gaps(part), "Mean Std Max Min")

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
        self.out["Down/Up Ratio"] = self.share(len(self.part["Bwd"]), len(self.part["Fwd"]), self.original)
        self.out["Average Packet Size"] = ratio(sum(again), len(self.both))
        for side in SIDES:
            self.out[f"{side} Segment Size Avg"] = mean([p.payload for p in self.part[side]])

    def bulks(self):
        merged = self.profile["bulk"] == "runs_merged"
        found = [r for r in runs(self.both, self.profile["bulk_s"] * self.second, merged)
                 if len(r) >= self.profile["bulk_min"]]
        for side in SIDES:
            mine = [r for r in found if (side == "Bwd" if merged else r[0].fwd == (side == "Fwd"))]
            total, lasted = sum(p.payload for r in mine for p in r), sum(r[-1].t - r[0].t for r in mine)
            self.out[f"{side} Bytes/Bulk Avg"] = self.share(total, len(mine), self.original)
            self.out[f"{side} Packet/Bulk Avg"] = self.share(sum(map(len, mine)), len(mine), self.original)
            self.out[f"{side} Bulk Rate Avg"] = self.share(total * self.second, lasted, self.original) if lasted > 0 else 0

    def subflows(self):
        count = sum(g > self.profile["subflow_s"] * self.second for g in gaps(self.both))
        count += not self.as_published
        for side in SIDES:
            part = self.part[side]
            self.out[f"Subflow {side} Packets"] = self.share(len(part), count, self.original)
            self.out[f"Subflow {side} Bytes"] = self.share(sum(p.payload for p in part), count, self.original)

    def windows(self):
        first = self.both[0]
        if self.as_published:
            windows = [p.window for p in self.part["Bwd"] if p.has_tcp_header]
            candidates = windows[::-1] if self.original else [w for w in windows if w]
            fwd = first.window if first.fwd and first.has_tcp_header else 0
            bwd = candidates[0] if candidates else 0
        else:
            fwd, bwd = (next((p.window for p in self.part[s] if p.has_tcp_header), -1) for s in SIDES)
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
        self.times("Active", [s for s in stretches if s > 0], "Mean Std Max Min")
        self.times("Idle", [g for g in gaps(self.both) if g > limit], "Mean Std Max Min")


def features(flow, profile):
    """{exact name: int or float} of the 76, in column order."""
    table = Table(flow, profile)
    for group in (table.volume, table.gaps_between, table.flags_and_headers, table.lengths, table.bulks, table.subflows,
                  table.windows, table.activity):
        group()
    return table.out
