"""Everything a case has: a folder, a deadline, the processes it started, and where they end."""

import pathlib
import socket
import time

import content
import network
from clients.aria2 import Aria2
from clients.libtorrent_client import LibtorrentClient
from clients.opentracker import Opentracker
from clients.starling import Starling
from clients.transmission import Transmission
from dht_network import DhtNetwork
from failure import Failure

CLIENTS = {"libtorrent": LibtorrentClient, "aria2": Aria2, "transmission": Transmission,
           "starling": Starling}


class World:
    def __init__(self, folder, program, limit):
        self.folder = pathlib.Path(folder)
        self.program = program
        self.deadline = time.monotonic() + limit
        self._stoppable = []
        self._hosts = iter(range(10, 90))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for thing in reversed(self._stoppable):
            thing.stop()

    def started(self, thing):
        """Remembers a thing with stop(); the last started is the first stopped."""
        self._stoppable.append(thing)
        return thing

    def next_address(self):
        """An IPv4 address that nobody else in this case has."""
        return network.address(next(self._hosts))

    def client(self, kind, name=None, **options):
        """A client of the given kind ('aria2', ...), not yet sharing anything."""
        return self.started(CLIENTS[kind](self, name or kind, **options))

    def dht_network(self, size=12):
        return self.started(DhtNetwork(self, size))

    def tracker(self):
        return self.started(Opentracker(self))

    def file(self, **options):
        """A generated file under the case's folder `shared`."""
        return content.make_file(self.folder / "shared", **options)

    def torrent(self, shared, **options):
        return content.make_torrent(shared, self.folder / f"{shared.name}.torrent", **options)

    def until(self, condition, what, timeout=None, interval=0.1):
        """Polls what can only be polled (a foreign RPC, a file) until it is true."""
        deadline = self.deadline
        if timeout is not None:
            deadline = min(deadline, time.monotonic() + timeout)
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() >= deadline:
                raise Failure(f"{what}: not in time")
            time.sleep(interval)

    def until_listening(self, host, port, what):
        """Until something accepts TCP connections there."""
        def accepts():
            try:
                with socket.create_connection((host, port), timeout=1):
                    return True
            except OSError:
                return False
        self.until(accepts, f"{what} listening on {host}:{port}", timeout=20, interval=0.05)
