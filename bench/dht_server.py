#!/usr/bin/env python3
"""One DHT node under load on loopback: starling beside libtorrent, rTorrent and a bare echo.

    bench/dht_server.py [--rounds 3] [--seconds 5] [--build build/bench] [--only NAME]...
    bench/dht_server.py hostile [--seconds 600] [--build build/bench]
    bench/dht_server.py flood [--build build/bench]

Every round starts each server afresh on one core, and `bench_dht_load` on the other: 16,384 source
addresses, 20 % ping, 40 % find_node, 35 % get_peers, 5 % announce_peer. It first lets the server
fill its table for a few seconds, then asks as fast as answers come (512 in flight). In as many
rounds more it asks at half of the median rate; there, if the user may give it, the server has
real-time priority and the load the highest of others, so that the latency is the server's and not
that of programs that the machine runs beside it (--plain-priority does without). Printed are
medians: queries answered a second of the server's CPU time, which other processes disturb least;
what the wall clock gave; losses; latency at half the rate; and the mean size of an answer, because
servers that say less do less. Where the machine pauses the load, that is taken out of the latency;
where it pauses the server it cannot be, and only ever adds to the p99, so that of the quietest
round stands beside the median. Below the table stands how much programs that only spin, without
priority, are paused.

The echo looks at nothing and answers with as many bytes as starling did; it is the limit of the
machine, and again without the kernel's work for fragments, which starling avoids too. libtorrent
and rTorrent run with their limits raised where they have a switch.

`hostile`: 5,000 queries a second from 50,000 addresses, which announce ever new hashes with valid
tokens; prints what memory the server holds every half minute. `flood`: one address sends ten times
as much as all others together; are they served?
"""

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

KINDS = ["ping", "find_node", "get_peers", "announce"]
HUGE = 1_000_000_000


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Starling:
    name = "starling"

    def __init__(self, build):
        self.program = os.path.join(build, "starling")

    def command(self, port, work):
        return [self.program, "dht", "node", "--listen", f"127.0.0.1:{port}", "--bootstrap",
                "none", "--state", os.path.join(work, "state"), "--queries-per-second", str(HUGE)]


class Libtorrent:
    name = "libtorrent"

    def command(self, port, work):
        # Debian's Python, to which python3-libtorrent belongs.
        return ["/usr/bin/python3", os.path.abspath(__file__), "serve-libtorrent", str(port)]


class Rtorrent:
    name = "rTorrent"

    def command(self, port, work):
        session = os.path.join(work, "session")
        os.makedirs(session)
        settings = os.path.join(work, "rtorrent.rc")
        with open(settings, "w") as file:
            file.write(f"""
session.path.set = {session}
directory.default.set = {work}
network.bind_address.set = 127.0.0.1
network.port_range.set = {port}-{port}
system.daemon.set = true
trackers.use_udp.set = no
protocol.pex.set = no
throttle.up = dht,1000000
throttle.down = dht,1000000
dht.throttle.name.set = dht
dht.port.set = {port}
dht.mode.set = on
""")
        return ["rtorrent", "-n", "-o", f"import={settings}"]


class Echo:
    def __init__(self, build, mode, sizes):
        self.name = {"batched": "echo, batched", "whole": "echo, batched, no fragments",
                     "single": "echo, one call each"}[mode]
        self.program = os.path.join(build, "bench/bench_dht_echo")
        self.mode = mode
        self.sizes = sizes

    def command(self, port, work):
        return [self.program, str(port), self.mode] + [str(size) for size in self.sizes]


def serve_libtorrent(port):
    import libtorrent
    session = libtorrent.session({
        "listen_interfaces": f"127.0.0.1:{port}", "enable_dht": True, "dht_bootstrap_nodes": "",
        "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False, "alert_mask": 0,
        "dht_upload_rate_limit": HUGE, "dht_block_ratelimit": HUGE, "dht_block_timeout": 1,
        "dht_restrict_routing_ips": False, "dht_restrict_search_ips": False,
        "dht_prefer_verified_node_ids": False, "dht_ignore_dark_internet": False,
        "send_socket_buffer_size": 1 << 20, "recv_socket_buffer_size": 1 << 20})
    while session:
        signal.pause()


