"""What is written down is what the program prints: README commands run as written, generated files are current."""
import json
import os
import re
import subprocess

import pytest

from conftest import BUILD, ROOT

EXPERIMENTS = sorted((ROOT / "experiments").glob("*.json"))


def test_readme_commands_run_as_written(tmp_path):
    text = (ROOT / "README.md").read_text()
    block = re.search(r"<!-- tested -->\n```sh\n(.*?)```", text, re.S).group(1)
    for name in ("experiments", "scripts", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "build").mkdir()
    (tmp_path / "build/release").symlink_to(BUILD.resolve())
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=tmp_path, capture_output=True, text=True,
                          check=False, env={**os.environ, "NTA_PROGRESS_S": "60"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "models/readme/model.pt").exists()
    assert (tmp_path / "runs/readme/scores.csv").read_text().count("\n") > 100


def test_generated_files_are_what_the_program_prints():
    done = subprocess.run([ROOT / "scripts/generate_docs.py", "--check"], capture_output=True, text=True, check=False,
                          env={**os.environ, "NTA_PROGRAM": str(BUILD / "nta")})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", [p for p in EXPERIMENTS if "schema" not in p.name], ids=lambda p: p.stem)
def test_every_experiment_is_valid(nta, path):
    nta("config", "check", path)


@pytest.mark.parametrize("path", sorted((ROOT / "experiments/sweeps").glob("*.json")), ids=lambda p: p.stem)
def test_every_sweep_is_valid(nta, path):
    nta("config", "check", path)


def test_every_folder_readme_link_leads_somewhere():
    for readme in ROOT.glob("**/README.md"):
        if any(part in {".venv", "build", "demo", "runs", ".git"} for part in readme.relative_to(ROOT).parts):
            continue
        for target in re.findall(r"\]\(([^)#]+)\)", readme.read_text()):
            if not target.startswith("http"):
                assert (readme.parent / target).exists(), f"{readme.relative_to(ROOT)}: {target}"


@pytest.mark.parametrize("command", ["ingest", "inspect", "features", "data", "config", "train", "evaluate", "export",
                                     "score", "worker", "version", "doctor"])
def test_every_command_has_help_with_an_example(nta, command):
    assert "Example:" in nta(command, "-h").stdout


def test_json_of_version_and_doctor(nta):
    assert nta("version", "--json").document["ok"] is True
    assert json.dumps(nta("doctor", "--json", ok=False).document)
