"""Stages `ingest`, `stream` and `training`: shards and features by two commands, the streaming meter, a step beside
Python torch.
"""
import json
import os
import pathlib
import re
import subprocess
import tempfile

from nta_bench import captures, measure
from nta_rim.program import ROOT, Failure, program


def columns_row(quick):
    """Packet columns in memory -> feature table in memory: no file at either end."""
    binary, n, times = measure.built("nta_bench_kernels"), 300_000 if quick else 2_000_000, []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(3 if quick else 9):
            output = measure.run([binary, n, 10, 1, 1, 1], pathlib.Path(name), measure.last_core()).output
            times.append(float(re.search(r"bulk +([\d.]+) ns", output).group(1)))
    return measure.row("columns", "packet columns -> set nta, in memory", "ns CPU/packet", times, at_most=125,
                       note=f"{n} packets, 10 a flow; target is 8 M packets/s")


def ingest(quick):
    """Capture -> shards -> features as two commands."""
    made = captures.capture("mix", 300_000 if quick else 2_000_000)
    n, cores, quiet = made["packets"], measure.last_core(), ["-q", "--threads", "1"]
    write, read = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for turn in range(3 if quick else 9):
            shards, table = folder / f"shards{turn}", folder / "f.h5"
            for times, words in ((write, ["ingest", made["path"], "--out", shards]),
                                 (read, ["features", shards, "--out", table])):
                times.append(measure.run([program(), *words, *quiet], folder, cores).cpu_s / n * 1e9)
    note = f"{n} packets: {made['what']}; warm, one thread"
    both = [a + b for a, b in zip(write, read)]
    return [columns_row(quick),
            measure.row("ingest", "ingest: capture -> shards, LZ4", "ns CPU/packet", write, at_most=200, note=note),
            measure.row("features", "features: shards -> set nta, HDF5", "ns CPU/packet", read, note=note),
            measure.row("ingest+features", "both", "ns CPU/packet", both, note=note)]


def stream(quick):
    """The streaming meter: peak memory of a flood, memory and CPU time of flows that have gone on for long."""
    binary, flows, turns = measure.built("nta_bench_stream"), 200_000 if quick else 1_000_000, 3
    made = captures.capture("mix", 300_000 if quick else 2_000_000)

    def figures(*words):
        with tempfile.TemporaryDirectory() as name:
            runs = [measure.run([binary, *words], pathlib.Path(name), measure.last_core()) for _ in range(turns)]
        return [json.loads(one.output) for one in runs]

    flood, mature, mix = figures("flood", 1_000_000), figures("mature", flows, 40), figures("capture", made["path"])

    def costs(runs):
        return (f"{measure.figures([r['ns_per_packet'] for r in runs])['median']:.0f} ns a packet, "
                f"{measure.figures([r['finish_ns_per_flow'] for r in runs])['median']:.0f} ns a row; the meter's own "
                f"account {runs[0]['held_bytes_per_flow']:.0f} B a flow")
    return [
        measure.row("stream/flood", "streaming meter, 1,000,000 flows of one SYN: peak of the process", "MB",
                    [r["finish_peak_mb"] for r in flood], at_most=300, note=costs(flood)),
        measure.row("stream/mature", f"streaming meter, {flows} open flows of 40 packets, set nta: a flow, by its own "
                    "account or the process's growth, whichever is more", "B",
                    [max(r["held_bytes_per_flow"], (r["peak_mb"] - r["start_mb"]) * 1e6 / flows) for r in mature],
                    at_most=700, note=costs(mature)),
        measure.row("stream/mix", "packet rows -> streaming meter", "ns CPU/packet", [r["ns_per_packet"] for r in mix],
                    note=f"{made['packets']} packets, {mix[0]['open']} open flows; {costs(mix)}")]


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


def training(quick):
    steps, pairs = ("200", 3) if quick else ("1000", 9)
    ours, rival = [], []
    binary = ROOT / "build/release/tests/bench/nta_bench_train_step"
    for _ in range(pairs):
        ours.append(step_us([str(binary), steps]))
        rival.append(step_us([str(ROOT / ".venv/bin/python"), "-c", TORCH_STEP, steps]))
    return [measure.row("training-step", "training step, MLP 78-64-32-2, batch 256, AdamW", "us CPU/step", ours, rival,
                        at_least=1.0, note="rival: Python torch, one thread, same model and optimiser")]
