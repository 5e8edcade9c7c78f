"""Every profile and set of `nta features` is the slow twin's, bit for bit: lab captures and all shared ones.

Lab captures, and what user-written documents run on, are seeded samples that are printed; `NTA_LONG=1` takes all.
"""
import csv
import json
import os
import random

import flow_features
import flow_identity
import flow_meter
import flow_profiles
import h5py
import numpy as np
import pytest
import shard_rows

import cic76_features
import nfstream_features
from conftest import ROOT

SETS = {"nta": flow_features.features, "cic76": cic76_features.features, "nfstream": nfstream_features.features}
COLUMNS = {"nta": 114, "cic76": 76, "nfstream": 63}
SHARED = ("nfstream-oracle/pcap", "cic-oracle/pcap", "iot-sentinel", "ndpi-pcaps/pcap")
SEQUENCE = 7
SEED = 20251124


def sample(captures, count):
    if os.environ.get("NTA_LONG") == "1":
        return captures
    chosen = sorted(random.Random(SEED).sample(captures, count))
    print("sample, seed", SEED, ":", *(path.name for path in chosen))
    return chosen


def inputs_of(name, shared):
    if name == "lab":
        return sample(sorted((ROOT / "experiments/data/lab").glob("*.pcap.zst")), 4)
    if name == "ndpi sample":
        return sample(sorted(shared("ndpi-pcaps/pcap").iterdir()), 150)
    return [shared(name)]


class Expected:
    """The twin's flows of one profile, with what does not depend on the set."""

    def __init__(self, profile, frames):
        self.flows = flow_meter.flows_of(None, profile, frames)
        self.identity = [flow_identity.identity(flow, profile) for flow in self.flows]
        self.sequences = [nfstream_features.sequence(flow, profile, SEQUENCE) for flow in self.flows]


class World:
    """Shards of a data set and what the twin makes of them; keeps what was asked for last."""

    def __init__(self, nta, inputs, folder):
        self.inputs, self.shards = inputs, folder / "shards"
        nta("ingest", *inputs, "--out", self.shards, "--rows-per-shard", 100_000)
        self.frames = list(shard_rows.frames(self.shards))
        self.last = None

    def expected(self, profile):
        text = json.dumps(profile, sort_keys=True)
        if self.last is None or self.last[0] != text:
            self.last = text, Expected(profile, self.frames)
        return self.last[1]


@pytest.fixture(scope="module")
def world(nta, shared, tmp_path_factory):
    """world(name) -> World; one at a time lives."""
    at_hand = {}

    def get(name):
        if name not in at_hand:
            inputs = inputs_of(name, shared)
            at_hand.clear()
            at_hand[name] = World(nta, inputs, tmp_path_factory.mktemp("world"))
        return at_hand[name]

    return get


def bit_equal(got, wanted, name):
    """Row numbers where the column is not, bit for bit, what the twin has."""
    if got.dtype.kind == "f":
        expected = np.array([float(value) for value in wanted], dtype=np.float64)
        return np.flatnonzero(got.view(np.int64) != expected.view(np.int64))
    assert all(isinstance(value, int) for value in wanted), f"{name} is of integers, the twin's of fractions"
    return np.flatnonzero(got != np.array(wanted, dtype=got.dtype))


def same_columns(flows, group, wanted):
    """Every column of an HDF5 group against a list of rows; the first difference of each column is named."""
    faults = []
    for name in wanted[0] if wanted else ():
        values = [row[name] for row in wanted]
        if name in ("src_ip", "dst_ip"):
            got = group[name][:].tolist()
            rows = [i for i, value in enumerate(values) if got[i] != value]
        else:
            got = group[name][:]
            rows = bit_equal(got, values, name)
        if len(rows):
            i, flow = int(rows[0]), flows[int(rows[0])]
            faults.append(f"{name}: {len(rows)} rows; flow {i}, packets {flow.packets[0].number}.."
                          f"{flow.packets[-1].number}, {len(flow.packets)} of them: {got[i]}, not {values[i]}")
    assert not faults, "\n".join(faults)


def same_sequences(done, group):
    assert group["count"][:].tolist() == [count for _, count in done]
    for field in done[0][0] if done else ():
        got = group[field][:].reshape(len(done), SEQUENCE).tolist()
        for i, (fields, _) in enumerate(done):
            assert got[i] == fields[field], f"sequence {field}, flow {i}"


