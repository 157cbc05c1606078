"""Announces, scrapes (BEP 33) and samples of info-hashes (BEP 51) between starling and libtorrent."""

import os
import pathlib

import network
from cases import case
from clients.python import find_python_with_libtorrent
from failure import Failure
from process import JsonProcess

_SAMPLE_WORKER = pathlib.Path(__file__).parents[1] / "workers" / "dht_sample_worker.py"


def announce(world, bootstrap, info_hash, port, *options):
    """`starling dht announce` by a peer with an address of its own; what it says."""
    return world.client("starling", f"announcer-{port}").dht(
        bootstrap, "announce", info_hash, "--port", port, *options)


@case()
def announce_to_libtorrent(world):
    dht = world.dht_network()
    info_hash = os.urandom(20)
    said = announce(world, dht.bootstrap, info_hash.hex(), 5123)
    if said["announced"] < 8:
        raise Failure(f"taken by too few: {said}")
    dht.wait_announced(info_hash, 5123)


@case(seconds_max=150)
def scrape_what_libtorrent_counts(world):
    """libtorrent's nodes keep who is a seed, and answer with the filters of BEP 33."""
    dht = world.dht_network()
    info_hash = os.urandom(20).hex()
    for peer in range(12):
        seed = ["--seed"] if peer < 5 else []
        announce(world, dht.bootstrap, info_hash, 5000 + peer, *seed)
    said = world.client("starling", "asker").dht(dht.bootstrap, "scrape", info_hash)
    if said["filters"] < 8 or said["refused"] > 0:
        raise Failure(f"too few counts: {said}")
    if round(said["seeds"]) != 5 or round(said["peers"]) != 7:
        raise Failure(f"not 5 seeds and 7 peers: {said}")


@case()
def sample_of_libtorrent(world):
    dht = world.dht_network()
    announced = {os.urandom(20).hex() for _ in range(5)}
    for port, info_hash in enumerate(sorted(announced), 5000):
        announce(world, dht.bootstrap, info_hash, port)
    asker = world.client("starling", "asker")
    one = asker.dht([], "sample", dht.bootstrap[3])["nodes"]
    if len(one) != 1 or one[0]["samples"] is None:
        raise Failure(f"no sample of one node: {one}")
    around = asker.dht(dht.bootstrap, "sample", min(announced))["nodes"]
    sampled = {sample for node in around for sample in node["samples"]}
    if sampled != announced:
        raise Failure(f"sampled {sampled} instead of {announced}")
    if any(not 0 <= node["interval"] <= 21600 for node in around):
        raise Failure(f"intervals outside of BEP 51: {around}")


@case()
def sample_by_libtorrent(world):
    node = world.client("starling", "node")
    place = node.dht_node()
    announced = {os.urandom(20).hex() for _ in range(5)}
    for port, info_hash in enumerate(sorted(announced), 5000):
        announce(world, [place], info_hash, port)
    host = world.next_address()
    worker = world.started(JsonProcess(
        "sampler", [find_python_with_libtorrent(), _SAMPLE_WORKER,
                    network.host_and_port(host, network.free_port(host)), place],
        world.folder, world.deadline))
    sample = worker.wait_event("sample", timeout=40)
    if set(sample["samples"]) != announced or sample["num"] != len(announced):
        raise Failure(f"libtorrent read {sample} instead of {announced}")


@case()
def crawl_libtorrent_nodes(world):
    """Every node of a small network, with the version that it says it is."""
    dht = world.dht_network()
    asker = world.client("starling", "crawler")
    table = asker.folder / "nodes.csv"
    said = asker.dht(dht.bootstrap, "crawl", "--out", table, "--rate", 200, "--for", "20s")
    lines = [line.split(",") for line in table.read_text().splitlines()[1:]]
    found = {f"{line[1]}:{line[2]}" for line in lines if line[-1] == "1"}
    if not found.issuperset(dht.bootstrap) or said["answered"] < len(dht.bootstrap):
        raise Failure(f"crawled {found} of {dht.bootstrap}; said {said}")
    if not all(line[4].startswith("LT-") for line in lines if line[-1] == "1"):
        raise Failure(f"unknown versions: {lines}")
