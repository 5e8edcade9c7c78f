"""nta conformance holds for the three profiles beside the other tools' own tables, at the numbers that are committed."""
import json
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
# profile -> oracle folder, at least so many equal captures, flows, share of equal cells
PROFILES = {
    "nfstream": ("nfstream-oracle", 162, 2704, 0.99),
    "cic-fixed": ("cic-oracle", 320, 5309, 0.9999),
    "cic-original": ("cic-oracle", 322, 3757, 1.0),
}


@pytest.mark.parametrize("profile", PROFILES)
def test_only_listed_differences(nta, shared, profile, tmp_path):
    folder, captures, flows, cells = PROFILES[profile]
    json_report, page = tmp_path / "report.json", tmp_path / "report.md"
    nta("conformance", "--profile", profile, "--oracle", shared(folder), "--tolerance", 0, "--exceptions",
        FOLDER / "exceptions.json", "--report", json_report, "--report", page)
    report = json.loads(json_report.read_text())
    totals = report["totals"]
    print(profile, totals)
    assert report["holds"] and not report["unexplained"]
    assert totals["equal_captures"] >= captures and totals["equal"] >= flows
    assert totals["cells_equal"] >= cells * totals["cells"]
    committed = FOLDER / f"{profile}.json"
    assert report == json.loads(committed.read_text()), f"{committed.name} is not what the program prints"
    assert page.read_text() == committed.with_suffix(".md").read_text()


def test_an_unlisted_difference_fails_and_is_named(nta, shared, tmp_path):
    oracle = tmp_path / "oracle"
    (oracle / "pcap").mkdir(parents=True)
    (oracle / "result").mkdir()
    source = shared("nfstream-oracle")
    (oracle / "pcap/dns.pcap").write_bytes((source / "pcap/dns-tunnel-iodine.pcap").read_bytes())
    table = (source / "result/dns-tunnel-iodine.pcap.csv").read_text().splitlines()
    fields = table[1].split(",")
    fields[1] = str(int(fields[1]) + 1)
    (oracle / "result/dns.pcap.csv").write_text("\n".join([table[0], ",".join(fields), *table[2:]]) + "\n")
    done = nta("conformance", "--profile", "nfstream", "--oracle", oracle, "--json", ok=False)
    assert done.code == 1
    assert done.document["unexplained"] and "bidirectional_packets" in done.document["unexplained"][0]


def test_an_exception_that_vanished_fails(nta, shared, tmp_path):
    oracle = tmp_path / "oracle"
    (oracle / "pcap").mkdir(parents=True)
    (oracle / "result").mkdir()
    source = shared("nfstream-oracle")
    (oracle / "pcap/dns.pcap").write_bytes((source / "pcap/dns-tunnel-iodine.pcap").read_bytes())
    (oracle / "result/dns.pcap.csv").write_text((source / "result/dns-tunnel-iodine.pcap.csv").read_text())
    known = tmp_path / "known.json"
    known.write_text(json.dumps({"nfstream": [{"capture": "dns.pcap", "flow": "*", "column": "*", "reason": "none"}]}))
    done = nta("conformance", "--profile", "nfstream", "--oracle", oracle, "--exceptions", known, ok=False)
    assert done.code == 1 and "No longer there: dns.pcap" in done.stdout
