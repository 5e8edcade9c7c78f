"""`nta sweep`: killed in the middle and started again it ends with all trials; the study is Optuna's own."""
import csv
import json
import os
import signal
import subprocess

import optuna
import pytest

import small
from conftest import BUILD, one_message

TRIALS = 6


def sweep_file(folder, **changes):
    small.write(folder, "base", training__epochs=2)
    sweep = {"nta_sweep": 1, "name": "small", "experiment": "base.json",
             "objective": {"metric": "validation/macro_f1", "direction": "maximize", "take": "best"},
             "space": {"training.optimizer.lr": {"type": "float", "low": 0.0005, "high": 0.05, "log": True},
                       "model.hidden": {"type": "categorical", "choices": [[8], [16, 8]]}},
             "sampler": {"name": "tpe", "seed": 3}, "trials_total": TRIALS, **changes}
    path = folder / "sweep.json"
    path.write_text(json.dumps(sweep))
    return path


def states(folder):
    study = optuna.load_study(study_name="small", storage=f"sqlite:///{folder / 'study.db'}")
    return [trial.state.name for trial in study.get_trials(deepcopy=False)]


def start(file, out):
    return subprocess.Popen([BUILD / "nta", "sweep", file, "--out", out, "--workers", "2"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, start_new_session=True)


def test_sigkill_in_the_middle_and_the_same_command_again(nta, tmp_path):
    file, out = sweep_file(tmp_path), tmp_path / "sweep"
    process = start(file, out)
    while process.poll() is None and not ((out / "study.db").exists() and states_or_none(out).count("COMPLETE") >= 2):
        pass
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert states(out).count("COMPLETE") < TRIALS
    document = nta("sweep", file, "--out", out, "--workers", "2", "--json").document
    assert document["counts"]["COMPLETE"] == TRIALS
    assert states(out).count("COMPLETE") == TRIALS and "RUNNING" not in states(out)
    with open(out / "trials.csv", newline="") as table:
        complete = [row for row in csv.DictReader(table) if "COMPLETE" in row["state"]]
    assert len(complete) == TRIALS
    exported = tmp_path / "best"
    nta("sweep", file, "--out", out, "--export-best", exported)
    assert (exported / "model.pt").exists()


def states_or_none(out):
    try:
        return states(out)
    except Exception:  # the driver is just making the tables
        return []


def test_a_dead_worker_fails_its_trial_and_is_replaced(nta, tmp_path):
    file, out = sweep_file(tmp_path, trials_total=3), tmp_path / "sweep"
    process = start(file, out)
    victim = None
    while process.poll() is None and victim is None:
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
        if (out / "trials").is_dir() and any((out / "trials").iterdir()):
            victim = next((int(pid) for pid in children.stdout.split()), None)
    os.kill(victim, signal.SIGKILL)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert states(out).count("COMPLETE") == 3
    assert "signal 9" in errors


def test_a_path_that_is_no_field_is_refused_with_its_place(nta, tmp_path):
    file = sweep_file(tmp_path, space={"training.optimizer.learning_rate": {"type": "float", "low": 0.1, "high": 1}})
    one_message(nta("sweep", file, "--out", tmp_path / "s", ok=False), 2, "learning_rate")


def test_a_second_driver_is_refused(nta, tmp_path):
    file, out = sweep_file(tmp_path), tmp_path / "sweep"
    process = start(file, out)
    try:
        while process.poll() is None and not (out / "study.db").exists():
            pass
        one_message(nta("sweep", file, "--out", out, ok=False), 2, "in use")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("sampler", ["random", "grid"])
def test_other_samplers_end_with_all_trials(nta, tmp_path, sampler):
    space = {"training.optimizer.lr": {"type": "categorical", "choices": [0.001, 0.01]},
             "model.hidden": {"type": "categorical", "choices": [[8], [12]]}}
    file = sweep_file(tmp_path, sampler={"name": sampler, "seed": 1}, space=space, trials_total=4)
    document = nta("sweep", file, "--out", tmp_path / "s", "--workers", "2", "--json").document
    assert document["counts"]["COMPLETE"] == 4
