"""Host windows and link load of real captures are the slow twin's, bit for bit; options that cannot be are refused."""
import csv
import ipaddress
import json
import struct
import subprocess
import sys

import h5py
import hdf5plugin  # noqa: F401  registers the filters of the files
import pytest

from conftest import BUILD, ROOT, one_message

sys.path.insert(0, str(ROOT / "tests/reference"))
import series  # noqa: E402

PREFIXES = {"lan": "10.0.0.0/8", "home": "192.168.0.0/16", "v6": "fe80::/10", "all4": "0.0.0.0/0"}
LAB = sorted((ROOT / "experiments/data/lab").glob("*.pcap.zst"))


def network(text):
    net = ipaddress.ip_network(text)
    if net.version == 4:
        return b"\0" * 10 + b"\xff\xff" + net.network_address.packed, 96 + net.prefixlen
    return net.network_address.packed, net.prefixlen


NETWORKS = {name: network(text) for name, text in PREFIXES.items()}
PREFIX_WORDS = [word for name, text in PREFIXES.items() for word in ("--prefix", f"{name}={text}")]


def bits(value):
    return struct.pack("<d", value) if isinstance(value, float) else value


def file_rows(path):
    """Rows of a series file as dictionaries of plain Python values."""
    columns = {}
    with h5py.File(path) as file:
        assert file.attrs["format"] == "nta-series"
        for key in json.loads(file.attrs["keys"]):
            values = file["keys"][key["name"]][:].tolist()
            if key["type"] == "ip":
                values = [bytes(v) for v in values]
            if key["type"] == "text":
                names = json.loads(file.attrs[key["name"] + "_names"])
                values = [names[v] for v in values]
            columns[key["name"]] = values
        for column in json.loads(file.attrs["columns"]):
            assert column["definition"] and column["unit"] and column["version"] >= 1
            columns[column["name"]] = file["columns"][column["name"]][:].tolist()
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


def equal_rows(got, wanted):
    assert len(got) == len(wanted)
    for i, (row, expected) in enumerate(zip(got, wanted)):
        assert row.keys() == expected.keys()
        for name, value in expected.items():
            assert bits(row[name]) == bits(value), f"row {i} {row}: {name} is {row[name]}, not {value}"


def check_host_windows(nta, folder, inputs, window, profile="nta"):
    """Of captures, of shards of 1000 rows, with two threads: all are the twin's."""
    shards, out = folder / "shards", folder / "windows.h5"
    nta("ingest", *inputs, "--out", shards, "--rows-per-shard", 1000)
    wanted = series.host_windows(shards, int(window * 10**9), profile)
    words = ["--unit", "host_window", "--host-window-s", window, "--profile", profile, "--out", out]
    nta("features", shards, *words)
    equal_rows(file_rows(out), wanted)
    whole = out.read_bytes()
    nta("features", *inputs, *words, "--threads", 2, "--memory", "32M")
    assert out.read_bytes() == whole
    return wanted


def check_link_load(nta, folder, inputs, interval):
    shards, out = folder / "shards", folder / "load.h5"
    if not shards.exists():
        nta("ingest", *inputs, "--out", shards, "--rows-per-shard", 1000)
    words = ["--unit", "step", "--interval-s", interval, *PREFIX_WORDS, "--out", out]
    done = nta("features", shards, *words, "--json").document
    rows = file_rows(out)
    equal_rows(rows, series.link_load(shards, int(interval * 10**9), NETWORKS))
    whole = out.read_bytes()
    nta("features", *inputs, *words)
    assert out.read_bytes() == whole
    read = done["accounting"]["read"]
    assert sum(row["packets"] for row in rows if row["unit"] == "capture") == read > 0
    assert sum(row["packets"] for row in rows if row["unit"].startswith("link:")) == read
    return rows


def test_lab_host_windows(nta, tmp_path):
    rows = check_host_windows(nta, tmp_path, LAB, 10)
    assert len(rows) > 100
    assert len({row["capture"] for row in rows}) == len(LAB)


def test_lab_link_load(nta, tmp_path):
    assert len(check_link_load(nta, tmp_path, LAB, 1)) > 1000


SAMPLE = [("iot-sentinel/Aria", 0.5), ("nfstream-oracle/pcap/gtp-u.pcap", 0.5),
          ("ndpi-pcaps/pcap/agora-sd-rtn.pcap", 0.5), ("ndpi-pcaps/pcap/4in6tunnel.pcap", 0.5),
          ("ndpi-pcaps/pcap/dns_fragmented.pcap", 86400), ("ndpi-pcaps/pcap/sites.pcapng", 86400)]  # span years


@pytest.mark.parametrize("name, interval", SAMPLE)
def test_shared_captures(nta, shared, tmp_path, name, interval):
    check_host_windows(nta, tmp_path, [shared(name)], 2.5)
    check_link_load(nta, tmp_path, [shared(name)], interval)


@pytest.mark.parametrize("profile", ["nfstream", "cic-fixed"])
def test_other_profiles(nta, tmp_path, profile):
    check_host_windows(nta, tmp_path, LAB[:3], 60, profile)


