"""The benchmark as users run it, on tiny captures: rivals that are absent, work or fail; its document; its captures."""
import json
import os
import struct
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT

MAKER = ROOT / "tests/bench/make_captures.py"
FIGURES = {"median", "min", "max", "n"}
RIVALS = {"argus", "softflowd", "nfpcapd", "ndpiReader", "tshark", "NFStream", "cicflowmeter"}


def bench(folder, *words, **environment):
    done = subprocess.run([sys.executable, str(ROOT / "scripts/bench.py"), *words, "--json", str(folder / "bench.json")],
                          capture_output=True, text=True, check=False,
                          env={**os.environ, "NTA_PROGRAM": str(BUILD / "nta"), **environment})
    document = json.loads((folder / "bench.json").read_text()) if (folder / "bench.json").exists() else None
    return done, document


def stub(folder, name, text):
    """A program that stands in for a rival."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_without_rivals_each_is_skipped_aloud_and_the_document_is_whole(tmp_path):
    done, document = bench(tmp_path, "flows", "--quick", "--packets", "300", "--captures", "mix,full,flood",
                           NTA_BENCH_NO_RIVALS="1")
    assert done.returncode == 0, done.stderr
    assert RIVALS <= {s["what"] for s in document["skipped"]}
    for name in RIVALS:
        assert f"SKIPPED {name}: " in done.stderr and f"SKIPPED {name}: " in done.stdout
    assert set(document) == {"schema", "date", "commit", "machine", "load", "quick", "captures", "results", "skipped"}
    assert document["schema"] == 1 and [c["name"] for c in document["captures"]] == ["mix", "full", "flood"]
    rows = {row["id"]: row for row in document["results"]}
    assert {"flows/mix/nta", "flows/mix/nta-CSV", "flows/mix/nta-NFStream's-core-columns", "flows/full/nta", "flows/flood/nta"} <= set(rows)
    for row in rows.values():
        assert set(row["ours"]) == FIGURES and row["ours"]["n"] == 3 and row["ours"]["min"] > 0
        assert row["rival"] is None and row["ratio"] is None
        assert "nta features F" in row["command"]
    assert rows["flows/flood/nta"]["sides"]["ours"]["flows"] == 300
    assert rows["flows/flood/nta"]["features"]["ours"] > 100


def test_a_rival_is_measured_in_the_same_rounds_and_a_failing_one_is_skipped(tmp_path):
    stub(tmp_path, "softflowd", "n=0; while [ $n -lt 20000 ]; do n=$((n + 1)); done; echo Flows expired: 7")
    stub(tmp_path, "argus", "echo no such file >&2; exit 3")
    done, document = bench(tmp_path, "flows", "--quick", "--packets", "300", "--captures", "elephant", "--rivals",
                           "softflowd,argus", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    row = next(r for r in document["results"] if r["id"] == "flows/elephant/softflowd")
    assert row["ratio"]["n"] == 3 and row["met"] == (row["ratio"]["median"] >= 3.5) and row["target"] == ">= 3.5x"
    assert row["sides"]["rival"]["flows"] == 7 and row["sides"]["ours"]["flows"] == 1
    assert row["ratio"]["min"] <= row["ratio"]["median"] <= row["ratio"]["max"]
    equal = next(r for r in document["results"] if r["id"] == "flows/elephant/softflowd/equal-features")
    assert equal["features"]["ours"] == 15 and equal["target"] is None and equal["ratio"]["n"] == 3
    full, features = done.stdout.split("\nEqual features")
    assert "| softflowd |" in full and ">= 3.5x" in full
    assert "| softflowd beside nta, NFStream's core columns |" in features and ">= 3.5x" not in features
    reasons = {s["what"]: s["reason"] for s in document["skipped"]}
    assert "exit 3" in reasons["argus"] and "no such file" in reasons["argus"]


def test_rivals_that_only_root_can_install_are_named_to_others(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from nta_bench import rivals
    installed = []
    monkeypatch.setattr(rivals, "must", lambda words, what: installed.append(what))
    monkeypatch.setattr(rivals.os, "geteuid", lambda: 1000)
    stub(tmp_path, "sudo", "echo a password is required >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rivals, "DEBIAN", {"no-such-meter": "meter-package"})
    rivals.install()
    assert installed[-1] == "rivals.txt" and not any("Debian" in what for what in installed)
    assert "apt-get install -y --no-install-recommends meter-package" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["flow"], ["flows", "--captures", "mixx"], ["flows", "--rivals", "argos"]])
def test_unknown_words_are_refused(tmp_path, words):
    done, document = bench(tmp_path, *words)
    assert done.returncode == 2 and document is None
    assert "is not known; there are" in done.stdout + done.stderr


def made(folder, name, n_packets):
    path = folder / f"{name}.pcap"
    done = subprocess.run([sys.executable, str(MAKER), name, "--out", str(path), "--packets", str(n_packets)],
                          capture_output=True, text=True, check=True)
    return path, json.loads(done.stdout)


def records(path):
    blob, at = path.read_bytes(), 24
    while at < len(blob):
        seconds, micros, captured, wire = struct.unpack_from("<IIII", blob, at)
        yield seconds * 1_000_000 + micros, captured, wire, blob[at + 16:at + 16 + captured]
        at += 16 + captured


def ones_complement_sum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    return (total & 0xFFFF) + (total >> 16)


@pytest.mark.parametrize("name", ["mix", "small", "elephant", "uniform", "full", "flood", "flows-40"])
def test_captures_are_the_same_each_time_in_order_and_wholly_decoded(nta, tmp_path, name):
    path, facts = made(tmp_path, name, 3000)
    again, _ = made(tmp_path, name, 3000)
    assert path.read_bytes() == again.read_bytes()
    rows = list(records(path))
    assert len(rows) == facts["packets"] == 3000 and facts["bytes"] == path.stat().st_size
    assert all(captured <= wire for _, captured, wire, _ in rows)
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    accounting = nta("ingest", path, "--out", tmp_path / "shards", "--json").document["accounting"]
    assert accounting["read"] == 3000 and accounting["used"] > 2900
    if name not in ("mix", "small"):  # made headers; recorded ones may be wrong as they came
        assert all(ones_complement_sum(frame[14:34]) == 0xFFFF for _, _, _, frame in rows)
        assert accounting["used"] == 3000


@pytest.mark.parametrize("name, n_flows", [("elephant", 1), ("flood", 500), ("uniform", 51), ("flows-40", 40)])
def test_captures_hold_the_flows_they_name(nta, tmp_path, name, n_flows):
    path, _ = made(tmp_path, name, 500)
    assert nta("features", path, "--out", tmp_path / "f.csv", "--json").document["flows"] == n_flows
