"""The 20 sessions of the lab: name, seed, part, attack kinds -> a full plan of networks and times.

Everything random about a session comes from `random.Random(seed)`: the same catalogue line gives
the same plan on every machine (the recorded packets differ, as two recordings always do).
"""

import random

from activities import ACTIVITIES
from attacks import ATTACKS, plan_attack

SEEN_KINDS = ("syn_scan", "connect_scan", "udp_scan", "ping_sweep", "syn_flood", "udp_flood",
              "slow_http", "ssh_guess")
UNSEEN_KINDS = ("dns_tunnel", "exfiltration")  # only in the last two sessions

# name, seed, part, duration in seconds, attack kinds in no order (the seed shuffles them).
SESSIONS = (
    ("lab-01", 1101, "train", 170, ()),
    ("lab-02", 1102, "train", 190, ("syn_scan", "udp_flood", "slow_http", "ssh_guess")),
    ("lab-03", 1103, "train", 200, ("connect_scan", "ping_sweep", "syn_flood", "udp_scan")),
    ("lab-04", 1104, "train", 180, ()),
    ("lab-05", 1105, "train", 210, ("ssh_guess", "syn_scan", "ping_sweep", "udp_flood")),
    ("lab-06", 1106, "train", 210, ("slow_http", "connect_scan", "syn_flood", "udp_scan")),
    ("lab-07", 1107, "train", 160, ()),
    ("lab-08", 1108, "train", 220, ("syn_scan", "syn_flood", "slow_http", "ping_sweep")),
    ("lab-09", 1109, "train", 220, ("connect_scan", "udp_scan", "udp_flood", "ssh_guess")),
    ("lab-10", 1110, "train", 180, ()),
    ("lab-11", 1111, "train", 240, ("syn_scan", "connect_scan", "slow_http", "ssh_guess",
                                    "syn_flood")),
    ("lab-12", 1212, "validation", 230, ("syn_scan", "udp_scan", "ssh_guess", "udp_flood",
                                         "ping_sweep")),
    ("lab-13", 1213, "validation", 170, ()),
    ("lab-14", 1214, "validation", 230, ("connect_scan", "slow_http", "syn_flood", "syn_scan",
                                         "ping_sweep")),
    ("lab-15", 1215, "validation", 220, ("udp_scan", "connect_scan", "ssh_guess", "udp_flood",
                                         "slow_http")),
    ("lab-16", 1316, "test", 180, ()),
    ("lab-17", 1317, "test", 240, ("syn_scan", "connect_scan", "udp_scan", "udp_flood",
                                   "slow_http")),
    ("lab-18", 1327, "test", 240, ("ping_sweep", "ssh_guess", "syn_flood", "connect_scan",
                                   "udp_scan")),
    ("lab-19", 1319, "test", 290, ("syn_scan", "ping_sweep", "slow_http", "udp_flood",
                                   "dns_tunnel", "exfiltration", "exfiltration")),
    ("lab-20", 1320, "test", 300, ("connect_scan", "ssh_guess", "syn_flood", "udp_scan",
                                   "dns_tunnel", "dns_tunnel", "exfiltration")),
)

WARM_UP_S = 4      # services answer and benign traffic runs before the first attack
QUIET_S = 7        # the attacker is silent this long after each thing it did
CLIENT_PAUSE_S = 2.3  # mean pause of a client between two things


def subnets(rng):
    """Private networks of one session: no two of them overlap."""
    styles = (lambda n: f"10.{rng.randrange(1, 250)}.{n}", lambda n: f"172.{rng.randrange(16, 32)}.{n}",
              lambda n: f"192.168.{n}")
    numbers = rng.sample(range(1, 250), 6)
    pick = [rng.choice(styles)(number) for number in numbers]
    names = ("clients", "attacker", "servers", "outside", "core", "spoofed")
    found = dict(zip(names, pick))
    if rng.random() < 0.5:
        found["attacker"] = found["clients"]  # an infected machine in the clients' own network
    return found


def conditions(rng):
    """Rate, loss, delay and jitter of the core link, and how hosts answer what they do not serve."""
    delay_ms = rng.choice((0, 0, 5, 10, 20, 40, 60))
    return {
        "queue": rng.choice(("htb", "tbf")),
        "rate_mbit": rng.choice((6, 10, 15, 20, 30, 50)),
        "loss_percent": rng.choice((0, 0, 0.1, 0.3, 0.5, 1.0, 2.0)),
        "loss_at": rng.choice(("client_router", "server_router")),
        "delay_ms": delay_ms,
        "jitter_ms": rng.choice((0, 1, 3, 8)) if delay_ms else 0,
        "filtered": rng.random() < 0.35,  # servers drop instead of refusing what they do not serve
        "icmp_ratelimit_ms": rng.choice((0, 0, 50, 100)),
    }


