"""`starling get MAGNET` from each foreign client, found through the DHT and nothing else."""

import content
from cases import add_case, case


def fetch_by_dht(world, seeder_kind, shared):
    dht = world.dht_network()
    torrent = world.torrent(shared)
    seeder = world.client(seeder_kind, bootstrap=dht.bootstrap)
    seeder.seed(torrent, shared)
    dht.wait_announced(torrent.info_hash, seeder.port)
    starling = world.client("starling", bootstrap=dht.bootstrap)
    starling.fetch(torrent.magnet())
    starling.wait_complete()
    # Without --seed-after it has done its work.
    starling.expect_exit(0, timeout=10)
    shared.verify_copy(starling.downloads)


def _register():
    for kind in ("libtorrent", "aria2", "transmission"):
        def run(world, kind=kind):
            fetch_by_dht(world, kind, world.file())
        add_case(f"get_from_{kind}_by_dht", run, seconds_max=100,
                 needs_namespace=kind == "transmission")


_register()


@case()
def get_folder_from_libtorrent_by_dht(world):
    """Several files: pieces across file ends, an empty file, a folder in a folder."""
    fetch_by_dht(world, "libtorrent", content.make_folder(world.folder / "shared"))


@case()
def get_by_info_hash_alone(world):
    """The shortest SOURCE there is: 40 hex digits."""
    dht = world.dht_network()
    shared = world.file()
    torrent = world.torrent(shared)
    world.client("libtorrent", bootstrap=dht.bootstrap).seed(torrent, shared)
    starling = world.client("starling", bootstrap=dht.bootstrap)
    starling.fetch(torrent.hex)
    starling.wait_complete()
    shared.verify_copy(starling.downloads)
