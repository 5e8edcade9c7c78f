"""Checks the committed lab recordings: check.py DATA_FOLDER [lab-03 ...]. Exit 1 with every fault found.

Reads each capture with its own reader, counts connections per label rule and compares with what
sessions.json promises. Nothing here comes from the program that the lab is there to test.
"""

import datetime
import ipaddress
import json
import sys
from collections import Counter
from pathlib import Path

from catalogue import SESSIONS, UNSEEN_KINDS
from pcap import connections, packets

LIMIT_BYTES = 12_000_000
MOST_PER_CLASS = 3000
LEAST = {"benign": 300, "syn_scan": 90, "connect_scan": 90, "udp_scan": 45, "ping_sweep": 200,
         "syn_flood": 300, "udp_flood": 20, "slow_http": 15, "ssh_guess": 8, "dns_tunnel": 4,
         "exfiltration": 15}
PROTOCOL_NAMES = {1: "icmp", 6: "tcp", 17: "udp"}


def nanoseconds(utc):
    moment = datetime.datetime.strptime(utc, "%Y-%m-%dT%H:%M:%SZ")
    return int(moment.replace(tzinfo=datetime.timezone.utc).timestamp()) * 10**9


class Rule:
    """One label rule, ready to be asked."""

    def __init__(self, rule, number):
        self.number, self.label, self.capture = number, rule["label"], rule["capture"].rstrip("*")
        self.begin, self.end = nanoseconds(rule["from"]), nanoseconds(rule["to"])
        self.a, self.b = ([ipaddress.ip_network(net) for net in rule[side]] for side in "ab")
        self.either_way, self.protocols = rule.get("either_way", False), rule["proto"]
        self.ports_b = rule.get("ports_b")
        self.flows = 0

    def matches(self, flow):
        if not self.begin <= flow["start"] < self.end:
            return False
        if PROTOCOL_NAMES.get(flow["proto"]) not in self.protocols:
            return False
        if self.ports_b and flow["ends"][3] not in self.ports_b:
            return False
        src, dst = (ipaddress.ip_address(address) for address in flow["ends"][:2])
        inside = lambda address, nets: any(address in net for net in nets)
        return inside(src, self.a) and inside(dst, self.b) or (
            self.either_way and inside(src, self.b) and inside(dst, self.a))


class Check:
    """Faults found so far, and the flows per label of each session."""

    def __init__(self, folder):
        self.folder, self.faults, self.counts = Path(folder), [], {}
        self.sessions = {entry["name"]: entry
                         for entry in json.loads((self.folder / "sessions.json").read_text())}
        document = json.loads((self.folder / "labels.json").read_text())
        self.rules = [Rule(rule, n) for n, rule in enumerate(document["rules"])]

    def fault(self, name, what):
        self.faults.append(f"{name}: {what}")

    def session(self, name):
        entry, path = self.sessions[name], self.folder / f"{name}.pcap.zst"
        self.frames(name, path, entry)
        rules = [rule for rule in self.rules if name == rule.capture]
        flows, counts = connections(path), Counter()
        for flow in flows:
            hits = [rule for rule in rules if rule.matches(flow)]
            if len({rule.label for rule in hits}) > 1:
                self.fault(name, f"two labels for {flow['ends']}: {[r.label for r in hits]}")
            for rule in hits:
                rule.flows += 1
            counts[hits[0].label if hits else "benign"] += 1
            if not hits:
                self.unlabelled(name, entry, flow)
        self.counts[name] = counts
        self.promises(name, entry, rules, counts)

    def frames(self, name, path, entry):
        """Right number of packets, none recorded twice, all in time order."""
        total, twice, last, seen = 0, 0, 0, {}
        for p in packets(path):
            total += 1
            if p.time_ns < last - 1_000_000:  # two processors may swap packets by microseconds
                self.fault(name, f"packet {total} goes back in time")
            last = max(last, p.time_ns)
            key = hash((p.head, p.size))
            # TCP numbers its packets, so equal ones are one packet seen twice (bare resets have no
            # number: many of them are alike).
            numbered = p.proto == 6 and not p.flags & 4
            twice += numbered and p.time_ns - seen.get(key, -10**18) < 10**9
            seen[key] = p.time_ns
        if total != entry["packets"]:
            self.fault(name, f"{total} packets, {entry['packets']} promised")
        if twice > total * 0.005:
            self.fault(name, f"{twice} of {total} packets appear twice")
        if not 8_000 <= total <= 30_000:
            self.fault(name, f"{total} packets are outside 8,000 to 30,000")
        if entry["dropped_by_recorder"]:
            self.fault(name, f"the recorder lost {entry['dropped_by_recorder']} packets")

    def unlabelled(self, name, entry, flow):
        """What the attacker did benignly must look so: outwards, to a service, in no attack."""
        src, dst, _, dport = flow["ends"]
        spoofed = entry["subnets"]["spoofed"] + "."
        if src.startswith(spoofed) or dst.startswith(spoofed):
            self.fault(name, f"forged traffic without label: {flow['ends']}")
        attacker = entry["addresses"]["a"]
        if attacker not in (src, dst):
            return
        services = {*entry["ports"].values(), 80, 443}
        if src != attacker or flow["proto"] == 1 or dport not in services:
            self.fault(name, f"attack traffic without label: {flow['ends']} proto {flow['proto']}")

    def promises(self, name, entry, rules, counts):
        line = next(line for line in SESSIONS if line[0] == name)
        kinds = set(line[4])
        if (entry["seed"], entry["part"]) != line[1:3] or set(entry["attack_kinds"]) != kinds:
            self.fault(name, "sessions.json and the catalogue differ")
        for kind in {"benign", *kinds, *counts}:
            if kind != "benign" and kind not in kinds:
                self.fault(name, f"{kind} was not promised")
            if not LEAST[kind] <= counts[kind] <= MOST_PER_CLASS:
                self.fault(name, f"{counts[kind]} flows of {kind}, not {LEAST[kind]} to {MOST_PER_CLASS}")
        for rule in rules:
            if not rule.flows:
                self.fault(name, f"rule {rule.number} ({rule.label}) matches nothing")
            if rule.label in UNSEEN_KINDS and name not in [line[0] for line in SESSIONS[-2:]]:
                self.fault(name, f"{rule.label} belongs to the last two sessions")

    def whole(self):
        for name, *_ in SESSIONS:
            if name not in self.sessions:
                self.fault(name, "missing from sessions.json")
        for rule in self.rules:
            if rule.capture not in self.sessions:
                self.fault(rule.capture, f"rule {rule.number} names no session")
        size = sum(path.stat().st_size for path in self.folder.glob("*.pcap.zst"))
        if size > LIMIT_BYTES:
            self.fault("all", f"{size} bytes of captures, at most {LIMIT_BYTES}")
        return size


def main():
    check, names = Check(sys.argv[1]), sys.argv[2:]
    for name in names or check.sessions:
        check.session(name)
        counts = ", ".join(f"{kind} {n}" for kind, n in sorted(check.counts[name].items()))
        print(f"{name} {check.sessions[name]['part']}: {check.sessions[name]['packets']} packets; {counts}")
    if not names:
        print(f"all: {check.whole()} bytes of captures")
    for fault in check.faults:
        print(f"FAULT {fault}")
    print(f"{len(check.faults)} faults")
    sys.exit(bool(check.faults))


if __name__ == "__main__":
    main()
