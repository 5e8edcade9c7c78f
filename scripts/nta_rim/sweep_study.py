"""A sweep file's search space and sampler in Optuna's terms, and the study on disk."""
import hashlib
import json
import math
import sqlite3

import optuna
from optuna.trial import TrialState

from nta_rim.program import Failure

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
    low, step = dimension["low"], dimension["step"]
    n_steps = math.floor((dimension["high"] - low) / step + 1e-9)
    return [low + i * step for i in range(n_steps + 1)]  # adding up would add up the rounding errors too


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


def write_whole(path, text):
    """The file is there as a whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text)
    temporary.replace(path)


def refuse_other_content(folder):
    """A sweep goes into a folder of its own: new, empty, or that of this sweep."""
    foreign = folder.is_dir() and not (folder / "study.db").exists() and any(
        not path.name.startswith(("lock", "study.db.tmp")) for path in folder.iterdir())
    if foreign:
        raise Failure(2, f"{folder} exists, is not empty and holds no sweep; name another folder with --out")
    if folder.exists() and not folder.is_dir():
        raise Failure(2, f"{folder} is no folder; name another one with --out")


def settled(sweep):
    """What trials of one study have in common: all but bounds, how many trials, and where the experiment lies."""
    free = ("experiment", "trials_total", "max_retries", "max_consecutive_failures")
    common = {key: value for key, value in sweep.items() if key not in free}
    common["space"] = {path: {key: value for key, value in dimension.items() if key not in ("low", "high")}
                       for path, dimension in sweep["space"].items()}
    return common


def refuse_other_sweep(folder, sweep):
    """The same command continues a sweep; another sweep in its folder would mix their trials."""
    if not (folder / "sweep.json").exists():
        return
    before, now = settled(json.loads((folder / "sweep.json").read_text())), settled(sweep)
    differing = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if differing:
        raise Failure(2, f"{folder} holds another sweep ({', '.join(differing)} differ from its sweep.json); only "
                         "bounds and numbers of trials may change: name another folder with --out")


def refuse_other_experiment(study, experiment_hash):
    """Trials of one study train the same experiment; its first worker says which."""
    known = study.user_attrs.get("nta:experiment_hash")
    if known is None:
        study.set_user_attr("nta:experiment_hash", experiment_hash)
    elif known != experiment_hash:
        raise Failure(2, "the experiment is not the one that this sweep began with (another file, setting or data "
                         "path); name another folder with --out")


def storage_of(path):
    return optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 30}})


def make_database(path):
    """Tables first, then its name: whoever looks at the sweep sees a whole database or none."""
    temporary = path.with_name(path.name + ".tmp")
    for rest in path.parent.glob(temporary.name + "*"):
        rest.unlink()
    storage = storage_of(temporary)
    storage.remove_session()
    storage.engine.dispose()
    temporary.replace(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def open_study(folder, sweep):
    """The SQLite study of a sweep folder, made at the first call."""
    path = folder / "study.db"
    if not path.exists():
        make_database(path)
    return optuna.create_study(storage=storage_of(path), study_name=sweep["name"], load_if_exists=True,
                               direction=sweep["objective"]["direction"],
                               sampler=make_sampler(sweep["sampler"], sweep["space"]))


def n_counted(study):
    """Trials that count towards trials_total: failed ones do not."""
    return len(study.get_trials(deepcopy=False, states=COUNTED))


def n_waiting(study):
    return len(study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))
