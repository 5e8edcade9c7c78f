"""What ordinary users do: a table of activities, each with a weight, a seeded plan and a way to run.

`plan(rng)` gives JSON parameters; `run(lab, node, parameters)` performs them with real programs in
the node's namespace. Nothing random happens in `run`, nothing depends on tight timing.
"""

import sys
from collections import namedtuple
from pathlib import Path

from services import BULK_PORTS, DOMAIN

HERE = Path(__file__).resolve().parent
Activity = namedtuple("Activity", "weight plan run")

SSH_OPTIONS = ("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
               "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10")
COMMANDS = ("ls /usr/share | head -40", "date", "cat /etc/services | head -60", "ls -l /usr/bin | tail",
            "echo done", "wc /etc/services", "sort /etc/services | tail -30", "sleep 2", "id -u")


def site(lab, node_choice, secure):
    """(address, port) of the web server that a plan chose: the lab's own or the outside one."""
    service = lab.plan["services"]
    if node_choice == "outside":
        return lab.address("x1"), 443 if secure else 80
    return lab.address(service["place"]["web"]), service["ports"]["https" if secure else "http"]


def curl(lab, node, parameters, urls, extra=()):
    """One curl process: keep-alive over its URLs, or parallel connections with --parallel."""
    argv = ["curl", "-sk", "--max-time", "40", "--connect-timeout", "10",
            "-A", parameters.get("agent", "lab-browser/1.0"), *extra]
    if "desktop" in parameters.get("agent", ""):
        argv.append("--compressed")
    for url in urls:
        argv += ["-o", "/dev/null", url]
    return lab.run(node, argv, 50)


def plan_web(rng, secure, sizes=("small", "small", "medium"), most=6):
    return {"site": rng.choice(("own", "own", "outside")), "secure": secure,
            "pages": [f"{rng.choice(sizes)}{rng.randrange(8)}" for _ in range(rng.randrange(1, most))],
            "way": rng.choice(("keep_alive", "parallel", "separate")),
            "agent": rng.choice(("lab-browser/1.0", "lab-browser/2.4 (desktop)", "fetch/0.9")),
            "lookup": rng.random() < 0.7}


def run_web(lab, node, parameters):
    address, port = site(lab, parameters["site"], parameters["secure"])
    if parameters.get("lookup"):
        dig(lab, node, f"{'x1' if parameters['site'] == 'outside' else 's1'}.{DOMAIN}", "A")
    scheme = "https" if parameters["secure"] else "http"
    urls = [f"{scheme}://{address}:{port}/{page}" for page in parameters["pages"]]
    if parameters["way"] == "separate":
        return all([curl(lab, node, parameters, [url]) for url in urls])
    extra = ("--parallel", "--parallel-immediate") if parameters["way"] == "parallel" else ()
    return curl(lab, node, parameters, urls, extra)


def plan_download(rng):
    return {"site": rng.choice(("own", "outside")), "secure": rng.random() < 0.25,
            "pages": [f"large{rng.randrange(3)}"], "limit_kb": rng.choice((0, 0, 30, 60, 120))}


def run_download(lab, node, parameters):
    address, port = site(lab, parameters["site"], parameters["secure"])
    url = f"http{'s' if parameters['secure'] else ''}://{address}:{port}/{parameters['pages'][0]}"
    limit = ("--limit-rate", f"{parameters['limit_kb']}k") if parameters["limit_kb"] else ()
    return curl(lab, node, parameters, [url], limit)


def plan_upload(rng):
    return {"site": rng.choice(("own", "outside")), "secure": rng.random() < 0.5,
            "bytes": rng.choice((500, 4_000, 30_000, 120_000, 250_000))}


def run_upload(lab, node, parameters):
    address, port = site(lab, parameters["site"], parameters["secure"])
    url = f"http{'s' if parameters['secure'] else ''}://{address}:{port}/upload"
    data = lab.filler(parameters["bytes"])
    return curl(lab, node, parameters, [url], ("--data-binary", f"@{data}"))


def dig(lab, node, name, kind, *extra):
    return lab.run(node, ["dig", f"@{lab.address(lab.plan['services']['place']['dns'])}", name, kind,
                          "+time=2", "+tries=2", *extra], 12)


def plan_dns(rng):
    names = ("s1", "s2", "x1", "c1", "r1", "info", "www", "mail", f"host{rng.randrange(99)}")
    return {"queries": [[rng.choice(names), rng.choice(("A", "A", "A", "AAAA", "TXT", "MX", "PTR"))]
                        for _ in range(rng.randrange(1, 5))], "tcp": rng.random() < 0.08}


def run_dns(lab, node, parameters):
    extra = ("+tcp",) if parameters["tcp"] else ()
    return all([dig(lab, node, f"{name}.{DOMAIN}", kind, *extra)
                for name, kind in parameters["queries"]])


def run_bulk(lab, node, parameters):
    service = lab.plan["services"]
    port = service["ports"]["bulk"] + parameters["port"]
    how = ("-u", "-b", f"{parameters['kbit']}k", "-l", parameters["bytes"], "-t",
           parameters["seconds"]) if "kbit" in parameters else ("-n", f"{parameters['kbytes']}K")
    reverse = ("-R",) if parameters["reverse"] else ()
    return lab.run(node, ["iperf3", "-c", lab.address(service["place"]["bulk"]), "-p", port,
                          "--repeating-payload", *how, *reverse], 60)


def plan_bulk_tcp(rng):
    return {"port": rng.randrange(BULK_PORTS), "kbytes": rng.randrange(150, 900),
            "reverse": rng.random() < 0.5}


