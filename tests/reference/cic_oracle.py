"""Rows of the two CICFlowMeter versions against the twin's or the product's: how many flows and cells agree."""
import csv
import ipaddress
import math

TOLERANCE = 1e-6
IDENTITY = ("Src IP", "Src Port", "Dst IP", "Dst Port", "Protocol")


def equal(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if math.isinf(a) or math.isinf(b):
        return a == b
    return abs(a - b) <= TOLERANCE * max(1, abs(a), abs(b))


def expected_rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def ip_text(address):
    return str(ipaddress.ip_address(address[12:]))


def identity(flow):
    """The five columns of a flow: source first, where the source is the forward endpoint."""
    key, first = flow.packets[0].row.key, flow.packets[0]
    a, b = (ip_text(key.addr_a), key.port_a), (ip_text(key.addr_b), key.port_b)
    from_a = first.row.side == 0 if key.addr_a == key.addr_b else flow.forward == 0
    source, target = (a, b) if from_a else (b, a)
    return source[0], str(source[1]), target[0], str(target[1]), str(key.protocol)


def compare(expected, got):
    """expected: CSV rows; got: [(identity, {name: value})]. Flows paired, cells equal, [(identity, name, want, got)]."""
    left = {}
    for who, values in got:
        left.setdefault(who, []).append(values)
    paired = cells = 0
    differing = []
    for row in expected:
        candidates = left.get(tuple(row[name] for name in IDENTITY), [])
        scored = [(sum(equal(float(row[name]), value) for name, value in c.items()), -i) for i, c in enumerate(candidates)]
        if not scored:
            differing.append((tuple(row[name] for name in IDENTITY), "no such flow", None, None))
            continue
        score, i = max(scored)
        values = candidates.pop(-i)
        paired += 1
        cells += score
        differing += [(tuple(row[name] for name in IDENTITY), name, row[name], value) for name, value in values.items()
                      if not equal(float(row[name]), value)]
    return paired, cells, differing, sum(map(len, left.values()))
