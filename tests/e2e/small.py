"""A small, real experiment for tests of the whole way: five lab sessions, few epochs, the columns of the lab."""
import json

from conftest import LAB, ROOT

SESSIONS = {"train": ["lab-02", "lab-03"], "validation": ["lab-12"], "test": ["lab-17", "lab-19"]}


def write(folder, name="small", base="lab-columns.json", **changes):
    """folder/NAME.json: a small MLP (or what `changes` say); returns its path."""
    experiment = {
        "nta_experiment": 1,
        "extends": str(ROOT / "experiments/base" / base),
        "task": "classification",
        "data": {"sources": [{"files": [str(LAB / f"{s}.pcap.zst") for s in sessions], "part": part}
                             for part, sessions in SESSIONS.items()]},
        "model": {"kind": "mlp", "hidden": [32, 16], "dropout": 0.2},
        "threads": 1,
        "training": {"epochs": 6, "batch_size": 128, "optimizer": {"lr": 0.003}, "early_stop": None,
                     "checkpoint": {"every_seconds": None, "every_steps": 7, "every_epochs": 1, "keep_last": 2,
                                    "keep_best": 1}},
    }
    for path, value in changes.items():
        place = experiment
        *parents, last = path.split("__")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    path = folder / f"{name}.json"
    path.write_text(json.dumps(experiment, indent=1))
    return path
