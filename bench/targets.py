#!/usr/bin/env python3
"""What the simulator is to take, in CPU time of one core and memory, against what it takes, and
SimGrid beside it: all in one run, some two hours and 10 GB.

The programs bench_swarm and bench_dht_simulated and `starling sim run data-centre` run one after
the other, the short ones first; then bench/simgrid.py. Prints a line for each as it ends, and the whole
as a Markdown table at the end. Nothing is judged by a single run of a busy machine: CPU time grows
by a third when others use the same caches and memory. Targets: docs/benchmarks.md.

  cmake -B build/bench -DCMAKE_BUILD_TYPE=Release -DSTARLING_BENCH=ON && cmake --build build/bench
  bench/targets.py --build build/bench
"""

import argparse
import datetime
import json
import os
import re
import subprocess
import sys

import simgrid

HERE = os.path.dirname(os.path.abspath(__file__))
CPU_SECONDS_MAX = 4 * 3600
GIGABYTES = 1024 * 1024 / 1e9  # a mebibyte, which simgrid.measure counts


class Targets:
    """Rows of (what, target, measured, verdict), printed as they come."""

    def __init__(self):
        self.rows = []

    def add(self, what, measured, unit, target=None, digits=1):
        verdict = "" if target is None else "met" if measured <= target else "**missed**"
        asked = "" if target is None else f"{target:g} {unit}"
        self.rows.append((what, asked, f"{measured:.{digits}f} {unit}", verdict))
        print(f"{what}: {measured:.{digits}f} {unit}" +
              (f" (asked {asked}: {verdict.strip('*')})" if asked else ""), flush=True)

    def table(self):
        lines = ["| what | target | measured | |", "| --- | ---: | ---: | --- |"]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows])


def run(command):
    """Output, CPU seconds and mebibytes of a program that must end well."""
    output, cpu, mebibytes = simgrid.measure(command, CPU_SECONDS_MAX)
    if output is None:
        raise SystemExit(f"{' '.join(command)} took more than {CPU_SECONDS_MAX} CPU seconds")
    return output, cpu, mebibytes


def number(pattern, output):
    found = re.search(pattern, output)
    if found is None:
        raise SystemExit(f"no {pattern!r} in:\n{output}")
    return float(found.group(1))


def swarms(programs, targets):
    for leechers in (100, 1000):
        output, _, _ = run([programs["swarm"], str(leechers)])
        targets.add(f"block of 16 KiB in a swarm of {leechers:,}",
                    number(r"([\d.]+) us a block", output), "us", 5)
    targets.add("S1 with 1,000 leechers", number(r"cpu ([\d.]+) s", output), "s", 40)
    targets.add("memory of a swarm node after 1,200 s, 400 pieces, "
                f"{number(r'at 1200 s: .*?([0-9.]+) connections', output):.0f} connections",
                number(r"at 1200 s: .* ([\d.]+) KB a node", output), "KB", 100, digits=0)


def large_swarm(programs, targets):
    output, _, mebibytes = run([programs["swarm"], "10000"])
    targets.add("S1 with 10,000 leechers", number(r"cpu ([\d.]+) s", output) / 60, "min", 8)
    targets.add("the same: memory", mebibytes * GIGABYTES, "GB", 2, digits=2)


def dht(programs, targets):
    output, _, _ = run([programs["dht"]])
    for nodes, target in ((1000, None), (10_000, None), (100_000, 1)):
        line = next(line.split() for line in output.splitlines()
                    if line.split()[0] == str(nodes))
        targets.add(f"DHT datagram, {nodes:,} nodes", float(line[2]), "us", target, digits=2)
        if len(line) > 6:
            targets.add(f"DHT lookup, {nodes:,} nodes", float(line[6]), "us", 50)
    output, _, _ = run([programs["dht"], "joins"])
    targets.add("100,000 nodes that join by themselves", number(r"([\d.]+) s CPU", output), "s",
                120)


def million(programs, targets):
    output, _, mebibytes = run([programs["dht"], "million"])
    line = next(line.split() for line in output.splitlines() if line.split()[0] == "1000000")
    targets.add("DHT datagram, 1,000,000 nodes", float(line[2]), "us", 2, digits=2)
    targets.add("memory of a DHT node at 1,000,000", float(line[4]) / 1000, "KB", 10)
    targets.add("1,000,000 nodes for 10 simulated minutes", float(line[5]) / 60, "min", 10)
    targets.add("the same: memory", mebibytes * GIGABYTES, "GB", 16)


def data_centre(programs, targets):
    output, cpu, mebibytes = run([programs["starling"], "sim", "run", "data-centre", "--json"])
    result = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    targets.add("S7, 3 GB to 2,600 hosts", cpu / 60, "min", 10)
    targets.add("the same: memory", mebibytes * GIGABYTES, "GB")
    share = float(result["metrics"]["done_share"])
    if share != 1:
        raise SystemExit(f"only {share:.1%} of the hosts of S7 were done")


def beside_simgrid(programs, _):
    subprocess.run([sys.executable, os.path.join(HERE, "simgrid.py"), "--starling",
                    programs["starling"]], check=True)


PARTS = {"swarms": swarms, "dht": dht, "million": million, "large-swarm": large_swarm,
         "data-centre": data_centre, "simgrid": beside_simgrid}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(os.path.dirname(HERE), "build/bench"),
                        help="folder of a build with -DSTARLING_BENCH=ON")
    parser.add_argument("--only", metavar="PART,...", default=",".join(PARTS),
                        help=f"of {', '.join(PARTS)}")
    options = parser.parse_args()
    parts = options.only.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    programs = {"starling": "starling", "swarm": "bench/bench_swarm",
                "dht": "bench/bench_dht_simulated"}
    programs = {name: os.path.join(options.build, path) for name, path in programs.items()}
    if missing := [path for path in programs.values() if not os.path.exists(path)]:
        parser.error(f"{missing[0]} is not there; --help says how to build it")
    targets = Targets()
    try:
        for part in parts:
            print(f"-- {part}, {datetime.datetime.now():%H:%M}", flush=True)
            PARTS[part](programs, targets)
    finally:  # hours are in it
        if targets.rows:
            print(targets.table())


if __name__ == "__main__":
    main()
