"""One `nta worker` process: JSON lines over a socket pair (protocol 1), its prints in a log file."""
import json
import os
import signal
import socket
import subprocess
import time

from nta_rim.program import Failure, program

PROTOCOL = 1
MAX_LINE_BYTES = 1 << 20
SILENCE_S = 120
KILL_GRACE_S = 30


class Worker:
    """Started with `start`; `messages` are read when the driver's selector says so."""

    def __init__(self, slot, experiment, sets, log_path):
        self.slot = slot
        self.experiment = experiment
        self.sets = sets
        self.log_path = log_path
        self.process = None
        self.socket = None
        self.trial = None  # the optuna trial it works on
        self.ready = False
        self.failures = 0
        self.deaths_before_hello = 0
        self.restart_at = 0.0
        self.heard_at = 0.0
        self._buffer = b""

    def start(self):
        ours, theirs = socket.socketpair()
        words = [program(), "worker", "--experiment", str(self.experiment), "--fd", str(theirs.fileno()),
                 "--threads", "1"]
        for path, value in self.sets.items():
            words += ["--set", f"{path}={json.dumps(value)}"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(words, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        theirs.close()
        ours.setblocking(False)
        self.socket, self.ready, self._buffer = ours, False, b""
        self.heard_at = time.monotonic()

    def send(self, message):
        self.socket.setblocking(True)
        try:
            self.socket.sendall(json.dumps(message).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # it died: its closed socket tells the driver, which buries it and fails its trial
        finally:
            self.socket.setblocking(False)

    def receive(self):
        """(messages, closed): every complete line that has arrived."""
        messages, closed = [], False
        while True:
            try:
                piece = self.socket.recv(1 << 16)
            except BlockingIOError:
                break
            except ConnectionResetError:
                piece = b""
            if not piece:
                closed = True
                break
            self._buffer += piece
        *lines, self._buffer = self._buffer.split(b"\n")
        if len(self._buffer) > MAX_LINE_BYTES:
            raise Failure(1, f"worker {self.slot} sent a line of over {MAX_LINE_BYTES} bytes; see {self.log_path}")
        for line in lines:
            try:
                messages.append(json.loads(line))
            except json.JSONDecodeError:
                raise Failure(2, f"worker {self.slot} sent a line that is no JSON: {line[:200]!r}")
        if lines:
            self.heard_at = time.monotonic()
        return messages, closed

    def silent(self):
        return time.monotonic() - self.heard_at > SILENCE_S

    def kill(self):
        """SIGTERM, and SIGKILL if that does not help."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(KILL_GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def reap(self):
        """Closes everything; the exit status in words."""
        code = self.process.wait()
        self.socket.close()
        self.socket = None
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def shutdown(self):
        if self.socket is None:
            return
        try:
            self.send({"type": "shutdown"})
        except OSError:
            pass
        try:
            self.process.wait(KILL_GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self.reap()

    def last_log_lines(self, n=20):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, "r", errors="replace") as log:
            return "".join(log.readlines()[-n:])
