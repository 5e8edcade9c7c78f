#!/usr/bin/env python3
"""Speed as ratios in one run: interleaved pairs, median with minimum and maximum, CPU time of whole processes.

usage: scripts/bench.sh [capture|training|all] [--quick] [--json FILE]
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from nta_rim.program import ROOT, Failure, program, run_main  # noqa: E402

LAB = ROOT / "experiments/data/lab"


def figures(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def row(what, unit, ours, rival=None, target=None, note=""):
    """One line of the table; ratio = rival / ours, pair by pair, so above 1 is faster than the rival."""
    ratios = [r / o for o, r in zip(ours, rival)] if rival else None
    return {"what": what, "unit": unit, "ours": figures(ours), "rival": figures(rival) if rival else None,
            "ratio": figures(ratios) if ratios else None, "target": target, "note": note}


def cpu_seconds(words):
    """User and system time of a command with all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(1, f"{' '.join(map(str, words))} failed: {done.stderr[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def packets_of(path):
    """(header, [(seconds, fraction, rest of the record)]) of a little-endian pcap file."""
    blob = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout
    records, at = [], 24
    while at < len(blob):
        seconds, fraction, caplen = struct.unpack_from("<III", blob, at)
        records.append((seconds, fraction, blob[at + 8:at + 16 + caplen]))
        at += 16 + caplen
    return blob[:24], records


def big_capture(folder, n_wanted):
    """The lab captures one after the other and again, later each time, until there are enough packets."""
    header, records = None, []
    for path in sorted(LAB.glob("*.pcap.zst")):
        head, more = packets_of(path)
        header = header or head
        if head[:4] == header[:4]:
            records += more
    if not records:
        raise Failure(77, "no lab captures; run scripts/lab/record.sh")
    start, span = records[0][0], max(r[0] for r in records) - min(r[0] for r in records) + 3600
    target, n, turn = folder / "big.pcap", 0, 0
    with open(target, "wb") as out:
        out.write(header)
        while n < n_wanted:
            for seconds, fraction, rest in records:
                out.write(struct.pack("<II", (seconds + turn * span) & 0xFFFFFFFF, fraction) + rest)
            n, turn = n + len(records), turn + 1
    return target, n, start


def bench_capture(quick):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        capture, n, _ = big_capture(folder, 300_000 if quick else 2_000_000)
        ingest, features, both = [], [], []
        for turn in range(3 if quick else 5):
            shards = folder / f"shards{turn}"
            ingest.append(cpu_seconds([program(), "ingest", capture, "--out", shards, "-q", "--threads", "1"]) / n * 1e9)
            features.append(cpu_seconds([program(), "features", shards, "--out", folder / "f.h5", "-q",
                                         "--threads", "1"]) / n * 1e9)
            both.append(ingest[-1] + features[-1])
        note = f"{n} packets of the lab captures, warm, one thread, 114 features a flow"
        return [row("ingest: capture -> shards", "ns CPU/packet", ingest, note=note),
                row("features: shards -> 114 features, HDF5", "ns CPU/packet", features, note=note),
                row("ingest + features", "ns CPU/packet", both, target="<= 1000 (1 M packets/s a core)", note=note)]


TORCH_STEP = """
import sys, time, torch
torch.set_num_threads(1)
steps = int(sys.argv[1])
torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(78, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32), torch.nn.ReLU(),
                            torch.nn.Linear(32, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
x, y = torch.randn(4096, 78), torch.randint(0, 2, (4096,))
def run(n):
    for i in range(n):
        at = i % 16 * 256
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[at:at + 256]), y[at:at + 256]).backward()
        optimizer.step()
run(50)
start = time.process_time()
run(steps)
print((time.process_time() - start) / steps * 1e6)
"""


def step_us(words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    environment["OMP_NUM_THREADS"] = "1"
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise Failure(1, f"{words[0]} failed: {done.stderr[-500:]}")
    return float(done.stdout.split()[-1])


def bench_training(quick):
    steps, pairs = ("200", 3) if quick else ("1000", 9)
    ours, rival = [], []
    binary = ROOT / "build/release/tests/bench/nta_bench_train_step"
    for _ in range(pairs):
        ours.append(step_us([str(binary), steps]))
        rival.append(step_us([str(ROOT / ".venv/bin/python"), "-c", TORCH_STEP, steps]))
    return [row("training step, MLP 78-64-32-2, batch 256, AdamW", "us CPU/step", ours, rival, ">= 1.0",
                "rival: Python torch, one thread, same model and optimiser")]


def table(results):
    lines = ["| what | unit | ours | rival | ratio (min-max) | target | note |", "|---|---|---|---|---|---|---|"]
    for r in results:
        rival = f"{r['rival']['median']:.0f}" if r["rival"] else "-"
        ratio = f"{r['ratio']['median']:.2f} ({r['ratio']['min']:.2f}-{r['ratio']['max']:.2f})" if r["ratio"] else "-"
        ours = f"{r['ours']['median']:.0f} ({r['ours']['min']:.0f}-{r['ours']['max']:.0f})"
        lines.append(f"| {r['what']} | {r['unit']} | {ours} | {rival} | {ratio} | {r['target'] or '-'} | {r['note']} |")
    return "\n".join(lines)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stage", nargs="?", default="all", choices=["all", "capture", "training"])
    parser.add_argument("--quick", action="store_true", help="fewer packets and pairs")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the numbers there, too")
    arguments = parser.parse_args(argv)
    load_before, results = os.getloadavg()[0], []
    for name, stage in (("capture", bench_capture), ("training", bench_training)):
        if arguments.stage in ("all", name):
            results += stage(arguments.quick)
    loads = f"load {load_before:.2f} before, {os.getloadavg()[0]:.2f} after"
    noisy = " - NOISY: other work ran beside" if load_before > 1.0 else ""
    print(table(results) + f"\n\n{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {loads}{noisy}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"date": time.strftime("%Y-%m-%d"), "load": loads,
                                              "results": results}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_main(main, "bench"))
