"""Drives a sweep: asks Optuna, sends trials to persistent workers, tells the results. One driver a folder.

A dead worker fails its trial, which is queued again from its newest checkpoint, and is restarted after a growing
pause. A driver that was killed leaves trials RUNNING; the next one holds the folder's lock, so it may end them.
"""
import fcntl
import json
import os
import selectors
import time

import optuna
from optuna.trial import TrialState

from nta_rim.program import Failure
from nta_rim.sweep_study import (COUNTED, n_counted, n_waiting, refuse_other_experiment, reseed_random,
                                 stream_key, suggest, write_whole)
from nta_rim.worker import PROTOCOL, Worker

PAUSES_S = (1, 2, 4, 8, 16, 32, 60)


class FolderLock:
    """Exclusive for the driver's life; a kill frees it."""

    def __init__(self, folder):
        self._file = open(folder / "lock", "a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            raise Failure(2, f"{folder} is in use by process {self._file.read().strip() or '?'}; wait or stop it")
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()


class SweepDriver:
    def __init__(self, sweep, folder, study, n_workers, say):
        self.sweep, self.folder, self.study, self.say = sweep, folder, study, say
        self.selector = selectors.DefaultSelector()
        (folder / "workers").mkdir(exist_ok=True)
        (folder / "trials").mkdir(exist_ok=True)
        self.workers = [Worker(slot, sweep["experiment"], sweep["set"], folder / "workers" / f"{slot}.log")
                        for slot in range(n_workers)]
        self.open_slots = set(range(n_workers))
        self.stopping = False

    # -- trials ------------------------------------------------------------------------------------
    def end_stale(self):
        for frozen in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self.study._storage.set_trial_state_values(frozen._trial_id, TrialState.FAIL)
            self.retry(frozen, "its driver died", counts=False)

    def run_dir(self, number):
        return self.folder / "trials" / f"{number:05d}"

    def retry(self, frozen, why, counts=True):
        """Queues the same parameters again, resuming from the dead trial's run folder."""
        attempt = frozen.user_attrs.get("nta:attempt", 0) + (1 if counts else 0)
        self.say(f"trial {frozen.number} failed: {why.splitlines()[0]}")
        if attempt > self.sweep["max_retries"]:
            return
        resume = frozen.user_attrs.get("nta:resume_from") or str(self.run_dir(frozen.number))
        if self.run_dir(frozen.number).is_dir():
            resume = str(self.run_dir(frozen.number))
        self.study.enqueue_trial(frozen.params, user_attrs={
            "nta:attempt": attempt, "nta:retry_of": frozen.number, "nta:resume_from": resume})

    def give_trial(self, worker):
        number = len(self.study.get_trials(deepcopy=False))
        reseed_random(self.study, self.sweep["sampler"], number)
        try:
            trial = self.study.ask()
        except optuna.exceptions.OptunaError as error:
            raise Failure(1, f"the sampler gives no further trial: {error}")
        settings = suggest(trial, self.sweep["space"])
        message = {"type": "trial", "id": trial._trial_id, "number": trial.number,
                   "run_dir": str(self.run_dir(trial.number)), "set": settings,
                   "objective": self.sweep["objective"]}
        if self.sweep["seed"] == "per_trial":
            message["seed"] = stream_key(self.sweep["sampler"]["seed"], "trial", trial.number) >> 11
        resume = trial.user_attrs.get("nta:resume_from")
        if resume and os.path.isdir(resume):
            message["resume_from"] = resume
        trial.set_user_attr("nta:run_dir", message["run_dir"])
        worker.trial = trial
        worker.send(message)

    def finish(self, worker, message):
        trial, worker.trial = worker.trial, None
        state, values = message["state"], message.get("values")
        trial.set_user_attr("nta:seconds", message.get("seconds"))
        trial.set_user_attr("nta:best_step", message.get("best_step"))
        pruned = state == "pruned" or (state == "diverged" and self.sweep["on_diverged"] == "prune")
        if state == "complete" and values and values[0] is not None:
            self.tell(trial, values[0], TrialState.COMPLETE)
            worker.failures = 0
        elif pruned:
            self.tell(trial, None, TrialState.PRUNED)
        else:
            self.tell(trial, None, TrialState.FAIL)
            if state == "preempted":
                self.retry(self.frozen(trial), "preempted", counts=False)
        self.say(f"trial {trial.number}: {state}" + (f" {values[0]:.6g}" if values and values[0] is not None else ""))
        if state != "preempted" and self.frozen(trial).state == TrialState.FAIL:
            self.count_failure(worker, f"trial {trial.number} ended as {state} without a value")

    def count_failure(self, worker, text):
        """Failed trials do not count towards the total: without an end to them a sweep might have none."""
        worker.failures += 1
        if worker.failures >= self.sweep["max_consecutive_failures"]:
            raise Failure(1, f"{worker.failures} trials failed in a row; the last one: {text}")

    def tell(self, trial, value, state):
        try:
            self.study.tell(trial, value, state=state)
        except RuntimeError:
            # GridSampler raises at the grid's last point, after the value has been stored.
            if self.frozen(trial).state not in (state, TrialState.PRUNED, TrialState.FAIL):
                raise

    def frozen(self, trial):
        return next(t for t in self.study.get_trials(deepcopy=False) if t.number == trial.number)

    # -- workers -----------------------------------------------------------------------------------
    def start(self, worker):
        worker.start()
        self.selector.register(worker.socket, selectors.EVENT_READ, worker)

    def bury(self, worker):
        self.selector.unregister(worker.socket)
        status, trial, worker.trial = worker.reap(), worker.trial, None
        why = f"worker {worker.slot} died ({status})\n{worker.last_log_lines()}"
        if trial is not None:
            trial.set_user_attr("nta:failure", why[-4000:])
            self.tell(trial, None, TrialState.FAIL)
            self.retry(self.frozen(trial), why)
        elif not self.stopping:
            self.say(why.strip())
        worker.deaths_before_hello = 0 if worker.ready else worker.deaths_before_hello + 1
        worker.failures += 1
        too_many = worker.failures >= self.sweep["max_consecutive_failures"] or worker.deaths_before_hello >= 3
        if too_many:
            self.open_slots.discard(worker.slot)
        worker.restart_at = time.monotonic() + PAUSES_S[min(worker.failures - 1, len(PAUSES_S) - 1)]

    def handle(self, worker, message):
        kind = message.get("type")
        if kind == "hello":
            if message.get("v") != PROTOCOL:
                raise Failure(2, f"the worker speaks protocol {message.get('v')}, this driver {PROTOCOL}; build again")
            refuse_other_experiment(self.study, message.get("experiment_hash"))
            worker.ready, worker.deaths_before_hello = True, 0
        elif kind == "report":
            if worker.trial is not None and message.get("value") is not None:
                worker.trial.report(message["value"], message["step"])
            worker.send({"type": "should_prune", "id": message["id"], "step": message["step"], "prune": False})
        elif kind == "result":
            self.finish(worker, message)
        elif kind == "error":
            self.handle_error(worker, message)
        elif kind not in ("alive", "bye"):
            raise Failure(2, f"worker {worker.slot} sent an unknown message type {kind!r}")

    def handle_error(self, worker, message):
        text = f"{message.get('pointer', '')} {message.get('message', '')}".strip()
        if message.get("exit_code") == 6:
            raise Failure(6, f"storage is full: {text}")
        if worker.trial is None:
            raise Failure(message.get("exit_code", 1), text)
        trial, worker.trial = worker.trial, None
        trial.set_user_attr("nta:failure", text)
        self.tell(trial, None, TrialState.FAIL)
        self.say(f"trial {trial.number} failed: {text}")
        self.count_failure(worker, text)

    # -- the loop ----------------------------------------------------------------------------------
    def more_to_start(self):
        return n_waiting(self.study) > 0 or n_counted(self.study) < self.sweep["trials_total"]

    def step(self):
        for worker in self.workers:
            alive = worker.socket is not None
            if not alive and worker.slot in self.open_slots and time.monotonic() >= worker.restart_at:
                self.start(worker)
            if alive and worker.ready and worker.trial is None and self.more_to_start():
                self.give_trial(worker)
            if alive and worker.trial is not None and worker.silent():
                worker.kill()
        if not self.open_slots:
            raise Failure(1, f"no worker is left; see {self.folder}/workers/")
        for key, _ in self.selector.select(timeout=0.5):
            messages, closed = key.data.receive()
            for message in messages:
                self.handle(key.data, message)
            if closed:
                self.bury(key.data)

    def run(self):
        self.end_stale()
        try:
            while self.more_to_start() or any(w.trial for w in self.workers):
                self.step()
        finally:
            self.stopping = True
            for worker in self.workers:
                worker.shutdown()


def write_trials_csv(study, folder, space):
    lines = ["number,state,value,seconds,run_dir," + ",".join(space)]
    for trial in study.get_trials(deepcopy=False):
        cells = [trial.number, trial.state.name, trial.value, trial.user_attrs.get("nta:seconds"),
                 trial.user_attrs.get("nta:run_dir")] + [trial.params.get(path) for path in space]
        lines.append(",".join("" if c is None else json.dumps(c) if isinstance(c, str) else repr(c) for c in cells))
    write_whole(folder / "trials.csv", "\n".join(lines) + "\n")


def counts(study):
    return {state.name: len(study.get_trials(deepcopy=False, states=(state,))) for state in
            (*COUNTED, TrialState.FAIL, TrialState.WAITING)}
