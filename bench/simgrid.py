#!/usr/bin/env python3
"""SimGrid 3.32 and starling's simulator side by side: node count, CPU time, memory.

SimGrid's part are its own examples `bittorrent` and `kademlia`, unchanged, from Debian's source
package, built against the headers and the library of Debian's packages. Everything is fetched with
apt, from a private list of sources, and unpacked under --work: nothing is installed, no right to do
so is needed. Ours are scenario files of the same number of nodes, written here and run by
`starling sim run`. Needs Debian 12, g++ with Boost's headers, and the network once.

What is not the same, and in whose favour:

- SimGrid's swarm is a toy: 10 pieces of 5 blocks (a bit mask of 64 blocks holds no more), messages
  are C++ objects that are passed as pointers, everybody asks one tracker, and no data exists. Ours
  are whole clients with the bytes of every message, verification, and a DHT to find each other. A
  client meets up to 50 others for 50 blocks here, so meeting is what costs; the rows `flash-crowd`
  (the built-in scenario: 400 pieces of 16 blocks, one seed, slow links) show what a block costs in
  content of the usual size, which the toy cannot hold. 100 MB of their memory are that content.
- SimGrid's bandwidth model solves for max-min shares of the links at every change; ours serves
  quanta in turn.
- SimGrid's Kademlia has ids of 32 bits and every lookup is for node 0, found in a few steps; ours
  are for random targets of 160 bits and go on until the 20 closest answered, messages encoded and
  decoded. Both have k = 20, alpha = 3, nodes that join by themselves and a lookup of each node
  every 100 s.
- Actors of SimGrid look into their mailboxes once a second, which takes long in simulated time but
  little of the CPU.

CPU time is user and system time of the process, memory its largest resident set; both as wait4
reports them. (The memory cannot come out below that of the Python that starts it, some 15 MB.)
"""

import argparse
import glob
import json
import os
import pwd
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile

