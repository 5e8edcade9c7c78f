#!/usr/bin/env python3
"""Adds up JUnit reports: every skip reason with its count, every failure with its text, then
`N passed, N failed, N skipped` as the last line. A report that was promised and is missing is a failure.

usage: scripts/test_summary.py --expect NAME=FILE ...      exit 0 if nothing failed
"""
import argparse
import collections
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ET


def skip_reason(case):
    """gtest writes the reason as an attribute or as text, pytest as an attribute."""
    skipped = case.find("skipped")
    if skipped is None:
        return "skipped by result" if case.get("result") == "skipped" else None
    text = (skipped.text or "").strip() or skipped.get("message") or "no reason given"
    return re.sub(r"^\S+:\d+\s*", "", text.strip()).splitlines()[-1].strip()


def failure_text(case):
    found = case.find("failure")
    if found is None:
        found = case.find("error")
    if found is None:
        return None
    return (found.text or found.get("message") or "").strip()


def cases_of(file):
    """The test cases of a report and, if the report alone says too little, what is wrong with the run."""
    if not file.is_file():
        return [], "no report: it crashed, timed out or did not build"
    try:
        cases = list(ET.parse(file).iter("testcase"))
    except ET.ParseError as error:
        return [], f"its report is cut off or damaged: {error}"
    exit_file = file.with_name(file.name + ".exit")
    code = exit_file.read_text().strip() if exit_file.is_file() else "0"
    if code != "0" and not any(failure_text(case) is not None for case in cases):
        return cases, f"exit code {code} although no test case failed (a leak? a crash at the end?); see its log"
    return cases, None if cases else "its report holds no test case"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--expect", nargs="*", default=[], metavar="NAME=FILE")
    arguments = parser.parse_args()
    passed, failures, skips = 0, [], collections.Counter()
    for entry in arguments.expect:
        name, _, file = entry.partition("=")
        cases, fault = cases_of(pathlib.Path(file))
        if fault is not None:
            failures.append((name, fault))
        for case in cases:
            title = f"{name}: {case.get('classname', '')}.{case.get('name', '')}"
            failure, reason = failure_text(case), skip_reason(case)
            if failure is not None:
                failures.append((title, failure))
            elif reason is not None:
                skips[reason] += 1
            else:
                passed += 1
    for reason, count in sorted(skips.items()):
        print(f"skipped {count}: {reason}")
    for title, text in failures:
        print(f"FAILED {title}")
        for line in text.splitlines()[:30]:
            print(f"    {line}")
    required = [r.lower() for r in os.environ.get("NTA_REQUIRE", "").split(",") if r]
    refused = [reason for reason in skips if any(r in reason.lower() for r in required)]
    for reason in refused:
        print(f"FAILED required but skipped: {reason}")
    n_failed = len(failures) + len(refused)
    print(f"{passed} passed, {n_failed} failed, {sum(skips.values())} skipped")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
