"""One seeder and one leecher of each kind, who know only DHT nodes and the magnet link.

The leechers serve each other; the seeder is too slow to serve all of them alone in time.
"""

import content
from cases import case

_SIZE = 8 * 1024 * 1024
_LEECHERS = ("starling", "libtorrent", "aria2", "transmission")


def complete_leechers(world, dht, magnet, shared):
    leechers = [world.client(kind, "leecher-" + kind, bootstrap=dht.bootstrap)
                for kind in _LEECHERS]
    for leecher in leechers:
        options = ["--seed-after"] if leecher.name == "leecher-starling" else []
        leecher.fetch(magnet, *options)
    for leecher in leechers:
        leecher.wait_complete()
        shared.verify_copy(leecher.downloads)


@case(seconds_max=170, needs_namespace=True)
def swarm_from_starling(world):
    dht = world.dht_network()
    shared = world.file(size=_SIZE)
    seeder = world.client("starling", "seeder", bootstrap=dht.bootstrap)
    magnet = seeder.seed_path(shared, "--up-limit", "1M")
    dht.wait_announced(content.magnet_info_hash(magnet), seeder.port)
    complete_leechers(world, dht, magnet, shared)


@case(seconds_max=170, needs_namespace=True)
def swarm_from_libtorrent(world):
    dht = world.dht_network()
    shared = world.file(size=_SIZE)
    torrent = world.torrent(shared)
    seeder = world.client("libtorrent", "seeder", bootstrap=dht.bootstrap, upload_limit=1_000_000)
    seeder.seed(torrent, shared)
    dht.wait_announced(torrent.info_hash, seeder.port)
    complete_leechers(world, dht, torrent.magnet(), shared)
