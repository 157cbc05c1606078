#!/usr/bin/env python3
"""One seeder, one leecher, loopback, files on tmpfs: starling to starling beside aria2 to aria2.

    bench/transfer.py [--size 2147483648] [--rounds 3] [--starling PATH]

Every round runs both clients, in turn, on the same file with 1 MiB pieces; a tiny HTTP tracker in
this script tells the leecher of the seeder, as aria2 takes peers from nowhere else. The rate is
counted from the first byte on the disk to the moment the leecher says it is done (it exits), so
neither client's start-up timers count; `whole` counts them. The file is compared afterwards.
Prints a row a client with the medians, and the ratio.
"""

import argparse
import filecmp
import http.server
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

PIECE = 1 << 20


class Tracker(http.server.ThreadingHTTPServer):
    """Remembers one seeder (left=0) and hands it to everybody else."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seeder_port = None
        self.seeder_known = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def forget(self):
        self.seeder_port = None
        self.seeder_known.clear()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, encoding="latin-1")
        peers = b""
        if query["left"][0] == "0" and query.get("event", [""])[0] != "stopped":
            self.server.seeder_port = self.server.seeder_port or int(query["port"][0])
            self.server.seeder_known.set()
        elif self.server.seeder_port:
            peers = socket.inet_aton("127.0.0.1") + self.server.seeder_port.to_bytes(2, "big")
        body = b"d8:intervali1800e5:peers%d:%se" % (len(peers), peers)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Starling:
    name = "starling"

    def __init__(self, program, work):
        self.base = [program]
        self.work = work

    def network(self, role):
        return ["--no-dht", "--trackers", "always", "--listen", f"127.0.0.1:{free_port()}",
                "--state", os.path.join(self.work, "state-" + role)]

    def seed(self, torrent, folder):
        return self.base + ["seed", torrent, "--dir", folder, "--quiet"] + self.network("seed")

    def get(self, torrent, folder):
        return self.base + ["get", torrent, "--dir", folder, "--json"] + self.network("get")

    def copied(self, output):
        """Bytes of payload that the leecher copied in user space, as its `complete` event says."""
        events = [json.loads(line) for line in output.splitlines()]
        return next(event["copied_bytes"] for event in events if event["event"] == "complete")


class Aria2:
    name = "aria2"

    def __init__(self, work):
        self.work = work

    def common(self, torrent, folder):
        return ["aria2c", "--no-conf", "--quiet", "--enable-dht=false", "--bt-enable-lpd=false",
                "--enable-peer-exchange=false", "--file-allocation=none", "--dir", folder,
                f"--listen-port={free_port()}", "--follow-torrent=mem", "--torrent-file", torrent]

    def seed(self, torrent, folder):
        return self.common(torrent, folder) + ["--bt-seed-unverified=true", "--seed-ratio=0"]

    def get(self, torrent, folder):
        return self.common(torrent, folder) + ["--seed-time=0"]

    def copied(self, output):
        return None  # it does not say


def stop(process):
    process.send_signal(signal.SIGTERM)
    return os.wait4(process.pid, 0)[2]


def blocks_written(path):
    try:
        return os.stat(path).st_blocks
    except FileNotFoundError:
        return 0


def measure(client, tracker, torrent, seed_folder, name, size, work):
    """One transfer; returns its figures as a dict."""
    tracker.forget()
    target = os.path.join(work, "leech-" + client.name)
    os.makedirs(target)
    seeder = subprocess.Popen(client.seed(torrent, seed_folder), stdout=subprocess.DEVNULL)
    try:
        if not tracker.seeder_known.wait(60):
            raise SystemExit(f"{client.name}: its seeder did not announce within 60 s")
        started = time.monotonic()
        said = open(os.path.join(work, "said"), "w+")
        leecher = subprocess.Popen(client.get(torrent, target), stdout=said)
        out = os.path.join(target, name)
        while blocks_written(out) == 0 and leecher.poll() is None:
            time.sleep(0.001)
        first = time.monotonic()
        _, status, leecher_use = os.wait4(leecher.pid, 0)
        done = time.monotonic()
        leecher.returncode = os.waitstatus_to_exitcode(status)
        if leecher.returncode != 0:
            raise SystemExit(f"{client.name}: its leecher ended with {leecher.returncode}")
    finally:
        seeder_use = stop(seeder)
        seeder.returncode = 0
    if not filecmp.cmp(os.path.join(seed_folder, name), out, shallow=False):
        raise SystemExit(f"{client.name}: the copy differs")
    shutil.rmtree(target)
    said.seek(0)
    copied = client.copied(said.read())
    said.close()
    gib = size / (1 << 30)
    return {"rate": size / (done - first) / 1e6, "whole": size / (done - started) / 1e6,
            "first": first - started, "copied": copied or 0,
            "seeder": (seeder_use.ru_utime + seeder_use.ru_stime) / gib,
            "leecher": (leecher_use.ru_utime + leecher_use.ru_stime) / gib}


def make_file(path, size):
    block = bytearray(os.urandom(PIECE))
    with open(path, "wb") as file:
        for index in range(size // PIECE):
            block[:8] = index.to_bytes(8, "big")
            file.write(block)


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=2 << 30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starling", default=os.path.join(root, "build/release/starling"))
    parser.add_argument("--tmpfs", default="/dev/shm")
    options = parser.parse_args()
    size = options.size // PIECE * PIECE
    work = tempfile.mkdtemp(dir=options.tmpfs)
    try:
        tracker = Tracker()
        seed_folder = os.path.join(work, "seed")
        os.makedirs(seed_folder)
        # A first touch of memory that the host has not backed yet is slow: warm as much as a run
        # needs before anything is timed.
        for warm in ("a", "b"):
            make_file(os.path.join(work, warm), size)
        for warm in ("a", "b"):
            os.remove(os.path.join(work, warm))
        make_file(os.path.join(seed_folder, "payload"), size)
        torrent = os.path.join(work, "payload.torrent")
        subprocess.run([options.starling, "create", os.path.join(seed_folder, "payload"), "-o",
                        torrent, "--piece-length", "1Mi", "--tracker",
                        f"http://127.0.0.1:{tracker.server_port}/announce",
                        "--state", os.path.join(work, "state-create")],
                       check=True, stdout=subprocess.DEVNULL)
        clients = [Starling(options.starling, work), Aria2(work)]
        runs = {client.name: [] for client in clients}
        for _ in range(options.rounds):
            for client in clients:
                runs[client.name].append(
                    measure(client, tracker, torrent, seed_folder, "payload", size, work))
        print(f"{size / (1 << 30):.2f} GiB, {options.rounds} rounds, medians")
        print("client      MB/s   whole MB/s   first byte s   CPU s/GiB seeder   leecher")
        medians = {}
        for name, figures in runs.items():
            median = {key: statistics.median(run[key] for run in figures) for key in figures[0]}
            medians[name] = median
            print(f"{name:9} {median['rate']:6.0f} {median['whole']:12.0f} {median['first']:14.2f}"
                  f" {median['seeder']:18.2f} {median['leecher']:9.2f}")
        print(f"payload copied by starling in user space: {medians['starling']['copied']:.0f} bytes")
        print(f"starling / aria2: {medians['starling']['rate'] / medians['aria2']['rate']:.2f}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
