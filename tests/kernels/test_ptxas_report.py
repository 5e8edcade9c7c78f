"""The CUDA sources compile within their budgets: no spills, no stack, registers, occupancy; the PTX holds no fused
multiply-add; the committed table says the same. sm_90 is compiled always; the other architectures with NTA_LONG=1, or when
the stamp of the compiled code is not the committed one. Uses the build's own compile commands and needs no device."""
import importlib.util
import os
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NTA_BUILD", ROOT / "build" / "release"))

_spec = importlib.util.spec_from_file_location("ptxas_table", ROOT / "scripts" / "ptxas_table.py")
ptxas_table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(ptxas_table)


@pytest.fixture(scope="module")
def report():
    try:
        rows, ptx = ptxas_table.collect(BUILD, architectures=("90",))
    except ptxas_table.NoCuda as reason:
        pytest.skip(str(reason))
    stale = ptxas_table.stamp_of(ptx["90"], ptxas_table.nvcc_of(BUILD)) != ptxas_table.stamp_on_page()
    if stale or os.environ.get("NTA_LONG") == "1":
        others = tuple(a for a in ptxas_table.ARCHITECTURES if a != "90")
        more_rows, more_ptx = ptxas_table.collect(BUILD, architectures=others)
        rows = {source: rows[source] + more_rows[source] for source in rows}
        ptx.update(more_ptx)
    return rows, ptx


def test_every_kernel_of_ours_is_there(report):
    rows, ptx = report
    for source, functors in ptxas_table.FUNCTORS.items():
        for functor in functors:
            found = {row["architecture"] for row in rows[source] if row["functor"] == functor}
            assert found == set(ptx), f"{functor} in {source}: only sm_{sorted(found)}"
    for functor in ("FoldParts", "MergeNeighbours", "FinishRows"):
        names = {row["kernel"] for row in rows["cuda_fold.cu"] if row["functor"] == functor}
        assert names == {f"{functor}<{s}>" for s in ("NtaSet", "Cic76Set", "NfstreamSet")}


def test_budgets_hold(report):
    rows, _ = report
    broken = [line for found in rows.values() for row in found for line in ptxas_table.broken_budgets(row)]
    assert not broken, "\n".join(broken)


def test_a_broken_budget_is_told():
    row = {"kernel": "FoldPart", "functor": "FoldPart", "architecture": "90", "registers": 72, "stack": 8, "spilled": 4,
           "is_ours": True, "occupancy": 37}
    assert len(ptxas_table.broken_budgets(row)) == 4


def test_no_contraction(report):
    _, ptx = report
    for texts in ptx.values():
        for source, text in texts.items():
            assert ".visible .entry" in text, source
            assert not re.search(r"fma\.\w+\.f64", text), source


def test_the_committed_table_says_the_same(report):
    rows, ptx = report
    lines = {source: ptxas_table.table(found).splitlines()[2:] for source, found in rows.items()}
    committed = ptxas_table.PAGE.read_text()
    if set(ptx) == set(ptxas_table.ARCHITECTURES):
        for source, of_source in lines.items():
            assert all(line in committed for line in of_source), f"{source}: run scripts/ptxas_table.py --write"
    names = set(re.findall(r"^\| `([^`]+)`", committed, re.M))
    assert names == {row["kernel"] for found in rows.values() for row in found}, "run scripts/ptxas_table.py --write"
