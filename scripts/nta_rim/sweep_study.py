"""A sweep file's search space and sampler in Optuna's terms, and the study on disk."""
import hashlib
import json
import sqlite3

import optuna
from optuna.trial import TrialState

COUNTED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)


def stream_key(seed, name, i=0, j=0):
    """The program's rule (libnta/core/counter_rng.hpp): first 8 bytes of SHA-256("seed/name/i/j")."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}/{i}/{j}".encode()).digest()[:8], "big")


def as_choice(value):
    """Optuna stores scalars; lists and objects travel as JSON text."""
    return value if isinstance(value, (str, int, float, bool)) or value is None else json.dumps(value)


def from_choice(value, choices):
    return next(c for c in choices if as_choice(c) == value)


def suggest(trial, space):
    """{path: value} of one trial, as the experiment file would hold it."""
    out = {}
    for path, dimension in space.items():
        if dimension["type"] == "categorical":
            choices = dimension["choices"]
            out[path] = from_choice(trial.suggest_categorical(path, [as_choice(c) for c in choices]), choices)
        else:
            ask = trial.suggest_float if dimension["type"] == "float" else trial.suggest_int
            log, step = bool(dimension.get("log")), dimension.get("step")
            if dimension["type"] == "int":
                step = step or 1
            out[path] = ask(path, dimension["low"], dimension["high"], log=log, step=step)
    return out


def grid_values(dimension):
    if dimension["type"] == "categorical":
        return [as_choice(c) for c in dimension["choices"]]
    values, value = [], dimension["low"]
    while value <= dimension["high"] + 1e-12:
        values.append(value)
        value += dimension["step"]
    return values


def make_sampler(sampler, space):
    name, seed = sampler["name"], sampler["seed"]
    if name == "tpe":
        return optuna.samplers.TPESampler(multivariate=True, group=True, constant_liar=True, n_startup_trials=10,
                                          n_ei_candidates=24, seed=seed % (1 << 32))
    if name == "grid":
        return optuna.samplers.GridSampler({p: grid_values(d) for p, d in space.items()}, seed=seed % (1 << 32))
    return optuna.samplers.RandomSampler(seed=seed % (1 << 32))


def reseed_random(study, sampler, number):
    """Random search is a function of (seed, trial number), whatever the workers did."""
    if sampler["name"] == "random":
        study.sampler = optuna.samplers.RandomSampler(seed=stream_key(sampler["seed"], "trial", number) % (1 << 32))


def open_study(folder, sweep):
    """The SQLite study of a sweep folder, made at the first call."""
    path = folder / "study.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 30}})
    return optuna.create_study(storage=storage, study_name=sweep["name"], load_if_exists=True,
                               direction=sweep["objective"]["direction"],
                               sampler=make_sampler(sweep["sampler"], sweep["space"]))


def n_counted(study):
    """Trials that count towards trials_total: failed ones do not."""
    return len(study.get_trials(deepcopy=False, states=COUNTED))


def n_waiting(study):
    return len(study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))
