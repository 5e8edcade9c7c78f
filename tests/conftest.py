"""What every Python test shares: the program under test, ways to run it, real captures where they are."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("NTA_BUILD", ROOT / "build/release"))
LAB = ROOT / "experiments/data/lab"
sys.path[:0] = [str(ROOT / "tests/reference"), str(ROOT / "tests/conformance")]


class Done:
    """A finished call: exit code, streams, and the JSON document if there is one."""

    def __init__(self, completed):
        self.code, self.stdout, self.stderr = completed.returncode, completed.stdout, completed.stderr

    @property
    def document(self):
        return json.loads(self.stdout)


@pytest.fixture(scope="session")
def nta():
    """nta("ingest", path, ...) -> Done. With `ok=True` (default) a non-zero exit fails the test."""
    program = BUILD / "nta"
    assert program.exists(), f"{program} is not built; run scripts/build.sh"

    def call(*words, ok=True, env=None, stdin=None, timeout=600):
        completed = subprocess.run([str(program), *map(str, words)], capture_output=True, text=True, check=False,
                                   env={**os.environ, **(env or {})}, input=stdin, timeout=timeout, cwd=ROOT)
        done = Done(completed)
        if ok:
            assert done.code == 0, f"nta {' '.join(map(str, words))}: exit {done.code}\n{done.stdout}\n{done.stderr}"
        return done

    return call


@pytest.fixture(scope="session")
def shared():
    """Path below the shared data folder, or a skip that says what is missing."""
    root = pathlib.Path(os.environ.get("NTA_SHARED", ROOT.parent / "shared")) / "data"

    def path(name):
        if not (root / name).exists():
            pytest.skip(f"shared data not there: {name}")
        return root / name

    return path


@pytest.fixture(scope="session")
def lab():
    """Path of a committed lab file."""
    def path(name):
        assert (LAB / name).exists(), f"{name} is missing from experiments/data/lab"
        return LAB / name

    return path


@pytest.fixture(scope="session")
def shards_of(nta, tmp_path_factory):
    """shards_of({name: capture}) -> {name: shard folder}: every capture alone, as other tools read them."""
    def make(captures):
        folder = tmp_path_factory.mktemp("shards")

        def ingest(name):
            nta("ingest", captures[name], "--codec", "none", "--threads", 1, "--quiet", "--out", folder / name)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(ingest, captures))
        return {name: folder / name for name in captures}

    return make


def one_message(done, code, *words):
    """A failure as users must see it: the exit code, one message, its words, no crash."""
    assert done.code == code, f"exit {done.code}, expected {code}\n{done.stdout}\n{done.stderr}"
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    assert len(errors) == 1, done.stderr
    for word in words:
        assert word in done.stderr, f"{word!r} is not in: {done.stderr}"
