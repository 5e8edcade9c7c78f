"""A plain DNS tunnel: `serve`, `send ADDRESS DOMAIN QUERIES PAUSE_S SEED`, `leak ...` (no answer read
but the server's refusal). Data travels base32 in the name asked for and back in TXT answers.
"""

import base64
import random
import socket
import struct
import sys
import time

TXT = 16


def question(rng, payload, domain):
    """One query: the payload in labels of at most 60 letters before the domain."""
    text = base64.b32encode(payload).decode().rstrip("=").lower()
    labels = [text[i:i + 60] for i in range(0, len(text), 60)] + domain.split(".")
    name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
    head = struct.pack(">HHHHHH", rng.getrandbits(16), 0x0100, 1, 0, 0, 0)
    return head + name + struct.pack(">HH", rng.choice((TXT, TXT, 1)), 1)


def serve():
    rng = random.Random(5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", 53))
        while True:
            query, peer = server.recvfrom(1500)
            down = base64.b32encode(rng.randbytes(rng.randrange(10, 110)))
            answer = struct.pack(">HHHIH", 0xC00C, TXT, 1, 0, len(down) + 1) + bytes([len(down)]) + down
            server.sendto(query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + query[12:] + answer,
                          peer)


def send(address, domain, queries, pause_s, seed):
    """Few queries per socket, as resolvers change ports."""
    rng = random.Random(seed)
    left = queries
    while left > 0:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1)
            for _ in range(min(left, rng.randrange(1, 4))):
                left -= 1
                client.sendto(question(rng, rng.randbytes(rng.randrange(20, 100)), domain),
                              (address, 53))
                try:
                    client.recvfrom(1500)
                except OSError:
                    pass
                time.sleep(pause_s)


if sys.argv[1] == "serve":
    serve()
else:
    send(sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6]))
