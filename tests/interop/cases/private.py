"""Private torrents (BEP 27) are found by their tracker only: nothing about them goes to the DHT.

The only DHT node that starling is told of is a recorder, which sees all it has to say.
"""

import time

import content
from capture import Capture
from cases import case
from failure import Failure
from krpc_recorder import KrpcRecorder

# Bytes a second: slow enough for a look at what goes on during the download.
_SLOW = 600_000
# What was sent before the metadata came may arrive a little later.
_UNDER_WAY_SECONDS = 0.5


def make_private_torrent(world, tracker, shared):
    path = world.folder / "private.torrent"
    maker = world.client("starling", "maker")
    maker.create(shared, path, "--private", "--tracker", tracker.url("http"))
    torrent = content.read_torrent(path)
    if torrent.info.get(b"private") != 1:
        raise Failure("create --private made a public torrent")
    return torrent


@case(needs_namespace=True)
def private_torrent_sends_no_dht_packet(world):
    """Seeded by one starling, fetched by another and by libtorrent, all through the tracker."""
    recorder = world.started(KrpcRecorder(world))
    tracker = world.tracker()
    shared = world.file()
    torrent = make_private_torrent(world, tracker, shared)
    tracker.start(torrent)
    capture = world.started(Capture())
    seeder = world.client("starling", "seeder", bootstrap=recorder.bootstrap)
    seeder.seed(torrent, shared)
    getter = world.client("starling", "getter", bootstrap=recorder.bootstrap)
    getter.fetch(torrent.path, "--seed-after")
    foreigner = world.client("libtorrent", "foreigner")
    foreigner.fetch(torrent.path)
    for leecher in (getter, foreigner):
        leecher.wait_complete(60)
        shared.verify_copy(leecher.downloads)
    if recorder.queries_about(torrent):
        raise Failure(f"the DHT was asked for the torrent: {recorder.queries_about(torrent)[0]}")
    if recorder.datagrams():
        names = [query.name for query in recorder.queries()]
        raise Failure(f"{len(recorder.datagrams())} packets went to the DHT, queries: {names}")
    # On the wire as well, should they have found another node. libtorrent's uTP passes.
    ours = (seeder.address, getter.address)
    for packet in capture.packets():
        if packet.is_udp and packet.source in ours and packet.payload.startswith(b"d"):
            raise Failure(f"a DHT packet left: {packet}: {packet.payload[:100]}")


@case()
def private_torrent_beside_a_public_one(world):
    """The same process announces the public one to the DHT, the private one only to its tracker."""
    recorder = world.started(KrpcRecorder(world))
    tracker = world.tracker()
    secret = world.file(name="secret.bin", seed=2)
    torrent = make_private_torrent(world, tracker, secret)
    tracker.start(torrent)
    public = world.file(name="public.bin", seed=3)
    public_torrent = world.torrent(public)
    starling = world.client("starling", bootstrap=recorder.bootstrap)
    secret.place_copy(starling.downloads)
    public.place_copy(starling.downloads)
    starling.start("seed", torrent.path, public_torrent.path, "--dir", starling.downloads)
    recorder.wait_query("get_peers", public_torrent)
    recorder.wait_query("announce_peer", public_torrent)
    tracker.wait_peer(torrent, starling.port)
    about_secret = [data for data, *_ in recorder.datagrams()
                    if torrent.info_hash in data]
    if about_secret:
        raise Failure(f"the private info-hash went to the DHT: {about_secret[0]}")


@case()
def private_torrent_learned_from_a_magnet(world):
    """Once its metadata says so, the DHT hears no more of it; it completes by its tracker.

    Of the foreign clients only aria2 gives the metadata of a private torrent away.
    """
    recorder = world.started(KrpcRecorder(world))
    tracker = world.tracker()
    shared = world.file()
    torrent = make_private_torrent(world, tracker, shared)
    tracker.start(torrent)
    seeder = world.client("aria2", upload_limit=_SLOW)
    seeder.seed(torrent, shared)
    starling = world.client("starling", bootstrap=recorder.bootstrap)
    starling.fetch(torrent.magnet([tracker.url("http")]), "--seed-after")
    starling.process.wait_event("metadata", timeout=60)
    knows_since = time.monotonic()
    starling.wait_complete(60)
    shared.verify_copy(starling.downloads)
    late = [query for query in recorder.queries_about(torrent)
            if query.time > knows_since + _UNDER_WAY_SECONDS]
    if late:
        raise Failure(f"the DHT was told of a torrent known to be private: {late}")
