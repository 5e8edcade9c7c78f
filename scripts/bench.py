#!/usr/bin/env python3
"""Speed as ratios in one run: interleaved rounds, median with minimum and maximum, CPU time of whole processes.

usage: scripts/bench.sh [flows|scaling|decode|threads|ingest|stream|training|all]... [--quick] [--json FILE]
  flows     nta beside every installed flow meter on the same captures
  scaling   cost over packets, over flows, and of one elephant
  decode    reading a capture beside libpcap counting it
  threads   two threads beside one
  ingest    capture -> shards -> features, as two commands
  stream    memory and CPU time of the streaming meter
  training  a training step beside Python torch
"""
import argparse
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from nta_bench import flows, measure, report, rivals, scaling, stages  # noqa: E402
from nta_rim.program import ROOT, Failure, run_main  # noqa: E402

PLAIN = {"scaling": scaling.scaling, "decode": scaling.decode, "threads": scaling.threads, "ingest": stages.ingest,
         "stream": stages.stream, "training": stages.training}
STAGES = ["flows", *PLAIN]


def check(arguments):
    for what, given, known in (("stage", arguments.stage, [*STAGES, "all"]),
                               ("capture", arguments.captures.split(","), flows.CAPTURES),
                               ("rival", (arguments.rivals or "").split(","), ["", *(r.name for r in rivals.RIVALS)])):
        if unknown := set(given) - set(known):
            raise Failure(2, f"{what} {', '.join(sorted(unknown))} is not known; there are {', '.join(known)}")


def run_stage(name, arguments, skipped, mix):
    """Rows of a stage; what was left out and the captures it read are added to the lists."""
    if name != "flows":
        return PLAIN[name](arguments.quick)
    only = arguments.rivals.split(",") if arguments.rivals is not None else None
    rows, left_out, read = flows.stage(arguments.quick, arguments.captures.split(","), arguments.packets, only)
    skipped += left_out
    mix += read
    return rows


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", nargs="*", help="default: all")
    parser.add_argument("--quick", action="store_true", help="smaller captures, 3 rounds")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the numbers there, too")
    parser.add_argument("--install-rivals", action="store_true", help="bring the other flow meters first")
    parser.add_argument("--captures", default=",".join(flows.CAPTURES), metavar="NAMES", help="of the stage flows")
    parser.add_argument("--packets", type=int, metavar="N", help="of the stage flows; default 2,000,000, quick 100,000")
    parser.add_argument("--rivals", metavar="NAMES", help="only these; default: all")
    arguments = parser.parse_args(argv)
    check(arguments)
    if arguments.install_rivals:
        rivals.install()
    wanted = [s for s in STAGES if not arguments.stage or "all" in arguments.stage or s in arguments.stage]
    load_before, code, results, skipped, mix = os.getloadavg()[0], 0, [], [], []
    for name in wanted:
        try:
            results += run_stage(name, arguments, skipped, mix)
        except Failure as failure:  # the numbers of the other stages are kept
            code = max(code, 0 if failure.exit_code == 77 else failure.exit_code)
            skipped.append({"what": f"stage {name}", "reason": str(failure).replace(f"{ROOT}/", "")})
            print(f"SKIPPED stage {name}: {failure}", file=sys.stderr, flush=True)
    load = {"before": load_before, "after": os.getloadavg()[0]}
    document = {"schema": 1, "date": time.strftime("%Y-%m-%d"), "commit": measure.commit(),
                "machine": measure.machine(), "load": load, "quick": arguments.quick, "captures": mix,
                "results": results, "skipped": skipped}
    print(report.report(document))
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=1) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(run_main(main, "bench"))
