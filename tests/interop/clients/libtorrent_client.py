"""libtorrent 2.0.8, driven by `workers/libtorrent_worker.py` in a process of its own.

It tries uTP before TCP: a peer that never answers its uTP packet waits four seconds for the TCP
connection, one that answers with a reset (BEP 29) waits one. As a seeder of a private torrent it
does not give the metadata away. Its own wrong guesses ban honest peers of mixed pieces too.
"""

import json
import pathlib

import network
from clients.client import Client
from clients.python import find_python_with_libtorrent
from process import JsonProcess

_WORKER = pathlib.Path(__file__).parent.parent / "workers" / "libtorrent_worker.py"


class LibtorrentClient(Client):
    def __init__(self, world, name, bootstrap=(), upload_limit=0, address=None):
        """`upload_limit` in bytes a second, 0 for none; `address` '::1' for IPv6."""
        self._python = find_python_with_libtorrent()
        super().__init__(world, name, bootstrap)
        if address:
            self.address = address
            self.port = network.free_port(address)
        self._upload_limit = upload_limit

    def seed(self, torrent, shared):
        shared.place_copy(self.downloads)
        self._start(torrent.path)
        self.process.wait_event("complete", timeout=30)

    def fetch(self, source):
        self._start(source)

    def wait_complete(self, timeout=None):
        self.process.wait_event("complete", timeout)

    def connect(self, host, port):
        """Tells it of a peer, for the cases that are not about finding one."""
        self.process.write_line(json.dumps({"connect": [host, port]}))

    def _start(self, source):
        task = {"listen": self.endpoint(), "bootstrap": self.bootstrap, "source": str(source),
                "folder": str(self.downloads), "upload_limit": self._upload_limit}
        self.process = JsonProcess(self.name, [self._python, _WORKER, json.dumps(task)],
                                   self.world.folder, self.world.deadline)
        self.process.wait_event("added", timeout=30)
