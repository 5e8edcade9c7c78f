"""Runs a test program that answers one JSON line per JSON line; found in the build folder NTA_BUILD."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program(name):
    """Path of a test program; the test is skipped with the reason if it was not built."""
    build = pathlib.Path(os.environ.get("NTA_BUILD", ROOT / "build" / "release"))
    path = (ROOT / build / "tests" / name).resolve()
    if not path.exists():
        pytest.skip(f"not built: {path} (set NTA_BUILD to the build folder)")
    return path


def ask(name, questions):
    """Answers of the program to a list of questions, in order."""
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([program(name)], input=lines, capture_output=True, text=True, timeout=120,
                          check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), done.stderr
    return answers
