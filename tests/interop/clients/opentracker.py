"""opentracker, by HTTP and by UDP on the same port.

Debian's build serves only info-hashes of its whitelist, which it reads at the start and again on
SIGHUP: it is started once the torrents of the case are known.
"""

import pathlib
import shutil
import urllib.parse
import urllib.request

import bencode
import network
from failure import NotRun
from process import Process


class Opentracker:
    PROGRAM = "opentracker"

    def __init__(self, world):
        if not shutil.which(self.PROGRAM):
            raise NotRun(f"{self.PROGRAM} is not installed")
        self._world = world
        self.address = world.next_address()
        self.port = network.free_port(self.address)
        self.process = None

    def url(self, protocol):
        """The announce URL for 'http' or 'udp'."""
        return f"{protocol}://{self.address}:{self.port}/announce"

    def start(self, *torrents):
        folder = self._world.folder / "opentracker"
        folder.mkdir()
        # It gives up root for `nobody`, who must be able to read the list.
        folder.chmod(0o755)
        whitelist = folder / "whitelist.txt"
        whitelist.write_text("".join(torrent.hex + "\n" for torrent in torrents))
        self.process = Process(
            "opentracker", [*_unprivileged(), self.PROGRAM, "-i", self.address,
                            "-p", self.port, "-P", self.port, "-d", folder, "-w", whitelist.name],
            self._world.folder, self._world.deadline, working_folder=folder)
        self._world.until_listening(self.address, self.port, "opentracker")

    def wait_peer(self, torrent, port, timeout=30):
        """Until a peer with that port has announced itself."""
        self._world.until(lambda: port in self._peer_ports(torrent),
                          f"announce of port {port} to the tracker", timeout, interval=0.3)

    def _peer_ports(self, torrent):
        question = urllib.parse.urlencode({
            "info_hash": torrent.info_hash, "peer_id": "-XX0000-interopasker", "port": 1,
            "uploaded": 0, "downloaded": 0, "left": 1, "compact": 1, "numwant": 50})
        with urllib.request.urlopen(f"{self.url('http')}?{question}", timeout=5) as answer:
            peers = bencode.decode(answer.read()).get(b"peers", b"")
        return {int.from_bytes(peers[at + 4:at + 6], "big") for at in range(0, len(peers), 6)}

    def stop(self):
        if self.process:
            self.process.stop()


def _unprivileged():
    """It refuses to stay root, and root of a user namespace has nobody to turn into.

    In a further user namespace it is nobody from the start.
    """
    mapping = pathlib.Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    is_only_user = len(mapping) == 3 and mapping[2] == "1"
    return ["unshare", "--user", "--"] if is_only_user else []
