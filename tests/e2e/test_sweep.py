"""`nta sweep`: killed in the middle and started again it ends with all trials; the study is Optuna's own."""
import csv
import json
import os
import signal
import subprocess
import sys
import types

import optuna
import pytest

import small
from conftest import BUILD, ROOT, one_message

sys.path.insert(0, str(ROOT / "scripts"))
from nta_rim import sweep_driver, sweep_study, worker  # noqa: E402
from nta_rim.program import Failure  # noqa: E402

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


def test_another_sweep_in_the_folder_is_refused(nta, tmp_path):
    file, out = sweep_file(tmp_path, trials_total=1), tmp_path / "sweep"
    nta("sweep", file, "--out", out, "--workers", "1")
    other = sweep_file(tmp_path, trials_total=2, objective={"metric": "validation/accuracy", "direction": "maximize"})
    one_message(nta("sweep", other, "--out", out, ok=False), 2, "objective", "another sweep")
    more = sweep_file(tmp_path, trials_total=2)
    assert nta("sweep", more, "--out", out, "--workers", "1", "--json").document["counts"]["COMPLETE"] == 2
    small.write(tmp_path, "base", training__epochs=3)
    changed = sweep_file_of(more, trials_total=3)
    one_message(nta("sweep", changed, "--out", out, "--workers", "1", ok=False), 2, "not the one")


def sweep_file_of(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return path


def test_a_folder_of_something_else_is_refused_and_json_says_why(nta, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "keep.txt").write_text("keep me")
    document = nta("sweep", sweep_file(tmp_path), "--out", out, "--json", ok=False).document
    assert document["exit_code"] == 2 and "not empty" in document["errors"][0]["message"]
    assert [p.name for p in out.iterdir()] == ["keep.txt"]
    assert nta("sweep", "--nonsense", "--json", ok=False).document["exit_code"] == 2


def test_trials_that_fail_for_ever_end_the_sweep(tmp_path):
    study = optuna.create_study()
    sweep = {"experiment": "e.json", "set": {}, "on_diverged": "fail", "max_consecutive_failures": 2}
    driver = sweep_driver.SweepDriver(sweep, tmp_path, study, 0, lambda text: None)
    at_work = types.SimpleNamespace(failures=0, trial=study.ask())
    driver.finish(at_work, {"state": "diverged"})
    at_work.trial = study.ask()
    with pytest.raises(Failure, match="2 trials failed in a row"):
        driver.finish(at_work, {"state": "diverged"})


def test_sending_to_a_worker_that_just_died_is_left_to_its_burial(tmp_path):
    ours, theirs = worker.socket.socketpair()
    theirs.close()
    dead = worker.Worker(0, "e.json", {}, tmp_path / "log")
    dead.socket = ours
    dead.send({"type": "trial"})
    assert dead.receive() == ([], True)


def test_grid_values_are_not_added_up():
    assert sweep_study.grid_values({"type": "float", "low": 0.1, "high": 0.4, "step": 0.1}) == [
        0.1, 0.2, 0.1 + 2 * 0.1, 0.4]
    assert sweep_study.grid_values({"type": "int", "low": 1, "high": 6, "step": 2}) == [1, 3, 5]
