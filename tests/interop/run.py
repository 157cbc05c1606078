#!/usr/bin/python3
"""Runs starling against real clients: libtorrent, aria2, transmission and opentracker.

  run.py                   all cases
  run.py FILTER...         those whose name contains one of the words ("foreign" checks the
                           harness itself, without starling)
  run.py --list

Each case is a process group of its own, by default in a network namespace of its own, and is
ended by force when its time is over. Needs Debian's python3-libtorrent, aria2,
transmission-daemon, opentracker, iproute2 and util-linux.

Environment: STARLING, the program to test; STARLING_INTEROP_ALLOW_NOT_RUN=1, cases that this
machine cannot run do not count as failed; STARLING_INTEROP_NETWORK=loopback, no namespaces.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Nothing is left behind in the source tree, by the workers neither.
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

import cases  # noqa: E402
import network  # noqa: E402
from case_process import NOT_RUN, PASSED, run_case  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRACE_SECONDS = 15
LOG_TAIL_LINES = 40


def parse_arguments():
    parser = argparse.ArgumentParser(description="Runs starling against real clients.")
    parser.add_argument("filters", nargs="*", metavar="FILTER")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--starling", type=pathlib.Path, metavar="PATH",
                        default=os.environ.get("STARLING", ROOT / "build/release/starling"))
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time (2)")
    parser.add_argument("--keep", action="store_true", help="keep the folders of all cases")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "DIR"), help=argparse.SUPPRESS)
    return parser.parse_args()


def select(filters):
    """Without a filter all but the self-checks, which run only when named as such."""
    everything = cases.load().values()
    if not filters:
        return [case for case in everything if not case.is_self_check]
    names_self_checks = any(word.startswith("foreign") for word in filters)
    return [case for case in everything if any(word in case.name for word in filters)
            and (names_self_checks or not case.is_self_check)]


class Driver:
    def __init__(self, arguments):
        self._program = pathlib.Path(arguments.starling).resolve()
        self._keep = arguments.keep
        self._why_no_namespace = network.why_no_namespace()
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="starling-interop-"))
        self._folder.chmod(0o755)
        self.counts = {"passed": 0, "failed": 0, "not run": 0}

    def run_all(self, selected, jobs):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            # The longest first, so that none of them is left alone at the end.
            ordered = sorted(selected, key=lambda case: -case.seconds_max)
            futures = [pool.submit(self._run_one, case, subnet % 250)
                       for subnet, case in enumerate(ordered)]
            for future in concurrent.futures.as_completed(futures):
                outcome, report = future.result()
                self.counts[outcome] += 1
                print(report, flush=True)
        if self._keep or self.counts["failed"]:
            print(f"logs are kept in {self._folder}")
        else:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run_one(self, case, subnet):
        """The outcome and what to print about it."""
        if case.needs_namespace and self._why_no_namespace:
            return "not run", f"not run {case.name}: no namespace: {self._why_no_namespace}"
        folder = self._folder / case.name
        folder.mkdir()
        began = time.monotonic()
        code = self._run_process(case, folder, subnet)
        seconds = time.monotonic() - began
        said = (folder / "case.log").read_text(errors="replace").strip().splitlines()
        why = said[-1] if said else "no reason given"
        if code == PASSED:
            outcome, report = "passed", f"ok {case.name} {seconds:.1f} s"
        elif code == NOT_RUN:
            outcome, report = "not run", f"not run {case.name}: {why}"
        elif code is None:
            outcome = "failed"
            report = f"FAIL {case.name} still running after {seconds:.0f} s\n{log_tails(folder)}"
        else:
            outcome, report = "failed", f"FAIL {case.name} {why}\n{log_tails(folder)}"
        if not self._keep and outcome != "failed":
            shutil.rmtree(folder, ignore_errors=True)
        return outcome, report

    def _run_process(self, case, folder, subnet):
        """The exit code of the case's process, None if its time ran out."""
        use_namespace = not self._why_no_namespace
        environment = {**os.environ, network.SUBNET: str(subnet),
                       network.KIND: "namespace" if use_namespace else "loopback"}
        command = [sys.executable, "-u", __file__, "--starling", self._program,
                   "--one", case.name, folder]
        with open(folder / "case.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                (network.enter_command() if use_namespace else []) + command,
                stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment,
                start_new_session=True)
        try:
            return process.wait(case.seconds_max + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            process.stdin.close()


def log_tails(folder):
    """The last lines of every process of a failed case."""
    parts = []
    for log in sorted(folder.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()
        parts.append(f"  ---- {log.name}, {len(lines)} lines")
        parts += ["  " + line[:300] for line in lines[-LOG_TAIL_LINES:]]
    return "\n".join(parts)


def main():
    arguments = parse_arguments()
    if arguments.one:
        return run_case(*arguments.one, arguments.starling)
    selected = select(arguments.filters)
    if arguments.list:
        print("\n".join(case.name for case in selected))
        return 0
    if not selected:
        print("no case has such a name", file=sys.stderr)
        return 2
    driver = Driver(arguments)
    driver.run_all(selected, arguments.jobs)
    counts = driver.counts
    if os.environ.get("STARLING_INTEROP_ALLOW_NOT_RUN") != "1":
        counts["failed"] += counts["not run"]
    print(f"{counts['passed']} passed, {counts['failed']} failed", flush=True)
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
