"""Sets cic76 and nfstream by the program: headers of other publications, names in files, experiments that use them."""
import csv
import io
import json

import h5py
import hdf5plugin  # noqa: F401  registers the filters of the files
import pytest

from conftest import one_message

CIC_IDENTITY = {"head": "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Total Fwd Packet",
                "2017": "Flow ID,Source IP,Source Port,Destination IP,Destination Port,Protocol,Timestamp,"
                        "Flow Duration,Total Fwd Packets",
                "2018": "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts",
                "python": "flow_id,src_ip,src_port,dst_ip,dst_port,protocol,timestamp,flow_duration,tot_fwd_pkts"}


@pytest.fixture
def capture(lab):
    return lab("lab-01.pcap.zst")


@pytest.mark.parametrize("names", CIC_IDENTITY)
def test_names_change_the_header_alone(nta, capture, names):
    text = nta("features", capture, "--set", "cic76", "--names", names, "--out", "-").stdout
    head = nta("features", capture, "--set", "cic76", "--out", "-").stdout
    assert text.startswith(CIC_IDENTITY[names])
    if names != "2017":  # which has a column twice
        assert text.split("\n")[1:] == head.split("\n")[1:]
    assert len(text.split("\n")[0].split(",")) == 84 + (names == "2017")


@pytest.mark.parametrize("words, said", [(("--names", "2017"), "--set cic76 alone"),
                                         (("--set", "cic76", "--names", "2018", "--format", "jsonl"), "CSV alone")])
def test_other_names_are_refused_elsewhere(nta, capture, tmp_path, words, said):
    done = nta("features", capture, *words, "--out", tmp_path / "x.csv", ok=False)
    one_message(done, 2, said)
    assert not (tmp_path / "x.csv").exists()


def test_published_names_are_paths_in_hdf5(nta, capture, tmp_path):
    nta("features", capture, "--set", "cic76", "--out", tmp_path / "f.h5")
    rows = list(csv.DictReader(io.StringIO(nta("features", capture, "--set", "cic76", "--out", "-").stdout)))
    with h5py.File(tmp_path / "f.h5") as file:
        described = [f["name"] for f in json.loads(file.attrs["features"])]
        assert described == list(rows[0])[7:83]
        for name in ("Flow Bytes/s", "Down/Up Ratio", "Fwd Packet/Bulk Avg"):
            assert file[f"features/{name}"][:].tolist() == [float(row[name]) for row in rows]


def test_nfstream_times_are_since_the_epoch(nta, capture):
    words = ("--profile", "nfstream", "--set", "nfstream", "--sequence-n", "3", "--out", "-")
    rows = list(csv.DictReader(io.StringIO(nta("features", capture, *words).stdout)))
    assert [int(row["id"]) for row in rows] == list(range(len(rows)))
    for row in rows:
        first, last = int(row["bidirectional_first_seen_ms"]), int(row["bidirectional_last_seen_ms"])
        assert first > 1_500_000_000_000
        assert last - first == int(row["bidirectional_duration_ms"])
        assert int(row["dst2src_packets"]) > 0 or row["dst2src_first_seen_ms"] == "0"
        sizes = json.loads(row["splt_ps"])
        assert len(sizes) == 3
        assert sizes.count(-1) == max(0, 3 - int(row["bidirectional_packets"]))


def test_experiments_know_all_sets(nta, tmp_path):
    experiment = tmp_path / "e.json"
    experiment.write_text(json.dumps({"nta_experiment": 1, "features": {"set": "cic67"}}))
    done = nta("config", "check", experiment, ok=False)
    assert done.code != 0
    assert 'did you mean "cic76"' in done.stdout + done.stderr
    experiment.write_text(json.dumps({"nta_experiment": 1, "features": {"set": "cic76", "include": ["Flow IAT *"]}}))
    done = nta("config", "check", experiment, ok=False)
    assert "feature" not in (done.stdout + done.stderr).replace('"features": {"set"', "")
