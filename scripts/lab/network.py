"""A session's plan -> network namespaces, veth pairs, two routers and the core link between them.

    clients, attacker -- r1 ==core== r2 -- servers, outside

Every packet between the two sides crosses the core link once; tcpdump listens on its r1 end. The
caller is already inside a private network, mount and process namespace (record.sh), so nothing made
here can reach another network and all of it ends with the session's process.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SYSCTLS = ("net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
           "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1",
           "net.ipv4.tcp_synack_retries=2", "net.ipv4.icmp_msgs_per_sec=10000")


def run(*argv, text=None):
    """Run one tool; a failure shows what it said."""
    done = subprocess.run([str(part) for part in argv], input=text, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, argv))}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """Nodes by short name (r1, c1, a, s1, x1), their addresses, and how to run a command in one."""

    def __init__(self, plan):
        self.plan = plan
        self.addresses = {}
        self.processes = []

    def inside(self, node, argv):
        """The command line that runs `argv` in a node."""
        return ["nsenter", f"--net=/run/netns/{node}", *map(str, argv)]

    def build(self):
        for node in ("r1", "r2", "a", "x1", *self.plan["clients"], *self.plan["servers"]):
            self._add_node(node)
        nets = self.plan["subnets"]
        for number, client in enumerate(self.plan["clients"]):
            self._attach("r1", nets["clients"], client, 20 + 7 * number)
        self._attach("r1", nets["attacker"], "a", 140)
        for number, server in enumerate(self.plan["servers"]):
            self._attach("r2", nets["servers"], server, 10 + 5 * number)
        self._attach("r2", nets["outside"], "x1", 80)
        self._join_routers(nets)
        self._shape()
        self._lose()
        self._answer_rules()

    def _add_node(self, node):
        run("ip", "netns", "add", node)
        run(*self.inside(node, ("sysctl", "-qw", *SYSCTLS)))
        run("ip", "-n", node, "link", "set", "lo", "up")
        if node in ("r1", "r2"):
            run(*self.inside(node, ("sysctl", "-qw", "net.ipv4.ip_forward=1")))

    def _attach(self, router, subnet, node, last):
        """A veth pair from a node to the router's bridge of that subnet."""
        bridge = f"br{hashlib.sha256(subnet.encode()).hexdigest()[:6]}"
        if bridge not in run("ip", "-n", router, "-o", "link"):
            run("ip", "-n", router, "link", "add", bridge, "type", "bridge")
            run("ip", "-n", router, "address", "add", f"{subnet}.1/24", "dev", bridge)
            run("ip", "-n", router, "link", "set", bridge, "up")
        port = f"p-{node}"
        run("ip", "-n", router, "link", "add", port, "type", "veth", "peer", "name", "eth0",
            "netns", node)
        run("ip", "-n", router, "link", "set", port, "master", bridge, "up")
        run("ip", "-n", node, "link", "set", "eth0", "up")
        run("ip", "-n", node, "address", "add", f"{subnet}.{last}/24", "dev", "eth0")
        run("ip", "-n", node, "route", "add", "default", "via", f"{subnet}.1")
        self._plain_packets(router, port)
        self._plain_packets(node, "eth0")
        self.addresses[node] = f"{subnet}.{last}"

    def _plain_packets(self, node, device):
        """No offload: what is recorded are packets as a wire would carry them, with checksums."""
        run(*self.inside(node, ("ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off",
                                "tx", "off", "rx", "off")))

    def _join_routers(self, nets):
        if self.plan["conditions"]["delay_ms"]:
            for router in ("r1", "r2"):
                run("ip", "-n", router, "tuntap", "add", "dev", "core", "mode", "tap")
            self._start_forwarder()
        else:
            run("ip", "-n", "r1", "link", "add", "core", "type", "veth", "peer", "name", "core",
                "netns", "r2")
        for router, last in (("r1", 1), ("r2", 2)):
            mac = hashlib.sha256(f"{self.plan['seed']}{router}".encode()).hexdigest()
            run("ip", "-n", router, "link", "set", "core", "address",
                ":".join(["02", *(mac[i:i + 2] for i in range(0, 10, 2))]))
            run("ip", "-n", router, "link", "set", "core", "up", "txqueuelen", "1000")
            run("ip", "-n", router, "address", "add", f"{nets['core']}.{last}/30", "dev", "core")
            self._plain_packets(router, "core")
            self.addresses[router] = f"{nets['core']}.{last}"
        for name in ("servers", "outside"):
            run("ip", "-n", "r1", "route", "add", f"{nets[name]}.0/24", "via", f"{nets['core']}.2")
        for name in {nets["clients"], nets["attacker"], nets["spoofed"]}:
            run("ip", "-n", "r2", "route", "add", f"{name}.0/24", "via", f"{nets['core']}.1")
        # Answers to forged sources end here without an ICMP error, as they do on the internet.
        run("ip", "-n", "r1", "route", "add", "blackhole", f"{nets['spoofed']}.0/24")

    def _start_forwarder(self):
        state = self.plan["conditions"]
        argv = [sys.executable, HERE / "tools/delay_forwarder.py", "r1", "r2", "core",
                state["delay_ms"], state["jitter_ms"], self.plan["seed"]]
        process = subprocess.Popen([str(part) for part in argv], stdout=subprocess.PIPE)
        if process.stdout.readline().strip() != b"ready":
            raise RuntimeError("the delay forwarder did not start")
        self.processes.append(process)

    def _shape(self):
        state = self.plan["conditions"]
        rate = f"{state['rate_mbit']}mbit"
        for router in ("r1", "r2"):
            tc = lambda *words: run(*self.inside(router, ("tc", *words)))
            if state["queue"] == "tbf":
                tc("qdisc", "add", "dev", "core", "root", "tbf", "rate", rate, "burst", "32k",
                   "latency", "120ms")
            else:
                tc("qdisc", "add", "dev", "core", "root", "handle", "1:", "htb", "default", "1")
                tc("class", "add", "dev", "core", "parent", "1:", "classid", "1:1", "htb", "rate",
                   rate, "burst", "16k")
                tc("qdisc", "add", "dev", "core", "parent", "1:1", "bfifo", "limit", "150000")

    def _lose(self):
        state = self.plan["conditions"]
        if not state["loss_percent"]:
            return
        router = "r1" if state["loss_at"] == "client_router" else "r2"
        share = round(state["loss_percent"] * 100)
        run(*self.inside(router, ("nft", "-f", "-")), text=f"""table ip lab_loss {{
          chain forward {{
            type filter hook forward priority 0
            numgen random mod 10000 < {share} drop
          }}
        }}\n""")

    def _answer_rules(self):
        """How hosts treat ports that they do not serve: refuse (fast or rationed) or stay silent."""
        state = self.plan["conditions"]
        for node in (*self.plan["servers"], "x1", "r2"):
            run(*self.inside(node, ("sysctl", "-qw",
                                    f"net.ipv4.icmp_ratelimit={state['icmp_ratelimit_ms']}")))
        if not state["filtered"]:
            return
        ports = self.plan["services"]["ports"]
        open_ports = sorted({ports[name] for name in ports} | {ports["bulk"] + n for n in range(6)})
        listed = ", ".join(map(str, open_ports))
        for node in self.plan["servers"]:
            run(*self.inside(node, ("nft", "-f", "-")), text=f"""table ip lab_filter {{
              chain input {{
                type filter hook input priority 0
                ct state established,related accept
                tcp dport {{ {listed}, 20000-20999 }} accept
                udp dport {{ {listed}, 20000-20999 }} accept
                meta l4proto {{ tcp, udp }} drop
              }}
            }}\n""")

    def close(self):
        for process in self.processes:
            process.kill()