def answers(port):
    """Does a node answer a ping there?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.2)
        asker.connect(("127.0.0.1", port))
        try:
            asker.send(b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t4:\0\0\0\0001:y1:qe")
            return bool(asker.recv(2000))
        except OSError:
            return False


class Running:
    """A server on the first core, stopped at the end."""

    def __init__(self, server, cores, first=False):
        self.server = server
        self.cores = cores
        self.first = first  # before the other programs of the machine

    def __enter__(self):
        self.work = tempfile.mkdtemp()
        self.port = free_port()
        command = ["setpriv", "--pdeathsig", "KILL"] + self.server.command(self.port, self.work)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=self.prepare_server)
        deadline = time.monotonic() + 20
        while not answers(self.port):
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.__exit__()
                raise SystemExit(f"{self.server.name}: no answer within 20 s")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def prepare_server(self):
        os.sched_setaffinity(0, {self.cores[0]})

    # Not for a server that takes all of its core: the kernel stops real-time programs that do.
    def let_server_go_first(self):
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            os.sched_setscheduler(int(thread), os.SCHED_FIFO, os.sched_param(1))

    def prepare_load(self):
        # It never sleeps, so real-time priority would starve what else its core has to do.
        os.sched_setaffinity(0, {self.cores[1]})
        if self.first:
            os.setpriority(os.PRIO_PROCESS, 0, -20)

    def load(self, build, **options):
        command = [os.path.join(build, "bench/bench_dht_load"), "--server",
                   f"127.0.0.1:{self.port}", "--pid", str(self.process.pid)]
        for name, value in options.items():
            command += ["--" + name, str(value)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                                preexec_fn=self.prepare_load).stdout
        return [json.loads(line) for line in output.splitlines()]


def may_go_first():
    """Asked of a child, since what it sets it keeps."""
    def try_it():
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    try:
        return subprocess.run(["true"], preexec_fn=try_it).returncode == 0
    except subprocess.SubprocessError:
        return False


def measure(server, options, cores, rate=None):
    """As fast as answers come, or `rate` queries a second."""
    if rate is None:
        with Running(server, cores) as running:
            return running.load(options.build, seconds=options.seconds)[-1]
    with Running(server, cores, first=options.first) as running:
        running.load(options.build, seconds=1)  # fills its table
        if options.first:
            running.let_server_go_first()
        return running.load(options.build, seconds=options.seconds, warm=1, window=8192,
                            rate=rate)[-1]


# What share of the time a program that only spins is paused by the machine and by its other
# programs, and for how long at most: what the latency of servers without priority has in its tail.
def spin(core, seconds, result):
    os.sched_setaffinity(0, {core})
    pauses = []
    begin = last = time.perf_counter()
    while last - begin < seconds:
        now = time.perf_counter()
        if now - last > 0.2e-3:
            pauses.append(now - last)
        last = now
    result.put((sum(pauses) / seconds, max(pauses, default=0) * 1000))


def pauses_of_the_machine(cores, seconds=4):
    """Of one spinning program on each of `cores`, the worst."""
    result = multiprocessing.Queue()
    spinning = [multiprocessing.Process(target=spin, args=(core, seconds, result))
                for core in cores]
    for process in spinning:
        process.start()
    found = [result.get() for _ in spinning]
    for process in spinning:
        process.join()
    return max(share for share, _ in found), max(longest for _, longest in found)


def medians(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def compare(options, cores):
    starling = Starling(options.build)
    first = measure(starling, options, cores)
    sizes = [max(34, round(first[kind + "_bytes"])) for kind in KINDS]
    servers = [Echo(options.build, "batched", sizes), starling, Rtorrent(), Libtorrent(),
               Echo(options.build, "single", sizes), Echo(options.build, "whole", sizes)]
    if options.only:
        servers = [server for server in servers if server.name in options.only]
    full = {server.name: [] for server in servers}
    half = {server.name: [] for server in servers}
    for _ in range(options.rounds):
        for server in servers:
            full[server.name].append(measure(server, options, cores))
            print(f"  {server.name}: {full[server.name][-1]['a_cpu_second']:,.0f}",
                  file=sys.stderr)
    median = {name: medians(figures) for name, figures in full.items()}
    for _ in range(options.rounds):
        for server in servers:
            rate = median[server.name]["a_second"] / 2
            half[server.name].append(measure(server, options, cores, rate))
            print(f"  {server.name}: p99 {half[server.name][-1]['p99_ms']:.2f} ms",
                  file=sys.stderr)
    quietest = {name: min(run["p99_ms"] for run in figures) for name, figures in half.items()}
    half = {name: medians(figures) for name, figures in half.items()}
    print("at half of the load: " + options.priority)
    print(f"{options.rounds} rounds of {options.seconds} s, medians; load "
          f"{os.getloadavg()[0]:.1f}; a query has {first['query_bytes']:.0f} bytes")
    print("| server | answers a CPU second | of the echo | answers a second | lost | "
          "at half: lost | p50 ms | p99 ms (quietest round) | "
          "bytes: ping | find_node | get_peers | announce |")
    print("| --- " + "| ---: " * 11 + "|")
    limit = median.get("echo, batched", {}).get("a_cpu_second", 0)
    for name, figure in median.items():
        share = f"{figure['a_cpu_second'] / limit:.0%}" if limit else ""
        row = [name, f"{figure['a_cpu_second']:,.0f}", share, f"{figure['a_second']:,.0f}",
               f"{figure['lost']:.0f}", f"{half[name]['lost']:.0f}",
               f"{half[name]['p50_ms']:.2f}", f"{half[name]['p99_ms']:.2f} ({quietest[name]:.2f})"]
        row += [f"{figure[kind + '_bytes']:.0f}" for kind in KINDS]
        print("| " + " | ".join(row) + " |")
    others = [median[name]["a_cpu_second"] for name in ("rTorrent", "libtorrent") if name in median]
    for spinning in (cores[:1], cores):
        share, longest = pauses_of_the_machine(spinning)
        print(f"programs that only spin, on {len(spinning)} cores, are paused for {share:.1%} of "
              f"the time, {longest:.1f} ms at most")
    if others and "starling" in median:
        print(f"starling / the best other: {median['starling']['a_cpu_second'] / max(others):.2f}")


def hostile(options, cores):
    with Running(Starling(options.build), cores) as running:
        for look in running.load(options.build, seconds=options.seconds, warm=0, hostile=1,
                                 sources=50_000, report=30, window=4096,
                                 rate=5000):
            print(json.dumps(look), flush=True)


def flood(options, cores):
    with Running(Starling(options.build), cores) as running:
        for rate in (0, 100_000):
            look = running.load(options.build, seconds=options.seconds, rate=10_000, flood=rate)[-1]
            print(f"one source sends {look['flood'] / look['wall_s']:,.0f} queries a second; of "
                  f"the {look['sent'] / look['wall_s']:,.0f} of all others "
                  f"{look['answered'] / look['sent']:.2%} are answered, p99 {look['p99_ms']:.2f} ms")


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="compare",
                        choices=["compare", "hostile", "flood"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--build", default=os.path.join(root, "build/bench"))
    parser.add_argument("--only", action="append", help="this server, several times for several")
    parser.add_argument("--plain-priority", action="store_true",
                        help="no priority for server and load at half of the rate")
    options = parser.parse_args()
    options.first = not options.plain_priority and may_go_first()
    options.priority = ("real-time priority for the server, -20 for the load" if options.first else
                        "plain priority" if options.plain_priority else
                        "plain priority, because this user may not give another")
    if options.seconds is None:
        options.seconds = 600 if options.what == "hostile" else 5
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise SystemExit("this needs two cores: one for the server and one for the load")
    {"compare": compare, "hostile": hostile, "flood": flood}[options.what](options, cores)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve-libtorrent"]:
        serve_libtorrent(int(sys.argv[2]))
    else:
        sys.exit(main())
