"""Session logs -> labels.json, sessions.json: labels.py LOG_FOLDER DATA_FOLDER.

A rule holds from the second in which an attack began to the second in which the attacker's next
deed began (or past the capture's end). The attacker is silent for seconds before each deed, so the
window cannot contain anything else between these endpoints, and late answers still belong to it.
"""

import datetime
import json
import sys
from pathlib import Path

from attacks import ATTACKS

PROTOCOLS = {"syn_scan": ["tcp"], "connect_scan": ["tcp"], "udp_scan": ["udp"],
             "ping_sweep": ["icmp", "tcp"], "syn_flood": ["tcp"], "udp_flood": ["udp"],
             "slow_http": ["tcp"], "ssh_guess": ["tcp"], "dns_tunnel": ["udp"],
             "exfiltration": ["tcp", "udp"]}
SECOND = 10**9


def utc(second):
    return datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def windows(log):
    """(entry, from, to) in whole seconds for everything the attacker did."""
    deeds = log["done"]["attacker"]
    begins = [deed["from_ns"] // SECOND for deed in deeds]
    ends = [*begins[1:], log["done"]["to_ns"] // SECOND + 2]
    return list(zip(deeds, begins, ends))


def rules_of(log):
    """The rules of one session, in time order."""
    rules, addresses = [], log["done"]["addresses"]
    for deed, begin, end in windows(log):
        if "attack" not in deed:
            continue
        kind, parameters = deed["attack"], deed["parameters"]
        rule = {"label": kind, "capture": f"{log['plan']['name']}*", "from": utc(begin),
                "to": utc(end)}
        if parameters["tool"] == "spoofed":
            # Forged sources: only these reach the port; nobody answers them, so one direction.
            rule |= {"a": [f"{log['plan']['subnets']['spoofed']}.0/24"],
                     "b": [addresses[parameters["target"]]], "proto": ["tcp"],
                     "ports_b": [parameters["port"]]}
        else:
            # Either way, with ICMP: errors and late answers of the victim belong to the attack.
            rule |= {"a": [addresses["a"]], "b": deed["victims"], "either_way": True,
                     "proto": sorted({*PROTOCOLS[kind], "icmp"})}
        rules.append(rule)
    return rules


def summary(log):
    """One entry of sessions.json: what was set, what was done."""
    plan, done = log["plan"], log["done"]
    attacks = [{"kind": deed["attack"], "seconds": round((deed["to_ns"] - deed["from_ns"]) / SECOND, 1),
                **{k: v for k, v in deed["parameters"].items() if k != "ports"},
                **({"ports": len(deed["parameters"]["ports"].split(","))}
                   if "ports" in deed["parameters"] else {})}
               for deed in done["attacker"] if "attack" in deed]
    web = plan["services"]["web"]
    return {"name": plan["name"], "seed": plan["seed"], "part": plan["part"],
            "duration_s": round((done["to_ns"] - done["from_ns"]) / SECOND),
            "from": utc(done["from_ns"] // SECOND), "to": utc(done["to_ns"] // SECOND + 1),
            "conditions": plan["conditions"], "subnets": plan["subnets"],
            "addresses": done["addresses"], "capture_precision": plan["capture_precision"],
            "ports": plan["services"]["ports"], "place": plan["services"]["place"],
            "web": {**web, "page_bytes": plan["services"]["pages"]}, "ssh": plan["services"]["ssh"],
            "packets": done["packets"]["captured"],
            "dropped_by_recorder": done["packets"]["dropped_by_kernel"],
            "attack_kinds": plan["attack_kinds"], "attacks": attacks,
            "activities": {name: count for name, count in done["activities"].items()}}


def one_line(rule):
    return "  " + json.dumps(rule)


def kept(path, new, name_of):
    """What an earlier recording left about sessions that were not recorded again."""
    if not path.exists():
        return []
    document = json.loads(path.read_text())
    items = document["rules"] if isinstance(document, dict) else document
    return [item for item in items if name_of(item) not in new]


def main():
    logs = [json.loads(path.read_text()) for path in sorted(Path(sys.argv[1]).glob("lab-*.json"))]
    out, new = Path(sys.argv[2]), {log["plan"]["name"] for log in logs}
    rules = kept(out / "labels.json", new, lambda rule: rule["capture"].rstrip("*"))
    rules += [rule for log in logs for rule in rules_of(log)]
    assert all(rule["label"] in ATTACKS for rule in rules)
    entries = kept(out / "sessions.json", new, lambda entry: entry["name"])
    entries += [summary(log) for log in logs]
    rules.sort(key=lambda rule: (rule["capture"], rule["from"]))
    entries.sort(key=lambda entry: entry["name"])
    lines = ",\n".join(map(one_line, rules))
    (out / "labels.json").write_text(
        f'{{ "nta_labels": 1, "default": "benign", "rules": [\n{lines}\n] }}\n')
    (out / "sessions.json").write_text(
        "[\n" + ",\n".join(map(one_line, entries)) + "\n]\n")


if __name__ == "__main__":
    main()
