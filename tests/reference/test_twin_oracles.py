"""The twins are right: their flows and features are the other tools' own rows, and the golden values of `flows.md` 6."""
import collections
import csv
import json
import math

import pytest

import cic76_features
import cic_oracle
import flow_features
import flow_meter
import flow_profiles
import nfstream_features
from conftest import ROOT

EXCEPTIONS = json.loads((ROOT / "tests/conformance/exceptions.json").read_text())


def excepted(profile):
    return {entry["capture"] for entry in EXCEPTIONS[profile]}


def test_nfstream_tables(shared, shards_of):
    folder = shared("nfstream-oracle")
    with open(folder / "captures.csv", newline="") as file:
        entries = {row["capture"]: row["path"] for row in csv.DictReader(file) if row["has_result"] == "yes"}
    shards = shards_of({name: (folder / path).resolve() for name, path in entries.items()})
    equal_flows = expected_flows = 0
    differing = {}
    for name, path in shards.items():
        with open(folder / "result" / f"{name}.csv", newline="") as file:
            want = collections.Counter((int(row["bidirectional_packets"]), int(row["bidirectional_bytes"]))
                                       for row in csv.DictReader(file))
        profile = flow_profiles.load("nfstream")
        got = collections.Counter()
        for flow in flow_meter.flows_of(path, profile):
            values = nfstream_features.features(flow, profile)
            got[values["bidirectional_packets"], values["bidirectional_bytes"]] += 1
        expected_flows += sum(want.values())
        equal_flows += sum((want & got).values())
        if want != got:
            differing[name] = (want - got, got - want)
    assert differing.keys() == excepted("nfstream"), differing
    assert (len(shards), expected_flows, equal_flows) == (164, 2713, 2704)


@pytest.fixture(scope="module")
def cic_shards(shared, shards_of):
    return shards_of({path.name: path for path in sorted(shared("cic-oracle/pcap").iterdir())})


@pytest.mark.parametrize(("variant", "flows", "cells"), [("fixed", 5311, 5311 * 76 - 12), ("original", 3757, 3757 * 76)])
def test_cic_tables(shared, cic_shards, variant, flows, cells):
    folder = shared("cic-oracle")
    profile = flow_profiles.load(f"cic-{variant}")
    paired = equal = surplus = expected = 0
    differing = {}
    for name, path in cic_shards.items():
        rows = cic_oracle.expected_rows(folder / variant / f"{name}.csv")
        got = [(cic_oracle.identity(flow), cic76_features.features(flow, profile))
               for flow in flow_meter.flows_of(path, profile)]
        done = cic_oracle.compare(rows, got)
        expected += len(rows)
        paired, equal, surplus = paired + done[0], equal + done[1], surplus + done[3]
        if done[2]:
            differing[name] = done[2]
    assert differing.keys() == excepted(f"cic-{variant}"), differing
    assert {column.split("/")[-1].split()[-1] for rows in differing.values() for _, column, _, _ in rows} <= {"Avg"}
    assert (len(cic_shards), expected, paired, surplus, equal) == (322, flows, flows, 0, cells)


@pytest.fixture(scope="module")
def google(shared, shards_of):
    """google_ssl(profile) -> its flows."""
    path = shared("ndpi-pcaps/pcap/google_ssl.pcap")
    folder = shards_of({"google": path})["google"]
    return lambda profile: flow_meter.flows_of(folder, profile)


def near(values, wanted):
    """Equal in as many digits as the page prints."""
    for name, want in wanted.items():
        assert math.isclose(values[name], want, rel_tol=5e-10), f"{name}: {values[name]}, not {want}"


def test_golden_nta(google):
    profile = flow_profiles.load("nta")
    flow, = google(profile)
    values = flow_features.features(flow, profile)
    assert flow.reason == "fin"
    for name, want in {"tcp_state": 3, "duration_ns": 6669871000, "wire_bytes": 9108, "fwd_header_bytes": 644,
                       "bwd_header_bytes": 484, "fwd_old_segments": 0, "bwd_old_segments": 5, "fwd_gap_segments": 0,
                       "bwd_gap_segments": 1}.items():
        assert values[name] == want, name
    near(values, {"ip_len_std": 491.5265891, "fwd_ip_len_std": 86.71144676, "bwd_ip_len_std": 623.7181967})


def test_golden_cic76_corrected(google):
    document = {**flow_profiles.CIC_FIXED, "cic_formulas": "corrected", "active_last": True}
    flow, = google(document)
    values = cic76_features.features(flow, document)
    for name, want in {"Flow Duration": 6669871, "Total Fwd Packet": 16, "Total Bwd packets": 12,
                       "Total Length of Fwd Packet": 644, "Total Length of Bwd Packet": 6924, "Flow IAT Max": 994991,
                       "Flow IAT Min": 22, "Fwd IAT Total": 6669871, "Bwd IAT Total": 6591211,
                       "Bwd Bytes/Bulk Avg": 6024, "Bwd Packet/Bulk Avg": 5, "Fwd PSH Flags": 4, "Bwd PSH Flags": 4,
                       "PSH Flag Count": 8, "FIN Flag Count": 2, "SYN Flag Count": 2, "ACK Flag Count": 27,
                       "FWD Init Win Bytes": 5840, "Bwd Init Win Bytes": 42900, "Fwd Act Data Pkts": 4,
                       "Fwd Seg Size Min": 20, "Fwd Header Length": 324, "Bwd Header Length": 244,
                       "Down/Up Ratio": 0.75, "Subflow Fwd Packets": 16, "Subflow Fwd Bytes": 644,
                       "Subflow Bwd Packets": 12, "Subflow Bwd Bytes": 6924, "Active Mean": 6669871}.items():
        assert values[name] == want, name
    near(values, {"Packet Length Std": 500.7050479, "Fwd Packet Length Std": 89.66939277,
                  "Bwd Packet Length Std": 651.7733850, "Flow IAT Std": 324074.0217, "Fwd IAT Std": 397601.9291,
                  "Bwd IAT Std": 384891.6835, "Bwd Bulk Rate Avg": 1864.498269, "Flow Bytes/s": 1134.654628,
                  "Flow Packets/s": 4.197982240})
    assert len(values) == 76


def test_golden_nfstream_mode_1(google):
    document = {**flow_profiles.NFSTREAM, "size": "ip"}
    flow, = google(document)
    values = nfstream_features.features(flow, document)
    for stem, want in {"bytes": (8696, 1288, 7408), "min_ps": (40, 40, 40), "max_ps": (1470, 354, 1470),
                       "min_piat_ms": (0, 76, 66), "max_piat_ms": (995, 1185, 1213),
                       "duration_ms": (6670, 6670, 6591)}.items():
        assert tuple(values[part + stem] for part in ("bidirectional_", "src2dst_", "dst2src_")) == want, stem
    for stem, want in {"stddev_ps": (500.5461779, 89.55519713, 651.4524099),
                       "stddev_piat_ms": (324.0459941, 397.6032960, 384.7845678),
                       "mean_ps": (8696 / 28, 1288 / 16, 7408 / 12),
                       "mean_piat_ms": (6670 / 27, 6670 / 15, 6591 / 11)}.items():
        near(values, dict(zip((part + stem for part in ("bidirectional_", "src2dst_", "dst2src_")), want)))
    assert len(values) == 63
