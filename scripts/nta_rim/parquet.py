"""A feature file -> Parquet: one row group per 65,536 flows, so memory stays bounded; written whole or not at all.

Types are those that data frames expect: times as timestamp[ns, UTC], addresses as text, the capture and the label
as dictionaries, sequences as lists without padding. Everything else keeps its type and name.
"""
import json
import socket

import numpy as np

from .pending_file import pending
from .program import Failure, call_json

GROUP_ROWS = 65536  # the rows of a chunk of the feature file: each is decoded once
NS_PER_S = 1_000_000_000
MOST_S = (2**63 - 1) // NS_PER_S - 1

IDENTITY = {  # name -> (unit, definition)
    "first_packet": ("1", "record number of the first packet over all captures"),
    "last_packet": ("1", "record number of the last packet over all captures"),
    "capture": ("", "input file of the first packet"),
    "start": ("ns", "time of the first packet; null outside what int64 ns since 1970 can say"),
    "src_ip": ("", "address of the side that the profile calls forward"),
    "dst_ip": ("", "address of the other side"),
    "src_port": ("1", "port of the forward side"),
    "dst_port": ("1", "port of the other side"),
    "protocol": ("1", "IP protocol number"),
    "ip_version": ("1", "4, 6, 0 without IP"),
    "vlan_outer": ("id", "first VLAN tag"),
    "vlan_inner": ("id", "last VLAN tag"),
    "tunnel": ("code", "last tunnel kind of the path"),
    "tunnel_id": ("id", "VNI, GRE key, ERSPAN session"),
    "src_mac": ("", "hardware address of the forward side"),
    "dst_mac": ("", "hardware address of the other side"),
    "flow_end_reason": ("code", "1 idle 2 active 3 tcp_fin 4 tcp_rst 5 eof 6 evicted"),
    "continuation_of": ("1", "first_packet of the flow that this one goes on, or -1"),
}
SEQUENCE_UNITS = {"count": "1", "direction": "0 forward, 1 backward", "size": "B", "gap_ns": "ns", "flags": "bits",
                  "window": "B"}


def import_arrow():
    try:
        import h5py
        import hdf5plugin  # noqa: F401  registers the filters of the file
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise Failure(1, f"{error.name} is not installed; run scripts/setup.sh")
    return h5py, pyarrow


def checked_summary(path):
    """What nta inspect says of the file, after it read every chunk; its own error and exit code otherwise."""
    summary = call_json("inspect", str(path), "--verify")["inputs"][0]
    if summary.get("content") != "features":
        raise Failure(2, f"{path}: nta parquet takes feature files (nta features --out FILE.h5), this one holds "
                         f"{summary.get('content', 'a capture')}")
    return summary


def definitions(set_name):
    """Feature name -> definition; empty for a set that this program does not know."""
    try:
        return {f["name"]: f["definition"] for f in call_json("features", "--list", "--set", set_name)["features"]}
    except Failure:
        return {}


def texts_of(values, text):
    """text(value) for each row, worked out once per distinct value; None stays null."""
    distinct, place = np.unique(values, return_inverse=True)
    return np.array([text(v) for v in distinct], dtype=object)[place.reshape(-1)] if len(values) else []


def address_text(key):
    """A 16-byte address and the IP version, as nta writes it: none without IP."""
    raw = key.tobytes()
    if raw[16] == 4:
        return socket.inet_ntop(socket.AF_INET, raw[12:16])
    return socket.inet_ntop(socket.AF_INET6, raw[:16])


def addresses(raw, versions):
    keys = np.concatenate([raw.reshape(-1, 16), versions.reshape(-1, 1)], axis=1)
    return texts_of(np.ascontiguousarray(keys).view("V17").reshape(-1), address_text)


def mac_text(value):
    digits = f"{int(value) & (2**48 - 1):012x}"
    return ":".join(digits[i:i + 2] for i in range(0, 12, 2))


