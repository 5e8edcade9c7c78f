"""Every shard and feature file opens in Python with h5py and hdf5plugin and holds the same values."""
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

h5py = pytest.importorskip("h5py")
pytest.importorskip("hdf5plugin")

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("NTA_BUILD", ROOT / "build" / "release")) / "tests" / "nta_test_shards"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    if not PROGRAM.exists():
        pytest.skip(f"not built: {PROGRAM}")
    folder = tmp_path_factory.mktemp("shards")
    subprocess.run([PROGRAM, "--gtest_filter=PythonFiles.*"], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "NTA_WRITE_FOR_PYTHON": str(folder)})
    return folder


@pytest.mark.parametrize("codec", ["none", "lz4", "zstd"])
def test_shard_columns(written, codec):
    raw = written / f"{codec}.raw"
    with h5py.File(written / codec / "shard-000000.h5") as shard:
        assert shard.attrs["format"] == "nta-shard"
        offset = shard["partition_offset"][:]
        names = [f"{group}.{name}" for group in ("rows", "keys") for name in shard[group]]
        assert sorted(names) == sorted(path.name for path in raw.iterdir())
        for name in names:
            values = shard[name.replace(".", "/")][:]
            if name == "rows.dt":  # differences inside each chunk
                chunk = shard["rows/dt"].chunks[0]
                values = np.concatenate([np.cumsum(values[i:i + chunk]) for i in range(0, len(values), chunk)])
            expected = np.frombuffer((raw / name).read_bytes(), values.dtype).reshape(values.shape)
            assert np.array_equal(values, expected), name
        assert offset[0] == 0 and offset[-1] == len(shard["rows/key"]) > 65536
        table = shard["chunk_table"][:]
        assert set(table.dtype.names) == {"column", "chunk", "offset", "bytes", "filter_mask", "crc32c"}


@pytest.mark.parametrize("codec", ["none", "lz4", "zstd"])
def test_feature_columns(written, codec):
    with h5py.File(written / f"{codec}.h5") as features:
        assert [f["name"] for f in json.loads(features.attrs["features"])] == ["duration_ns", "iat_mean_ns"]
        assert json.loads(features.attrs["profile"]) == {"name": "nta"}
        names = [f"{group}.{name}" for group in ("identity", "features", "sequence") for name in features[group]]
        plain = {path.name: path for path in (written / f"{codec}.features").iterdir() if path.stat().st_size}
        assert sorted(names) == sorted(plain) and len(names) >= 19 + 2 + 6
        for name in names:
            assert features[name.replace(".", "/")][:].tobytes() == plain[name].read_bytes(), name
        classes = json.loads(features.attrs["label_names"])
        labels = (written / f"{codec}.labels").read_text().split("\n")[:-1]
        assert [classes[code] for code in features["labels/code"][:]] == labels and len(labels) == 70000


def test_manifest_is_plain_json(written):
    manifest = json.loads((written / "lz4" / "manifest.json").read_text())
    assert manifest["format"] == "nta-shards" and manifest["complete"] is True
    assert manifest["accounting"]["read"] == 70000
    assert sum(manifest["shards"][0]["partition_rows"]) == manifest["shards"][0]["rows"]
