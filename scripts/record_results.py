#!/usr/bin/env python3
"""Run folders -> experiments/results/NAME.json: the numbers that documents quote, with what they rest on.

usage: scripts/record_results.py RUN...
"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from nta_rim.program import ROOT, Failure, run_main  # noqa: E402

SHOWN = {"classification": ["macro_f1", "accuracy", "balanced_accuracy", "mcc"],
         "anomaly": ["roc_auc", "pr_auc", "recall", "fpr"],
         "regression": ["rmse", "mae", "r2"]}


def read(path):
    if not path.is_file():
        raise Failure(3, f"{path} is not there; is the run complete and evaluated on its test part?")
    return json.loads(path.read_text())


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=pathlib.Path, metavar="RUN")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    for run in parser.parse_args(argv).runs:
        config = read(run / "config.resolved.json")
        metrics = read(run / "eval/test/metrics.json")
        values, leakage = metrics["metrics"], read(run / "eval/leakage.json")
        result = {
            "experiment": config["name"], "commit": commit.stdout.strip(),
            "shown": {name: values[name] for name in SHOWN[config["task"]] if values.get(name) is not None},
            "remarks": leakage["failures"] + leakage["warnings"], "test": metrics}
        target = ROOT / "experiments/results" / f"{config['name']}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(result, indent=1) + "\n")
        print(target.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(run_main(main, "record_results"))
