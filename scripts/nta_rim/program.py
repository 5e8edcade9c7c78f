"""Calls of the nta program, and how the rim says that something failed: one message, the documented exit code."""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Failure(Exception):
    """A message for the user and the process exit code that goes with it (libnta/core/exit_code.hpp)."""

    def __init__(self, exit_code, message):
        super().__init__(message)
        self.exit_code = exit_code


def program():
    """Path of the nta program: $NTA_PROGRAM (set by `nta NAME`), else the release build."""
    return os.environ.get("NTA_PROGRAM", str(ROOT / "build/release/nta"))


def call_json(*words):
    """Runs `nta WORDS --json`; its document. Failure with the program's own message and code."""
    done = subprocess.run([program(), *words, "--json"], capture_output=True, text=True, check=False)
    try:
        document = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise Failure(1, f"nta {words[0]} gave no JSON (exit {done.returncode}): {done.stderr.strip()[-500:]}")
    if not document.get("ok"):
        texts = [render_error(e) for e in document.get("errors", [])]
        raise Failure(document.get("exit_code", 1), "\n".join(texts) or f"nta {words[0]} failed")
    return document


def render_error(error):
    place = error.get("file") or ""
    if place and error.get("line"):
        place += f":{error['line']}:{error['column']}"
    parts = [place, error.get("pointer") or "", error["message"]]
    return ": ".join(filter(None, parts)) + (f"; {error['hint']}" if error.get("hint") else "")


class Parser(argparse.ArgumentParser):
    """Words that do not parse are a Failure like any other."""

    def error(self, message):
        raise Failure(2, f"{message}; see {self.prog} -h")


def run_main(main, name):
    """Runs main(argv) -> exit code; turns Failure into one message on stderr, with --json into one document."""
    try:
        return main(sys.argv[1:])
    except Failure as failure:
        if "--json" in sys.argv[1:]:
            print(json.dumps({"ok": False, "exit_code": failure.exit_code, "errors": [{"message": str(failure)}]}))
        else:
            print(f"{name}: error: {failure}", file=sys.stderr)
        return failure.exit_code
