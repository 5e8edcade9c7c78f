"""gpu_bundle.sh packs an archive below its limit that works in an empty root with nothing but glibc, libstdc++ and a shell;
gpu_check.sh says "no CUDA device" there and exits 77. The root is a chroot; without the right to one the test is skipped."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NTA_BUILD", ROOT / "build" / "release"))
LIMIT_BYTES = 60_000_000
OWN = ("libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libresolv.so.2", "libstdc++.so.6",
       "libgcc_s.so.1")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    if not (BUILD / "nta").exists():
        pytest.skip(f"not built: {BUILD}/nta")
    archive = tmp_path_factory.mktemp("bundle") / "nta-gpu.tar.gz"
    run = subprocess.run([ROOT / "scripts/gpu_bundle.sh", "--build", BUILD, "--out", archive], capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return archive


@pytest.fixture(scope="module")
def empty_root(bundle, tmp_path_factory):
    """A root with the shell, the libraries that every machine has, and the bundle."""
    root = tmp_path_factory.mktemp("root")
    for name in ("bin", "lib64", "usr/lib/x86_64-linux-gnu", "tmp", "dev", "proc"):
        (root / name).mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    shutil.copy("/bin/sh", root / "bin/sh", follow_symlinks=True)
    shutil.copy("/lib64/ld-linux-x86-64.so.2", root / "lib64/ld-linux-x86-64.so.2")
    for name in OWN:
        found = next((p for p in (pathlib.Path("/usr/lib/x86_64-linux-gnu") / name, pathlib.Path("/lib/x86_64-linux-gnu") / name)
                      if p.exists()), None)
        assert found, name
        shutil.copy(found, root / "usr/lib/x86_64-linux-gnu" / name)
    with tarfile.open(bundle) as archive:
        archive.extractall(root, filter="data")
    probe = in_root(root, "exit 5")
    if probe.returncode != 5:
        pytest.skip(f"no right to change the root here: {probe.stderr.strip()}")
    return root


def in_root(root, command):
    """A shell command inside, as root of a user namespace where that is needed. /proc is bound: nta finds itself by it."""
    inside = f"mount --rbind /proc {root}/proc 2>/dev/null; exec chroot {root} /bin/sh -c '{command}'"
    return subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", inside], capture_output=True, text=True,
                          check=False, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, timeout=300)


def test_the_archive_is_small_and_complete(bundle):
    assert bundle.stat().st_size < LIMIT_BYTES
    with tarfile.open(bundle) as archive:
        names = set(archive.getnames())
        for member in archive.getmembers():
            assert not member.issym() or not member.linkname.startswith("/"), member.name
    for name in ("exe/nta", "bin/nta", "scripts/gpu_check.sh", "COMMIT"):
        assert f"nta-gpu/{name}" in names
    assert any(name.startswith("nta-gpu/experiments/data/lab/") and name.endswith(".pcap.zst") for name in names)
    assert not any("libstdc++" in name or "libc.so" in name or "libtorch" in name for name in names)


def test_nta_runs_in_an_empty_root(empty_root):
    run = in_root(empty_root, "/nta-gpu/bin/nta version")
    assert run.returncode == 0, run.stderr
    assert "nta" in run.stdout


def test_features_of_a_lab_capture_in_an_empty_root(empty_root):
    capture = sorted((ROOT / "experiments/data/lab").glob("*.pcap.zst"))[0]
    run = in_root(empty_root, f"/nta-gpu/bin/nta features /nta-gpu/experiments/data/lab/{capture.name} --quiet --out /tmp/f.csv")
    assert run.returncode == 0, run.stderr
    expected = empty_root / "tmp/expected.csv"
    subprocess.run([BUILD / "nta", "features", capture, "--quiet", "--out", expected], check=True, capture_output=True)
    assert (empty_root / "tmp/f.csv").read_bytes() == expected.read_bytes()
    assert expected.read_text().count("\n") > 1


def test_the_check_says_that_there_is_no_device(empty_root):
    run = in_root(empty_root, "cd / && sh /nta-gpu/scripts/gpu_check.sh")
    assert run.returncode == 77, run.stdout + run.stderr
    assert "no CUDA device" in run.stdout


# A machine whose devices are its cores: nta takes cpu for cuda, the benchmark has its numbers from here. What the check makes
# of programs that work, and of one that gives other bytes with the words of WRONG, needs no device.
FAKE_NTA = """#!{python}
import pathlib, subprocess, sys
words = sys.argv[1:]
run = subprocess.run(["{nta}", *("cpu" if w.startswith("cuda") else w for w in words)])
if {wrong!r} and {wrong!r} in " ".join(words):
    with open(words[words.index("--out") + 1], "ab") as out:
        out.write(b"x")
sys.exit(run.returncode)
"""
FAKE_BENCH = """#!/bin/sh
echo '{"card": "made up", "packets": 1000000, "bandwidth": 1e12, "bytes_per_packet": 200, "runs": 5,
 "stages": [{"stage": "sort", "bytes_per_packet": 56, "measured_ms": 0.5}],
 "predicted_packets_per_second": 3e9, "measured_packets_per_second": 2e9,
 "workers": [{"devices": 1, "workers": 2, "predicted_packets_per_second": 1e9, "measured_packets_per_second": 8e8}]}'
"""


def check_on_fakes(folder, wrong=""):
    if not (BUILD / "nta").exists():
        pytest.skip(f"not built: {BUILD}/nta")
    lab = sorted((ROOT / "experiments/data/lab").glob("*.pcap.zst"))[:1]
    for name in ("bin", "scripts", "experiments/data/lab"):
        (folder / name).mkdir(parents=True)
    shutil.copy(ROOT / "scripts/gpu_check.sh", folder / "scripts")
    shutil.copy(lab[0], folder / "experiments/data/lab")
    programs = {"nta": FAKE_NTA.format(python=sys.executable, nta=BUILD / "nta", wrong=wrong), "nta_bench_device": FAKE_BENCH,
                "nta_test_kernels": "#!/bin/sh\necho '[  PASSED  ] 3 tests.'\n",
                "nta_test_datasets": "#!/bin/sh\necho '[  PASSED  ] 2 tests.'\n",
                "compute-sanitizer": "#!/bin/sh\necho '========= ERROR SUMMARY: 0 errors'\n"}
    for name, text in programs.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    run = subprocess.run(["sh", folder / "scripts/gpu_check.sh", "--quick"], capture_output=True, text=True, check=False,
                         env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}, timeout=280)
    return run, json.loads((folder / "gpu-check.json").read_text())


def test_the_check_passes_where_all_bytes_agree(tmp_path):
    run, document = check_on_fakes(tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    states = {check["check"]: check["state"] for check in document["checks"]}
    for name in ("device tests of kernels", "device tests of datasets", "CPU = GPU", "one worker", "two workers on a device",
                 "all devices", "little memory", "memcheck"):
        assert states[name] == "ok", (name, document["checks"])
    assert "| host to host, 1 device(s), 2 worker(s), packets/s | - | 1e+09 | 8e+08 |" in run.stdout
    assert "| sort, ms | 56 | 0.086 | 0.500 |" in run.stdout


def test_the_check_fails_where_one_worker_gives_other_bytes(tmp_path):
    run, document = check_on_fakes(tmp_path, wrong="cuda:0 --threads 1")
    assert run.returncode == 1
    failed = [check["check"] for check in document["checks"] if check["state"] == "failed"]
    assert failed == ["one worker"]
