"""The exported TorchScript, loaded by plain Python on raw features, gives the scores of `nta score`."""
import csv
import json
import os

import pytest
import torch

import small
from conftest import LAB, one_message

HELD_OUT = LAB / "lab-20.pcap.zst"
KINDS = {
    "mlp": {},
    "linear": {"model": {"kind": "linear"}},
    "autoencoder": {"task": "anomaly", "model": {"kind": "autoencoder", "hidden": [24], "code": 6}},
    "lstm": {"base": "lab.json", "data__unit": "sequence", "features": {"sequence": {"n": 8}},
             "model": {"kind": "lstm", "hidden": 12}},
}


@pytest.fixture(scope="module", params=KINDS)
def exported(request, nta, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    experiment = small.write(folder, request.param, training__epochs=2, **KINDS[request.param])
    nta("train", experiment, "--run", folder / "run", "-q")
    nta("export", folder / "run", "--out", folder / "model")
    nta("score", folder / "model", HELD_OUT, "--out", folder / "scores.csv")
    return request.param, folder


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def raw_input(nta, folder, meta, n_steps):
    """Features of the same capture as `nta features` writes them, in the model's order."""
    words = ["features", HELD_OUT, "--out", folder / "features.csv"]
    nta(*words, *(["--sequence-n", n_steps] if n_steps else []))
    rows = table(folder / "features.csv")
    if not n_steps:
        return [torch.tensor([[float(row[column["name"]]) for column in meta["features"]["columns"]] for row in rows],
                             dtype=torch.float64)]
    fields = meta["sequence"]["fields"]
    x = torch.zeros(len(rows), n_steps, len(fields), dtype=torch.float64)
    lengths = torch.tensor([int(row["seq_count"]) for row in rows])
    for i, row in enumerate(rows):
        for t in range(int(row["seq_count"])):
            for f, field in enumerate(fields):
                x[i, t, f] = float(row[f"seq_{field}_{t + 1}"])
    return [x, lengths]


def test_python_gives_the_same_scores(nta, exported):
    kind, folder = exported
    meta = json.loads((folder / "model/model.json").read_text())
    module = torch.jit.load(str(folder / "model/model.pt"))
    inputs = raw_input(nta, folder, meta, meta["sequence"]["n_steps"] if meta["sequence"] else 0)
    scores = table(folder / "scores.csv")
    with torch.no_grad():
        result = module.score(*inputs)
    assert len(scores) == inputs[0].shape[0]
    if kind == "autoencoder":
        expected = torch.tensor([float(row["score"]) for row in scores], dtype=torch.float64)
        assert torch.allclose(result.double(), expected, rtol=1e-6, atol=1e-6)
        return
    probabilities, classes = result
    expected = torch.tensor([[float(row[f"p_{name}"]) for name in meta["classes"]] for row in scores],
                            dtype=torch.float64)
    assert (probabilities.double() - expected).abs().max() <= 1e-6
    assert [meta["classes"][c] for c in classes.tolist()] == [row["class"] for row in scores]


def test_parity_was_checked_and_is_zero(exported):
    parity = json.loads((exported[1] / "model/parity.json").read_text())
    assert parity["ok"] is True and parity["max_abs"] == 0


def test_state_dict_has_the_names_of_an_equal_python_module(exported):
    kind, folder = exported
    names = set(torch.jit.load(str(folder / "model/model.pt")).state_dict())
    assert {"mlp": "fc1.weight", "linear": "head.weight", "autoencoder": "enc1.weight",
            "lstm": "lstm.weight_ih_l0"}[kind] in names


def test_another_feature_list_is_refused(nta, exported, tmp_path):
    kind, folder = exported
    copy = tmp_path / "model"
    copy.mkdir()
    for file in (folder / "model").iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    text = (copy / "model.json").read_text()
    meta = json.loads(text)
    (copy / "model.json").write_text(text.replace(meta["features"]["set_sha256"], "0" * 64))
    one_message(nta("score", copy, HELD_OUT, "--out", tmp_path / "s.csv", ok=False), 3, "model.json")
    assert not (tmp_path / "s.csv").exists()


def test_json_lines_hold_the_same_numbers(nta, exported, tmp_path):
    _, folder = exported
    nta("score", folder / "model", HELD_OUT, "--out", tmp_path / "s.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    rows = table(folder / "scores.csv")
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows):
        assert {k: str(v) for k, v in line.items() if isinstance(v, (str, int))}.items() <= row.items()


@pytest.mark.parametrize("name", ["attack-pcaps/slips/test7-malicious.pcap", "ndpi-pcaps/pcap/google_ssl.pcap",
                                  "ndpi-pcaps/pcap/fuzz-2021-10-13.pcap"])
def test_foreign_captures_are_scored_and_every_packet_accounted_for(nta, exported, shared, tmp_path, name):
    done = nta("score", exported[1] / "model", shared(name), "--out", tmp_path / "s.csv", "--json", ok=False)
    document = done.document
    assert done.code == 0, done.stderr
    counts = document["accounting"]
    assert counts["read"] > 0 and counts["read"] == counts["used"] + sum(counts["skipped"].values())
    header, *rows = (tmp_path / "s.csv").read_text().splitlines()
    assert header.startswith("capture,first_packet,start,") and len(rows) == document["flows"]
    assert document["flows"] > 0 or counts["used"] == 0


def test_a_capture_whose_name_is_no_utf8_is_scored(nta, exported, tmp_path):
    odd = tmp_path / os.fsdecode(b"caf\xe9.pcap.zst")
    odd.symlink_to(HELD_OUT)
    nta("score", exported[1] / "model", odd, "--out", tmp_path / "s.jsonl")
    assert "caf\ufffd" in json.loads((tmp_path / "s.jsonl").read_text().splitlines()[0])["capture"]