def compare(nta, world, folder, profile, family, threads=2, source=None):
    """profile: a name, or a document, which nta gets as a file."""
    table, word, document = folder / "flows.h5", profile, flow_profiles.load(profile)
    if isinstance(profile, dict):
        word = folder / "profile.json"
        word.write_text(json.dumps(profile))
    nta("features", *(source or [world.shards]), "--profile", word, "--set", family, "--out", table, "--threads", threads,
        "--sequence-n", SEQUENCE, "--sequence-size", "ip")
    expected = world.expected(document)
    flows = expected.flows
    with h5py.File(table) as file:
        assert len(file["identity"]["first_packet"]) == len(flows)
        names = [entry["name"] for entry in json.loads(file.attrs["features"])]
        assert len(names) == COLUMNS[family]
        same_columns(flows, file["identity"], expected.identity)
        wanted = [SETS[family](flow, document) for flow in flows]
        assert not wanted or list(wanted[0]) == names or (family == "nta" and wanted[0].keys() == set(names))
        same_columns(flows, file["features"], wanted)
        same_sequences(expected.sequences, file["sequence"])
    return len(flows)


@pytest.mark.parametrize("family", SETS)
@pytest.mark.parametrize("profile", flow_profiles.BUILT_IN)
@pytest.mark.parametrize("name", ["lab", *SHARED])
def test_every_profile_and_set(nta, world, tmp_path, name, profile, family):
    assert compare(nta, world(name), tmp_path, profile, family) > 1000


@pytest.mark.parametrize("profile", flow_profiles.BUILT_IN)
def test_captures_without_shards(nta, world, tmp_path, profile):
    at = world("ndpi sample")
    compare(nta, at, tmp_path, profile, "cic76", threads=1, source=at.inputs)


def test_sequences_in_nfstream_names(nta, world, tmp_path):
    """CSV of set nfstream: SPLT as that tool prints it, lists of n values, -1 behind the last packet; its accounting
    mode 0 counts bytes of the frame."""
    at, table = world("ndpi sample"), tmp_path / "flows.csv"
    nta("features", at.shards, "--profile", "nfstream", "--set", "nfstream", "--sequence-n", SEQUENCE, "--out", table)
    with open(table, newline="") as file:
        got = [[json.loads(row[name]) for name in ("splt_direction", "splt_ps", "splt_piat_ms")]
               for row in csv.DictReader(file)]
    profile = flow_profiles.load("nfstream")
    expected = at.expected(profile)
    assert len(got) == len(expected.flows)
    for lists, flow in zip(got, expected.flows):
        sequence, count = nfstream_features.sequence(flow, profile, SEQUENCE, basis="wire")
        pad = [-1] * (SEQUENCE - count)
        gaps = [gap // 10**6 for gap in sequence["gap_ns"][:count]] + pad
        assert lists == [sequence["direction"], sequence["size"], gaps]


NTA, FIXED, ORIGINAL = (flow_profiles.BUILT_IN[name] for name in ("nta", "cic-fixed", "cic-original"))
DOCUMENTS = {
    "both": {**NTA, "use": {**NTA["use"], "tunnels": "both"}},
    "outer": {**NTA, "use": {**NTA["use"], "tunnels": "outer", "failed_tunnel": "drop"}, "singles": "drop"},
    "sorted": {**NTA, "order": "sorted", "time_unit": "us", "idle": None, "active": {"s": 60, "cut": ">="},
               "tcp_end": {"rule": "none"}, "continuation": "packet", "size": "l4", "ddof": 1},
    "short": {**NTA, "time_unit": "ms", "idle": {"s": 2, "cut": ">"}, "active": None, "size": "wire",
              "tcp_end": {"rule": "close_linger", "linger_s": 0}, "singles": "drop", "order": "monotone",
              "key": [*NTA["key"], "macs", "link", "vlan_last"], "subflow_s": 0, "active_s": 1, "bulk_min": 2},
    "mixed": {**NTA, "tcp_end": {"rule": "cic_fixed"}, "idle": {"s": 1, "cut": ">="}, "active": {"s": 5, "cut": ">"},
              "bulk": "runs_merged", "compare": "address", "port_protocols": [17, 6], "size": "payload",
              "cic_formulas": "original", "rate_at_zero": "inf_nan"},
    "old": {**ORIGINAL, "time_unit": "ms", "compare": "endpoint", "singles": "keep", "rate_at_zero": 0,
            "use": {**NTA["use"], "open": ["gtp@ipv4", "ipip", "gre"], "drop": ["later_fragment", "l4_missing"]},
            "active": {"s": 3, "cut": ">="}, "cic_formulas": "corrected"},
    "inherited": {**FIXED, "tcp_end": {"rule": "close_linger", "linger_s": 1}, "active": {"s": 1, "cut": ">="},
                  "continuation": "inherit_first_forward", "use": {**FIXED["use"], "protocols": "all", "link_types": "all"}},
}


@pytest.mark.parametrize("family", SETS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_profile_documents(nta, world, tmp_path, document, family):
    compare(nta, world("ndpi sample"), tmp_path, {**DOCUMENTS[document], "name": document}, family)
