"""Frames between two TAP devices of the same name in two namespaces, each held for delay + jitter.

Usage: delay_forwarder.py NAMESPACE_A NAMESPACE_B DEVICE DELAY_MS JITTER_MS SEED. Stands in for the
netem queue, which not every kernel has. Order within a direction is kept; a full queue drops.
"""

import collections
import ctypes
import fcntl
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
CLONE_NEWNET = 0x40000000
QUEUE_FRAMES = 2000


def open_tap(namespace, device):
    """The TAP device of another namespace: enter it, open; the descriptor stays valid."""
    handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(handle)
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def read_all(source, queue, hold_s):
    """Every waiting frame into the queue with its time of release."""
    while len(queue) < QUEUE_FRAMES:
        try:
            frame = os.read(source, 2048)
        except BlockingIOError:
            return
        release = time.monotonic() + hold_s()
        queue.append((max(release, queue[-1][0]) if queue else release, frame))


def write_due(target, queue):
    """Frames whose time has come; a device that cannot take one loses it, like a wire."""
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        try:
            os.write(target, queue.popleft()[1])
        except OSError:
            pass


def main():
    first, second, device, delay_ms, jitter_ms, seed = sys.argv[1:]
    rng = random.Random(int(seed))
    hold_s = lambda: max(0.0, rng.gauss(float(delay_ms), float(jitter_ms) / 2)) / 1000
    taps = open_tap(first, device), open_tap(second, device)
    queues = collections.deque(), collections.deque()
    print("ready", flush=True)
    while True:
        waiting = [queue[0][0] for queue in queues if queue]
        timeout = max(0.0, min(waiting) - time.monotonic()) if waiting else 1.0
        select.select(taps, (), (), timeout)
        for source, target, queue in ((0, 1, queues[0]), (1, 0, queues[1])):
            read_all(taps[source], queue, hold_s)
            write_due(taps[target], queue)


main()
