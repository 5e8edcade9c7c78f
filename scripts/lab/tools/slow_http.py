"""Slow HTTP: slow_http.py ADDRESS PORT headers|body|read CONNECTIONS SECONDS INTERVAL_S RATE.

Holds many connections open with a request that never ends, or an answer that is hardly read.
"""

import select
import socket
import sys
import time

OPENINGS = {
    "headers": b"GET /index HTTP/1.1\r\nHost: site\r\n",
    "body": b"POST /upload HTTP/1.1\r\nHost: site\r\nContent-Length: 9000\r\n\r\n",
    "read": b"GET /large0 HTTP/1.1\r\nHost: site\r\n\r\n",
}


def open_one(address, port, mode):
    connection = socket.socket()
    if mode == "read":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    connection.settimeout(5)
    connection.connect((address, port))
    connection.sendall(OPENINGS[mode])
    return connection


def trickle(connection, mode, step):
    """A few bytes more; False when the server has given up."""
    if mode == "read":
        return bool(connection.recv(32))
    if select.select([connection], (), (), 0)[0] and not connection.recv(512):
        return False
    connection.sendall(f"X-{step}: {step}\r\n".encode() if mode == "headers" else b"ab")
    return True


def main():
    address, port, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    connections, seconds, interval_s, rate = map(int, sys.argv[4:])
    end_s, opened, held, step = time.monotonic() + seconds, 0, [], 0
    next_s = time.monotonic() + interval_s
    while time.monotonic() < end_s:
        if opened < connections:
            opened += 1
            try:
                held.append(open_one(address, port, mode))
            except OSError:
                pass
        if time.monotonic() >= next_s:
            step, next_s, kept = step + 1, time.monotonic() + interval_s, []
            for connection in held:
                try:
                    if trickle(connection, mode, step):
                        kept.append(connection)
                except OSError:
                    pass
            held = kept
        time.sleep(1 / rate)


main()
