#!/usr/bin/env python3
"""What ptxas says of every CUDA kernel, for each architecture: registers, stack, spills, shared memory, occupancy.
usage: scripts/ptxas_table.py [--build DIR] [--write]
Prints the table; --write puts it into kernels/OCCUPANCY.md with the stamp of what was compiled. Needs nvcc, no device.
The budgets are those of BUDGET below; tests/kernels/test_ptxas_report.py fails when one breaks."""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "kernels" / "OCCUPANCY.md"
ARCHITECTURES = ("80", "90", "100", "120")
# Kernels named here are ours: each must appear, so that a renamed one is not skipped in silence.
FUNCTORS = {
    "cuda_group.cu": ["MakeSortKey", "SegmentRunOf", "DescribeFlow", "StartsRun", "StartsFlow", "IsLongRun", "SpanOfRun", "ClockOfPart",
                      "ScanClocks", "FindEvents", "SegmentLongRun"],
    "cuda_fold.cu": ["SpanOfPart", "ScanSpans", "FoldParts", "MergeNeighbours", "FinishRows", "WriteSequence"],
}
SETS = {"NtaSet": "NtaSet", "FlowState": "NtaSet", "Cic76Set": "Cic76Set", "CicState": "Cic76Set",
        "NfstreamSet": "NfstreamSet", "NfstreamState": "NfstreamSet"}  # by what a kernel's name holds
BUDGET = {"stack": 0, "spilled": 0, "registers": 64, "occupancy": 50}  # ours; what CUB instantiates chooses its own registers
BLOCKS = {"each_kernel": 256, "block_kernel": 512}  # our launches: threads a block
BLOCK = 256  # of any other

ENTRY = re.compile(r"Compiling entry function '(\w+)' for 'sm_(\d+)\w?'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, "
                   r"(\d+) bytes spill loads.*?Used (\d+) registers([^\n]*)", re.S)


class NoCuda(Exception):
    """The build has no CUDA back end to look at."""


def nvcc_command(build, source):
    """The build's own compile command without its output and architectures, and its folder."""
    database = build / "compile_commands.json"
    if not database.exists():
        raise NoCuda(f"not configured: {build}")
    commands = [c for c in json.loads(database.read_text()) if c["file"].endswith("kernels/" + source)]
    if not commands:
        raise NoCuda("built without CUDA")
    words = shlex.split(commands[0]["command"])
    words = words[next(i for i, w in enumerate(words) if w.endswith("nvcc")):]  # past ccache
    words = [w for w in words if w not in ("-c", "-MD") and not w.startswith("--generate-code")]
    for flag in ("-o", "-MT", "-MF", "-x"):
        if flag in words:
            at = words.index(flag)
            del words[at:at + 2]
    return words, commands[0]["directory"]


def compiled(build, source, architecture, folder):
    """[(mangled, stack, spilled, registers, shared)], PTX text of one source for one architecture."""
    words, directory = nvcc_command(build, source)
    run = subprocess.run([*words, "-x", "cu", f"-arch=sm_{architecture}", "-cubin", "-o", str(folder / "out.cubin"),
                          "-Xptxas", "-v", "--keep", "--keep-dir", str(folder)],
                         cwd=directory, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(run.stderr)
    rows = []
    for name, _, stack, stores, loads, registers, rest in ENTRY.findall(run.stderr):
        shared = re.search(r"(\d+) bytes smem", rest)
        rows.append((name, int(stack), int(stores) + int(loads), int(registers), int(shared.group(1)) if shared else 0))
    return rows, "".join(path.read_text() for path in folder.glob("*.ptx"))


def occupancy_program(folder, nvcc):
    """NVIDIA's calculator, compiled by the host's compiler."""
    include = pathlib.Path(nvcc).resolve().parents[1] / "include"
    program = folder / "occupancy"
    subprocess.run(["g++", "-std=c++20", "-isystem", str(include), str(ROOT / "tests/kernels/occupancy.cpp"), "-o", str(program)],
                   check=True, capture_output=True)
    return program


def occupancy(program, architecture, registers, shared, block):
    major, minor = architecture[:-1], architecture[-1]
    run = subprocess.run([str(program), major, minor, str(registers), str(shared), str(block)],
                         check=True, capture_output=True, text=True)
    return int(run.stdout)


def label(mangled, source):
    """Our functor's name with the feature set it is for, if the kernel has one; else CUB's kernel."""
    functor = next((f for f in FUNCTORS[source] if f"{len(f)}{f}" in mangled), None)
    if functor is None:
        cub = re.search(r"\d((?:Device|Empty)\w*?Kernel)", mangled)
        return None, cub.group(1) if cub else mangled
    held = next((s for held, s in SETS.items() if f"{len(held)}{held}" in mangled), None)
    return functor, functor + (f"<{held}>" if held and source == "cuda_fold.cu" else "")


def launch(mangled):
    """Which of our launches a kernel is, or None."""
    return next((name for name in BLOCKS if f"{len(name)}{name}" in mangled), None)


def stamp_of(ptx, nvcc):
    """Hash of what was compiled: the compiler and its PTX without comments, debug lines and hashed names."""
    digest = hashlib.sha256(compiler_version(nvcc).encode())
    for source in sorted(ptx):
        for line in ptx[source].splitlines():
            if line and not line.lstrip().startswith(("//", ".file", ".loc", ".section", ".target")):
                digest.update(re.sub(r"_(INTERNAL|GLOBAL__N__)_\w+", "", line).encode())
    return digest.hexdigest()[:16]


def compiler_version(nvcc):
    text = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True).stdout
    return "nvcc " + re.search(r"V(\d+\.\d+\.\d+)", text).group(1)


