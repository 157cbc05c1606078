"""What a `get` leaves in the state folder is enough to serve on with nobody else online."""

from cases import case


@case()
def seed_magnet_with_nobody_online(world):
    dht = world.dht_network()
    shared = world.file()
    torrent = world.torrent(shared)
    origin = world.client("libtorrent", "origin", bootstrap=dht.bootstrap)
    origin.seed(torrent, shared)
    starling = world.client("starling", bootstrap=dht.bootstrap)
    starling.fetch(torrent.magnet())
    starling.expect_exit(0, timeout=60)
    origin.stop()
    dht.stop()
    starling.seed_source(torrent.magnet())
    leecher = world.client("libtorrent", "leecher")
    leecher.fetch(torrent.magnet())
    leecher.connect(starling.address, starling.port)
    leecher.wait_complete()
    shared.verify_copy(leecher.downloads)