def plan_paced_udp(rng):
    return {"port": rng.randrange(BULK_PORTS), "kbit": rng.choice((24, 48, 96)),
            "bytes": rng.choice((160, 320, 900)), "seconds": rng.randrange(4, 12),
            "reverse": rng.random() < 0.4}


def plan_ssh(rng):
    return {"server": rng.randrange(2), "typed": [
        [rng.choice(COMMANDS), round(rng.uniform(0.08, 0.25), 3), round(rng.uniform(0.5, 3), 2)]
        for _ in range(rng.randrange(1, 5))]}


def run_ssh(lab, node, parameters):
    """A shell on a server; every key is written alone, as a terminal sends it."""
    server = lab.plan["servers"][parameters["server"]]
    argv = ["ssh", *SSH_OPTIONS, "-tt", "-i", lab.folder / "user_key", "-p",
            lab.plan["services"]["ports"]["ssh"], f"root@{lab.address(server)}"]
    keys = []
    for command, per_key_s, think_s in parameters["typed"]:
        keys += [(think_s, command[0])] + [(per_key_s, key) for key in command[1:]] + [(0.2, "\n")]
    return lab.type_into(node, argv, [*keys, (0.5, "exit\n")])


def run_ssh_typo(lab, node, parameters):
    """A user who mistypes the password once and gives up: looks like one guess, is none."""
    server = lab.plan["servers"][parameters["server"]]
    lab.run(node, ["sshpass", "-p", "mistyped", "ssh", *SSH_OPTIONS, "-o", "PubkeyAuthentication=no",
                   "-o", "NumberOfPasswordPrompts=1", "-p", lab.plan["services"]["ports"]["ssh"],
                   f"worker@{lab.address(server)}"], 20)
    return True


def mqtt(lab, program):
    service = lab.plan["services"]
    return [program, "-h", lab.address(service["place"]["mqtt"]), "-p", service["ports"]["mqtt"]]


def plan_mqtt_publish(rng):
    return {"topic": f"room{rng.randrange(4)}/temperature", "qos": rng.randrange(3),
            "messages": rng.randrange(1, 9), "pause_s": round(rng.uniform(0.3, 2), 2)}


def run_mqtt_publish(lab, node, parameters):
    argv = [*mqtt(lab, "mosquitto_pub"), "-t", parameters["topic"], "-q", parameters["qos"], "-l"]
    lines = [(parameters["pause_s"], f"value={20 + n}.5 unit=celsius\n")
             for n in range(parameters["messages"])]
    return lab.type_into(node, argv, lines)


def run_mqtt_subscribe(lab, node, parameters):
    lab.run(node, [*mqtt(lab, "mosquitto_sub"), "-t", "#", "-q",
                   parameters["qos"], "-k", "10", "-W", parameters["seconds"]],
            parameters["seconds"] + 10)
    return True  # it always ends by its own time-out


def run_time(lab, node, parameters):
    server = "x1" if parameters["outside"] else lab.plan["services"]["place"]["ntp"]
    return lab.run(node, [sys.executable, HERE / "tools/time_service.py", "ask", lab.address(server),
                          parameters["count"], parameters["interval_s"]], 60)


def run_ping(lab, node, parameters):
    server = parameters["server"]
    address = lab.address("x1" if server == 2 else lab.plan["servers"][server])
    lab.run(node, ["ping", "-n", "-q", "-W", "2", "-c", parameters["count"], "-i",
                   parameters["interval_s"], "-s", parameters["bytes"], address], 40)
    return True


def run_refused(lab, node, parameters):
    """A client set up with a wrong port: one connection that nobody accepts."""
    lab.run(node, ["curl", "-s", "--connect-timeout", "3", "-o", "/dev/null",
                   f"http://{lab.address(lab.plan['servers'][0])}:{parameters['port']}/"], 10)
    return True


ACTIVITIES = {
    "web_page": Activity(20, lambda rng: plan_web(rng, False), run_web),
    "tls_page": Activity(9, lambda rng: plan_web(rng, True, ("small",), 4), run_web),
    "download": Activity(3, plan_download, run_download),
    "upload": Activity(5, plan_upload, run_upload),
    "dns_lookup": Activity(26, plan_dns, run_dns),
    "bulk_tcp": Activity(1.5, plan_bulk_tcp, run_bulk),
    "paced_udp": Activity(3, plan_paced_udp, run_bulk),
    "ssh_session": Activity(5, plan_ssh, run_ssh),
    "ssh_typo": Activity(0.4, lambda rng: {"server": rng.randrange(2)}, run_ssh_typo),
    "mqtt_publish": Activity(7, plan_mqtt_publish, run_mqtt_publish),
    "mqtt_subscribe": Activity(3, lambda rng: {"qos": rng.randrange(3),
                                               "seconds": rng.randrange(10, 50)}, run_mqtt_subscribe),
    "time_poll": Activity(6, lambda rng: {"outside": rng.random() < 0.5, "count": rng.randrange(1, 6),
                                          "interval_s": rng.choice((1, 2, 4))}, run_time),
    "ping": Activity(4, lambda rng: {"server": rng.randrange(3) % 2 if rng.random() < 0.7 else 2,
                                     "count": rng.randrange(1, 12), "bytes": rng.choice((56, 56, 400)),
                                     "interval_s": rng.choice((0.3, 1))}, run_ping),
    "refused": Activity(0.5, lambda rng: {"port": rng.randrange(3000, 4000)}, run_refused),
}
