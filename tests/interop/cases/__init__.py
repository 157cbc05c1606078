"""The cases, one file a topic; importing a topic registers its cases.

A case is a function of a `World`; its name is what the driver prints and filters by.
"""

import dataclasses
import importlib
import typing

TOPICS = ("foreign", "dht_fetch", "dht_serve", "swarm", "trackers", "scrape", "private",
          "isolation", "items", "corrupt", "saved_state", "signals", "ipv6", "dht_counts",
          "dht_bench")


@dataclasses.dataclass
class Case:
    name: str
    run: typing.Callable
    seconds_max: float
    # Needs private addresses or a capture, so it cannot fall back to 127/8.
    needs_namespace: bool
    # A check of this harness without starling; runs only if a filter names it.
    is_self_check: bool


REGISTERED = {}


def case(seconds_max=90, needs_namespace=False, is_self_check=False):
    """Registers the decorated function under its own name."""
    def register(function):
        add_case(function.__name__, function, seconds_max, needs_namespace, is_self_check)
        return function
    return register


def add_case(name, function, seconds_max=90, needs_namespace=False, is_self_check=False):
    """For a topic that has the same case for several partners."""
    assert name not in REGISTERED, name
    REGISTERED[name] = Case(name, function, seconds_max, needs_namespace, is_self_check)


def load():
    for topic in TOPICS:
        importlib.import_module(f"cases.{topic}")
    return REGISTERED