def collect(build, sources=tuple(FUNCTORS), architectures=ARCHITECTURES):
    """{source: [row]}, {architecture: {source: PTX}}; rows are dicts. Two compilations at a time."""
    rows, ptx = {s: [] for s in sources}, {a: {} for a in architectures}
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        program = occupancy_program(scratch, nvcc_of(build))

        def one(job):
            source, architecture = job
            folder = scratch / f"{source}-{architecture}"
            folder.mkdir()
            return job, compiled(build, source, architecture, folder)

        jobs = [(s, a) for s in sources for a in architectures]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for (source, architecture), (found, text) in pool.map(one, jobs):
                ptx[architecture][source] = text
                for mangled, stack, spilled, registers, shared in found:
                    functor, name = label(mangled, source)
                    ours = launch(mangled)
                    if name == "EmptyKernel":
                        continue
                    rows[source].append({
                        "kernel": name, "functor": functor, "architecture": architecture, "registers": registers,
                        "stack": stack, "spilled": spilled, "shared": shared, "is_ours": ours is not None,
                        "occupancy": occupancy(program, architecture, registers, shared, BLOCKS.get(ours, BLOCK))})
    return rows, ptx


def nvcc_of(build):
    return nvcc_command(build, "cuda_group.cu")[0][0]


def broken_budgets(row):
    """Texts, one per budget that a kernel of ours breaks."""
    if row["functor"] is None:
        return []
    where = f"{row['kernel']} on sm_{row['architecture']}: "
    broken = [where + f"{row[what]} B {what}" for what in ("stack", "spilled") if row[what] > BUDGET[what]]
    if row["is_ours"] and row["registers"] > BUDGET["registers"]:
        broken.append(where + f"{row['registers']} registers")
    if row["is_ours"] and row["occupancy"] < BUDGET["occupancy"]:
        broken.append(where + f"{row['occupancy']} % occupancy")
    return broken


def table(rows):
    """A Markdown line per kernel; columns: registers / occupancy by architecture."""
    merged = {}
    for row in rows:
        key = (row["kernel"], row["is_ours"] or row["functor"] is None)
        merged.setdefault(key, {})[row["architecture"]] = row
    lines = ["| kernel | " + " | ".join(f"sm_{a}" for a in ARCHITECTURES) + " | shared | stack | spilled |",
             "|---|" + "---|" * (len(ARCHITECTURES) + 3)]
    for (name, ours_alone), found in sorted(merged.items()):
        cells = [f"{found[a]['registers']} / {found[a]['occupancy']} %" if a in found else "-" for a in ARCHITECTURES]
        most = {what: max(row[what] for row in found.values()) for what in ("shared", "stack", "spilled")}
        name = f"`{name}`" + ("" if ours_alone else " in CUB")
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {most['shared']} | {most['stack']} | {most['spilled']} |")
    return "\n".join(lines)


def page(rows, version, stamp):
    text = ["# Registers and occupancy of the CUDA kernels", "",
            f"Printed by `scripts/ptxas_table.py --write` with {version}; do not edit. A cell is registers a thread / occupancy "
            f"with {BLOCKS['each_kernel']} threads a block (`FoldParts`, `FinishRows`: {BLOCKS['block_kernel']}), by ptxas and "
            f"NVIDIA's occupancy calculator: static, nothing was run. Budgets of our kernels: {BUDGET['registers']} registers, "
            f"{BUDGET['occupancy']} % occupancy, no stack, no spills (`tests/kernels/test_ptxas_report.py`). Bytes: shared memory, "
            f"stack, spills. Kernels named Device... are CUB's, as are those that hold our predicates.", "",
            f"Stamp of the compiled code: `{stamp}`", ""]
    for source, found in rows.items():
        text += [f"## `{source}`", "", table(found), ""]
    return "\n".join(text)


def stamp_on_page():
    found = re.search(r"Stamp of the compiled code: `(\w+)`", PAGE.read_text()) if PAGE.exists() else None
    return found.group(1) if found else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", help="a build with NTA_CUDA=ON")
    parser.add_argument("--write", action="store_true", help="into kernels/OCCUPANCY.md")
    arguments = parser.parse_args()
    try:
        rows, ptx = collect(arguments.build)
        nvcc = nvcc_of(arguments.build)
    except NoCuda as reason:
        sys.exit(f"ptxas_table: {reason}")
    text = page(rows, compiler_version(nvcc), stamp_of(ptx["90"], nvcc))
    if arguments.write:
        PAGE.write_text(text)
    print(text)
    broken = [line for found in rows.values() for row in found for line in broken_budgets(row)]
    sys.exit("\n".join(broken) if broken else 0)


if __name__ == "__main__":
    main()
