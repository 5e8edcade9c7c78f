"""Plays one session of the catalogue and records it: session.py NAME FOLDER -> NAME.pcap, NAME.json.

Must run inside its own network, mount and process namespaces (record.sh makes them); it refuses a
network that has any link besides loopback. The JSON file says what was done and when, in UTC.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from activities import ACTIVITIES
from attacks import ATTACKS, victims
from catalogue import QUIET_S, WARM_UP_S, session_plan
from network import Network, run
from services import Services, text

AT_ONCE = 4  # things that one client does at the same time, at most
TYPE_LIMIT_S = 60


class Lab:
    """What activities and attacks may use: addresses, processes in a node, a folder, time."""

    def __init__(self, plan, network, folder):
        self.plan, self.network, self.folder = plan, network, folder
        self.lock = threading.Lock()

    def address(self, node):
        return self.network.addresses[node]

    def spawn(self, node, argv, **options):
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                  "stderr": subprocess.DEVNULL, "cwd": self.folder, **options}
        return subprocess.Popen(self.network.inside(node, argv), **silent)

    def run(self, node, argv, limit_s):
        """Run to the end or the limit; True when the program says it succeeded."""
        return self._finish(self.spawn(node, argv, start_new_session=True), limit_s)

    def attack(self, argv, limit_s):
        return self.run("a", argv, limit_s)

    def pause(self, seconds):
        time.sleep(seconds)

    def type_into(self, node, argv, keys):
        """Write each text after its pause, as a person types; then close and wait."""
        process = self.spawn(node, argv, stdin=subprocess.PIPE, start_new_session=True)
        try:
            for pause_s, key in keys:
                time.sleep(pause_s)
                process.stdin.write(key.encode())
                process.stdin.flush()
            process.stdin.close()
        except BrokenPipeError:
            pass
        return self._finish(process, TYPE_LIMIT_S)

    def _finish(self, process, limit_s):
        try:
            return process.wait(limit_s) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False

    def filler(self, size):
        """A file of readable text of this size."""
        with self.lock:
            path = self.folder / f"filler-{size}"
            if not path.exists():
                path.write_text(text(random.Random(size), size))
            return path


class Recorder:
    """tcpdump on the client side's end of the core link."""

    def __init__(self, lab, target):
        self.target, self.errors = target, lab.folder / "tcpdump.txt"
        self.process = lab.spawn(
            "r1", ["tcpdump", "-i", "core", "-s", "128", "-B", "8192", "-U", "-n", "-Z", "root",
                   f"--time-stamp-precision={lab.plan['capture_precision']}", "-w", target],
            stderr=open(self.errors, "wb"))
        for _ in range(100):
            if b"listening" in self.errors.read_bytes():
                return
            time.sleep(0.1)
        raise RuntimeError("tcpdump did not start")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        said = self.errors.read_text()
        found = re.search(r"(\d+) packets captured.*?(\d+) packets dropped by kernel", said, re.S)
        return {"captured": int(found.group(1)), "dropped_by_kernel": int(found.group(2))}


class Log:
    """Who did what when; times in nanoseconds since 1970, UTC."""

    def __init__(self):
        self.lock, self.done, self.attacker = threading.Lock(), Counter(), []

    def count(self, name, ok):
        with self.lock:
            self.done[name] += 1
            if not ok:
                self.done[f"{name} failed"] += 1


def play_client(lab, log, client, start_s, end_s):
    """Each step at its time, or later when the client still has its hands full."""
    hands = threading.Semaphore(AT_ONCE)

    def one(step):
        try:
            log.count(step["activity"], ACTIVITIES[step["activity"]].run(lab, client,
                                                                         step["parameters"]))
        finally:
            hands.release()

    for step in lab.plan["client_steps"][client]:
        time.sleep(max(0.0, start_s + step["at_s"] - time.monotonic()))
        hands.acquire()
        if time.monotonic() > end_s - 5:
            return
        threading.Thread(target=one, args=(step,), daemon=True).start()


def play_attacker(lab, log):
    """One thing after the other, silence between: no two windows can overlap."""
    time.sleep(WARM_UP_S)
    for step in lab.plan["attacker_steps"]:
        begin_ns = time.time_ns()
        entry = {"from_ns": begin_ns, **step}
        if "attack" in step:
            ATTACKS[step["attack"]].run(lab, step["parameters"])
            entry["victims"] = victims(lab, step["attack"], step["parameters"])
        else:
            log.count(step["activity"], ACTIVITIES[step["activity"]].run(lab, "a",
                                                                         step["parameters"]))
        entry["to_ns"] = time.time_ns()
        log.attacker.append(entry)
        time.sleep(QUIET_S)


def play(lab, log):
    """All clients and the attacker; ends when the time is over and the attacker is done."""
    start_s = time.monotonic()
    end_s = start_s + lab.plan["duration_s"]
    attacker = threading.Thread(target=play_attacker, args=(lab, log), daemon=True)
    clients = [threading.Thread(target=play_client, args=(lab, log, client, start_s, end_s),
                                daemon=True) for client in lab.plan["clients"]]
    for thread in (attacker, *clients):
        thread.start()
    attacker.join()
    time.sleep(max(0.0, end_s - time.monotonic()))


def refuse_real_network():
    links = [line.split(":")[1].strip() for line in run("ip", "-o", "link").splitlines()]
    if links != ["lo"]:
        sys.exit("session.py: this is not an empty network namespace; start it with record.sh")


def private_folders():
    """/run and the logs of this mount namespace only: nothing stays, nothing of the machine shows."""
    run("mount", "--make-rprivate", "/")
    for path in ("/run", "/var/log"):
        run("mount", "-t", "tmpfs", "lab", path)
    folder = Path("/run/lab")
    folder.mkdir()
    os.environ.update(HOME=str(folder), TMPDIR=str(folder), LC_ALL="C", TZ="UTC")
    os.chdir(folder)
    return folder


def main():
    name, out = sys.argv[1], Path(sys.argv[2]).resolve()
    refuse_real_network()
    folder, plan = private_folders(), session_plan(name)
    network = Network(plan)
    network.build()
    lab, log, services = Lab(plan, network, folder), Log(), Services(network, plan, folder)
    services.start()
    time.sleep(3)
    recorder = Recorder(lab, out / f"{name}.pcap")
    begin_ns = time.time_ns()
    play(lab, log)
    done = {"packets": recorder.stop(), "from_ns": begin_ns, "to_ns": time.time_ns(),
            "addresses": network.addresses, "activities": dict(sorted(log.done.items())),
            "attacker": log.attacker, "dead_services": services.dead()}
    (out / f"{name}.json").write_text(json.dumps({"plan": plan, "done": done}, indent=1) + "\n")
    said = (folder / "services.log").read_bytes()[-4000:]
    (out / f"{name}.services.txt").write_bytes(said)
    services.close()
    network.close()


if __name__ == "__main__":
    main()
