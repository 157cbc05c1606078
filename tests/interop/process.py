"""A child process whose output lines can be awaited, and which always ends.

Every line goes to a log in the case's folder, which the driver shows when the case fails.
"""

import json
import os
import signal
import subprocess
import threading
import time

from failure import Failure


class Process:
    def __init__(self, name, command, folder, deadline, environment=None,
                 working_folder=None):
        self.name = name
        self.deadline = deadline
        self.lines = []
        self._changed = threading.Condition()
        self._ended = False
        self._log = open(folder / f"{name}.log", "a", encoding="utf-8", buffering=1)
        self._log.write("$ " + " ".join(map(str, command)) + "\n")
        self._popen = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._log, text=True, errors="replace", bufsize=1,
            env={**os.environ, **(environment or {})}, cwd=working_folder)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        began = time.monotonic()
        for line in self._popen.stdout:
            self._log.write(f"{time.monotonic() - began:7.3f} {line}")
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        self._popen.wait()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_line(self, accept, what, timeout=None, start=0):
        """The first true value of accept(line), over lines from `start` on, past ones included."""
        deadline = self._deadline(timeout)
        seen = start
        with self._changed:
            while True:
                while seen < len(self.lines):
                    value = accept(self.lines[seen])
                    seen += 1
                    if value:
                        return value
                if self._ended:
                    raise Failure(f"{self.name} ended with {self.exit_code()} before {what}")
                if not self._changed.wait(deadline - time.monotonic()) \
                        and time.monotonic() >= deadline:
                    raise Failure(f"{self.name}: no {what} in time")

    def wait_exit(self, timeout=None):
        """The exit code as a shell shows it: 128 + n after signal n."""
        deadline = self._deadline(timeout)
        with self._changed:
            while not self._ended:
                if not self._changed.wait(deadline - time.monotonic()) \
                        and time.monotonic() >= deadline:
                    raise Failure(f"{self.name} did not end in time")
        return self.exit_code()

    def is_running(self):
        return self._popen.poll() is None

    def exit_code(self):
        code = self._popen.poll()
        return 128 - code if code is not None and code < 0 else code

    def write_line(self, line):
        self._popen.stdin.write(line + "\n")
        self._popen.stdin.flush()

    def signal(self, number):
        self._popen.send_signal(number)

    def stop(self, grace=3.0):
        """Ends it politely, then by force; a stopped process leaves its log behind."""
        if self.is_running():
            self.signal(signal.SIGTERM)
            try:
                self._popen.wait(grace)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        self._reader.join(2)
        self._popen.stdin.close()

    def _deadline(self, timeout):
        if timeout is None:
            return self.deadline
        return min(self.deadline, time.monotonic() + timeout)


class JsonProcess(Process):
    """A process that prints one JSON object a line, each with an `event`."""

    def events(self, name=None):
        found = (_event(line) for line in list(self.lines))
        return [event for event in found if event and name in (None, event["event"])]

    def wait_event(self, name, timeout=None, where=lambda event: True, start=0):
        def accept(line):
            event = _event(line)
            return event if event and event["event"] == name and where(event) else None
        return self.wait_line(accept, f"event '{name}'", timeout, start)


def _event(line):
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None
