"""transmission-daemon 3.00.

It refuses 127/8 as an address of a peer and has no call to add one, so it lives only in a
namespace with private addresses. Its DHT starts from `dht.dat`, of which it pings a node every
few seconds. The window of its requests grows with a rate estimated over seconds.

With uTP on, its default, it cannot by itself connect to a peer that speaks only TCP: it sends one
uTP packet and gives up after 30 seconds; where that packet is answered by a reset it goes over to
TCP, but drops that connection at once through a mistake of its own. Either way it does not try
again for 15 minutes. Such a peer has to connect to transmission, which it finds once transmission
has announced itself to the DHT. After a magnet's metadata it closes all connections, checks files
and waits to be found again.
"""

import json
import os
import socket
import urllib.error
import urllib.request

import bencode
import network
from clients.client import Client
from failure import Failure, NotRun
from process import Process


class Transmission(Client):
    PROGRAM = "transmission-daemon"
    # With fewer than nine nodes, four of them answered, it calls its DHT broken and stays silent.
    BOOTSTRAP_NODES_MAX = 12

    def __init__(self, world, name, bootstrap=(), utp=True):
        if not network.in_namespace():
            raise NotRun("transmission needs a network namespace")
        super().__init__(world, name, bootstrap)
        self._rpc_port = network.free_port("127.0.0.1")
        self._session_id = ""
        self._utp = utp

    def seed(self, torrent, shared):
        shared.place_copy(self.downloads)
        self.fetch(torrent.path)
        self.wait_complete(timeout=40)

    def fetch(self, source):
        self._write_configuration()
        self.process = Process(
            self.name, [self.PROGRAM, "--foreground", "--config-dir", self.folder,
                        "--log-debug"], self.world.folder, self.world.deadline)
        self.world.until_listening("127.0.0.1", self._rpc_port, self.name)
        answer = self._call("torrent-add", filename=str(source),
                            **{"download-dir": str(self.downloads)})
        if answer["result"] != "success":
            raise Failure(f"{self.name} refused the torrent: {answer['result']}")

    def wait_complete(self, timeout=None):
        self.world.until(self._is_complete, f"{self.name}: complete", timeout, interval=0.3)

    def _is_complete(self):
        """Metadata there, nothing left to fetch, and not about to check files."""
        answer = self._call("torrent-get", fields=["metadataPercentComplete", "leftUntilDone",
                                                   "status", "sizeWhenDone"])
        seeding = 6
        return any(torrent["metadataPercentComplete"] == 1 and torrent["leftUntilDone"] == 0
                   and torrent["sizeWhenDone"] > 0 and torrent["status"] == seeding
                   for torrent in answer["arguments"]["torrents"])

    def _write_configuration(self):
        settings = {
            "bind-address-ipv4": self.address, "peer-port": self.port,
            "peer-port-random-on-start": False, "port-forwarding-enabled": False,
            "rpc-bind-address": "127.0.0.1", "rpc-port": self._rpc_port,
            "rpc-whitelist-enabled": False, "rpc-host-whitelist-enabled": False,
            "rpc-authentication-required": False, "download-dir": str(self.downloads),
            "utp-enabled": self._utp,
            "dht-enabled": bool(self.bootstrap), "lpd-enabled": False, "message-level": 3}
        (self.folder / "settings.json").write_text(json.dumps(settings))
        nodes = b"".join(_compact(node) for node in self.bootstrap)
        (self.folder / "dht.dat").write_bytes(
            bencode.encode({"id": os.urandom(20), "nodes": nodes}))

    def _call(self, method, **arguments):
        """JSON-RPC; the first answer is 409 with the session id to repeat the call with."""
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        for _ in range(2):
            request = urllib.request.Request(
                f"http://127.0.0.1:{self._rpc_port}/transmission/rpc", body,
                {"X-Transmission-Session-Id": self._session_id})
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 409:
                    raise
                self._session_id = error.headers["X-Transmission-Session-Id"]
        raise Failure(f"{self.name}: no session id")


def _compact(endpoint):
    host, port = endpoint.rsplit(":", 1)
    return socket.inet_aton(host) + int(port).to_bytes(2, "big")
