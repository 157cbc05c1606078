"""`starling dht bench` with libtorrent nodes in the network, and among libtorrent nodes alone."""

import json
import os
import pathlib

import network
from cases import case
from clients.python import find_python_with_libtorrent
from failure import Failure
from process import JsonProcess

_WORKER = pathlib.Path(__file__).parents[1] / "workers" / "dht_peers_worker.py"
_LIBTORRENT_NODES = 4
_OWN_NODES = 100


def _loopback(host):
    """In a namespace too: nodes of `--local` are on 127/8 and meet nobody from elsewhere."""
    address = f"127.0.{os.environ.get(network.SUBNET, '0')}.{host}"
    return f"{address}:{network.free_port(address)}"


class MixedNetwork:
    """Nodes of libtorrent and, in one process, of ours."""

    def __init__(self, world, *options):
        self._world = world
        self.runs = 0
        foreign = [_loopback(host) for host in range(1, _LIBTORRENT_NODES + 1)]
        self.worker = world.started(JsonProcess(
            "libtorrent", [find_python_with_libtorrent(), _WORKER, *foreign], world.folder,
            world.deadline))
        self.worker.wait_event("ready", timeout=30)
        routers = [option for node in foreign for option in ("--bootstrap", node)]
        self.bench = world.started(JsonProcess(
            "bench", [world.program, "dht", "bench", "--local", _OWN_NODES, "--variant", "plain",
                      *routers, *options, "--keep", "200s", "--json"],
            world.folder, world.deadline))
        # On a machine that is busy with other cases it looks around a third time before it is formed.
        self.bootstrap = self.bench.wait_event("ready", timeout=130)["bootstrap"]

    def ask(self, do, session=0, **fields):
        """A command to a session of libtorrent; the event that answers it."""
        start = len(self.worker.lines)
        self.worker.write_line(json.dumps({"do": do, "session": session, **fields}))
        return self.worker.wait_event(do, timeout=30, start=start)

    def run(self, command, *arguments):
        """`starling dht COMMAND --json` by another node of ours, and what it says."""
        self.runs += 1
        state = self._world.folder / f"state-{self.runs}"
        program = self._world.started(JsonProcess(
            f"starling-{self.runs}",
            [self._world.program, "dht", command, *arguments, "--listen", _loopback(50),
             "--bootstrap", self.bootstrap[0], "--state", state, "--json"],
            self._world.folder, self._world.deadline))
        line = program.wait_line(lambda line: line, f"answer of dht {command}", timeout=40)
        if program.wait_exit(timeout=10) != 0:
            raise Failure(f"dht {command} ended with {program.exit_code()}")
        return json.loads(line)


@case(seconds_max=280)
def local_bench_with_libtorrent(world):
    """In one network each finds what the other announced."""
    mixed = MixedNetwork(world, "--lookups", 200)
    ours, theirs = os.urandom(20).hex(), os.urandom(20).hex()
    if mixed.run("announce", ours, "--port", 5123)["announced"] < 8:
        raise Failure("our announce was taken by too few")
    found = mixed.ask("find", session=1, hash=ours)
    if found["ports"] != [5123]:
        raise Failure(f"libtorrent found {found} instead of port 5123")
    port = mixed.ask("announce", session=2, hash=theirs)["port"]
    world.until(lambda: any(peer.endswith(f":{port}")
                            for peer in mixed.run("lookup", theirs)["peers"]),
                "libtorrent's announce", 30)
    # They are part of the network: more than their own nodes are in their tables.
    for session in range(_LIBTORRENT_NODES):
        known = mixed.ask("known", session=session)["nodes"]
        if known <= _LIBTORRENT_NODES:
            raise Failure(f"libtorrent's session {session} knows only {known} nodes")
    mixed.bench.wait_event("measured", timeout=60)
    mixed.bench.signal(2)
    said = json.loads(mixed.bench.wait_line(lambda line: '"groups"' in line and line,
                                            "the bench's report", timeout=10))
    group = said["groups"][0]
    if group["lookups"] != 200 or group["metrics"]["timeouts.mean"] > 0.5:
        raise Failure(f"lookups among both went wrong: {group}")
    # What libtorrent looked up was seen: its find and its announce at least, beside what the other
    # programs of ours did, one lookup each.
    others = said["groups"][1]
    if others["variant"] != "others" or others["lookups"] < mixed.runs + 2 \
            or others["metrics"]["recall.mean"] < 0.5:
        raise Failure(f"lookups of libtorrent were not seen: {others}")


@case()
def bench_among_libtorrent_nodes(world):
    """Live, as against the public network: read-only, and no more queries than it may."""
    dht = world.dht_network()
    said = world.client("starling", "bench").dht(
        dht.bootstrap, "bench", "--lookups", 30, "--rate", 100, "--out", world.folder / "out")
    group = said["groups"][0]
    if said["source"] != "live" or said["partial"] or group["lookups"] != 30:
        raise Failure(f"not what was asked for: {said}")
    if group["metrics"]["timeouts.mean"] > 0.5 or group["metrics"]["queries_per_s"] > 115:
        raise Failure(f"too many queries, or too few answers: {group}")
    rows = (world.folder / "out" / "lookups.csv").read_text().splitlines()
    if len(rows) != 31:
        raise Failure(f"lookups.csv has {len(rows)} lines")
