"""Bulk features of every lab and shared capture are the slow twin's, bit for bit."""
import struct
import sys

import h5py
import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests/reference"))
import flow_features  # noqa: E402
import flow_meter  # noqa: E402


def bits(value):
    return struct.pack("<q", value) if isinstance(value, int) else struct.pack("<d", value)


def compare(nta, inputs, folder, threads):
    shards, table = folder / "shards", folder / "flows.h5"
    nta("ingest", *inputs, "--out", shards)
    nta("features", shards, "--out", table, "--threads", threads)
    expected = flow_meter.flows_of(shards)
    with h5py.File(table) as file:
        identity = {name: file["identity"][name][:] for name in file["identity"]}
        columns = {name: file["features"][name][:].tolist() for name in file["features"]}
    assert len(identity["first_packet"]) == len(expected)
    assert len(columns) == 114
    for i, flow in enumerate(expected):
        where = f"flow {i}, packets {flow.packets[0].number}..{flow.packets[-1].number}"
        assert identity["first_packet"][i] == flow.packets[0].number, where
        assert identity["last_packet"][i] == flow.packets[-1].number, where
        assert identity["flow_end_reason"][i] == flow_meter.REASON[flow.reason], where
        assert identity["continuation_of"][i] == flow.continuation_of, where
        wanted = flow_features.features(flow)
        assert wanted.keys() == columns.keys()
        for name, value in wanted.items():
            assert bits(columns[name][i]) == bits(value), f"{where}: {name} is {columns[name][i]}, not {value}"
    return len(expected)


def test_lab_captures(nta, tmp_path):
    captures = sorted((ROOT / "experiments/data/lab").glob("*.pcap.zst"))
    assert compare(nta, captures, tmp_path, threads=2) > 1000


@pytest.mark.parametrize("name", ["nfstream-oracle/pcap", "iot-sentinel"])
def test_shared_captures(nta, shared, tmp_path, name):
    assert compare(nta, [shared(name)], tmp_path, threads=1) > 1000
