"""Checks of the harness itself: the foreign clients among each other, without starling.

When one of these fails, the machine or the harness is at fault. `run.py foreign` runs them.
"""

from cases import add_case


def _fetch_by_dht(seeder_kind, leecher_kind):
    def run(world):
        dht = world.dht_network()
        shared = world.file()
        torrent = world.torrent(shared)
        seeder = world.client(seeder_kind, "seeder-" + seeder_kind, bootstrap=dht.bootstrap)
        leecher = world.client(leecher_kind, "leecher-" + leecher_kind, bootstrap=dht.bootstrap)
        seeder.seed(torrent, shared)
        dht.wait_announced(torrent.info_hash, seeder.port)
        leecher.fetch(torrent.magnet())
        leecher.wait_complete()
        shared.verify_copy(leecher.downloads)
    return run


def _fetch_by_tracker(seeder_kind, leecher_kind, protocol):
    def run(world):
        shared = world.file()
        tracker = world.tracker()
        url = tracker.url(protocol)
        torrent = world.torrent(shared, trackers=[url])
        tracker.start(torrent)
        seeder = world.client(seeder_kind, "seeder-" + seeder_kind)
        leecher = world.client(leecher_kind, "leecher-" + leecher_kind)
        seeder.seed(torrent, shared)
        leecher.fetch(torrent.magnet([url]))
        leecher.wait_complete()
        shared.verify_copy(leecher.downloads)
    return run


def _register():
    kinds = ("libtorrent", "aria2", "transmission")
    for seeder in kinds:
        for leecher in kinds:
            if seeder != leecher or seeder == "libtorrent":
                add_case(f"foreign_dht_{seeder}_to_{leecher}", _fetch_by_dht(seeder, leecher),
                         seconds_max=150, is_self_check=True,
                         needs_namespace="transmission" in (seeder, leecher))
    for protocol in ("http", "udp"):
        for seeder, leecher in (("libtorrent", "aria2"), ("aria2", "libtorrent")):
            add_case(f"foreign_{protocol}_tracker_{seeder}_to_{leecher}",
                     _fetch_by_tracker(seeder, leecher, protocol), is_self_check=True)


_register()