SUITE = "bookworm"
SOURCES = """Types: deb deb-src
URIs: {mirror}
Suites: {suite}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
LIBRARY = "libsimgrid3.32"
EXAMPLES = {"bittorrent": "app-bittorrent", "kademlia": "dht-kademlia"}

TOY_BLOCKS = 50  # 10 pieces of 5 blocks of 16 KiB
BLOCK = 16 * 1024
SHARE_OF_SEEDS = 50  # one peer in so many
LOOKUP_EVERY = 100  # seconds, a constant of the example
LOOKUP_TIME = 500  # seconds in which nodes look up

PLATFORM = """<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
"""
# As examples/platforms/cluster_backbone.xml, with more hosts.
CLUSTER = ('<cluster id="cluster" prefix="node-" suffix=".simgrid.org" radical="0-{last}" '
           'speed="1Gf" bw="125MBps" lat="50us" bb_bw="2.25GBps" bb_lat="500us"/>\n')

SWARM = """title = "As SimGrid's bittorrent example"
until = "6h"
invariants = false
[network]
latency = "lan"
loss = 0
[content.file]
size = "{size}B"
piece = "64KiB"
[population.seeds]
count = {seeds}
seeds = true
measured = false
up = "125MB/s"
down = "125MB/s"
[population.leechers]
count = {leechers}
up = "125MB/s"
down = "125MB/s"
join = {{over = "10s"}}
"""
DHT = """title = "As SimGrid's kademlia example"
kind = "dht"
[network]
latency = "lan"
loss = 0
[dht]
nodes = {nodes}
bucket_size = 20
parallel = 3
honest_join = true
lookup_every = "{every}s"
run_time = "{time}s"
"""


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


class SimGrid:
    """Its examples, fetched and built once in the folder `work`."""

    def __init__(self, work, mirror):
        self.work = work
        self.root = os.path.join(work, "root")
        self.libraries = os.path.join(self.root, "usr/lib/x86_64-linux-gnu")
        if not all(os.path.exists(self.program(name)) for name in EXAMPLES):
            self.fetch(mirror)
            for name, folder in EXAMPLES.items():
                self.build(name, folder)
        self.environment = dict(os.environ, LD_LIBRARY_PATH=self.libraries)

    def program(self, name):
        return os.path.join(self.work, "simgrid-" + name)

    def fetch(self, mirror):
        for folder in ("sources", "lists/partial", "cache/archives/partial", "debs"):
            os.makedirs(os.path.join(self.work, folder), exist_ok=True)
        with open(os.path.join(self.work, "sources/debian.sources"), "w") as file:
            file.write(SOURCES.format(mirror=mirror, suite=SUITE))
        settings = {"Dir::Etc::SourceList": "/dev/null",
                    "Dir::Etc::SourceParts": os.path.join(self.work, "sources"),
                    "Dir::State::Lists": os.path.join(self.work, "lists"),
                    "Dir::Cache": os.path.join(self.work, "cache"),
                    "Acquire::Languages": "none",
                    "APT::Sandbox::User": pwd.getpwuid(os.getuid()).pw_name}
        apt = ["apt-get"] + [word for key, value in settings.items()
                             for word in ("-o", f"{key}={value}")]
        debs = os.path.join(self.work, "debs")
        run(apt + ["update"])
        run(apt + ["--download-only", "source", "simgrid"], cwd=debs)
        planned = run(apt + ["--simulate", "--no-install-recommends", "install", LIBRARY])
        packages = set(re.findall(r"^Inst (\S+)", planned, re.M)) | {LIBRARY, "libsimgrid-dev"}
        run(apt + ["download"] + sorted(packages), cwd=debs)
        for deb in glob.glob(os.path.join(debs, "*.deb")):
            run(["dpkg", "-x", deb, self.root])
        source = os.path.join(self.work, "source")
        shutil.rmtree(source, ignore_errors=True)
        run(["dpkg-source", "--no-check", "-x"] + glob.glob(os.path.join(debs, "*.dsc")) + [source])

    def build(self, name, folder):
        folder = os.path.join(self.work, "source/examples/cpp", folder)
        run(["g++", "-std=c++17", "-O2", "-w", "-I", os.path.join(self.root, "usr/include"), "-I",
             folder] + sorted(glob.glob(os.path.join(folder, "*.cpp"))) +
            ["-o", self.program(name), "-L", self.libraries, "-lsimgrid",
             "-Wl,-rpath-link," + self.libraries])

    def command(self, name, nodes, actors):
        """A command that runs an example: a cluster, and (function, arguments) for each host."""
        platform = os.path.join(self.work, "platform.xml")
        with open(platform, "w") as file:
            file.write(PLATFORM + CLUSTER.format(last=nodes) + "</platform>\n")
        deployment = os.path.join(self.work, "deployment.xml")
        with open(deployment, "w") as file:
            file.write(PLATFORM)
            for host, (function, arguments) in enumerate(actors):
                file.write(f'<actor host="node-{host}.simgrid.org" function="{function}">')
                file.writelines(f'<argument value="{value}"/>' for value in arguments)
                file.write("</actor>\n")
            file.write("</platform>\n")
        # A stack of 100 KiB an actor is enough; the 8 MiB that it reserves else are not touched,
        # but thousands of them run into limits of the system.
        return [self.program(name), platform, deployment, "--cfg=contexts/stack-size:100"]


def measure(command, limit, environment=None):
    """Runs it; returns its output, CPU seconds and megabytes. The output is None if it ran into
    `limit` CPU seconds."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env=environment,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5)))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        said.seek(0)
        output = said.read()
    if process.returncode != 0 and cpu < limit * 0.99:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output[-2000:]}")
    return (output if process.returncode == 0 else None), cpu, usage.ru_maxrss / 1024


class Table:
    def __init__(self):
        self.line("system", "what", "nodes", "CPU s", "MB", "made", "CPU us each")
        self.line(*["---"] * 2, *["---:"] * 5)

    @staticmethod
    def line(*cells):
        widths = (8, 27, 6, 7, 5, 14, 11)
        print("|", " | ".join(str(cell).ljust(width) if index < 2 else str(cell).rjust(width)
                              for index, (cell, width) in enumerate(zip(cells, widths))), "|",
              flush=True)

    def row(self, system, what, nodes, cpu, megabytes, count, unit):
        """`count` of what was made, or None where the run did not come to its end."""
        self.line(system, what, nodes, f"{cpu:.2f}" if count else f"> {cpu:.0f}",
                  f"{megabytes:.0f}", f"{count} {unit}" if count else "stopped",
                  f"{cpu * 1e6 / count:.1f}" if count else "-")


