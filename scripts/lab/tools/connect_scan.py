"""TCP connect scan: connect_scan.py ADDRESS PORT,PORT,... RATE THREADS. Every port once, shuffled."""

import random
import socket
import sys
import threading
import time


def main():
    address, ports, rate, threads = sys.argv[1], sys.argv[2].split(","), *map(int, sys.argv[3:5])
    random.Random(len(ports)).shuffle(ports)
    slots = threading.Semaphore(threads)

    def probe(port):
        with slots, socket.socket() as connection:
            connection.settimeout(1.2)
            connection.connect_ex((address, port))

    for port in ports:
        threading.Thread(target=probe, args=(int(port),)).start()
        time.sleep(1 / rate)


main()
