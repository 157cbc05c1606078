"""The program under test, by its command line and its `--json` events only (`docs/json.md`)."""

import json

import network
from clients.client import Client
from failure import Failure, NotRun
from process import JsonProcess


class Starling(Client):
    def __init__(self, world, name, bootstrap=(), address=None, state=None):
        """`bootstrap`: the values of --dht-bootstrap; none at all for --no-dht, None (not an empty
        list) to leave both options away. `state`: the state folder of another one, to go on from.
        """
        if not world.program.is_file():
            raise NotRun(f"{world.program} is not built")
        super().__init__(world, name, bootstrap or ())
        self._has_default_dht = bootstrap is None
        if address:
            self.address = address
            self.port = network.free_port(address)
        self.state = state or self.folder / "state"
        self._runs = 0

    def seed(self, torrent, shared):
        """`starling seed OUT.torrent --dir DIR`, over a copy of the files."""
        shared.place_copy(self.downloads)
        self.seed_source(torrent.path)

    def seed_source(self, source):
        """`starling seed SOURCE --dir DIR`, over what is there already."""
        self.start("seed", source, "--dir", self.downloads)
        self._wait_seeding()

    def seed_path(self, shared, *options):
        """`starling seed PATH`; returns the magnet link that it prints."""
        shared.place_copy(self.downloads)
        self.start("seed", self.downloads / shared.name, *options)
        return self._wait_seeding()["magnet"]

    def fetch(self, source, *options):
        """`starling get SOURCE -d DIR`; ends when complete, unless --seed-after is among them."""
        self.start("get", source, "-d", self.downloads, *options)

    def wait_complete(self, timeout=None):
        return self.process.wait_event("complete", timeout)

    def expect_exit(self, code, timeout=None):
        found = self.process.wait_exit(timeout)
        if found != code:
            raise Failure(f"{self.name} ended with {found} instead of {code}")

    def create(self, shared, torrent_path, *options):
        """`starling create PATH -o OUT.torrent`."""
        self._run(["create", shared.path, "-o", torrent_path, *options])
        self.expect_exit(0, timeout=60)

    def scrape(self, source):
        """`starling show SOURCE --scrape`: what each tracker of it answers."""
        self._run(["show", source, "--scrape", "--json", "--state", self.state])
        line = self.process.wait_line(lambda line: line, "answers of trackers", timeout=30)
        self.process.wait_exit(timeout=10)
        return json.loads(line)["trackers"]

    def dht(self, bootstrap, command, *arguments):
        """What `starling dht COMMAND --json` says at its end."""
        nodes = [option for node in bootstrap for option in ("--bootstrap", node)]
        self._run(["dht", command, *arguments, *nodes, "--listen", self.endpoint(),
                   "--state", self.state, "--json"])
        line = self.process.wait_line(lambda line: line, f"answer of dht {command}", timeout=60)
        self.expect_exit(0, timeout=10)
        return json.loads(line)

    def dht_node(self):
        """`starling dht node` as the first of its network; HOST:PORT."""
        self._run(["dht", "node", "--bootstrap", "none", "--listen", self.endpoint(),
                   "--state", self.state])
        self.process.wait_line(lambda line: line.startswith("node id "), "a node id", timeout=20)
        return self.endpoint()

    def start(self, command, *arguments):
        """A command that goes online, with the options of this client's place in the network."""
        dht = [option for node in self.bootstrap for option in ("--dht-bootstrap", node)]
        if not dht and not self._has_default_dht:
            dht = ["--no-dht"]
        self._run([command, *arguments, *dht, "--listen", self.endpoint(),
                   "--state", self.state, "--json"])
        listening = self.process.wait_event("listening", timeout=20)
        if listening["addresses"] != [self.endpoint()]:
            raise Failure(f"{self.name} listens elsewhere: {listening}")

    def _wait_seeding(self):
        seeding = self.process.wait_event("seeding", timeout=60)
        if seeding["have_bytes"] != seeding["total_bytes"]:
            raise Failure(f"{self.name} has not all it should seed: {seeding}")
        return seeding

    def _run(self, arguments):
        # A home of its own: nothing may come from or go to the real one.
        self._runs += 1
        self.process = JsonProcess(
            f"{self.name}-{self._runs}", [self.world.program, *arguments], self.world.folder,
            self.world.deadline, {"HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder)})
