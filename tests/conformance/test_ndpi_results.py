"""Rows that the product decodes, counted by ndpiReader's rules, are the flow lines that tool prints for its captures."""
import collections
import json

import ndpi_rows
from conftest import ROOT


def lengths_agree(want, got):
    """Whether the flows with these four numbers can be matched so that all statistics are within 1."""
    left = list(got)
    for line in want:
        match = next((i for i, sizes in enumerate(left) if all(abs(a - b) <= 1 for a, b in zip(line, sizes))), None)
        if match is None:
            return False
        left.pop(match)
    return True


def test_flow_lines_and_packet_lengths(shared, shards_of):
    texts = ndpi_rows.expected_texts(shared("ndpi-pcaps/expected_results.tar.gz"))
    folder = shared("ndpi-pcaps/pcap")
    shards = shards_of({name: folder / name for name in texts})
    flows = equal = with_lengths = 0
    differing, wrong_lengths = {}, []
    for name, text in texts.items():
        got = ndpi_rows.flows(shards[name])
        missing, surplus, same = ndpi_rows.compare(text, got)
        flows, equal = flows + sum(missing.values()) + same, equal + same
        if missing or surplus:
            differing[name] = (missing, surplus)
            continue
        printed, computed = collections.defaultdict(list), collections.defaultdict(list)
        for numbers, sizes in ndpi_rows.expected_flows(text):
            if sizes is not None:
                printed[numbers].append(sizes)
                with_lengths += 1
        for flow in got:
            computed[ndpi_rows.counts(flow)].append(ndpi_rows.length_statistics(flow))
        wrong_lengths += [(name, numbers) for numbers, want in printed.items()
                          if not lengths_agree(want, computed[numbers])]
    excepted = {entry["capture"] for entry in
                json.loads((ROOT / "tests/conformance/exceptions.json").read_text())["ndpi-reader"]}
    assert differing.keys() == excepted, differing
    assert not wrong_lengths
    assert with_lengths > 1500
    assert (len(texts), flows, equal) == (377, 5063, 5055)
