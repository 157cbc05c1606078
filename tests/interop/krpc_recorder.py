"""A DHT node that answers everything correctly and remembers all that it was asked.

Given as the only --dht-bootstrap, it sees whatever a client has to say to the DHT.
"""

import dataclasses
import os
import socket
import threading
import time

import bencode
import network

_TOKEN = b"recorder"


@dataclasses.dataclass
class Query:
    name: str
    arguments: dict
    source: tuple
    time: float


class KrpcRecorder:
    def __init__(self, world):
        self._world = world
        self._id = os.urandom(20)
        self.address = world.next_address()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 0))
        self.port = self._socket.getsockname()[1]
        self._datagrams = []
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def bootstrap(self):
        return [network.host_and_port(self.address, self.port)]

    def datagrams(self):
        """Every datagram that came, its source and the time."""
        with self._lock:
            return list(self._datagrams)

    def queries(self, name=None):
        """The well-formed queries among them."""
        parsed = (_parse_query(*datagram) for datagram in self.datagrams())
        return [query for query in parsed if query and name in (None, query.name)]

    def queries_about(self, torrent):
        return [query for query in self.queries()
                if query.arguments.get(b"info_hash") == torrent.info_hash]

    def wait_query(self, name, torrent, timeout=30):
        """Until a query of that name came for the torrent."""
        self._world.until(
            lambda: any(query.name == name for query in self.queries_about(torrent)),
            f"{name} for {torrent.name}", timeout)

    def stop(self):
        self._socket.close()

    def _serve(self):
        while True:
            try:
                data, source = self._socket.recvfrom(4096)
            except OSError:
                return  # Closed by stop().
            with self._lock:
                self._datagrams.append((data, source, time.monotonic()))
            self._answer(data, source)

    def _answer(self, data, source):
        query = _parse_query(data, source, 0)
        if not query:
            return
        result = {"id": self._id}
        if query.name == "get_peers":
            result.update(token=_TOKEN, nodes=b"")
        elif query.name == "find_node":
            result.update(nodes=b"")
        message = {"t": bencode.decode(data)[b"t"], "y": "r", "r": result}
        self._socket.sendto(bencode.encode(message), source)


def _parse_query(data, source, when):
    try:
        message = bencode.decode(data)
        if message[b"y"] != b"q":
            return None
        return Query(message[b"q"].decode(), message[b"a"], source, when)
    except (ValueError, KeyError, TypeError, IndexError):
        return None
