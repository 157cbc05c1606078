"""Each foreign client gets from `starling seed PATH`, found through the DHT and nothing else."""

import content
from cases import case


def serve_by_dht(world, leecher_kind, shared, **leecher_options):
    dht = world.dht_network()
    starling = world.client("starling", bootstrap=dht.bootstrap)
    magnet = starling.seed_path(shared)
    dht.wait_announced(content.magnet_info_hash(magnet), starling.port)
    leecher = world.client(leecher_kind, bootstrap=dht.bootstrap, **leecher_options)
    leecher.fetch(magnet)
    leecher.wait_complete()
    shared.verify_copy(leecher.downloads)


@case()
def seed_to_libtorrent_by_dht(world):
    serve_by_dht(world, "libtorrent", world.file())


@case()
def seed_to_aria2_by_dht(world):
    serve_by_dht(world, "aria2", world.file())


@case(seconds_max=120, needs_namespace=True)
def seed_to_transmission_by_dht(world):
    """Over TCP from the first packet on."""
    serve_by_dht(world, "transmission", world.file(), utp=False)


@case(seconds_max=170, needs_namespace=True)
def seed_to_transmission_with_utp_by_dht(world):
    """With transmission's defaults: a seeder without uTP has to find and connect to the leecher."""
    serve_by_dht(world, "transmission", world.file())


@case()
def seed_folder_to_libtorrent_by_dht(world):
    serve_by_dht(world, "libtorrent", content.make_folder(world.folder / "shared"))
