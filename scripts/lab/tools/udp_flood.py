"""UDP flood from a few sockets: udp_flood.py ADDRESS PORT COUNT RATE BYTES SOCKETS."""

import socket
import sys
import time


def main():
    address, port, count, rate, size, sockets = sys.argv[1], *map(int, sys.argv[2:])
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(sockets)]
    for number in range(count):
        try:
            senders[number * sockets // count].sendto(b"x" * size, (address, port))
        except OSError:
            pass  # an ICMP error of an earlier datagram
        time.sleep(1 / rate)


main()