class FeatureFile:
    """An open feature file: its Arrow schema, and its rows as record batches."""

    def __init__(self, h5, arrow, defined):
        self.h5, self.arrow = h5, arrow
        attributes = h5.attrs
        self.rows = int(attributes["rows"])
        self.features = json.loads(attributes["features"])
        self.captures = json.loads(attributes["captures"])
        self.sequence = json.loads(attributes["sequence"])
        self.labels = json.loads(attributes["label_names"]) if "labels" in h5 else None
        self.fields = [name for name in SEQUENCE_UNITS if f"sequence/{name}" in h5]
        self.far_starts = 0
        self.schema = arrow.schema(self._identity_fields() + self._feature_fields(defined) + self._other_fields(),
                                   metadata=self._metadata())

    def _metadata(self):
        attributes = self.h5.attrs
        names = ["tool_version", "profile", "profile_sha256", "set_name", "set_sha256", "captures", "capture_sha256",
                 "sequence"]
        return {"nta.format": "nta-features", **{f"nta.{name}": str(attributes[name]) for name in names}}

    def _field(self, name, kind, unit, definition):
        return self.arrow.field(name, kind, metadata={"unit": unit, "definition": definition})

    def _identity_fields(self):
        pa = self.arrow
        special = {"capture": pa.dictionary(pa.int32(), pa.string()), "start": pa.timestamp("ns", tz="UTC")}
        texts = {"src_ip", "dst_ip", "src_mac", "dst_mac"}
        out = []
        for name, (unit, definition) in IDENTITY.items():
            kind = special.get(name) or (pa.string() if name in texts else
                                         pa.from_numpy_dtype(self.h5[f"identity/{name}"].dtype))
            out.append(self._field(name, kind, unit, definition))
        return out

    def _feature_fields(self, defined):
        kinds = {"i64": self.arrow.int64(), "f64": self.arrow.float64()}
        return [self._field(f["name"], kinds[f["type"]], f["unit"], defined.get(f["name"], ""))
                for f in self.features]

    def _other_fields(self):
        pa, out = self.arrow, []
        basis = f"of the first {self.sequence['n']} packets ({self.sequence['packets']}, {self.sequence['size_basis']})"
        for name in self.fields:
            kind = pa.from_numpy_dtype(self.h5[f"sequence/{name}"].dtype)
            out.append(self._field(f"seq_{name}", kind if name == "count" else pa.list_(kind), SEQUENCE_UNITS[name],
                                   f"{name} {basis}"))
        if self.labels is not None:
            out.append(self._field("label", pa.dictionary(pa.int32(), pa.string()), "", "class; null without a label"))
        return out

    def _start(self, first, last):
        seconds = self.h5["identity/start_s"][first:last]
        far = np.abs(seconds) > MOST_S
        self.far_starts += int(far.sum())
        ns = np.where(far, 0, seconds) * NS_PER_S + self.h5["identity/start_ns"][first:last]
        return self.arrow.array(ns, mask=far, type=self.arrow.timestamp("ns", tz="UTC"))

    def _identity(self, name, first, last):
        pa = self.arrow
        if name == "start":
            return self._start(first, last)
        values = self.h5[f"identity/{name}"][first:last]
        if name == "capture":
            return pa.DictionaryArray.from_arrays(values.astype(np.int32), pa.array(self.captures, pa.string()))
        if name in ("src_ip", "dst_ip"):
            return pa.array(addresses(values, self.h5["identity/ip_version"][first:last]), pa.string())
        if name in ("src_mac", "dst_mac"):
            return pa.array(texts_of(values, mac_text), pa.string())
        return pa.array(values)

    def _sequence_lists(self, name, counts, first, last):
        """[flows, n] with padding -> lists of `count` values."""
        n = self.sequence["n"]
        values = self.h5[f"sequence/{name}"][first * n:last * n].reshape(-1, n)
        kept = values[np.arange(n) < counts[:, None]]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return self.arrow.ListArray.from_arrays(offsets, self.arrow.array(kept))

    def batch(self, first, last):
        pa = self.arrow
        columns = [self._identity(name, first, last) for name in IDENTITY]
        columns += [pa.array(self.h5[f"features/{f['name']}"][first:last]) for f in self.features]
        if self.fields:
            counts = self.h5["sequence/count"][first:last]
            columns.append(pa.array(counts))
            columns += [self._sequence_lists(name, counts, first, last) for name in self.fields if name != "count"]
        if self.labels is not None:
            codes = self.h5["labels/code"][first:last].astype(np.int32)
            unlabelled = np.array([name == "" for name in self.labels], dtype=bool)[codes]
            columns.append(pa.DictionaryArray.from_arrays(pa.array(codes, mask=unlabelled),
                                                          pa.array(self.labels, pa.string())))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def write(self, path, compression):
        with self.arrow.parquet.ParquetWriter(path, self.schema, compression=compression) as writer:
            for first in range(0, self.rows, GROUP_ROWS):
                writer.write_batch(self.batch(first, min(first + GROUP_ROWS, self.rows)), row_group_size=GROUP_ROWS)


def convert(path, out, compression="zstd"):
    """Writes `out`; what was written, for the report."""
    h5py, arrow = import_arrow()
    summary = checked_summary(path)
    with h5py.File(path, "r") as h5:
        features = FeatureFile(h5, arrow, definitions(summary["set_name"]))
        with pending(out) as temporary:
            features.write(temporary, compression)
    return {"out": str(out), "rows": features.rows, "columns": len(features.schema), "bytes": out.stat().st_size,
            "far_starts": features.far_starts}
