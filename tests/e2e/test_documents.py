"""What is written down is what the program prints: README commands run as written, generated files are current."""
import json
import os
import re
import subprocess

import pytest

from conftest import BUILD, ROOT

EXPERIMENTS = sorted((ROOT / "experiments").glob("*.json"))
README = (ROOT / "README.md").read_text()
FLOW_BLOCKS = re.findall(r"<!-- tested: flows -->\n```sh\n(.*?)```", README, re.S)


def test_readme_commands_run_as_written(tmp_path):
    block = re.search(r"<!-- tested -->\n```sh\n(.*?)```", README, re.S).group(1)
    for name in ("experiments", "scripts", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "build").mkdir()
    (tmp_path / "build/release").symlink_to(BUILD.resolve())
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=tmp_path, capture_output=True, text=True,
                          check=False, env={**os.environ, "NTA_PROGRESS_S": "60"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "models/readme/model.pt").exists()
    assert (tmp_path / "runs/readme/scores.csv").read_text().count("\n") > 100


def run_block(block, folder, captured):
    """The block's lines in a folder where `capture.pcap` lies, with nta on the path, as from the project's own folder."""
    for name in ("experiments", "tests"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "bin").mkdir()
    (folder / "bin/nta").symlink_to((BUILD / "nta").resolve())
    (folder / "capture.pcap").symlink_to(captured)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "NTA_PROGRESS_S": "60"})
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_block_of_the_readme_is_run_by_a_test():
    blocks = re.findall(r"(<!-- tested(?:: flows)? -->\n)?```sh\n(.*?)```", README, re.S)
    assert len(FLOW_BLOCKS) == 4 and len(blocks) == 6
    # Set-up, demo and all tests are what CI and scripts/test.sh do themselves.
    assert [block.split()[0] for marked, block in blocks if not marked] == ["scripts/demo.sh"]


@pytest.mark.parametrize("captured", ["lab-01.pcap.zst", "ndpi-pcaps/pcap/google_ssl.pcap"])
@pytest.mark.parametrize("block", FLOW_BLOCKS, ids=lambda block: " ".join(block.split()[:4]))
def test_readme_commands_of_the_flow_engine_run_as_written(tmp_path, block, captured, shared, lab):
    folder = tmp_path / "project"
    folder.mkdir()
    path = lab(captured) if captured.startswith("lab-") else shared(captured)
    if "--oracle oracle" in block:
        (folder / "oracle").symlink_to(shared("nfstream-oracle"))
    run_block(block, folder, path)
    if "flows.parquet" in block:
        assert (folder / "flows.parquet").stat().st_size > 0
    if "--merge" in block:  # what its comment says
        run = subprocess.run([BUILD / "nta", "features", "shards/a", "--out", "whole.h5", "-q"], cwd=folder, check=False)
        assert run.returncode == 0 and (folder / "whole.h5").read_bytes() == (folder / "flows.h5").read_bytes()
        assert (folder / "job.sh").read_text().startswith("#!") and (folder / "load.csv").read_text().count("\n") > 1


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
