"""Items of the DHT (BEP 44), put by the one and got by the other, in both directions."""

import json
import pathlib

import network
from cases import case
from clients.python import find_python_with_libtorrent
from failure import Failure
from process import JsonProcess, Process

_WORKER = pathlib.Path(__file__).parents[1] / "workers" / "item_worker.py"
_SALT = "foobar"


class Items:
    """A DHT, a libtorrent session in it that takes commands, and our program."""

    def __init__(self, world, own_nodes=0):
        """The nodes that store are libtorrent's, or `own_nodes` of ours alone."""
        self.world = world
        self._runs = 0
        self.bootstrap = []
        if own_nodes:
            for _ in range(own_nodes):
                self.bootstrap.append(self.start_node())
        else:
            self.bootstrap = world.dht_network(8).bootstrap
        address = world.next_address()
        listen = network.host_and_port(address, network.free_port(address))
        self.foreign = world.started(JsonProcess(
            "items", [find_python_with_libtorrent(), _WORKER, listen, *self.bootstrap],
            world.folder, world.deadline))
        self.foreign.wait_event("ready", timeout=60)

    def ask(self, do, **fields):
        """A command to libtorrent; the event that answers it."""
        start = len(self.foreign.lines)
        self.foreign.write_line(json.dumps({"do": do, **fields}))
        return self.foreign.wait_event("put" if do.startswith("put") else "got", timeout=40,
                                       start=start)

    def run(self, *words):
        """`starling dht WORDS --json`: what it prints, as an object."""
        self._runs += 1
        program = self._start(f"starling-{self._runs}", "dht", *words, "--json")
        line = program.wait_line(lambda line: line, f"output of {words}", timeout=40)
        if program.wait_exit(timeout=10) != 0:
            raise Failure(f"{words} ended with {program.exit_code()}")
        return json.loads(line)

    def start_node(self):
        """A node of ours that stores for others; its endpoint."""
        address = self.world.next_address()
        listen = network.host_and_port(address, network.free_port(address))
        node = self.world.started(
            self._start(f"starling-node-{listen}", "dht", "node", listen=listen))
        node.wait_line(lambda line: line.startswith("node id"), "its id", timeout=20)
        return listen

    def _start(self, name, *words, listen=None):
        home = self.world.folder / name
        home.mkdir()
        bootstrap = [word for node in self.bootstrap or ["none"] for word in ("--bootstrap", node)]
        if listen is None:
            address = self.world.next_address()
            listen = network.host_and_port(address, network.free_port(address))
        return Process(name, [self.world.program, *words, *bootstrap, "--listen", listen,
                              "--state", home], self.world.folder, self.world.deadline,
                       {"HOME": str(home), "XDG_STATE_HOME": str(home)})


def expect(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}: {found!r} instead of {wanted!r}")


@case()
def item_immutable_from_starling_to_libtorrent(world):
    items = Items(world)
    put = items.run("put", "Hello World!")
    expect(put["target"], "e5f96f6f38320f0f33959cb4d3d656452117aadb", "target")
    expect(put["stored"], 8, "nodes that stored it")
    got = items.ask("get_immutable", target=put["target"])
    expect(got["value"], "Hello World!", "value")


@case()
def item_immutable_from_libtorrent_to_starling(world):
    items = Items(world)
    put = items.ask("put_immutable", value="Hello World!")
    expect(put["target"], "e5f96f6f38320f0f33959cb4d3d656452117aadb", "target")
    got = items.run("get", put["target"])
    expect(got["value"], "Hello World!", "value")


@case()
def item_mutable_to_and_from_libtorrent(world):
    """One key, changed by turns: each side takes over what the other has signed."""
    items = Items(world)
    items.start_node()
    key_file = world.folder / "my.key"

    def put_ours(text):
        return items.run("put", "--mutable", "--key", key_file, "--salt", _SALT, text)

    first = put_ours("one")
    expect(first["seq"], 1, "sequence number")
    key, seed = first["key"], key_file.read_text().strip()
    got = items.ask("get_mutable", key=key, salt=_SALT)
    expect((got["value"], got["seq"]), ("one", 1), "ours, there")
    put = items.ask("put_mutable", key=key, seed=seed, salt=_SALT, value="two")
    expect(put["seq"], 2, "sequence number of libtorrent")
    got = items.run("get", f"{key}:{_SALT}")
    expect((got["value"], got["seq"]), ("two", 2), "theirs, here")
    expect(put_ours("three")["seq"], 3, "sequence number")
    got = items.ask("get_mutable", key=key, salt=_SALT)
    expect((got["value"], got["seq"]), ("three", 3), "ours again, there")


@case()
def items_of_libtorrent_kept_by_starling_alone(world):
    """libtorrent puts the largest items into a DHT of our nodes, and gets them back."""
    items = Items(world, own_nodes=8)
    text = "x" * 990
    put = items.ask("put_immutable", value=text)
    if put["stored"] < 6:
        raise Failure(f"only {put['stored']} of 8 nodes stored it")
    expect(items.ask("get_immutable", target=put["target"])["value"], text, "immutable value")
    key_file = world.folder / "my.key"
    key = items.run("put", "--mutable", "--key", key_file, "--salt", _SALT, "mine")["key"]
    items.ask("put_mutable", key=key, seed=key_file.read_text().strip(), salt=_SALT, value=text)
    got = items.ask("get_mutable", key=key, salt=_SALT)
    expect((got["value"], got["seq"]), (text, 2), "mutable value")
