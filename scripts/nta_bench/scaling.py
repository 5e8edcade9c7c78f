"""Stages `scaling`, `decode` and `threads`: how nta's own cost grows, and reading alone beside libpcap.

scaling  exponent over packets (flows of 10 packets), cost over flows at equal packets, one elephant beside many flows
decode   capture -> packet rows beside libpcap that only counts, both timed inside the process
threads  two threads beside one, wall time, capture -> features and shards -> features
"""
import math
import os
import pathlib
import re
import tempfile

from nta_bench import captures, measure
from nta_rim.program import Failure, program

FEW = ["--include", "packets", "wire_bytes", "duration_ns"]  # the meter, not the writing of all columns of a flow


def features(source, folder, threads=1, more=()):
    """nta features SOURCE -> HDF5; pinned to one core when it has one thread."""
    words = [program(), "features", source, "--out", folder / "f.h5", "-q", "--no-hash", "--device", "cpu",
             "--threads", threads]
    done = measure.run([*words, *more], folder, measure.last_core() if threads == 1 else None)
    (folder / "f.h5").unlink()
    return done


def in_memory():
    folder = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
    return tempfile.TemporaryDirectory(prefix="nta-bench-", dir=folder)


def slope(points):
    """b of log t = a + b log N by least squares, (N, t) each."""
    xs, ys = [math.log(n) for n, _ in points], [math.log(t) for _, t in points]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys)) / sum((x - mean_x) ** 2 for x in xs)


def over_packets(folder, quick, turns):
    """Exponent in packets; the cost of a capture of one packet is taken off first, else it would flatter."""
    one = captures.capture("uniform", 1)["path"]
    start_s = measure.figures([features(one, folder).cpu_s for _ in range(3)])["median"]
    sizes = [100_000, 300_000, 1_000_000] + ([] if quick else [3_000_000, 10_000_000])
    times = {}
    for n in sizes:
        made = captures.capture(f"flows-{n // 10}", n)
        times[n] = [features(made["path"], folder).cpu_s - start_s for _ in range(turns)]
        captures.forget(made)
    slopes = [slope([(n, times[n][turn]) for n in sizes]) for turn in range(turns)]
    note = "; ".join(f"{n}: {measure.figures(times[n])['median'] / n * 1e9:.0f} ns" for n in sizes)
    return measure.row("scaling/packets", "exponent b of t = a N^b, a flow per 10 packets", "-", slopes, at_most=1.05,
                       note=f"start {start_s * 1e3:.0f} ms taken off; a packet {note}")


def ratio_of_captures(folder, turns, name, what, costly, cheap, more, at_most):
    """Cost of one capture over that of another of as many packets, in turns."""
    ours, base = [], []
    for _ in range(turns):
        base.append(features(cheap["path"], folder, more=more).cpu_s)
        ours.append(features(costly["path"], folder, more=more).cpu_s)
    note = (f"{costly['packets']} packets each; {measure.figures(base)['median'] / cheap['packets'] * 1e9:.0f} -> "
            f"{measure.figures(ours)['median'] / costly['packets'] * 1e9:.0f} ns a packet")
    return measure.row(name, what, "x", [o / b for o, b in zip(ours, base)], at_most=at_most, note=note)


def scaling(quick):
    turns, n = (3, 400_000) if quick else (5, 4_000_000)
    few, many = (10_000, n) if quick else (100_000, n)
    with in_memory() as name:
        folder = pathlib.Path(name)
        rows = [over_packets(folder, quick, 3)]
        low = captures.capture(f"flows-{few}", n)
        for middle in (few * 10, many):
            high = captures.capture(f"flows-{middle}", n)
            for more, columns in ((FEW, f"{len(FEW) - 1} columns"), ([], "all columns")):
                rows.append(ratio_of_captures(folder, turns, f"scaling/flows-{middle}/{columns.split()[0]}",
                                              f"{few} -> {middle} flows, {columns}", high, low, more,
                                              1.4 if more else None))
            captures.forget(high)
        captures.forget(low)
        n = 200_000 if quick else 2_000_000
        rows.append(ratio_of_captures(folder, 3 if quick else 9, "scaling/elephant",
                                      "one elephant / flows of 10 packets", captures.capture("elephant", n), captures.capture("uniform", n), [], 1.5))
    return rows


def decode(quick):
    binary, rows = measure.built("nta_bench_decode"), []
    for capture, n in (("full", 1_000_000), ("small", 2_000_000), ("mix", 2_000_000)):
        made = captures.capture(capture, n // 10 if quick else n)
        times = {"rows": [], "frames": [], "libpcap": []}
        with tempfile.TemporaryDirectory() as name:
            for _ in range(3 if quick else 9):
                for mode, values in times.items():
                    output = measure.run([binary, mode, made["path"]], pathlib.Path(name), measure.last_core()).output
                    values.append(float(re.search(r"ns_per_packet ([\d.]+)", output).group(1)))
        rows.append(measure.row(
            f"decode/{capture}", f"capture -> rows beside libpcap counting, {capture}", "ns CPU/packet", times["rows"],
            times["libpcap"], at_least=2,
            note=f"{made['packets']} packets, {made['bytes'] / made['packets']:.0f} B each; "
                 f"walking the records alone {measure.figures(times['frames'])['median']:.0f} ns"))
    return rows


def threads(quick):
    """Wall time; says nothing on a machine that has other work."""
    if len(os.sched_getaffinity(0)) < 2:
        raise Failure(77, "needs two cores")
    made, rows = captures.capture("mix", 200_000 if quick else 2_000_000), []
    with in_memory() as name:
        folder = pathlib.Path(name)
        measure.run([program(), "ingest", made["path"], "--out", folder / "shards", "-q"], folder)
        for source, what in ((made["path"], "capture"), (folder / "shards", "shards")):
            one, two = [], []
            for _ in range(3 if quick else 9):
                one.append(features(source, folder).wall_s)
                two.append(features(source, folder, threads=2).wall_s)
            rows.append(measure.row(f"threads/{what}", f"{what} -> features: two threads beside one", "s wall", two, one,
                                    at_least=1.7, note=f"{made['packets']} packets"))
    return rows
