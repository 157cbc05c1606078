"""The same over ::1: peers given by hand, and a DHT of two nodes."""

from cases import case

_LOOPBACK = "::1"


@case()
def ipv6_between_two_starlings(world):
    """The getter is told nothing but the seeder as a node of the DHT."""
    shared = world.file()
    seeder = world.client("starling", "seeder", bootstrap=["none"], address=_LOOPBACK)
    magnet = seeder.seed_path(shared)
    getter = world.client("starling", "getter", bootstrap=[seeder.endpoint()], address=_LOOPBACK)
    getter.fetch(magnet)
    getter.expect_exit(0, timeout=60)
    shared.verify_copy(getter.downloads)


@case()
def ipv6_from_libtorrent(world):
    shared = world.file()
    torrent = world.torrent(shared)
    seeder = world.client("libtorrent", address=_LOOPBACK)
    seeder.seed(torrent, shared)
    starling = world.client("starling", address=_LOOPBACK)
    starling.fetch(torrent.magnet(), "--peer", seeder.endpoint())
    starling.expect_exit(0, timeout=60)
    shared.verify_copy(starling.downloads)


@case()
def ipv6_to_libtorrent(world):
    shared = world.file()
    starling = world.client("starling", address=_LOOPBACK)
    magnet = starling.seed_path(shared)
    leecher = world.client("libtorrent", address=_LOOPBACK)
    leecher.fetch(magnet)
    leecher.connect(starling.address, starling.port)
    leecher.wait_complete(60)
    shared.verify_copy(leecher.downloads)
