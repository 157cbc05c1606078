"""One run of the scenario by real processes: a seed, leechers, each behind its own link.

Everything is taken from the scenario file that the simulator runs, but for the moments at which
the leechers begin, which are drawn anew in each run.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import threading
import time

from lan import Host

_SEED_TIMEOUT = 60
_PRIORITY = -10


class Failure(Exception):
    """A run that cannot be compared, and why."""


class Process:
    """`starling` with --json on one host: the moment it began, and of each of its events."""

    def __init__(self, host, program, arguments, folder):
        self._log = folder / f"{host.name}.log"
        self.events = []  # pairs of a moment and an event
        self._changed = threading.Condition()
        environment = {**os.environ, "HOME": str(folder), "XDG_STATE_HOME": str(folder)}
        self.began = time.monotonic()
        with open(self._log, "w", encoding="utf-8") as log:
            self._popen = subprocess.Popen(
                host.command([program, *arguments]), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._popen.stdout:
            now = time.monotonic()
            event = json.loads(line)
            with self._changed:
                self.events.append((now, event))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def find(self, name):
        """The last event of that name and its moment, or None."""
        found = [pair for pair in list(self.events) if pair[1]["event"] == name]
        return found[-1] if found else None

    def wait(self, name, deadline):
        """Seconds from the beginning of the process to the event."""
        with self._changed:
            while not self.find(name):
                left = deadline - time.monotonic()
                if left <= 0 or self._popen.poll() not in (None, 0):
                    said = self._log.read_text(errors="replace").strip()
                    raise Failure(f"{self._log.stem}: no event '{name}': {said or 'out of time'}")
                self._changed.wait(min(left, 1))
            return self.find(name)[0] - self.began

    def wait_end(self, timeout):
        if self._popen.wait(timeout) != 0:
            raise Failure(f"{self._log.stem} ended with {self._popen.returncode}")

    def stop(self):
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(10)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()


class Swarm:
    """Makes the content once; run() is one swarm over it."""

    def __init__(self, scenario, program, folder):
        self._scenario = scenario
        self._program = program
        self._folder = pathlib.Path(folder)
        self._source = self._folder / "source"
        self._source.mkdir()
        self._torrent = self._folder / "content.torrent"
        content = self._source / "content"
        content.write_bytes(random.Random(1).randbytes(scenario.size))
        self._checksum = _sha256(content)
        subprocess.run([program, "create", content, "-o", self._torrent, "--quiet",
                        "--piece-length", str(scenario.piece), "--state", self._folder / "state"],
                       check=True, timeout=60)
        try:
            os.nice(_PRIORITY - os.nice(0))  # Others on this machine are no part of the scenario.
        except PermissionError:
            pass

    def run(self, number, timeout):
        """Seconds to completion by population, and how many copies the seed sent."""
        folder = self._folder / f"run{number}"
        folder.mkdir()
        hosts, processes = [], []
        try:
            return self._run(number, time.monotonic() + timeout, folder, hosts, processes)
        finally:
            for process in processes:
                process.stop()
            for host in hosts:
                host.remove()
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, number, deadline, folder, hosts, processes):
        seed_host = _add_host(hosts, self._scenario.seeds)
        seed = Process(seed_host, self._program,
                       ["seed", self._torrent, "--dir", self._source, "--dht-bootstrap", "none",
                        *self._options(seed_host, self._scenario.seeds, folder)], folder)
        processes.append(seed)
        seed.wait("seeding", time.monotonic() + _SEED_TIMEOUT)

        leechers = self._plan_leechers(number, hosts)
        start = time.monotonic()
        running = []
        for when, host, population in leechers:
            time.sleep(max(0, start + when - time.monotonic()))
            target = folder / host.name
            target.mkdir()
            process = Process(host, self._program,
                              ["get", self._torrent, "-d", target,
                               "--dht-bootstrap", seed_host.endpoint,
                               *self._options(host, population, folder)], folder)
            processes.append(process)
            running.append((process, population, target))
        times = [(population.name, process.wait("complete", deadline))
                 for process, population, _ in running]
        for process, _, target in running:
            process.wait_end(30)
            if _sha256(target / "content") != self._checksum:
                raise Failure(f"{target.name} got something else than was shared")
        time.sleep(1.5)  # The seed says each second what it has sent.
        sent = seed.find("progress")[1]["uploaded"]
        return times, sent / self._scenario.size

    def _plan_leechers(self, number, hosts):
        """When, where and of which population, in order of time."""
        chance = random.Random(number)
        planned = []
        for population in self._scenario.leechers:
            for _ in range(population.count):
                planned.append((chance.uniform(0, population.join_over),
                                _add_host(hosts, population), population))
        return sorted(planned, key=lambda leecher: leecher[0])

    @staticmethod
    def _options(host, population, folder):
        return ["--listen", host.endpoint, "--trackers", "never", "--choker", population.choker,
                "--state", folder / f"{host.name}.state", "--json"]


def _add_host(hosts, population):
    hosts.append(Host(len(hosts) + 1, population.up, population.down))
    return hosts[-1]


def _sha256(path):
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
