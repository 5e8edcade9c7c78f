"""Rows of a shard folder as Python objects, in capture order: what every twin starts from.

Times are absolute, in ns, as Python integers. Rows of one frame lie together, outermost layer first.
"""
import json
import pathlib

import h5py
import hdf5plugin  # noqa: F401  registers the LZ4 and Zstd filters
import numpy as np

CHUNK_ROWS = 65536
COLUMNS = ("wire_len", "cap_len", "ip_len", "ip_hdr", "l4_hdr", "tcp_flags", "ttl", "window", "icmp", "seq",
           "status", "bits")


class Key:
    """A row of the key table; `kinds`: tunnels from outside, `file` and `link_type` those of its link."""
    __slots__ = ("file", "link_file", "link", "link_type", "mac_a", "mac_b", "vlan_outer", "vlan_inner", "vlan_last", "shims", "kinds",
                 "tunnel_id", "ip_version", "protocol", "addr_a", "addr_b", "port_a", "port_b", "icmp_class", "swapped")


class Row:
    __slots__ = ("number", "t_ns", "base_ns", "key", *COLUMNS)

    side = property(lambda self: self.bits & 1)
    first_fragment = property(lambda self: self.bits >> 1 & 3 == 1)
    later_fragment = property(lambda self: self.bits >> 1 & 3 == 2)
    no_total_length = property(lambda self: bool(self.bits & 1 << 3))
    truncated = property(lambda self: bool(self.bits & 1 << 4))
    l4_missing = property(lambda self: bool(self.bits & 1 << 5))
    l4_malformed = property(lambda self: bool(self.bits & 1 << 6))
    inner_failed = property(lambda self: bool(self.bits & 1 << 8))
    next_kind = property(lambda self: self.bits >> 12)


def key_table(file, links, join):
    columns = {name: file["keys"][name][:] for name in file["keys"]}
    table = []
    for i in range(len(columns["link"])):
        key = Key()
        for name, column in columns.items():
            if name in ("addr_a", "addr_b"):
                setattr(key, name, bytes(column[i]))
            elif name != "path":
                setattr(key, name, int(column[i]))
        path = int(columns["path"][i])
        key.kinds = [path >> shift & 15 for shift in (0, 4, 8, 12) if path >> shift & 15]
        link = links[key.link]
        key.link_file, key.link_type = link["file"], link["link_type"]
        key.file = 0 if join else key.link_file  # unless the ingest joined them, a file is a world of its own
        table.append(key)
    return table


def shard(path, links, join):
    """Rows of one shard in capture order."""
    with h5py.File(path) as file:
        keys = key_table(file, links, join)
        rows = {name: file["rows"][name][:] for name in file["rows"]}
        base_ns, first = int(file.attrs["time_base_s"]) * 10**9, int(file.attrs["first_index"])
    times = np.empty(len(rows["dt"]), dtype=np.int64)
    for start in range(0, len(times), CHUNK_ROWS):
        times[start:start + CHUNK_ROWS] = np.cumsum(rows["dt"][start:start + CHUNK_ROWS])
    depth = np.array([len(key.kinds) for key in keys], dtype=np.int64)[rows["key"]]
    order = np.lexsort((depth, rows["index"]))
    lists = [rows[name][order].tolist() for name in COLUMNS]
    for number, t, key, *cells in zip(rows["index"][order].tolist(), times[order].tolist(), rows["key"][order].tolist(),
                                      *lists):
        row = Row()
        row.number, row.t_ns, row.base_ns, row.key = first + number, base_ns + t, base_ns, keys[key]
        for name, cell in zip(COLUMNS, cells):
            setattr(row, name, cell)
        yield row


def frames(folder):
    """Every frame that was used: the list of its layers' rows, outermost first."""
    folder = pathlib.Path(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    frame = []
    for entry in manifest["shards"]:
        for row in shard(folder / entry["file"], manifest["links"], manifest["join"]):
            if row.status != 0:
                continue
            if frame and frame[0].number != row.number:
                yield frame
                frame = []
            frame.append(row)
    if frame:
        yield frame
