"""A capture of many flows of one packet around one of many, made in a moment."""
import struct

import numpy as np


def write_capture(path, flood, elephant):
    """`flood` flows of one SYN each around one flow of `elephant` packets."""
    n = flood + elephant
    single = np.zeros(n, bool)
    single[np.random.default_rng(1).permutation(n)[:flood]] = True
    number = np.cumsum(single)
    record = np.zeros((n, 16 + 54), np.uint8)
    time_us = np.arange(n, dtype=np.int64) * 20
    header = np.stack([1_700_000_000 + time_us // 1_000_000, time_us % 1_000_000, np.full(n, 54), np.full(n, 54)], 1)
    record[:, :16] = header.astype("<u4").view(np.uint8).reshape(n, 16)
    frame = record[:, 16:]
    frame[:, 0:6], frame[:, 6:12], frame[:, 12] = 2, 4, 8
    frame[:, 14], frame[:, 17], frame[:, 22], frame[:, 23] = 0x45, 40, 64, 6
    source = np.where(single, 0x0A000000 + (number >> 14), 0xC0A80001).astype(">u4")
    port = np.where(single, (number & 0x3FFF) + 1024, 5000).astype(">u2")
    frame[:, 26:30] = source.view(np.uint8).reshape(n, 4)
    frame[:, 30:34] = np.frombuffer(struct.pack(">I", 0x0B000001), np.uint8)
    frame[:, 34:36] = port.view(np.uint8).reshape(n, 2)
    frame[:, 37], frame[:, 46], frame[:, 47] = 80, 0x50, np.where(single, 2, 16)
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + record.tobytes())
