"""A signal stops starling cleanly within two seconds, and nothing that it has is lost."""

import signal
import time

from cases import add_case, case
from failure import Failure

_STOP_SECONDS_MAX = 2.0
_SIZE = 4_000_000


def expect_stop(starling, number):
    began = time.monotonic()
    starling.process.signal(number)
    starling.expect_exit(128 + number, timeout=10)
    seconds = time.monotonic() - began
    if seconds > _STOP_SECONDS_MAX:
        raise Failure(f"it took {seconds:.1f} s to stop")


def _stop_and_finish(number):
    def run(world):
        """Stopped in the middle, it finishes in a second run from what the first one kept."""
        dht = world.dht_network()
        shared = world.file(size=_SIZE)
        torrent = world.torrent(shared)
        seeder = world.client("libtorrent", bootstrap=dht.bootstrap, upload_limit=400_000)
        seeder.seed(torrent, shared)
        dht.wait_announced(torrent.info_hash, seeder.port)
        starling = world.client("starling", bootstrap=dht.bootstrap)
        starling.fetch(torrent.magnet())
        starling.process.wait_event(
            "progress", timeout=30, where=lambda event: event["have_bytes"] > _SIZE // 4)
        expect_stop(starling, number)
        starling.fetch(torrent.magnet())
        complete = starling.wait_complete(60)
        shared.verify_copy(starling.downloads)
        if complete["downloaded"] > _SIZE * 3 // 4:
            raise Failure(f"of a quarter that it had, something was fetched again: {complete}")
    return run


add_case("sigint_then_get_finishes", _stop_and_finish(signal.SIGINT))
add_case("sigterm_then_get_finishes", _stop_and_finish(signal.SIGTERM))


@case()
def sigint_while_nobody_is_found(world):
    starling = world.client("starling", bootstrap=["none"])
    starling.fetch("magnet:?xt=urn:btih:" + "ab" * 20)
    expect_stop(starling, signal.SIGINT)


@case()
def sigterm_ends_seed(world):
    starling = world.client("starling", bootstrap=["none"])
    starling.seed_path(world.file())
    expect_stop(starling, signal.SIGTERM)
