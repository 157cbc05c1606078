"""A small DHT of libtorrent nodes, and the question whether it knows the peers of a torrent."""

import os
import pathlib
import socket

import bencode
import network
from clients.python import find_python_with_libtorrent
from process import JsonProcess

_WORKER = pathlib.Path(__file__).parent / "workers" / "dht_worker.py"


class DhtNetwork:
    def __init__(self, world, size):
        self._world = world
        hosts = [network.dht_address(host) for host in range(1, size + 1)]
        self.nodes = [(host, network.free_port(host)) for host in hosts]
        endpoints = [network.host_and_port(*node) for node in self.nodes]
        self.process = JsonProcess("dht", [find_python_with_libtorrent(), _WORKER, *endpoints],
                                   world.folder, world.deadline)
        self.process.wait_event("ready", timeout=60)

        self.bootstrap = endpoints

    def peers(self, info_hash, timeout=0.5):
        """All (address, port) that the nodes have stored for `info_hash`."""
        found = set()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.bind((network.address(250), 0))
            asker.settimeout(timeout)
            for node in self.nodes:
                asker.sendto(_get_peers(info_hash), node)
            for _ in self.nodes:
                try:
                    answer, _ = asker.recvfrom(4096)
                except TimeoutError:
                    break
                values = bencode.decode(answer).get(b"r", {}).get(b"values", [])
                found.update(_endpoint(value) for value in values if len(value) == 6)
        return found

    def wait_announced(self, info_hash, port, timeout=60):
        """Until some node has stored a peer with that port."""
        self._world.until(
            lambda: any(found == port for _, found in self.peers(info_hash)),
            f"announce of port {port} to the DHT", timeout, interval=0.3)

    def stop(self):
        self.process.stop()


def _get_peers(info_hash):
    # `ro` (BEP 43) keeps this asker, which answers nobody, out of their tables: libtorrent hands
    # out nodes that never answered.
    return bencode.encode({"t": b"aa", "y": b"q", "q": b"get_peers", "ro": 1,
                           "a": {"id": os.urandom(20), "info_hash": info_hash}})


def _endpoint(compact):
    return socket.inet_ntoa(compact[:4]), int.from_bytes(compact[4:], "big")
