"""Starts the real servers of a session in their namespaces: nginx, dnsmasq, sshd, mosquitto, iperf3,
a time server. Configurations, keys, certificates and pages are made fresh in the session's folder.
"""

import random
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOMAIN = "lab.example"
WORDS = ("network", "packet", "flow", "router", "window", "server", "client", "session", "delay",
         "queue", "label", "measure", "record", "address", "segment", "the", "of", "and", "to", "a")
BULK_PORTS = 6  # one iperf3 server answers one client at a time

NGINX = """
user root; worker_processes 1; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log crit;
events {{ worker_connections 256; }}
http {{
  access_log off; server_tokens {tokens}; gzip {gzip}; gzip_min_length 1000; gzip_types text/plain;
  keepalive_timeout {keepalive_s}; client_header_timeout {header_timeout_s};
  client_body_timeout {header_timeout_s}; client_max_body_size 20m;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fcgi;
  uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi; types {{ text/html html; text/plain txt; }}
  add_header X-Page-Version {version};
  server {{ listen unix:{dir}/sink.sock; location / {{ return 200 "stored\\n"; }} }}
  server {{
    listen {http}; listen {https} ssl{http2}; server_name {server_name}; root {pages};
    ssl_certificate {dir}/tls.crt; ssl_certificate_key {dir}/tls.key; ssl_protocols {tls};
    location /upload {{ proxy_pass http://unix:{dir}/sink.sock:/; }}
  }}
}}
"""
SSHD = """
Port {port}
HostKey {dir}/host_key
AuthorizedKeysFile {dir}/user_key.pub
PidFile {dir}/sshd.pid
PermitRootLogin yes
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
MaxAuthTries {max_tries}
MaxStartups {max_startups}
ForceCommand env -i PATH=/usr/bin:/bin HOME={dir} HISTFILE= PS1='lab> ' /bin/sh -i
"""


def text(rng, size):
    """Readable filler: pages are text, not noise."""
    line = lambda: " ".join(rng.choice(WORDS) for _ in range(12)) + "\n"
    lines = [line() for _ in range(min(400, size // 60 + 1))]
    out = []
    while sum(map(len, out)) < size:
        out.extend(lines)
        rng.shuffle(lines)
    return "".join(out)[:size]


class Services:
    """Starts and remembers every server process of one session."""

    def __init__(self, network, plan, folder):
        self.network, self.plan, self.folder = network, plan, Path(folder)
        self.processes = []
        self.log = open(self.folder / "services.log", "wb")

    def start(self):
        place, ports = self.plan["services"]["place"], self.plan["services"]["ports"]
        self._make_pages()
        self._web(place["web"], ports["http"], ports["https"])
        self._web("x1", 80, 443)
        self._dns(place["dns"])
        for server in self.plan["servers"]:
            self._ssh(server, ports["ssh"])
        self._mqtt(place["mqtt"], ports["mqtt"])
        for node in sorted({place["ntp"], "x1"}):
            self.launch(node, (sys.executable, HERE / "tools/time_service.py", "serve"))
        for number in range(BULK_PORTS):
            self.launch(place["bulk"], ("iperf3", "-s", "-p", ports["bulk"] + number))

    def launch(self, node, argv):
        process = subprocess.Popen(self.network.inside(node, argv), stdin=subprocess.DEVNULL,
                                   stdout=self.log, stderr=self.log, cwd=self.folder)
        self.processes.append(process)
        return process

    def dead(self):
        """Command lines of servers that ended before they should."""
        return [" ".join(p.args[2:5]) for p in self.processes if p.poll() not in (None, -9, -15)]

    def close(self):
        for process in self.processes:
            process.kill()

    def _node_folder(self, kind, node):
        folder = self.folder / f"{kind}-{node}"
        folder.mkdir()
        return folder

    def _make_pages(self):
        pages, rng = self.plan["services"]["pages"], random.Random(self.plan["seed"] + 7)
        folder = self.folder / "pages"
        folder.mkdir()
        for kind in ("small", "medium", "large"):
            for number in range(8 if kind != "large" else 3):
                size = int(pages[kind] * rng.uniform(0.5, 1.5))
                (folder / f"{kind}{number}.{rng.choice(('html', 'txt'))}").write_text(text(rng, size))
        for path in list(folder.iterdir()):  # every page is reachable without knowing its suffix
            path.with_suffix("").symlink_to(path.name)

    def _web(self, node, http, https):
        folder, web = self._node_folder("web", node), self.plan["services"]["web"]
        kind = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1") if web["key"] == "ec" else ("rsa:2048",)
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", *kind, "-days", "2", "-subj",
                        f"/CN={web['server_name']}", "-keyout", folder / "tls.key", "-out",
                        folder / "tls.crt"], check=True, capture_output=True)
        text_ = NGINX.format(dir=folder, http=http, https=https, pages=self.folder / "pages",
                             version=self.plan["services"]["pages"]["version"],
                             http2=" http2" if web["http2"] else "",
                             **{k: web[k] for k in ("tokens", "gzip", "keepalive_s", "tls",
                                                    "header_timeout_s", "server_name")})
        (folder / "nginx.conf").write_text(text_)
        self.launch(node, ("nginx", "-p", folder, "-c", folder / "nginx.conf"))

    def _dns(self, node):
        hosts = [f"--host-record={name}.{DOMAIN},{address}"
                 for name, address in self.network.addresses.items()]
        self.launch(node, ("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts",
                           "--no-resolv", "--user=root", "--pid-file=", f"--local=/{DOMAIN}/",
                           f"--txt-record=info.{DOMAIN},network laboratory",
                           f"--mx-host={DOMAIN},s1.{DOMAIN},10", *hosts))

    def _ssh(self, node, port):
        folder, ssh = self._node_folder("ssh", node), self.plan["services"]["ssh"]
        Path("/run/sshd").mkdir(exist_ok=True)
        keygen = ["ssh-keygen", "-q", "-N", "", "-C", "lab", "-t", ssh["key"], "-f"]
        subprocess.run([*keygen, folder / "host_key"], check=True)
        user_key = self.folder / "user_key"
        if not user_key.exists():
            subprocess.run([*keygen, user_key], check=True)
        (folder / "user_key.pub").write_bytes(user_key.with_suffix(".pub").read_bytes())
        (folder / "sshd_config").write_text(SSHD.format(dir=folder, port=port, **{
            key: ssh[key] for key in ("max_tries", "max_startups")}))
        self.launch(node, ("/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"))

    def _mqtt(self, node, port):
        folder = self._node_folder("mqtt", node)
        (folder / "mosquitto.conf").write_text(
            f"listener {port} 0.0.0.0\nallow_anonymous true\npersistence false\nuser root\n")
        self.launch(node, ("mosquitto", "-c", folder / "mosquitto.conf"))
