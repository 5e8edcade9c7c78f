"""Loads an exported folder as a stranger would: torch.jit.load and safetensors, nothing of nta.

check_script.py FOLDER: exits 0 if the script gives the golden outputs bit for bit and its parameters are
those of the weights file.
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file


def main(folder: pathlib.Path) -> None:
    extra = {"nta/meta.json": ""}
    script = torch.jit.load(str(folder / "model.pt"), _extra_files=extra)
    golden = load_file(folder / "golden.safetensors")
    weights = load_file(folder / "weights.safetensors")
    meta, inner = json.loads((folder / "model.json").read_text()), json.loads(extra["nta/meta.json"])
    assert not script.training
    assert meta["features"] == inner["features"] and meta["preparation"] == inner["preparation"]
    inputs = [golden["x"]] + ([golden["lengths"]] if "lengths" in golden else [])
    output, score = script.forward(*inputs), script.score(*inputs)
    score = score[0] if isinstance(score, tuple) else score
    assert torch.equal(output, golden["output"]), (output - golden["output"]).abs().max()
    assert torch.equal(score, golden["score"]), (score - golden["score"]).abs().max()
    state = {k: v for k, v in script.state_dict().items() if not k.startswith("prep.")}
    assert state.keys() == weights.keys(), state.keys() ^ weights.keys()
    assert all(torch.equal(state[k], weights[k]) for k in weights)
    if meta["sequence"]:  # padding holds NaN; a length of 0 is refused
        try:
            script.forward(inputs[0], torch.zeros_like(inputs[1]))
        except torch.jit.Error as error:
            assert "lengths must lie in" in str(error)
        else:
            raise AssertionError("length 0 was accepted")


with torch.no_grad():  # with gradients oneDNN's LSTM takes another path, 3e-8 away
    main(pathlib.Path(sys.argv[1]))
