"""--dht-bootstrap replaces the well-known routers: no packet leaves for any other address.

In a namespace of its own starling is alone with the partner that the case names, and every packet
that it sends to anywhere is captured. The last case shows that the capture would see more.
"""

import hashlib

from capture import Capture
from cases import case
from failure import Failure
from krpc_recorder import KrpcRecorder

_DNS_PORT = 53


def search_in_vain(world, name="starling", **options):
    """`get` of a torrent that nobody has, until --timeout ends it; the packets meanwhile."""
    starling = world.client("starling", name, **options)
    capture = world.started(Capture())
    nobody_has = hashlib.sha1(b"nobody has this").hexdigest()
    starling.fetch(f"magnet:?xt=urn:btih:{nobody_has}", "--timeout", "4s")
    starling.expect_exit(1, timeout=20)
    return starling, capture.packets()


def expect_only(packets, allowed):
    strays = [str(packet) for packet in packets if packet.destination not in allowed]
    if strays:
        raise Failure(f"{len(strays)} packets went elsewhere, the first: {strays[0]}")


@case(needs_namespace=True)
def bootstrap_option_replaces_routers(world):
    recorder = world.started(KrpcRecorder(world))
    starling, packets = search_in_vain(world, bootstrap=recorder.bootstrap)
    if not recorder.queries("get_peers"):
        raise Failure("the given node was never asked")
    expect_only(packets, {recorder.address, starling.address})


@case(needs_namespace=True)
def bootstrap_none_asks_nobody(world):
    _, packets = search_in_vain(world, bootstrap=["none"])
    expect_only(packets, set())


@case(needs_namespace=True)
def no_dht_asks_nobody(world):
    _, packets = search_in_vain(world, bootstrap=[])
    expect_only(packets, set())


@case(needs_namespace=True)
def saved_table_is_kept_per_bootstrap_set(world):
    """Nodes learned from one DHT are not asked when the next run is told of none."""
    recorder = world.started(KrpcRecorder(world))
    first, _ = search_in_vain(world, "first", bootstrap=recorder.bootstrap)
    before = len(recorder.datagrams())
    if not before:
        raise Failure("the given node was never asked")
    _, packets = search_in_vain(world, "second", bootstrap=["none"], state=first.state)
    expect_only(packets, set())
    if len(recorder.datagrams()) != before:
        raise Failure("the second run asked a node of the first one's table")


@case(needs_namespace=True)
def default_asks_the_routers(world):
    """The control: left alone, starling looks up the names of the routers, and that is seen."""
    _, packets = search_in_vain(world, bootstrap=None)
    lookups = [packet for packet in packets if packet.destination_port == _DNS_PORT]
    if not any(b"\x0abittorrent\x03com" in packet.payload for packet in lookups):
        raise Failure(f"no lookup of a router's name among {len(packets)} packets")
