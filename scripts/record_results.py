#!/usr/bin/env python3
"""Run and sweep folders -> experiments/results/NAME.json: the numbers that documents quote, with what they rest on.

usage: scripts/record_results.py RUN|SWEEP...
"""
import argparse
import csv
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


def run_result(run):
    config = read(run / "config.resolved.json")
    metrics, leakage = read(run / "eval/test/metrics.json"), read(run / "eval/leakage.json")
    values = metrics["metrics"]
    return config["name"], {
        "experiment": config["name"],
        "shown": {name: values[name] for name in SHOWN[config["task"]] if values.get(name) is not None},
        "remarks": leakage["failures"] + leakage["warnings"], "test": metrics}


def sweep_result(folder):
    """The trials, and the best one's test metrics: it was chosen on validation alone."""
    sweep = read(folder / "sweep.json")
    with open(folder / "trials.csv", newline="") as file:
        trials = [row for row in csv.DictReader(file) if row["state"].strip('"') == "COMPLETE"]
    if not trials:
        raise Failure(3, f"{folder} has no complete trial")
    pick = max if sweep["objective"]["direction"] == "maximize" else min
    best = pick(trials, key=lambda row: float(row["value"]))
    metrics = read(folder / "trials" / f"{int(best['number']):05d}" / "eval/test/metrics.json")
    metric = sweep["objective"]["metric"]
    for row in trials:
        del row["run_dir"]
    shown = {f"best of {len(trials)}: {metric}": float(best["value"])}
    if metric.startswith("validation/"):
        name = metric.removeprefix("validation/")
        shown[f"its test/{name}"] = metrics["metrics"][name]
    return f"sweep-{sweep['name']}", {"sweep": sweep["name"], "shown": shown, "trials": trials, "test": metrics}


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=pathlib.Path, metavar="RUN|SWEEP")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    for run in parser.parse_args(argv).runs:
        name, result = sweep_result(run) if (run / "sweep.json").exists() else run_result(run)
        result = {"commit": commit.stdout.strip(), **result}
        target = ROOT / "experiments/results" / f"{name}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(result, indent=1) + "\n")
        print(target.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(run_main(main, "record_results"))
