"""A Slurm of one node in a temporary folder on loopback: munged, slurmctld and slurmd as root, without systemd."""
import os
import shutil
import socket
import subprocess
import time

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo"]

CONFIG = """ClusterName=nta
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SwitchType=switch/none
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=2048 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def find(program):
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def missing():
    """Why no cluster can be started here; "" if one can."""
    absent = [program for program in PROGRAMS if find(program) is None]
    if absent:
        return f"{', '.join(absent)} not installed; scripts/setup.sh --slurm brings them"
    return "" if os.geteuid() == 0 else "only root can start slurmd"


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    """Between `with Cluster(folder) as cluster:` and its end; `cluster.run(words)` talks to it."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def start(self, *words):
        log = open(self.folder / f"{words[0]}.out", "w")  # pylint: disable=consider-using-with
        self.processes.append(subprocess.Popen([find(words[0]), *map(str, words[1:])], env=self.environment,
                                               stdout=log, stderr=log))

    def run(self, *words, **more):
        return subprocess.run([find(words[0]) or words[0], *map(str, words[1:])], env=self.environment, text=True,
                              capture_output=True, check=False, **more)

    def wait_for(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition():
            logs = "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))
            assert time.monotonic() < deadline, f"{what} after {seconds} s\n{logs}"
            time.sleep(0.2)  # another program's progress: there is nothing to wait on

    def __enter__(self):
        for name, mode in [("munge", 0o700), ("state", 0o755), ("spool", 0o755)]:
            (self.folder / name).mkdir(mode=mode)
        key = self.folder / "munge/key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        host = socket.gethostname().split(".")[0]
        (self.folder / "slurm.conf").write_text(CONFIG.format(folder=self.folder, host=host, ports=free_ports(2),
                                                              cpus=len(os.sched_getaffinity(0))))
        munge = self.folder / "munge"
        self.start("munged", "--foreground", "--force", f"--socket={munge}/socket", f"--key-file={key}",
                   f"--log-file={munge}/log", f"--pid-file={munge}/pid", f"--seed-file={munge}/seed")
        self.wait_for((munge / "socket").exists, 20, "munged is not ready")
        self.start("slurmctld", "-D", "-f", self.folder / "slurm.conf")
        self.start("slurmd", "-D", "-f", self.folder / "slurm.conf")
        self.wait_for(lambda: "idle" in self.run("sinfo", "-h", "-o", "%T").stdout, 60, "the node is not idle")
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
