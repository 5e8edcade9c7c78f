"""Password guessing: guess_loop.py COUNT PARALLEL PAUSE_S COMMAND...; GUESS in it is each guess."""

import subprocess
import sys
import threading
import time


def main():
    count, parallel, pause_s, command = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
    slots = threading.Semaphore(parallel)

    def guess(number):
        with slots:
            argv = [f"summer{number}" if part == "GUESS" else part for part in command]
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, timeout=30, check=False)
            time.sleep(pause_s)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