def services(rng, server_names):
    """Which server does what on which port, and the versions and settings they show."""
    place = {name: rng.choice(server_names) for name in ("web", "dns", "ssh", "mqtt", "ntp", "bulk")}
    return {
        "place": place,
        "ports": {"http": rng.choice((80, 80, 8080, 8000, 8888)), "https": rng.choice((443, 443, 8443)),
                  "ssh": rng.choice((22, 22, 2222, 2022)), "mqtt": rng.choice((1883, 1883, 18830)),
                  "ntp": 123, "dns": 53, "bulk": rng.choice((5201, 6001, 7101))},
        "web": {"server_name": f"site{rng.randrange(100)}.example",
                "tokens": rng.choice(("on", "off")), "gzip": rng.choice(("on", "off")),
                "keepalive_s": rng.choice((5, 15, 65)), "header_timeout_s": rng.choice((10, 20, 60)),
                "tls": rng.choice(("TLSv1.2", "TLSv1.3", "TLSv1.2 TLSv1.3")),
                "key": rng.choice(("ec", "rsa")), "http2": rng.random() < 0.5},
        "ssh": {"key": rng.choice(("ed25519", "ecdsa")), "max_tries": rng.choice((2, 3, 6)),
                "max_startups": rng.choice(("10:30:100", "30:30:100"))},
        "pages": {"small": rng.randrange(2_000, 12_000), "medium": rng.randrange(8_000, 50_000),
                  "large": rng.randrange(120_000, 360_000), "version": rng.randrange(1, 99)},
    }


def client_plan(rng, duration_s, pace):
    """What one client does: a list of (start in seconds, activity, parameters), in time order."""
    names = sorted(ACTIVITIES)
    weights = [ACTIVITIES[name].weight * rng.uniform(0.6, 1.5) for name in names]
    steps, at_s = [], rng.uniform(0.5, 3.0)
    while at_s < duration_s - 8:
        name = rng.choices(names, weights)[0]
        steps.append({"at_s": round(at_s, 2), "activity": name,
                      "parameters": ACTIVITIES[name].plan(rng)})
        at_s += rng.expovariate(1 / (CLIENT_PAUSE_S * pace)) + 0.2
    return steps


def earlier_uses(name, kind):
    """How often earlier sessions of the same part use a kind: its tools take turns."""
    part = next(line[2] for line in SESSIONS if line[0] == name)
    return sum(line[4].count(kind) for line in SESSIONS if line[2] == part and line[0] < name)


def attacker_plan(rng, kinds, plan):
    """Attacks in shuffled order with benign moments of the same address between them."""
    benign = ("dns_lookup", "web_page", "tls_page", "web_page", "ssh_session")
    order = list(kinds)
    rng.shuffle(order)
    steps = []
    for position, kind in enumerate(order):
        if position == 0 or rng.random() < 0.6:
            name = rng.choice(benign)
            steps.append({"activity": name, "parameters": ACTIVITIES[name].plan(rng)})
        turn = earlier_uses(plan["name"], kind) + order[:position].count(kind)
        steps.append({"attack": kind, "parameters": plan_attack(kind, rng, plan, turn)})
    return steps


def session_plan(name):
    """The full plan of one catalogue line."""
    line = next(line for line in SESSIONS if line[0] == name)
    _, seed, part, duration_s, kinds = line
    rng = random.Random(seed)
    servers = [f"s{n + 1}" for n in range(rng.randrange(2, 4))]
    clients = [f"c{n + 1}" for n in range(rng.randrange(3, 6))]
    plan = {"name": name, "seed": seed, "part": part, "duration_s": duration_s,
            "attack_kinds": sorted(set(kinds)), "subnets": subnets(rng), "conditions": conditions(rng),
            "servers": servers, "clients": clients, "services": services(rng, servers),
            "capture_precision": rng.choice(("micro", "nano"))}
    # More clients or more time, each a little slower: recordings of about equal size.
    pace = len(clients) / 3 * max(1.0, duration_s / 200)
    plan["client_steps"] = {client: client_plan(rng, duration_s, pace) for client in clients}
    plan["attacker_steps"] = attacker_plan(rng, kinds, plan) if kinds else []
    return plan


def check_catalogue():
    """Every unseen kind only in the last two sessions, every attack known."""
    for name, _, part, _, kinds in SESSIONS:
        for kind in kinds:
            assert kind in ATTACKS, kind
            assert kind in SEEN_KINDS or name in ("lab-19", "lab-20"), (name, kind)
        assert part in ("train", "validation", "test"), part


check_catalogue()
