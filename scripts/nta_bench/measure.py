"""One process at a time on one core -> CPU seconds and peak memory of it and its children; rows of results from them.

Ratios are taken pair by pair within a round, so that both sides met the same machine; above 1 is in our favour.
"""
import contextlib
import dataclasses
import os
import pathlib
import platform
import statistics
import subprocess
import threading
import time

from nta_rim.program import ROOT, Failure, program

LIMIT_S = 1200


@dataclasses.dataclass
class Run:
    """What one process used. peak_mb is that of its largest process; the floor is about 15, this program's own."""
    cpu_s: float
    wall_s: float
    peak_mb: float
    output: str


@contextlib.contextmanager
def on_cores(cores):
    """Children that start here run on these cores only; None: on all."""
    before = os.sched_getaffinity(0)
    if cores is not None:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def last_core():
    return {max(os.sched_getaffinity(0))}


def run(words, folder, cores=None, discard=False):
    """Runs a command in `folder`; Failure if it fails or takes longer than LIMIT_S. discard: stdout to /dev/null."""
    out_path, error_path = folder / "stdout", folder / "stderr"
    words = [str(word) for word in words]
    with open("/dev/null" if discard else out_path, "wb") as out, open(error_path, "wb") as errors:
        start = time.monotonic()
        with on_cores(cores):
            process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        late = threading.Timer(LIMIT_S, process.kill)
        late.start()
        _, status, usage = os.wait4(process.pid, 0)
        late.cancel()
        wall_s = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        reason = f"longer than {LIMIT_S} s" if wall_s >= LIMIT_S else f"exit {process.returncode}"
        text = error_path.read_text(errors="replace").strip()[-300:]
        raise Failure(1, f"{words[0]}: {reason}: {text}")
    output = "" if discard else ends(out_path.read_text(errors="replace"))
    output += ends(error_path.read_text(errors="replace"))
    return Run(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024, output)


def ends(text, keep=20_000):
    return text if len(text) <= 2 * keep else text[:keep] + "\n" + text[-keep:]


def built(name):
    """A benchmark program of the build that nta is of."""
    own = pathlib.Path(program()).parent / "tests" / name
    if own.exists():
        return own
    raise Failure(1, f"{own} is not built; run scripts/build.sh")


def figures(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def row(name, what, unit, ours, rival=None, target=None, at_least=None, at_most=None, note="", **more):
    """One line of the table; at_least bounds the ratio rival / ours, at_most bounds it or, without a rival, ours."""
    ratios = [r / o for o, r in zip(ours, rival)] if rival else None
    judged = statistics.median(ratios or ours)
    met = None
    if at_least is not None:
        met, target = judged >= at_least, target or f">= {at_least:g}x"
    elif at_most is not None:
        met, target = judged <= at_most, target or f"<= {at_most:g}"
    return {"id": name, "what": what, "unit": unit, "ours": figures(ours), "rival": figures(rival) if rival else None,
            "ratio": figures(ratios) if ratios else None, "target": target, "met": met, "note": note,
            "features": None, "command": None, "version": None, **more}


def machine():
    """Processor, cores and memory in words."""
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory_gb:.0f} GiB, Linux {platform.release()}"


def commit():
    """The commit that is checked out, '+' if the tree differs from it."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")
