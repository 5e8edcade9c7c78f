"""nta parquet: every value of a feature file, with its name, unit and definition, in what data frames read."""
import fcntl
import json
import resource
import subprocess
import sys

import numpy as np
import pytest

from conftest import BUILD, LAB, ROOT, one_message

pq = pytest.importorskip("pyarrow.parquet")
pd = pytest.importorskip("pandas")
h5py = pytest.importorskip("h5py")
pytest.importorskip("hdf5plugin")


@pytest.fixture(scope="module")
def lab_files(tmp_path_factory, nta):
    captures = [LAB / "lab-01.pcap.zst", LAB / "lab-02.pcap.zst"]
    if not all(path.exists() for path in captures):
        pytest.skip("no lab captures; run scripts/lab/record.sh")
    folder = tmp_path_factory.mktemp("parquet")
    nta("features", *captures, "--out", folder / "f.h5", "--sequence-n", 5, "-q")
    nta("features", *captures, "--out", folder / "f.csv", "--sequence-n", 5, "-q")
    document = nta("parquet", folder / "f.h5", folder / "f.parquet", "--json").document
    assert document["ok"] and document["bytes"] == (folder / "f.parquet").stat().st_size
    return folder


@pytest.fixture(scope="module")
def random_files(tmp_path_factory, nta):
    """70,000 labelled flows of random values (two row groups), as nta_test_shards leaves them."""
    program = BUILD / "tests/nta_test_shards"
    if not program.exists():
        pytest.skip(f"not built: {program}")
    folder = tmp_path_factory.mktemp("random")
    subprocess.run([program, "--gtest_filter=PythonFiles.*"], check=True, stdout=subprocess.DEVNULL,
                   env={"NTA_WRITE_FOR_PYTHON": str(folder)})
    nta("parquet", folder / "zstd.h5", folder / "f.parquet")
    return folder / "zstd.h5", folder / "f.parquet"


def expect_equal_values(h5_path, parquet_path):
    table = pq.read_table(parquet_path)
    with h5py.File(h5_path) as h5:
        ns = [s * 10**9 + n for s, n in zip(h5["identity/start_s"][:].tolist(), h5["identity/start_ns"][:].tolist())]
        starts = table["start"].cast("int64").to_pylist()
        assert all(got == want if got is not None else abs(want) > 9.22e18 for got, want in zip(starts, ns))
        captures = json.loads(h5.attrs["captures"])
        assert table["capture"].to_pylist() == [captures[i] for i in h5["identity/capture"][:]]
        for name in ("src_mac", "dst_mac"):
            macs = [int(text.replace(":", ""), 16) for text in table[name].to_pylist()]
            assert macs == [mac & (2**48 - 1) for mac in h5[f"identity/{name}"][:].tolist()]
        seen = {"start", "capture", "src_ip", "dst_ip", "src_mac", "dst_mac", "label"}
        for group in ("identity", "features"):
            for name in h5[group]:
                if name in ("start_s", "start_ns") or name in seen:
                    continue
                values = table[name].to_numpy()
                assert values.dtype == h5[group][name].dtype, name
                assert values.tobytes() == h5[group][name][:].tobytes(), name
                seen.add(name)
        counts = h5["sequence/count"][:]
        for name in h5["sequence"]:
            values = h5[f"sequence/{name}"][:].reshape(len(counts), -1)
            expected = values[:, 0].tolist() if name == "count" else [v[:c].tolist() for v, c in zip(values, counts)]
            assert table[f"seq_{name}"].to_pylist() == expected, name
            seen.add(f"seq_{name}")
        if "labels" in h5:
            names = json.loads(h5.attrs["label_names"])
            assert table["label"].to_pylist() == [names[c] or None for c in h5["labels/code"][:]]
            assert str(table.schema.field("label").type).startswith("dictionary<values=string")
    assert seen >= set(table.column_names)


def test_every_value_of_real_flows(lab_files):
    expect_equal_values(lab_files / "f.h5", lab_files / "f.parquet")


def test_every_value_of_random_flows(random_files):
    expect_equal_values(*random_files)
    assert pq.ParquetFile(random_files[1]).num_row_groups == 2


def test_texts_are_those_of_the_csv(lab_files):
    table = pq.read_table(lab_files / "f.parquet").to_pandas()
    text = pd.read_csv(lab_files / "f.csv", dtype=str)
    for name in ("src_ip", "dst_ip", "src_mac", "dst_mac"):
        assert (table[name] == text[name]).all()
    assert str(table["start"].dtype) == "datetime64[ns, UTC]"


