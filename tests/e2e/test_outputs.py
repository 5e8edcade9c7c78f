"""An output is whole, this process's own while it is made, and never an input; what killed processes left goes."""
import os
import signal
import subprocess
import time

import pytest

from conftest import BUILD, one_message
from made_capture import write_capture


@pytest.fixture
def capture(lab, tmp_path):
    path = tmp_path / "good.pcap.zst"
    path.write_bytes(lab("lab-01.pcap.zst").read_bytes())
    return path


def test_an_input_is_not_replaced_by_its_flows(nta, tmp_path, capture):
    before = capture.read_bytes()
    rules = tmp_path / "rules.json"
    rules.write_text('{"nta_labels": 1, "default": "benign", "rules": []}')
    for command in (["features", capture, "--out", capture], ["features", capture, "--unit", "step", "--out", capture],
                    ["data", "label", capture, "--rules", rules, "--out", capture],
                    ["features", capture, "--labels", rules, "--out", rules]):
        one_message(nta(*command, "--format", "csv", ok=False), 2, "input", "name another file")
    assert capture.read_bytes() == before and rules.exists()


def test_a_file_found_in_an_input_folder_is_not_replaced(nta, tmp_path, capture):
    folder, shards = tmp_path / "captures/deep", tmp_path / "shards"
    folder.mkdir(parents=True)
    (folder / "a.pcap").write_bytes(capture.read_bytes())
    nta("ingest", capture, "--out", shards)
    before = {path: path.read_bytes() for root in (folder, shards) for path in root.iterdir()}
    for source, out in ((folder.parent, folder / "a.pcap"), (shards, shards / "shard-000000.h5"), (shards, shards / "manifest.json")):
        for unit in ([], ["--unit", "step"]):
            done = nta("features", source, *unit, "--out", out, "--format", "csv", ok=False)
            one_message(done, 2, "is the input", "name another file")
    assert {path: path.read_bytes() for path in before} == before
    nta("features", folder.parent, "--out", folder / "a.csv")  # beside the captures is fine
    nta("features", folder.parent, "--out", folder / "a.csv")


def killed_while(words, condition, stdin=None):
    """Starts nta, kills it as soon as the condition holds."""
    process = subprocess.Popen([BUILD / "nta", *words], stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        os.sched_yield()
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was over before it could be killed"


def test_what_a_killed_run_left_goes_with_the_next(nta, tmp_path):
    capture, out = tmp_path / "large.pcap", tmp_path / "out.h5"
    write_capture(capture, 400_000, 100)
    words = ["features", capture, "--unit", "flow", "--out", out, "--threads", "1", "--no-hash"]
    killed_while(words, lambda: list(tmp_path.glob("out.h5.*.tmp")))
    with open(capture, "rb") as data:  # standard input goes through temporary shards
        killed_while(["features", "-", *words[2:]], lambda: list(tmp_path.glob(".nta-shards-*/shards/*")), data)
    left = {path.name for path in tmp_path.iterdir()} - {"large.pcap"}
    assert len(left) == 2 and any(name.startswith(".nta-shards-") for name in left), left
    small = tmp_path / "small.pcap"
    write_capture(small, 1000, 10)
    with open(small, "rb") as data:
        assert subprocess.run([BUILD / "nta", "features", "-", *words[2:], "-q"], stdin=data, check=False).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.pcap", "out.h5", "small.pcap"]


def test_two_processes_with_one_target(nta, tmp_path):
    """Neither reads or removes what the other writes: the file is that of one of them, whole."""
    wanted = set()
    for i in (0, 1):
        write_capture(tmp_path / f"{i}.pcap", 60_000, 30_000 + 7 * i)
        nta("features", tmp_path / f"{i}.pcap", "--no-hash", "--out", tmp_path / f"{i}.h5")
        wanted.add((tmp_path / f"{i}.h5").read_bytes())
    for _ in range(3):
        both = [subprocess.Popen([BUILD / "nta", "features", tmp_path / f"{i}.pcap", "--no-hash", "-q", "--out", tmp_path / "x.h5"])
                for i in (0, 1)]
        assert [process.wait() for process in both] == [0, 0]
        assert (tmp_path / "x.h5").read_bytes() in wanted
    assert not list(tmp_path.glob("*.tmp"))
