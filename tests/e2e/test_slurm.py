"""The script that nta features --slurm prints, run by a real Slurm of one node: the bytes of one process.

Long: runs with NTA_LONG=1 (scripts/test.sh --long)."""
import os
import pathlib
import tempfile

import pytest

import slurm_cluster


@pytest.fixture(scope="module")
def cluster():
    if os.environ.get("NTA_LONG") != "1":
        pytest.skip("long test: NTA_LONG=1 or scripts/test.sh --long runs it")
    if slurm_cluster.missing():
        pytest.skip(f"no Slurm: {slurm_cluster.missing()}")
    with tempfile.TemporaryDirectory(prefix="nta-slurm-") as folder:  # short: a socket's path has a limit
        os.chmod(folder, 0o755)
        with slurm_cluster.Cluster(pathlib.Path(folder)) as running:
            yield running


def queue_is_empty(cluster):
    return not cluster.run("squeue", "-h").stdout.strip()


def test_array_and_merge_give_the_bytes_of_one_process(nta, lab, cluster, tmp_path):
    shards, out = tmp_path / "shards", tmp_path / "flows.h5"
    nta("ingest", lab("lab-01.pcap.zst"), lab("lab-02.pcap.zst"), "--out", shards, "--partitions", 8)
    words = [shards, "--set", "cic76", "--sequence-n", 3, "--memory", "64M"]
    script = nta("features", *words, "--out", out, "--slurm", "--tasks", 3).stdout
    submitted = cluster.run("bash", input=script)
    assert submitted.returncode == 0, submitted.stderr
    cluster.wait_for(lambda: queue_is_empty(cluster), 240, "jobs are not done")
    logs = "\n".join(path.read_text() for path in sorted((tmp_path / "flows.h5.parts").glob("*.log")))
    assert out.exists(), logs
    nta("features", *words, "--out", tmp_path / "one.h5")
    assert out.read_bytes() == (tmp_path / "one.h5").read_bytes()
    assert not list((tmp_path / "flows.h5.parts").glob("*.h5"))


def test_failed_task_leaves_no_output(nta, lab, cluster, tmp_path):
    shards, out = tmp_path / "shards", tmp_path / "flows.h5"
    nta("ingest", lab("lab-01.pcap.zst"), "--out", shards, "--partitions", 4)
    script = nta("features", shards, "--out", out, "--slurm", "--tasks", 2, "--memory", "64M").stdout
    shard = shards / "shard-000000.h5"
    shard.write_bytes(shard.read_bytes()[:-1])
    assert cluster.run("bash", input=script).returncode == 0
    cluster.wait_for(lambda: queue_is_empty(cluster), 240, "jobs are not done")
    assert not out.exists()