def test_one_file_and_text_forms_say_the_same(nta, tmp_path):
    words = ["features", LAB[0], "--unit", "host_window", "--host-window-s", 5]
    nta(*words, "--out", tmp_path / "w.h5")
    rows = file_rows(tmp_path / "w.h5")
    texts = list(csv.DictReader(nta(*words, "--out", "-").stdout.splitlines()))
    lines = [json.loads(line) for line in nta(*words, "--out", "-", "--format", "jsonl").stdout.splitlines()]
    assert len(rows) == len(texts) == len(lines) > 0
    for row, text, line in zip(rows, texts, lines):
        host = ipaddress.ip_address(row.pop("host"))
        host = host.ipv4_mapped or host
        assert ipaddress.ip_address(text.pop("host")) == ipaddress.ip_address(line.pop("host")) == host
        assert {name: type(row[name])(value) for name, value in text.items()} == row
        assert {name: type(row[name])(value) for name, value in line.items()} == row


def test_standard_input_gives_the_rows_of_the_file(nta, tmp_path):
    capture = tmp_path / "a.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) +
                        b"".join(udp_frame(1_700_000_000 + 7 * i, i % 5) for i in range(60)))
    words = ["--unit", "host_window", "--host-window-s", 30, "--out", "-"]
    whole = nta("features", capture, *words).stdout
    assert whole.count("\n") > 14
    piped = subprocess.run([BUILD / "nta", "features", "-", *map(str, words)], input=capture.read_bytes(),
                           capture_output=True, check=True).stdout
    assert piped.decode() == whole


def test_joined_files_are_one_capture(nta, tmp_path):
    nta("features", *LAB[:2], "--join", "yes", "--unit", "step", "--interval-s", 3600, "--out", tmp_path / "load.csv")
    with open(tmp_path / "load.csv") as file:
        rows = list(csv.DictReader(file))
    assert {row["capture"] for row in rows} == {"0"}
    assert {row["unit"] for row in rows} == {"capture", "link:0"}  # the files' interfaces are alike


@pytest.mark.parametrize("unit", ["host_window", "step"])
def test_list_is_what_the_files_carry(nta, tmp_path, unit):
    listed = nta("features", "--unit", unit, "--list", "--json").document
    nta("features", LAB[0], "--unit", unit, "--out", tmp_path / "x.h5")
    with h5py.File(tmp_path / "x.h5") as file:
        columns = json.loads(file.attrs["columns"])
        assert file.attrs["set_sha256"] == listed["set_sha256"]
    for entry in columns:
        entry.pop("version")
    assert columns == listed["features"]


@pytest.mark.parametrize("words, message", [
    (["--unit", "step", "--prefix", "lan"], "NAME=ADDRESS/BITS"),
    (["--unit", "step", "--prefix", "lan=10.0.0.0/33"], "10.0.0.0/33"),
    (["--unit", "step", "--prefix", "lan=10.0.0.1/8"], "prefix length"),
    (["--unit", "step", "--prefix", "a=10.0.0.0/8", "--prefix", "a=11.0.0.0/8"], "twice"),
    (["--unit", "step", "--prefix", "capture=10.0.0.0/8"], "capture"),
    (["--unit", "step", "--interval-s", "0"], "--interval-s"),
    (["--unit", "step", "--interval-s", "nan"], "--interval-s"),
    (["--unit", "step", "--interval-s", "1e7"], "--interval-s"),
    (["--unit", "step", "--host-window-s", "60"], "--host-window-s"),
    (["--unit", "host_window", "--host-window-s", "86401"], "--host-window-s"),
    (["--unit", "host_window", "--prefix", "lan=10.0.0.0/8"], "--prefix"),
    (["--unit", "host_window", "--include", "packets*"], "--include"),
    (["--unit", "flow", "--interval-s", "1"], "--interval-s"),
    (["--unit", "sequence"], "--sequence-n"),
    (["--unit", "planet"], "--unit"),
])
def test_bad_options(nta, tmp_path, words, message):
    out = tmp_path / "out.csv"
    one_message(nta("features", LAB[0], *words, "--out", out, ok=False), 2, message)
    assert not out.exists()


def udp_frame(time_s, host):
    udp = struct.pack(">HHHH", 1000 + host, 53, 16, 0) + b"payload!"
    address = bytes([10, 0, 0, host])
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, address, b"\x0a\x00\x01\x01")
    data = b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + ip + udp
    return struct.pack("<IIII", time_s, 0, len(data), len(data)) + data


def frame(time_s):
    data = b"\x02" * 6 + b"\x04" * 6 + b"\x08\x06" + b"\0" * 28
    return struct.pack("<IIII", time_s, 0, len(data), len(data)) + data


def test_a_time_that_jumps_is_refused_with_what_to_do(nta, tmp_path):
    capture = tmp_path / "jump.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + frame(0) + frame(2_000_000_000))
    words = ["features", capture, "--unit", "step", "--out", tmp_path / "load.csv"]
    one_message(nta(*words, ok=False), 3, "longer intervals")
    assert not (tmp_path / "load.csv").exists()
    assert nta(*words, "--interval-s", 86400, "--json").document["rows"] == 2 * (2_000_000_000 // 86400 + 1)
    assert nta("features", capture, "--unit", "host_window", "--out", "-").stdout.count("\n") == 1  # ARP has no hosts
