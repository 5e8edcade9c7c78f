"""nta conformance with oracles that are empty, damaged or different: one message, or exit 1 and a report."""
import pytest

from conftest import one_message
from test_bad_input import pcap


@pytest.mark.parametrize("table, code, said", [
    ("", 3, "empty"), ("colour,shape\n", 3, "colour"), ("packets,duration_ns\n1\n", 3, "a.pcap.csv:2"),
    ("packets,duration_ns\n1,soon\n", 3, "soon"), ("packets,duration_ns\n2,0\n", 1, None),
    ("packets,duration_ns\n", 1, None), ("packets,duration_ns\n1,0\n", 0, None)])
def test_oracles_that_are_broken_or_differ(nta, tmp_path, table, code, said):
    oracle = tmp_path / "oracle"
    for name in ("pcap", "result"):
        (oracle / name).mkdir(parents=True)
    (oracle / "pcap/a.pcap").write_bytes(pcap(1))
    (oracle / "result/a.pcap.csv").write_text(table)
    done = nta("conformance", "--profile", "nta", "--oracle", oracle, "--quiet", ok=False)
    assert done.code == code, done.stderr
    if said:
        one_message(done, code, said)


def test_a_report_of_an_unknown_format_is_refused_before_the_work(nta, tmp_path):
    done = nta("conformance", "--profile", "nta", "--oracle", tmp_path / "nowhere", "--report", "x.txt", ok=False)
    one_message(done, 2, "x.txt", ".json or .md")
