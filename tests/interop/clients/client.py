"""What a case may ask of any client, whoever made it.

One object is one process with one torrent in a folder of its own, so that a copy can never be
taken from where the original lies. A client is given nothing but DHT nodes to begin with (an empty
tuple: its DHT is off) and what the torrent or magnet link itself says.
"""

import abc
import shutil

import network
from failure import NotRun


class Client(abc.ABC):
    PROGRAM = None
    USES_ONE_ADDRESS = True
    # How many of the DHT's nodes it is told of; it has to find the others.
    BOOTSTRAP_NODES_MAX = 2

    def __init__(self, world, name, bootstrap=()):
        if self.PROGRAM and not shutil.which(self.PROGRAM):
            raise NotRun(f"{self.PROGRAM} is not installed")
        self.world = world
        self.name = name
        self.bootstrap = list(bootstrap)[:self.BOOTSTRAP_NODES_MAX]
        self.folder = world.folder / name
        self.folder.mkdir()
        self.downloads = self.folder / "downloads"
        self.downloads.mkdir()
        self.address = world.next_address()
        self.port = network.free_port(self.address if self.USES_ONE_ADDRESS else "")
        self.process = None

    @abc.abstractmethod
    def seed(self, torrent, shared):
        """Serves a copy of `shared`; returns once the client has checked it and listens."""

    @abc.abstractmethod
    def fetch(self, source):
        """Starts to fetch a magnet link (text) or a .torrent (path), and returns."""

    @abc.abstractmethod
    def wait_complete(self, timeout=None):
        """Until every piece is there; fails if that takes too long."""

    def endpoint(self):
        return network.host_and_port(self.address, self.port)

    def stop(self):
        if self.process:
            self.process.stop()
