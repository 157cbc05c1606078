#!/usr/bin/python3
"""Compares the simulator with reality: the scenario `lan-swarm` by real processes and simulated.

  run.py --starling PATH [--runs N] [--scenario FILE]

Twelve starling processes in network namespaces, their links shaped by tc, find each other through
their own DHT and fetch 64 MiB; then the simulator runs the same file. Mean and 90th percentile of
the completion times, averaged over the runs, must agree within 15 %.

Exit codes: 0 PASS, 1 FAIL, 77 not run, since the system permits no namespaces. Needs Debian's
iproute2, ethtool and util-linux; takes about two minutes a run.
"""

import argparse
import csv
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import lan  # noqa: E402
import scenario  # noqa: E402
from swarm import Failure, Swarm  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSED, FAILED, NOT_RUN = 0, 1, 77
TOLERANCE = 0.15
REAL_TIMEOUT = 600
JUDGED = ("mean", "p90")


def parse_arguments():
    parser = argparse.ArgumentParser(description="Compares the simulator with real processes.")
    parser.add_argument("--starling", type=pathlib.Path, metavar="PATH",
                        default=os.environ.get("STARLING", ROOT / "build/release/starling"))
    parser.add_argument("--scenario", type=pathlib.Path, metavar="FILE",
                        default=ROOT / "sim/scenarios/lan-swarm.toml")
    parser.add_argument("--runs", type=int, default=3, help="of each kind (3)")
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def percentile(values, share):
    """With linear interpolation, as the simulator's own figures."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def figures_of(times, copies):
    """The figures of one run; `times` are pairs of a population and seconds to completion."""
    seconds = [value for _, value in times]
    figures = {"mean": statistics.mean(seconds), "p90": percentile(seconds, 0.9),
               "first": min(seconds), "last": max(seconds)}
    for name in sorted(dict(times)):
        figures[f"mean of {name}"] = statistics.mean(v for n, v in times if n == name)
    figures["copies from the seed"] = copies
    return figures


def simulate(program, path, what, seed, folder):
    out = folder / f"sim{seed}"
    subprocess.run([program, "sim", "run", path, "--seed", str(seed), "--out", out],
                   stdout=subprocess.DEVNULL, check=True, timeout=REAL_TIMEOUT)
    with open(out / "nodes.csv", newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    times = [(row["population"], float(row["done_s"]) - float(row["joined_s"]))
             for row in rows if row["population"] != what.seeds.name]
    sent = sum(int(row["uploaded"]) for row in rows if row["population"] == what.seeds.name)
    return figures_of(times, sent / what.size)


def print_runs(title, runs):
    print(f"{title}:")
    for number, figures in enumerate(runs, 1):
        print(f"  {number}: " + ", ".join(f"{name} {value:.1f}" for name, value in figures.items()))


def judge(real, simulated):
    """Prints the table; True if what is judged agrees."""
    print(f"\n{'seconds to completion, averaged':34}{'real':>10}{'simulated':>12}{'ratio':>8}")
    agrees = True
    for name in real[0]:
        a = statistics.mean(figures[name] for figures in real)
        b = statistics.mean(figures[name] for figures in simulated)
        ratio, verdict = a / b, ""
        if name in JUDGED:
            is_within = abs(ratio - 1) <= TOLERANCE
            agrees = agrees and is_within
            verdict = "  ok" if is_within else f"  apart by more than {TOLERANCE:.0%}"
        print(f"{name:34}{a:10.2f}{b:12.2f}{ratio:8.3f}{verdict}")
    return agrees


def compare(arguments):
    folder = arguments.folder
    program = arguments.starling.resolve()
    what = scenario.read(arguments.scenario)
    simulated = [simulate(program, arguments.scenario, what, seed, folder)
                 for seed in range(1, arguments.runs + 1)]
    print_runs("simulated", simulated)
    lan.prepare()
    swarm = Swarm(what, program, folder)
    real = []
    for number in range(1, arguments.runs + 1):
        times, copies = swarm.run(number, REAL_TIMEOUT)
        real.append(figures_of(times, copies))
        print(f"real run {number} is done", flush=True)
    print_runs("real", real)
    return judge(real, simulated)


def run_outside():
    why = lan.why_not_possible()
    if why:
        print(f"not run: namespaces are not permitted: {why}")
        return NOT_RUN
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="starling-sim-vs-real-") as folder:
        return lan.run_inside([*sys.argv, "--folder", folder])


def main():
    arguments = parse_arguments()
    if not arguments.folder:
        return run_outside()
    try:
        agrees = compare(arguments)
    except (Failure, OSError, ValueError, subprocess.SubprocessError) as error:
        print(f"FAIL {error}")
        return FAILED
    print("PASS" if agrees else "FAIL")
    return PASSED if agrees else FAILED


if __name__ == "__main__":
    sys.exit(main())