def test_metadata_tells_units_definitions_profile_and_hashes(nta, lab_files):
    schema = pq.read_schema(lab_files / "f.parquet")
    listed = nta("features", "--list", "--json").document
    for feature in listed["features"]:
        about = schema.field(feature["name"]).metadata
        assert about == {b"unit": feature["unit"].encode(), b"definition": feature["definition"].encode()}
    assert all(schema.field(name).metadata[b"definition"] for name in schema.names)
    summary = nta("inspect", lab_files / "f.h5", "--json").document["inputs"][0]
    for name in ("profile_sha256", "set_sha256", "set_name"):
        assert schema.metadata[f"nta.{name}".encode()].decode() == summary[name]
    assert json.loads(schema.metadata[b"nta.profile"]) == summary["profile"]


def test_duckdb_and_polars_read_it(lab_files):
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    path = str(lab_files / "f.parquet")
    frame = pd.read_parquet(path)
    by_duckdb = duckdb.sql(f"select count(*), sum(packets), max(len(seq_size)) from '{path}'").fetchall()[0]
    by_polars = polars.read_parquet(path)
    assert by_duckdb == (len(frame), frame["packets"].sum(), 5)
    assert (by_polars.height, by_polars["packets"].sum()) == by_duckdb[:2]
    assert str(by_polars["start"].dtype) == "Datetime(time_unit='ns', time_zone='UTC')"


def test_damage_other_files_and_places_are_refused(nta, lab_files, tmp_path):
    damaged = bytearray((lab_files / "f.h5").read_bytes())
    damaged[len(damaged) // 2] ^= 4
    (tmp_path / "damaged.h5").write_bytes(damaged)
    out = tmp_path / "out.parquet"
    one_message(nta("parquet", tmp_path / "damaged.h5", out, ok=False), 3, "damaged.h5")
    one_message(nta("parquet", tmp_path / "absent.h5", out, ok=False), 3, "absent.h5")
    one_message(nta("parquet", LAB / "lab-01.pcap.zst", out, ok=False), 2, "feature files")
    one_message(nta("parquet", lab_files / "f.h5", tmp_path, ok=False), 2, "no regular file")
    one_message(nta("parquet", lab_files / "f.h5", tmp_path / "none" / "out.parquet", ok=False), 2, "out.parquet")
    one_message(nta("parquet", lab_files / "f.h5", ok=False), 2, "OUT.parquet")
    done = nta("parquet", tmp_path / "damaged.h5", out, "--json", ok=False)
    assert done.code == 3 and done.document["ok"] is False and done.document["errors"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged.h5"]


def test_a_full_disk_leaves_nothing(lab_files, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run([sys.executable, ROOT / "scripts/nta-parquet", lab_files / "f.h5", tmp_path / "out.parquet"],
                          capture_output=True, text=True, check=False, preexec_fn=limit,
                          env={"NTA_PROGRAM": str(BUILD / "nta"), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"})
    assert done.returncode == 6, done.stderr
    assert not list(tmp_path.iterdir()) and len(done.stderr.splitlines()) == 1


def test_no_rows(nta, tmp_path, lab_files):
    """Flows of a capture with skipped packets alone: a file of no rows, with all columns."""
    import struct
    frame = b"\xff" * 6 + b"\x02" * 6 + b"\x08\x06" + b"\0" * 28
    capture = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + struct.pack("<IIII", 1, 0, 42, 42) + frame
    (tmp_path / "arp.pcap").write_bytes(capture)
    nta("features", tmp_path / "arp.pcap", "--out", tmp_path / "f.h5", "-q")
    nta("parquet", tmp_path / "f.h5", tmp_path / "f.parquet")
    table = pq.read_table(tmp_path / "f.parquet")
    assert table.num_rows == 0 and "duration_ns" in table.column_names
    assert np.issubdtype(table["packets"].to_numpy().dtype, np.int64)


def test_what_a_killed_conversion_left_goes_with_the_next(nta, tmp_path, lab):
    """A file of a process that lives stays: its lock is held."""
    features, out = tmp_path / "f.h5", tmp_path / "f.parquet"
    nta("features", lab("lab-01.pcap.zst"), "--out", features)
    dead, alive, other = (tmp_path / name for name in ("f.parquet.1-0.tmp", "f.parquet.1-1.tmp", "f.parquet.tmp"))
    for path in (dead, alive, other):
        path.write_text("half")
    with open(alive) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        nta("parquet", features, out)
    assert out.exists() and not dead.exists() and alive.exists() and other.exists()
    nta("parquet", features, out)
    assert sorted(path.name for path in tmp_path.glob("*.tmp")) == ["f.parquet.tmp"]
