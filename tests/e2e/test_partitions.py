"""Ranges of partitions by several processes and their merge: the bytes of one process; bounded memory; no half file."""
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from conftest import BUILD, one_message
from made_capture import write_capture

RANGES = ["0-3", "3-4", "4-8"]
# On top of --memory (trainers/datasets/README.md): program and libraries, a group of rows on its way into HDF5, and a
# table of packets for each thread.
CONSTANT_MB, CONSTANT_MB_A_THREAD = 150, 50


@pytest.fixture(scope="module")
def shards(nta, lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("partitions") / "shards"
    nta("ingest", lab("lab-01.pcap.zst"), lab("lab-02.pcap.zst"), "--out", folder, "--partitions", 8,
        "--rows-per-shard", 5000)
    return folder


@pytest.fixture(scope="module")
def whole(nta, shards):
    path = shards.parent / "whole.h5"
    nta("features", shards, "--out", path, "--sequence-n", 4)
    return path


def part(nta, shards, words, name, *more):
    path = shards.parent / name
    nta("features", shards, "--partition-range", words, "--out", path, "--sequence-n", 4, *more)
    return path


@pytest.fixture(scope="module")
def parts(nta, shards):
    """By three processes at the same time."""
    paths = [shards.parent / f"part-{words}.h5" for words in RANGES]
    running = [subprocess.Popen([BUILD / "nta", "features", shards, "--partition-range", words, "--out", path,
                                 "--sequence-n", "4", "-q", "--threads", "1"], stdout=subprocess.DEVNULL)
               for words, path in zip(RANGES, paths)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    return paths


def test_three_processes_and_a_merge_give_the_bytes_of_one(nta, whole, parts, tmp_path):
    merged = tmp_path / "merged.h5"
    nta("features", "--merge", parts[2], parts[0], parts[1], "--out", merged)
    assert merged.read_bytes() == whole.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["merged.h5"]


def test_merged_csv_and_labels_are_those_of_one_run(nta, lab, shards, parts, tmp_path):
    for name, words in [("one.csv", [shards, "--sequence-n", 4]), ("merged.csv", ["--merge", *parts])]:
        nta("features", *words, "--out", tmp_path / name, "--labels", lab("labels.json"))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "merged.csv").read_bytes()


@pytest.mark.parametrize("threads, memory", [(1, "32M"), (2, "64M"), (2, "4G")])
def test_threads_and_memory_do_not_show(nta, shards, whole, tmp_path, threads, memory):
    out = tmp_path / "out.h5"
    nta("features", shards, "--out", out, "--sequence-n", 4, "--threads", threads, "--memory", memory)
    assert out.read_bytes() == whole.read_bytes()


def test_captures_and_standard_input_give_the_same_rows(nta, lab, tmp_path):
    capture = lab("lab-01.pcap.zst")
    nta("features", capture, "--out", tmp_path / "file.csv")
    with open(capture, "rb") as stream:  # standard input goes through temporary shards
        done = subprocess.run([BUILD / "nta", "features", "-", "--out", tmp_path / "stdin.csv", "--memory", "32M"],
                              stdin=stream, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "file.csv").read_bytes() == (tmp_path / "stdin.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.csv", "stdin.csv"]


def refused(nta, words, code, text, tmp_path):
    out = tmp_path / "refused.h5"
    one_message(nta("features", *words, "--out", out, ok=False), code, text)
    assert not list(tmp_path.glob("refused*"))


def test_parts_that_do_not_fit_are_refused(nta, lab, shards, whole, parts, tmp_path):
    refused(nta, ["--merge", parts[0], parts[2]], 3, "no part holds partitions 3-4", tmp_path)
    refused(nta, ["--merge", parts[0], parts[1]], 3, "no part holds partitions 4-8", tmp_path)
    refused(nta, ["--merge", *parts, parts[1]], 3, "both hold partition 3", tmp_path)
    refused(nta, ["--merge", *parts[:2], whole], 3, "is no part", tmp_path)
    refused(nta, ["--merge", *parts[:2], tmp_path / "nowhere.h5"], 3, "nowhere.h5", tmp_path)
    profile = part(nta, shards, "4-8", "profile.h5", "--profile", "nfstream")
    refused(nta, ["--merge", *parts[:2], profile], 3, "differ in their profile", tmp_path)
    features = part(nta, shards, "4-8", "set.h5", "--include", "*packets*")
    refused(nta, ["--merge", *parts[:2], features], 3, "differ in their feature set", tmp_path)
    other = tmp_path / "other"
    nta("ingest", lab("lab-03.pcap.zst"), "--out", other, "--partitions", 8)
    foreign = part(nta, other, "4-8", "foreign.h5")
    refused(nta, ["--merge", *parts[:2], foreign], 3, "differ in their shard folder", tmp_path)


def test_options_that_do_not_go_together(nta, lab, shards, parts, tmp_path):
    for words, text in [([shards, "--partition-range", "4-4"], "A-B"), ([shards, "--partition-range", "4-9"], "8"),
                        ([shards, "--merge", parts[0]], "--merge"), ([shards, "--memory", "2X"], "--memory"),
                        ([shards, "--memory", "1K"], "at least"),
                        ([lab("lab-01.pcap.zst"), "--partition-range", "0-1"], "shard folder"),
                        ([lab("lab-01.pcap.zst"), "--slurm"], "shard folder"),
                        ([shards, "--slurm", "--partition-range", "0-4"], "--partition-range"),
                        ([shards, "--tasks", "3"], "--slurm")]:
        refused(nta, words, 2, text, tmp_path)


@pytest.mark.parametrize("words", [["--profile", "cic-fixed"], ["--set", "cic76"], ["--include", "*packets*"],
                                   ["--tunnels", "both"], ["--sequence-n", "3"], ["--join", "yes"], ["--strict"],
                                   ["--no-hash"]])
def test_what_the_parts_settled_is_not_asked_again(nta, parts, tmp_path, words):
    refused(nta, ["--merge", *parts, *words], 2, words[0], tmp_path)


def test_a_part_is_not_replaced_by_the_merge(nta, parts):
    before = parts[0].read_bytes()
    one_message(nta("features", "--merge", *parts, "--out", parts[0], ok=False), 2, "input")
    assert parts[0].read_bytes() == before


def test_names_of_other_publications_in_parts_and_scripts(nta, shards, tmp_path):
    words = ["--set", "cic76", "--names", "2017", "--out"]
    nta("features", shards, *words, tmp_path / "whole.csv")
    nta("features", shards, "--set", "cic76", "--partition-range", "0-8", "--out", tmp_path / "part.h5")
    nta("features", "--merge", tmp_path / "part.h5", "--names", "2017", "--out", tmp_path / "merged.csv")
    assert (tmp_path / "merged.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    script = nta("features", shards, *words, tmp_path / "x.csv", "--slurm", "--strict", "--no-hash").stdout
    task, merge = script.split("--merge")
    assert "--names '2017'" in merge and "--names" not in task and " --strict --no-hash" in task
    one_message(nta("features", "--merge", shards.parent / "whole.h5", "--names", "2017", "--out", "-", ok=False), 3)


def test_killed_merge_leaves_no_half_file(nta, parts, tmp_path):
    out = tmp_path / "merged.h5"
    nta("features", "--merge", *parts, "--out", out, ok=False, env={"NTA_FAILPOINT": "features.rename=kill"})
    assert not out.exists()
    nta("features", "--merge", *parts, "--out", out)
    assert out.exists()


def test_full_disk_while_spilling_is_told(nta, tmp_path):
    flood, folder, out = tmp_path / "flood.pcap", tmp_path / "shards", tmp_path / "out.h5"
    write_capture(flood, 120_000, 10)  # more than 32 MB take at once
    nta("ingest", flood, "--out", folder, "-q")
    done = nta("features", folder, "--out", out, "--memory", "32M", ok=False, env={"NTA_FAILPOINT": "spill.write=enospc"})
    assert done.code not in (0, 1), done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flood.pcap", "shards"]


@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signal_ends_cleanly(tmp_path, sent, code):
    capture = tmp_path / "large.pcap"
    write_capture(capture, 400_000, 100)
    process = subprocess.Popen([BUILD / "nta", "features", capture, "--out", tmp_path / "out.h5", "--memory", "32M",
                                "--threads", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("out.h5.*.tmp")) and time.monotonic() < deadline:
        os.sched_yield()
    process.send_signal(sent)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == code, errors
    assert [path.name for path in tmp_path.iterdir()] == ["large.pcap"]


def test_signal_ends_host_windows_without_traces(nta, tmp_path):
    capture = tmp_path / "large.pcap"
    write_capture(capture, 400_000, 100)
    process = subprocess.Popen([BUILD / "nta", "features", capture, "--unit", "host_window", "--out", tmp_path / "out.h5",
                                "--memory", "32M", "--threads", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".nta-shards-*")) and time.monotonic() < deadline:
        os.sched_yield()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 143, errors
    assert [path.name for path in tmp_path.iterdir()] == ["large.pcap"]


PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_memory_stays_within_the_budget(nta, tmp_path, threads):
    """Packets, open flows and rows take 15 times the budget without a bound."""
    capture, budget_mb = tmp_path / "large.pcap", 64
    write_capture(capture, 500_000, 500_000)
    nta("ingest", capture, "--out", tmp_path / "shards", "-q")
    for name, source in [("a.csv", tmp_path / "shards"), ("b.csv", capture)]:
        done = subprocess.run([sys.executable, "-c", PEAK, BUILD / "nta", "features", source, "--out", tmp_path / name,
                               "--include", "packets", "--include", "duration_ns", "--memory", f"{budget_mb}M",
                               "--threads", str(threads)], capture_output=True, text=True, check=True)
        code, peak_mb = map(int, done.stdout.split())
        assert code == 0
        assert peak_mb <= budget_mb + CONSTANT_MB + threads * CONSTANT_MB_A_THREAD, name
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_host_windows_of_standard_input_stay_within_the_budget(nta, tmp_path):
    """Packets take several times the budget; they wait in temporary shards."""
    capture, budget_mb = tmp_path / "large.pcap", 32
    write_capture(capture, 1_000_000, 100)
    words = ["--unit", "host_window", "--host-window-s", "3600", "--memory", f"{budget_mb}M", "--threads", "1", "-q"]
    with open(capture, "rb") as data:
        done = subprocess.run([sys.executable, "-c", PEAK, BUILD / "nta", "features", "-", *words, "--out", tmp_path / "a.csv"],
                              stdin=data, capture_output=True, text=True, check=True)
    code, peak_mb = map(int, done.stdout.split())
    assert code == 0
    assert peak_mb <= budget_mb + CONSTANT_MB + CONSTANT_MB_A_THREAD
    nta("features", capture, *words, "--out", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv", "large.pcap"]


def test_progress_as_json(nta, shards, tmp_path):
    done = nta("features", shards, "--out", tmp_path / "out.h5", "--progress", "json", env={"NTA_PROGRESS_S": "0"})
    lines = [line for line in done.stderr.splitlines() if line.startswith("{")]
    assert lines and '"done":true' in lines[-1] and '"packets_per_s"' in lines[-1]


def test_slurm_script_is_printed_and_parses(nta, shards, tmp_path):
    out = tmp_path / "it's.h5"
    script = nta("features", shards, "--out", out, "--slurm", "--tasks", 3, "--profile", "nfstream").stdout
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert "--array=0-2" in script and "--dependency" in script and "'nfstream'" in script
    assert not out.exists() and not pathlib.Path(f"{out}.parts").exists()


def test_slurm_script_names_no_path_from_here(nta, shards, tmp_path):
    """Files and the program; the name of a built-in profile stays a name."""
    (tmp_path / "rules.json").write_text("{}")
    (tmp_path / "mine.json").write_text(nta("features", "--print-profile", "nta").stdout)
    done = subprocess.run([BUILD / "nta", "features", os.path.relpath(shards, tmp_path), "--out", "flows.csv", "--slurm",
                           "--profile", "./mine.json", "--labels", "rules.json"], cwd=tmp_path, capture_output=True, text=True,
                          check=True)
    for option, name in (("--profile", "mine.json"), ("--labels", "rules.json"), ("--out", "flows.csv")):
        assert f"{option} '{tmp_path / name}'" in done.stdout
    assert f" features '{shards}'" in done.stdout and "'nta' features" not in done.stdout
    assert "--profile 'nta'" in nta("features", shards, "--out", "flows.csv", "--slurm").stdout
