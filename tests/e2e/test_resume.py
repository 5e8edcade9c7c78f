"""Killed at any instant and resumed, a training ends with the weights and metrics of an undisturbed one, bit for bit."""
import json
import random
import signal
import subprocess
import time

import pytest

import small
from conftest import BUILD, one_message

KILLS = 20
UNREPEATABLE = {"t"}


def start(experiment, run):
    return subprocess.Popen([BUILD / "nta", "train", experiment, "--run", run, "--resume", "-q", "--progress", "none"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process):
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors


def evidence(run):
    """What must be equal: final weights, every metric line but wall-clock values, every evaluation."""
    last = json.loads((run / "last.json").read_text())
    folder = max((run / "checkpoints").glob("step-*[0-9]"))
    assert folder.name in json.dumps(last)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    metrics = [{k: v for k, v in line.items() if k not in UNREPEATABLE} for line in lines
               if line["kind"] in ("train", "validation", "test")]
    evaluations = {str(p.relative_to(run)): p.read_bytes() for p in sorted((run / "eval").rglob("*")) if p.is_file()}
    return (folder / "weights.safetensors").read_bytes(), metrics, evaluations


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resume")
    experiment = small.write(folder)
    begun = time.monotonic()
    finish(start(experiment, folder / "whole"))
    return experiment, folder, time.monotonic() - begun


def test_sigkill_at_random_moments(undisturbed):
    experiment, folder, duration = undisturbed
    expected = evidence(folder / "whole")
    moments = random.Random(20)
    killed = runs = 0
    while killed < KILLS:
        run = folder / f"killed-{runs}"
        runs += 1
        complete = False
        while not complete:
            process = start(experiment, run)
            if killed >= KILLS:
                finish(process)
                break
            try:
                process.wait(timeout=moments.uniform(0.1, 1.2) * duration)
                assert process.returncode == 0, process.stderr.read()
                complete = True
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed += 1
        weights, metrics, evaluations = evidence(run)
        assert weights == expected[0], f"run {runs}: other weights"
        assert metrics == expected[1], f"run {runs}: other metrics"
        assert evaluations == expected[2], f"run {runs}: other evaluation"
    assert killed == KILLS


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGUSR1, 75)])
def test_signals_save_and_resume(undisturbed, number, code):
    experiment, folder, _ = undisturbed
    run = folder / f"signal-{code}"
    process = start(experiment, run)
    metrics = run / "metrics.jsonl"
    while process.poll() is None and not (metrics.exists() and metrics.stat().st_size > 400):
        pass
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == code
    assert json.loads((run / "status.json").read_text())["state"] == "preempted"
    finish(start(experiment, run))
    assert evidence(run) == evidence(folder / "whole")


def test_a_complete_run_is_left_alone(nta, undisturbed):
    experiment, folder, _ = undisturbed
    before = evidence(folder / "whole")
    nta("train", experiment, "--run", folder / "whole", "--resume")
    assert evidence(folder / "whole") == before


def test_another_configuration_is_refused(nta, undisturbed):
    experiment, folder, _ = undisturbed
    done = nta("train", experiment, "--run", folder / "whole", "--resume", "--set", "training.batch_size=64", ok=False)
    one_message(done, 2, "batch_size")


def test_an_existing_run_is_not_overwritten(nta, undisturbed):
    experiment, folder, _ = undisturbed
    one_message(nta("train", experiment, "--run", folder / "whole", ok=False), 2, "--resume")


def test_a_truncated_checkpoint_is_passed_over(nta, undisturbed, tmp_path):
    experiment, folder, _ = undisturbed
    run = folder / "truncated"
    process = start(experiment, run)
    while process.poll() is None and len(list(run.glob("checkpoints/step-*[0-9]"))) < 2:
        pass
    process.kill()
    process.communicate()
    newest = max((run / "checkpoints").glob("step-*[0-9]"))
    weights = newest / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    done = nta("train", experiment, "--run", run, "--resume")
    assert "weights.safetensors" in done.stderr
    assert evidence(run) == evidence(folder / "whole")
