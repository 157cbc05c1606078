"""A peer that sends corrupt blocks is banned, and the download completes from an honest one."""

from cases import case
from failure import Failure
from scripted_peer import CorruptPeer


def wait_banned(starling, corrupt):
    starling.process.wait_event("piece_failed", timeout=30)
    banned = starling.process.wait_event("peer_banned", timeout=30)
    if banned["peer"] != corrupt.endpoint():
        raise Failure(f"the wrong peer was banned: {banned}")


@case()
def corrupt_peer_beside_an_honest_one(world):
    """The honest one is found by the DHT, and so slow that the other has its chance."""
    dht = world.dht_network()
    shared = world.file(size=2_000_000)
    torrent = world.torrent(shared)
    honest = world.client("libtorrent", bootstrap=dht.bootstrap, upload_limit=200_000)
    honest.seed(torrent, shared)
    dht.wait_announced(torrent.info_hash, honest.port)
    corrupt = world.started(CorruptPeer(world, torrent))
    starling = world.client("starling", bootstrap=dht.bootstrap)
    starling.fetch(torrent.magnet(), "--peer", corrupt.endpoint())
    wait_banned(starling, corrupt)
    connections = corrupt.connections
    starling.wait_complete(60)
    starling.expect_exit(0, timeout=10)
    shared.verify_copy(starling.downloads)
    if corrupt.connections != connections:
        raise Failure("the banned peer was connected to again")
    # A piece that both had a part in proves nothing against either.
    banned = {event["peer"] for event in starling.process.events("peer_banned")}
    if banned != {corrupt.endpoint()}:
        raise Failure(f"others than the corrupt peer were banned: {banned}")


@case()
def corrupt_peer_before_any_honest_one(world):
    """All it sends is thrown away; the honest peer comes only after the ban."""
    shared = world.file(size=2_000_000)
    torrent = world.torrent(shared)
    corrupt = world.started(CorruptPeer(world, torrent))
    starling = world.client("starling")
    starling.fetch(torrent.path, "--peer", corrupt.endpoint())
    wait_banned(starling, corrupt)
    honest = world.client("libtorrent")
    honest.seed(torrent, shared)
    honest.connect(starling.address, starling.port)
    starling.wait_complete(60)
    shared.verify_copy(starling.downloads)
