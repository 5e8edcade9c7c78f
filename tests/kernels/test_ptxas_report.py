"""The CUDA sources compile within their budgets on every architecture: no spills, no stack, registers, occupancy; the PTX
holds no fused multiply-add and reads nothing from local memory; the committed table names the same kernels. Uses the
build's own compile commands and needs no device."""
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
        return ptxas_table.collect(BUILD)
    except ptxas_table.NoCuda as reason:
        pytest.skip(str(reason))


def test_every_kernel_of_ours_is_there(report):
    rows, _ = report
    for source, functors in ptxas_table.FUNCTORS.items():
        for functor in functors:
            found = {row["architecture"] for row in rows[source] if row["functor"] == functor}
            assert found == set(ptxas_table.ARCHITECTURES), f"{functor} in {source}: only sm_{sorted(found)}"


def test_budgets_hold(report):
    rows, _ = report
    broken = [line for found in rows.values() for row in found for line in ptxas_table.broken_budgets(row)]
    assert not broken, "\n".join(broken)


def test_a_broken_budget_is_told():
    row = {"kernel": "FoldPart", "functor": "FoldPart", "architecture": "90", "registers": 72, "stack": 8, "spilled": 4,
           "is_for_each": True, "occupancy": 37}
    assert len(ptxas_table.broken_budgets(row)) == 4


def test_no_contraction(report):
    _, ptx = report
    for source, texts in ptx.items():
        for text in texts:
            assert ".visible .entry" in text, source
            assert not re.search(r"fma\.\w+\.f64", text), source


def test_the_committed_table_names_the_same_kernels(report):
    rows, _ = report
    committed = set(re.findall(r"^\| `([^`]+)`", ptxas_table.PAGE.read_text(), re.M))
    assert committed == {row["kernel"] for found in rows.values() for row in found}, "run scripts/ptxas_table.py --write"
