#!/usr/bin/env python3
"""Lookups of libtorrent beside ours, in one DHT of real sockets with the delays of a real network.

    bench/dht_beside.py [--nodes 500] [--lookups 400] [--sessions 20] [--build build/bench]

`starling dht bench --local N --latency default` makes the network and looks up random targets,
with its plain and its default variant. Then sessions of libtorrent join such a network, each with
an address of its own, wait until they know hardly more nodes than ten seconds before, and look up
random targets too. Nothing of libtorrent is changed: what its lookups cost is seen by the nodes
that they ask (the variant `others`), and datagrams to it take both ways of the delay. `first` is
the first answer of one of the 8 nodes closest to the target, `done` the last answer of the
lookup. Printed are starling's own report, libtorrent's figures, and where the files of every
lookup are.
"""

import argparse
import csv
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

WORKER = pathlib.Path(__file__).resolve().with_name("dht_beside_libtorrent.py")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--lookups", type=int, default=400)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--build", default="build/bench")
    arguments = parser.parse_args()
    work = tempfile.mkdtemp(prefix="dht-beside-")
    own = os.path.join(work, "own")
    bench = [os.path.join(arguments.build, "starling"), "dht", "bench", "--local",
             str(arguments.nodes), "--latency", "default"]
    subprocess.run([*bench, "--variant", "plain,fast", "--out", own], check=True)
    out = os.path.join(work, "others")
    network = subprocess.Popen(
        [*bench, "--variant", "plain", "--lookups", "1", "--keep", "1h", "--json", "--out", out],
        stdout=subprocess.PIPE, text=True)
    ready = json.loads(network.stdout.readline())
    task = {
        "bootstrap": ready["bootstrap"],
        "listen": [f"127.0.{100 + number}.1:{random.randint(20000, 60000)}"
                   for number in range(arguments.sessions)],
        "lookups": arguments.lookups, "pause": 0.05,
    }
    try:
        worker = subprocess.run(["/usr/bin/python3", WORKER, json.dumps(task)],
                                stdout=subprocess.PIPE, text=True)
    finally:
        network.send_signal(signal.SIGINT)
        network.communicate()
    said = worker.stdout.splitlines()
    if worker.returncode != 0 or not said:
        sys.exit("libtorrent did not run: python3-libtorrent of Debian is needed")
    print(said[0])
    print_lookups(os.path.join(out, "lookups.csv"), set(said[1:]))
    print(f"files: {work}")


# libtorrent looks up more than it was asked to, to fill its table: only what was is told.
def print_lookups(path, targets):
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["target"] in targets]
    print(f"{len(rows)} lookups, {len(targets)} asked for")
    for name in ("queries", "first_ms", "done_ms", "recall"):
        values = sorted(float(row[name]) for row in rows)
        if not values:
            sys.exit("no lookup of libtorrent was seen")

        def at(share):
            return values[min(len(values) - 1, int(share * len(values)))]
        print(f"  {name}: mean {sum(values) / len(values):.3f}, p50 {at(.5):.2f}, "
              f"p90 {at(.9):.2f}, p99 {at(.99):.2f}")


if __name__ == "__main__":
    main()
