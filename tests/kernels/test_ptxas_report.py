"""The CUDA sources compile without spills and without contraction: every kernel's ptxas line is read, those of CUB
that take our functors too, and the PTX is searched for fused multiply-adds. Uses the build's own compile commands."""
import json
import os
import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NTA_BUILD", ROOT / "build" / "release"))
# kernels named here are ours; each must appear, so that a renamed one is not skipped in silence
EXPECTED = {
    "cuda_group.cu": ["MakeSortKey", "GatherPacket", "SegmentRun", "DescribeFlow", "StartsRun", "StartsFlow"],
    "cuda_fold.cu": ["SpanOfPart", "ScanSpans", "FoldPart", "MergeParts", "FinishRow", "WriteSequence"],
}
MAX_REGISTERS = 64


def compiled(source, folder):
    """[(kernel, stack, spill stores, spill loads, registers)], PTX text"""
    database = BUILD / "compile_commands.json"
    if not database.exists():
        pytest.skip(f"not configured: {BUILD}")
    commands = [c for c in json.loads(database.read_text()) if c["file"].endswith("kernels/" + source)]
    if not commands:
        pytest.skip("built without CUDA")
    words = shlex.split(commands[0]["command"])
    words = words[next(i for i, w in enumerate(words) if w.endswith("nvcc")):]  # past ccache
    out = words.index("-o")
    del words[out:out + 2]
    words = [w for w in words if w not in ("-c", "-MD") and not w.startswith("--generate-code")]
    for flag in ("-MT", "-MF", "-x"):
        if flag in words:
            at = words.index(flag)
            del words[at:at + 2]
    run = subprocess.run([*words, "-x", "cu", "-arch=sm_90", "-cubin", "-o", os.devnull, "-Xptxas", "-v",
                          "--keep", "--keep-dir", str(folder)], cwd=commands[0]["directory"],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = re.findall(r"entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads"
                       r".*?Used (\d+) registers", run.stderr, re.S)
    ptx = "".join(path.read_text() for path in folder.glob("*.ptx"))
    return [(name, *map(int, numbers)) for name, *numbers in found], ptx


@pytest.mark.parametrize("source", sorted(EXPECTED))
def test_no_spills_no_stack_no_contraction(source, tmp_path):
    report, ptx = compiled(source, tmp_path)
    assert ".visible .entry" in ptx
    assert not re.search(r"fma\.\w+\.f64", ptx)
    for functor in EXPECTED[source]:
        ours = [row for row in report if f"{len(functor)}{functor}" in row[0]]
        assert ours, f"{functor}: no kernel in {source}"
        for name, stack, stores, loads, registers in ours:
            print(f"{functor}: {registers} registers, {stack} B stack, {stores} + {loads} B spilled")
            assert (stack, stores, loads) == (0, 0, 0), f"{functor}: {stack} B stack, {stores} + {loads} B spilled"
            if "for_each" in name:
                assert registers <= MAX_REGISTERS, f"{functor}: {registers} registers"
