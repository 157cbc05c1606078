"""aria2 1.36.

Its UDP socket (DHT and UDP trackers) and its listening socket are bound to no address, so it is
seen as `network.wildcard_source()` and needs a port of its own. It waits about ten seconds before
its first DHT lookup, and its DHT runs only while a torrent does. Without `--enable-dht` it has no
UDP trackers either, so the DHT stays on in tracker cases, with no node to ask.

As a leecher it sends its whole bitfield again where a run of `have` messages would be longer.
"""

import json
import urllib.request

import network
from clients.client import Client
from process import Process


class Aria2(Client):
    PROGRAM = "aria2c"
    USES_ONE_ADDRESS = False
    BOOTSTRAP_NODES_MAX = 1

    def __init__(self, world, name, bootstrap=(), upload_limit=0):
        """`upload_limit` in bytes a second, 0 for none."""
        super().__init__(world, name, bootstrap)
        self.address = network.wildcard_source()
        self._rpc_port = network.free_port("")
        self._upload_limit = upload_limit

    def seed(self, torrent, shared):
        shared.place_copy(self.downloads)
        self._start(torrent.path, "--check-integrity=true")
        self.wait_complete(timeout=30)

    def fetch(self, source):
        self._start(source)

    def wait_complete(self, timeout=None):
        self.world.until(self._is_seeder, f"{self.name}: complete", timeout, interval=0.3)

    def _start(self, source, *options):
        entries = [f"--dht-entry-point={node}" for node in self.bootstrap]
        command = [
            self.PROGRAM, "--no-conf", f"--dir={self.downloads}", "--seed-ratio=0",
            f"--listen-port={self.port}", f"--dht-listen-port={self.port}",
            "--enable-dht=true", "--enable-dht6=false", *entries,
            f"--dht-file-path={self.folder}/dht.dat", "--bt-enable-lpd=false",
            "--enable-rpc=true", f"--rpc-listen-port={self._rpc_port}",
            "--file-allocation=none", "--summary-interval=0", "--show-console-readout=false",
            "--console-log-level=info", "--bt-tracker-connect-timeout=10", "--disable-ipv6=true",
            f"--max-upload-limit={self._upload_limit}", *options, source]
        self.process = Process(self.name, command, self.world.folder, self.world.deadline)

    def _is_seeder(self):
        """True once a download that is more than a magnet's metadata has all its bytes."""
        if not self.process.is_running():
            self.process.wait_line(lambda line: None, "complete", timeout=1)
        return any(int(download["totalLength"]) > 0 and download.get("seeder") == "true"
                   for download in self._call("aria2.tellActive", ["seeder", "totalLength"]) or [])

    def _call(self, method, *parameters):
        body = json.dumps({"jsonrpc": "2.0", "id": "1", "method": method,
                           "params": parameters}).encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._rpc_port}/jsonrpc", body,
                                        timeout=5) as answer:
                return json.load(answer)["result"]
        except OSError:
            return None  # Not listening yet.
