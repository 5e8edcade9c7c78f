"""nta inspect: what files hold, their first rows, and that every damage is found with the documented exit code."""
import csv
import json
import random

import pytest

from conftest import LAB, one_message

CAPTURE = LAB / "lab-01.pcap.zst"


@pytest.fixture(scope="module")
def files(tmp_path_factory, nta):
    if not CAPTURE.exists():
        pytest.skip("no lab captures; run scripts/lab/record.sh")
    folder = tmp_path_factory.mktemp("inspect")
    nta("ingest", CAPTURE, "--out", folder / "shards", "-q")
    nta("features", CAPTURE, "--out", folder / "f.h5", "--sequence-n", 3, "-q")
    nta("features", CAPTURE, "--out", folder / "f.csv", "--sequence-n", 3, "-q")
    return folder


def test_sizes_and_hashes_of_every_column(nta, files):
    features, shards = nta("inspect", files / "f.h5", files / "shards", "--json").document["inputs"]
    assert features["content"] == "features" and shards["content"] == "shards"
    assert features["file_bytes"] == (files / "f.h5").stat().st_size
    for table in (features, shards):
        assert table["stored_bytes"] == sum(column["stored_bytes"] for column in table["columns"])
        assert table["raw_bytes"] == sum(column["raw_bytes"] for column in table["columns"])
    names = {column["name"] for column in features["columns"]}
    assert {"features/duration_ns", "identity/src_ip", "sequence/gap_ns"} <= names
    text = nta("inspect", files / "f.h5", files / "shards").stdout
    for digest in (features["sha256"], features["set_sha256"], features["profile_sha256"], shards["self"],
                   shards["shards"][0]["sha256"]):
        assert len(digest) == 64 and digest in text


def test_head_of_flows_is_the_start_of_the_csv(nta, files):
    head = nta("inspect", files / "f.h5", "--head", 5, "--json").document["inputs"][0]["head"]
    with open(files / "f.csv", newline="") as file:
        rows = list(csv.DictReader(file))[:5]
    assert len(head) == 5
    for shown, row in zip(head, rows):
        for name in ("first_packet", "src_ip", "duration_ns", "packets", "seq_count"):
            assert str(shown[name]) == row[name]
    assert "duration_ns" in nta("inspect", files / "f.h5", "--head", 2).stdout


def test_head_of_shards_is_in_capture_order(nta, files):
    head = nta("inspect", files / "shards", "--head", 40, "--json").document["inputs"][0]["head"]
    assert [row["record"] for row in head] == list(range(40))  # no tunnels here: a row a packet
    lines = nta("inspect", files / "shards", "--head", 3).stdout.splitlines()
    assert len({len(line) for line in lines[-4:]}) == 1 and lines[-4].split()[0] == "record"


def test_head_beyond_the_end_gives_all_rows(nta, files):
    document = nta("inspect", files / "f.h5", "--head", 1000, "--json").document["inputs"][0]
    assert len(document["head"]) == document["rows"] < 1000


def test_head_of_a_capture_is_refused(nta):
    one_message(nta("inspect", CAPTURE, "--head", 3, ok=False), 2, "--head")


@pytest.mark.parametrize("name", ["f.h5", "shards/shard-000000.h5", "shards/manifest.json"])
def test_flipped_bits_are_found(nta, files, tmp_path, name):
    target = files / name
    whole = target.read_bytes()
    what = files / name.split("/")[0]
    nta("inspect", what, "--verify")
    random.seed(7)
    try:
        for _ in range(12):
            damaged = bytearray(whole)
            damaged[random.randrange(len(whole))] ^= 1 << random.randrange(8)
            target.write_bytes(damaged)
            done = nta("inspect", what, "--verify", "--json", ok=False)
            assert done.code == 3 and target.name in json.dumps(done.document["errors"])
    finally:
        target.write_bytes(whole)
    assert nta("inspect", what, "--verify", "--json").document["inputs"][0]["verified"] is True
