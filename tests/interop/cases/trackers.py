"""The DHT off: peers found through opentracker, by HTTP and by UDP, in both directions."""

import content
from cases import add_case


def _get_by_tracker(protocol, seeder_kind):
    def run(world):
        shared = world.file()
        tracker = world.tracker()
        url = tracker.url(protocol)
        torrent = world.torrent(shared, trackers=[url])
        tracker.start(torrent)
        world.client(seeder_kind).seed(torrent, shared)
        starling = world.client("starling")
        starling.fetch(torrent.magnet([url]))
        starling.wait_complete()
        starling.expect_exit(0, timeout=10)
        shared.verify_copy(starling.downloads)
    return run


def _seed_by_tracker(protocol, leecher_kind):
    def run(world):
        shared = world.file()
        tracker = world.tracker()
        url = tracker.url(protocol)
        starling = world.client("starling")
        path = world.folder / "made.torrent"
        starling.create(shared, path, "--tracker", url)
        torrent = content.read_torrent(path)
        tracker.start(torrent)
        starling.seed(torrent, shared)
        leecher = world.client(leecher_kind)
        leecher.fetch(torrent.magnet([url]))
        leecher.wait_complete()
        shared.verify_copy(leecher.downloads)
    return run


def _register():
    for protocol in ("http", "udp"):
        for partner in ("libtorrent", "aria2"):
            add_case(f"get_from_{partner}_by_{protocol}_tracker",
                     _get_by_tracker(protocol, partner))
            add_case(f"seed_to_{partner}_by_{protocol}_tracker",
                     _seed_by_tracker(protocol, partner))


_register()