def seeds_of(nodes):
    return max(1, nodes // SHARE_OF_SEEDS)


def simgrid_swarm(simgrid, nodes, options, table):
    # Its tracker answers one question a second: the last peer begins after `nodes` seconds.
    deadline = 1000 + 2 * nodes
    peers = [("peer", [index + 2, deadline] + ([1] if index < seeds_of(nodes) else []))
             for index in range(nodes)]
    command = simgrid.command("bittorrent", nodes, [("tracker", [deadline])] + peers)
    output, cpu, megabytes = measure(command, options.limit, simgrid.environment)
    done = output.count("current status: 1111111111") - seeds_of(nodes) if output else 0
    if output and done < nodes - seeds_of(nodes):
        print(f"(of SimGrid's {nodes} peers, {nodes - seeds_of(nodes) - done} did not finish)")
    table.row("SimGrid", "bittorrent, 50 blocks", nodes, cpu, megabytes, done * TOY_BLOCKS,
              "blocks")
    return output is not None


def simgrid_lookups(simgrid, nodes, options, table):
    dice = random.Random(1)
    ids = [0] + dice.sample(range(1, 1 << 32), nodes - 1)
    actors = [("node", [0, LOOKUP_TIME])]
    actors += [("node", [ids[index], dice.choice(ids[:index]), LOOKUP_TIME])
               for index in range(1, nodes)]
    command = simgrid.command("kademlia", nodes, actors)
    output, cpu, megabytes = measure(command, options.limit, simgrid.environment)
    made = sum(int(count) for count in re.findall(r"\d+/(\d+) FIND_NODE", output or ""))
    table.row("SimGrid", "kademlia, joins and lookups", nodes, cpu, megabytes, made, "lookups")
    return output is not None


def starling_run(arguments, options):
    """Metrics of a run, or None; CPU seconds; megabytes."""
    output, cpu, megabytes = measure([options.starling, "sim", "run"] + arguments + ["--json"],
                                     options.limit)
    # Standard error is in there as well; the result is the line that is an object.
    lines = [line for line in (output or "").splitlines() if line.startswith("{")]
    return (json.loads(lines[-1])["metrics"] if lines else None), cpu, megabytes


def written(scenario, work):
    path = os.path.join(work, "scenario.toml")
    with open(path, "w") as file:
        file.write(scenario)
    return path


def starling_swarm(nodes, work, options, table):
    leechers = nodes - seeds_of(nodes)
    scenario = SWARM.format(size=TOY_BLOCKS * BLOCK, seeds=seeds_of(nodes), leechers=leechers)
    metrics, cpu, megabytes = starling_run([written(scenario, work)], options)
    done = round(metrics["done_share"] * leechers) if metrics else 0
    table.row("starling", "whole clients, 50 blocks", nodes, cpu, megabytes, done * TOY_BLOCKS,
              "blocks")


def starling_crowd(nodes, options, table):
    arguments = ["flash-crowd", "--set", f"leechers={nodes - 1}", "--set", "invariants=false"]
    metrics, cpu, megabytes = starling_run(arguments, options)
    done = round(metrics["done_share"] * (nodes - 1)) if metrics else 0
    table.row("starling", "flash-crowd, 6,400 blocks", nodes, cpu, megabytes, done * 6400,
              "blocks")


def starling_lookups(nodes, work, options, table):
    scenario = DHT.format(nodes=nodes, every=LOOKUP_EVERY, time=LOOKUP_TIME)
    metrics, cpu, megabytes = starling_run([written(scenario, work)], options)
    table.row("starling", "DHT, joins and lookups", nodes, cpu, megabytes,
              round(metrics["queries.count"]) if metrics else 0, "lookups")


def compare(work, options):
    simgrid = SimGrid(work, options.mirror)
    table = Table()
    practical = True
    for nodes in options.swarm:
        practical = practical and simgrid_swarm(simgrid, nodes, options, table)
        starling_swarm(nodes, work, options, table)
        if nodes <= options.large:
            starling_crowd(nodes, options, table)
    for nodes in options.alone:
        starling_swarm(nodes, work, options, table)
    practical = True
    for nodes in options.dht:
        practical = practical and simgrid_lookups(simgrid, nodes, options, table)
        starling_lookups(nodes, work, options, table)
    for nodes in options.alone:
        starling_lookups(nodes, work, options, table)


def counts(text):
    return sorted(int(word) for word in text.split(","))


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", help="folder for what is fetched and built; kept for the next "
                        "time. Unless said, a temporary one")
    parser.add_argument("--starling", default=os.path.join(root, "build/release/starling"))
    parser.add_argument("--swarm", type=counts, default="100,500,1000", metavar="N,N,...")
    parser.add_argument("--dht", type=counts, default="500,1000,2000", metavar="N,N,...")
    parser.add_argument("--alone", type=counts, default="10000", metavar="N,N,...",
                        help="node counts at which only ours are run, after those")
    parser.add_argument("--large", type=int, default=1000, metavar="N",
                        help="up to so many nodes, flash-crowd as well")
    parser.add_argument("--limit", type=int, default=600, help="CPU seconds of a run; where "
                        "SimGrid needs more, larger ones are left out")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    options = parser.parse_args()
    if options.work:
        os.makedirs(options.work, exist_ok=True)
        compare(os.path.abspath(options.work), options)
        return
    with tempfile.TemporaryDirectory() as work:
        compare(work, options)


if __name__ == "__main__":
    sys.exit(main())
