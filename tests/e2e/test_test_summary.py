"""The summary of all tests counts what no test case tells: cut reports, empty reports, exit codes."""
import subprocess
import sys

import pytest

from conftest import ROOT

GOOD = '<testsuite><testcase classname="a" name="b"/></testsuite>'
BAD = '<testsuite><testcase classname="a" name="b"><failure message="no">no</failure></testcase></testsuite>'


@pytest.mark.parametrize("report, exit_code, last_line", [
    (GOOD, None, "1 passed, 0 failed, 0 skipped"),
    (GOOD, "0", "1 passed, 0 failed, 0 skipped"),
    (GOOD, "1", "1 passed, 1 failed, 0 skipped"),  # a leak that the sanitizer finds behind the last test
    (BAD, "1", "0 passed, 1 failed, 0 skipped"),
    (GOOD[:30], "139", "0 passed, 1 failed, 0 skipped"),
    ("<testsuite/>", "0", "0 passed, 1 failed, 0 skipped"),
    (None, None, "0 passed, 1 failed, 0 skipped"),
])
def test_last_line(tmp_path, report, exit_code, last_line):
    path = tmp_path / "r.xml"
    if report is not None:
        path.write_text(report)
    if exit_code is not None:
        (tmp_path / "r.xml.exit").write_text(exit_code + "\n")
    done = subprocess.run([sys.executable, ROOT / "scripts/test_summary.py", "--expect", f"r={path}"],
                          capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == last_line, done.stdout + done.stderr
    assert done.returncode == (0 if ", 0 failed" in last_line else 1)
