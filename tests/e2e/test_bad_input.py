"""Unusable input: one clear message, the documented exit code, no half-written output taken for whole."""
import csv
import gzip
import io
import json
import math
import os
import struct
import subprocess

import pytest

from conftest import ROOT, one_message

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def udp_frame(port):
    payload = b"payload!"
    udp = struct.pack(">HHHH", port, 53, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02")
    return b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + ip + udp


def pcap(n_packets):
    out = PCAP_HEADER
    for i in range(n_packets):
        frame = udp_frame(1000 + i)
        out += struct.pack("<IIII", 1_700_000_000 + i, 0, len(frame), len(frame)) + frame
    return out


@pytest.fixture
def capture(tmp_path):
    path = tmp_path / "good.pcap"
    path.write_bytes(pcap(50))
    return path


def test_not_a_capture(nta, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not packets\n" * 10)
    one_message(nta("ingest", path, "--out", tmp_path / "out", ok=False), 3, "notes.txt")
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_empty_file(nta, tmp_path):
    path = tmp_path / "empty.pcap"
    path.touch()
    one_message(nta("ingest", path, "--out", tmp_path / "out", ok=False), 3, "empty.pcap")


def test_missing_file(nta, tmp_path):
    one_message(nta("ingest", tmp_path / "nowhere.pcap", "--out", tmp_path / "out", ok=False), 3, "nowhere.pcap")


def test_folder_without_captures(nta, tmp_path):
    (tmp_path / "folder").mkdir()
    one_message(nta("ingest", tmp_path / "folder", "--out", tmp_path / "out", ok=False), 3, "folder")


def test_wrong_magic_among_several_files_writes_nothing(nta, tmp_path, capture):
    bad = tmp_path / "zz.pcap"
    bad.write_bytes(b"\x00" * 64)
    one_message(nta("ingest", capture, bad, "--out", tmp_path / "out", ok=False), 3, "zz.pcap")
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert not list((tmp_path / "out").glob("*.h5")) if (tmp_path / "out").exists() else True


@pytest.mark.parametrize("strict", [False, True])
def test_cut_record_gives_all_packets_before_it(nta, tmp_path, capture, strict):
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture.read_bytes()[:-5])
    words = ["ingest", path, "--out", tmp_path / "out", "--json"] + (["--strict"] if strict else [])
    done = nta(*words, ok=False)
    assert done.code == (3 if strict else 0), done.stderr
    assert done.document["accounting"]["read"] == 49
    fault = done.document["faults"][0]
    assert fault["name"] == "torn_record" and fault["packets_before"] == 49
    assert (tmp_path / "out" / "manifest.json").exists()


def test_damaged_gzip_gives_all_packets_before_it(nta, tmp_path):
    blob = bytearray(gzip.compress(pcap(5000), mtime=0))
    blob[len(blob) // 2] ^= 0xFF
    path = tmp_path / "damaged.pcap.gz"
    path.write_bytes(bytes(blob))
    done = nta("ingest", path, "--out", tmp_path / "out", "--json")
    names = {fault["name"] for fault in done.document["faults"]}
    assert len(done.document["faults"]) == 1 and names <= {"decompress_error", "torn_record", "record_too_large"}
    assert done.document["accounting"]["read"] < 5000


def test_existing_output_folder_is_refused(nta, tmp_path, capture):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("keep me")
    one_message(nta("ingest", capture, "--out", out, ok=False), 2, "out", "not empty")
    assert (out / "mine.txt").read_text() == "keep me"


def test_output_that_cannot_be_written(nta, tmp_path, capture):
    blocked = tmp_path / "file"
    blocked.write_text("")
    one_message(nta("ingest", capture, "--out", blocked / "out", ok=False), 2, "out")
    one_message(nta("features", capture, "--out", blocked / "f.csv", ok=False), 2, "f.csv")


@pytest.fixture
def small_disk(tmp_path):
    """A tmpfs of 64 KiB, or a skip where it cannot be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("only root can mount a small tmpfs")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("words", [["ingest", "--out", "shards"], ["features", "--out", "flows.h5"],
                                   ["features", "--out", "flows.csv"]])
def test_full_disk(nta, tmp_path, small_disk, words):
    path = tmp_path / "many.pcap"
    path.write_bytes(pcap(40000))
    out = small_disk / words[2]
    one_message(nta(words[0], path, words[1], out, ok=False), 6)
    left = [p for p in small_disk.rglob("*") if p.is_file()]
    assert not left, f"half-written output is left: {left}"


def test_flipped_bit_in_a_shard_is_found(nta, tmp_path, capture):
    nta("ingest", capture, "--out", tmp_path / "shards")
    shard = tmp_path / "shards/shard-000000.h5"
    blob = bytearray(shard.read_bytes())
    blob[len(blob) // 2] ^= 0x10
    shard.write_bytes(bytes(blob))
    one_message(nta("features", tmp_path / "shards", "--out", tmp_path / "f.csv", ok=False), 3, "shard-000000.h5")
    assert not (tmp_path / "f.csv").exists()


def test_shards_without_manifest_are_refused(nta, tmp_path, capture):
    nta("ingest", capture, "--out", tmp_path / "shards")
    (tmp_path / "shards/manifest.json").unlink()
    one_message(nta("features", tmp_path / "shards", "--out", tmp_path / "f.csv", ok=False), 3, "shards")


def test_json_is_given_on_failure_too(nta, tmp_path):
    done = nta("ingest", tmp_path / "nowhere.pcap", "--out", tmp_path / "out", "--json", ok=False)
    document = json.loads(done.stdout)
    assert document["ok"] is False and document["exit_code"] == done.code == 3
    assert "nowhere.pcap" in document["errors"][0]["message"]


def test_unknown_option_names_itself(nta):
    one_message(nta("ingest", "x.pcap", "--out", "x", "--nonsense", ok=False), 2, "--nonsense")
    done = nta("ingest", "x.pcap", "--out", "x", "--nonsense", "--json", ok=False)
    assert done.document["exit_code"] == 2


def test_unknown_command(nta):
    one_message(nta("frobnicate", ok=False), 2, "frobnicate")


def test_exit_codes_of_the_help_are_the_documented_ones(nta):
    text = nta("-h").stdout
    for code in (0, 1, 2, 3, 4, 5, 6, 75, 77, 129, 130, 143):
        assert any(line.strip().startswith(f"{code} ") for line in text.splitlines()), code


@pytest.mark.parametrize("words", [["frobnicate", "--json"], ["--json"]])
def test_json_is_given_where_no_command_is_known(nta, words):
    assert nta(*words, ok=False).document["exit_code"] == 2


def test_a_pipe_is_not_replaced_by_a_file(nta, tmp_path, capture):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    one_message(nta("features", capture, "--format", "csv", "--out", pipe, ok=False), 2, "pipe", "regular file")
    assert pipe.is_fifo()


def test_what_an_ingest_settled_is_not_asked_again(nta, tmp_path, capture):
    nta("ingest", capture, "--out", tmp_path / "shards")
    for words in (["--join", "yes"], ["--file-order", "time"]):
        one_message(nta("features", tmp_path / "shards", *words, "--out", tmp_path / "f.csv", ok=False), 2, words[0])
    assert not (tmp_path / "f.csv").exists()


def test_labelled_flows_come_in_the_format_of_the_suffix(nta, tmp_path, capture):
    rules = tmp_path / "rules.json"
    rules.write_text('{"nta_labels": 1, "default": "benign", "rules": []}')
    nta("data", "label", capture, "--rules", rules, "--out", tmp_path / "flows.csv")
    lines = (tmp_path / "flows.csv").read_text().splitlines()
    assert lines[0].endswith(",label") and len(lines) == 51 and all(line.endswith(",benign") for line in lines[1:])
    one_message(nta("data", "label", capture, "--rules", rules, "--out", tmp_path / "flows.txt", ok=False), 2, ".txt")


def test_inspect_of_a_damaged_run_and_verify_of_what_has_no_checksums(nta, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "status.json").write_text('{"state": "comp')
    one_message(nta("inspect", run, ok=False), 3, "status.json", "no JSON")
    (run / "status.json").write_text('{"state": "complete"}')
    assert "complete" in nta("inspect", run).stdout
    one_message(nta("inspect", run, "--verify", ok=False), 2, "--verify")


def test_explain_of_a_sweep_file_says_so(nta):
    one_message(nta("config", "explain", ROOT / "experiments/sweeps/lab-mlp.json", ok=False), 2, "is a sweep file")


def test_a_missing_experiment_is_a_wrong_command(nta, tmp_path):
    for command in (["config", "check"], ["train"]):
        one_message(nta(*command, tmp_path / "nowhere.json", ok=False), 2, "nowhere.json")


def test_times_at_both_ends_of_what_a_capture_can_say(nta, tmp_path):
    """pcapng sections with time offsets at the ends of i64: read, counted, no crash, no wrapped time."""
    def block(kind, body):
        size = 12 + len(body)
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

    def section(offset_s):
        option = struct.pack("<HHq", 14, 8, offset_s) + struct.pack("<HH", 0, 0)
        frame = udp_frame(1000)
        padded = frame + b"\0" * (-len(frame) % 4)
        return (block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) +
                block(1, struct.pack("<HHI", 1, 0, 0) + option) +
                block(6, struct.pack("<IIIII", 0, 0, 0, len(frame), len(frame)) + padded))

    path = tmp_path / "far.pcapng"
    path.write_bytes(section(2**63 - 1) + section(-2**63) + section(0))
    out = tmp_path / "far.csv"
    nta("features", path, "--out", out)
    header, *rows = (line.split(",") for line in out.read_text().splitlines())
    starts = [int(row[header.index("start_s")]) for row in rows]
    assert starts[0] == 2**63 - 1 and all(int(row[header.index("duration_ns")]) >= 0 for row in rows), starts


PROFILES = ["nta", "nfstream", "cic-fixed", "cic-original"]
FIFTY_YEARS_S = 50 * 365 * 86400


def own_profile(nta, folder, change):
    """The document of profile nta with some keys changed; None takes a key away."""
    document = json.loads(nta("features", "--print-profile", "nta").stdout)
    for path, value in change.items():
        *way, key = path.split("/")
        place = document
        for step in way:
            place = place[step]
        if value is None:
            del place[key]
        else:
            place[key] = value
    path = folder / "own.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("change, said", [
    ({"fragments": "drop"}, "/fragments"), ({"use/drop": ["later_fragment"]}, "/fragments"),
    ({"tcp_end": {"rule": "none", "linger_s": 5}}, "/tcp_end/linger_s"), ({"tcp_end": {"rule": "close_linger"}}, "linger_s"),
    ({"active": [], "continuation": "inherit"}, "/active"), ({"port_protocols": [17]}, "/port_protocols"),
    ({"use/protocols": {"ipv4": [], "ipv6": []}}, "/use/protocols"), ({"key": ["addresses", "ports"]}, "/key"),
    ({"key": ["addresses", "ports", "protocol", "colour"]}, "/key"), ({"order": "random"}, "/order"),
    ({"use/drop": ["late_fin"]}, "/use/drop"), ({"surprise": 1}, "/surprise"), ({"idle": None}, "/idle"),
    ({"idle": {"s": -1, "cut": ">="}}, "/idle/s"), ({"idle": {"s": 2**63, "cut": ">="}}, "/idle/s")])
def test_profiles_that_contradict_themselves(nta, tmp_path, capture, change, said):
    path = own_profile(nta, tmp_path, change)
    one_message(nta("features", capture, "--profile", path, "--out", tmp_path / "f.csv", ok=False), 2, "own.json", said)
    assert not list(tmp_path.glob("f.csv*"))


@pytest.mark.parametrize("words, said", [(["--profile", "nfstraem"], "nfstraem"), (["--set", "cic67"], "cic67"),
                                         (["--include", "durration*"], "durration"), (["--exclude", "*"], "no feature"),
                                         (["--sequence-size", "wire"], "--sequence-n"),
                                         (["--tasks", "3"], "--slurm"), (["--unit", "step", "--names", "2017"], "--names"),
                                         (["--unit", "host_window", "--no-hash"], "--no-hash")])
def test_unknown_names_and_options_without_effect(nta, tmp_path, capture, words, said):
    one_message(nta("features", capture, *words, "--out", tmp_path / "f.csv", ok=False), 2, said)
    assert not list(tmp_path.glob("f.csv*"))


def cells(text):
    return list(csv.DictReader(io.StringIO(text)))


def timed_pcap(times_s, wire_bytes=None):
    """A packet of one flow at each time, in ns; `wire_bytes`: what the records say was on the wire."""
    out = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    frame = udp_frame(1000)
    for i, second in enumerate(times_s):
        out += struct.pack("<IIII", second, i, len(frame), wire_bytes or len(frame)) + frame
    return out


LEAPS = {"once": [1000, 1001, 1001 + FIFTY_YEARS_S, 1002 + FIFTY_YEARS_S],
         "and back": [1000, 1001, 1001 + FIFTY_YEARS_S, 1002, 1003],
         "to and fro": [1000, 1000 + FIFTY_YEARS_S] * 20}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("leap", LEAPS)
def test_a_clock_that_leaps_by_fifty_years(nta, tmp_path, leap, profile):
    path = tmp_path / "leap.pcap"
    path.write_bytes(timed_pcap(LEAPS[leap]))
    nta("ingest", path, "--out", tmp_path / "shards", "--rows-per-shard", 3)
    for name, packets in [("nta", ["packets"]), ("cic76", ["Total Fwd Packet", "Total Bwd packets"])]:
        words = ["--profile", profile, "--set", name, "--out", "-"]
        done = nta("features", path, *words)
        rows = cells(done.stdout)
        used = sum(int(row[column]) for row in rows for column in packets)
        dropped = sum(int(line.split()[-1]) for line in done.stderr.splitlines() if "left out" in line)
        assert used + dropped == len(LEAPS[leap]), done.stderr
        for words_of_place in [[path, "--threads", 2], [tmp_path / "shards", "--memory", "32M"]]:
            assert nta("features", *words_of_place, *words).stdout == done.stdout
        if name == "nta":
            assert all(math.isfinite(float(row[column])) for row in rows for column in list(row)[20:])


@pytest.mark.parametrize("profile", ["cic-fixed", "cic-original"])
def test_means_of_gaps_of_fifty_years(nta, tmp_path, profile):
    """Twenty such gaps in one flow, negative ones between: their sum in ns does not fit 64 bits, their mean does."""
    path = tmp_path / "leap.pcap"
    path.write_bytes(timed_pcap([1000 + (i % 2 == 0) * FIFTY_YEARS_S for i in range(40)]))
    (row,) = cells(nta("features", path, "--profile", profile, "--out", "-").stdout)
    assert int(row["idle_count"]) == 19 and float(row["idle_mean_ns"]) == pytest.approx(FIFTY_YEARS_S * 1e9, rel=1e-12)
    assert float(row["active_mean_ns"]) == pytest.approx(-FIFTY_YEARS_S * 1e9, rel=1e-12)  # -1 gap less 19, of 20 stretches


def test_wire_lengths_of_4_gb(nta, tmp_path):
    path = tmp_path / "long.pcap"
    path.write_bytes(timed_pcap(range(1000, 1010), wire_bytes=2**32 - 1))
    done = nta("features", path, "--out", "-")
    (row,) = cells(done.stdout)
    assert int(row["wire_bytes"]) == 10 * (2**32 - 1) and int(row["ip_bytes"]) == 10 * 36
    (row,) = cells(nta("features", path, "--profile", "nfstream", "--set", "nfstream", "--out", "-").stdout)
    assert int(row["bidirectional_bytes"]) == 10 * 65535  # that tool's sizes have 16 bits
    load = cells(nta("features", path, "--unit", "step", "--out", "-").stdout)
    assert sum(int(row["wire_bytes"]) for row in load if row["unit"] == "capture") == 10 * (2**32 - 1)


def test_two_captures_of_overlapping_time(nta, tmp_path):
    paths = [tmp_path / "a.pcap", tmp_path / "b.pcap"]
    paths[0].write_bytes(timed_pcap(range(100, 110)))
    paths[1].write_bytes(timed_pcap(range(105, 115)))

    def flows(*words):
        rows = cells(nta("features", *words, "--out", "-").stdout)
        return [(row["capture"], int(row["packets"]), int(row["duration_ns"]), float(row["iat_mean_ns"])) for row in rows]

    apart = [("0", 10, 9_000_000_009, 9_000_000_009 / 9), ("1", 10, 9_000_000_009, 9_000_000_009 / 9)]
    assert flows(*paths) == apart
    ((capture, packets, duration, mean),) = flows(*paths, "--join", "yes", "--file-order", "time")
    assert (capture, packets, mean) == ("0", 20, duration / 19) and duration == 14_000_000_009
    assert flows(*reversed(paths), "--join", "yes", "--file-order", "time") == [("1", packets, duration, mean)]
    # In the order of the arguments the second file begins before the first has ended: nta holds the key's clock.
    assert flows(*paths, "--join", "yes") == [("0", 20, duration, mean)]
    nta("ingest", *paths, "--join", "yes", "--out", tmp_path / "shards")
    assert flows(tmp_path / "shards") == [("0", 20, duration, mean)]
    lines = nta("features", *paths, "--join", "yes", "--profile", "cic-fixed", "--out", "-").stdout
    assert int(cells(lines)[0]["iat_min_ns"]) == -4_000_000_000  # recorded times, 109 s before 105 s; whole us


@pytest.mark.parametrize("profile", PROFILES)
def test_no_flow_at_all_goes_into_every_format(nta, tmp_path, profile):
    path = tmp_path / "none.pcap"
    path.write_bytes(PCAP_HEADER)
    for name in ("nta", "cic76", "nfstream", "nfstream-core"):
        for suffix in ("csv", "h5", "jsonl"):
            out = tmp_path / f"{name}.{suffix}"
            done = nta("features", path, "--profile", profile, "--set", name, "--sequence-n", 2, "--out", out, "--json")
            assert done.document["flows"] == 0 and out.exists()
        assert len((tmp_path / f"{name}.csv").read_text().splitlines()) == 1
        assert "0 rows" in nta("inspect", tmp_path / f"{name}.h5", "--verify").stdout


def test_labels_of_any_characters_stay_one_cell(nta, tmp_path, capture):
    label = 'be"ni,gn\nx'
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"nta_labels": 1, "default": label, "rules": []}))
    rows = cells(nta("features", capture, "--labels", rules, "--out", "-").stdout)
    assert len(rows) == 50 and {row["label"] for row in rows} == {label}
