"""The scenario file, as far as real processes need it; what they cannot do is refused."""

import dataclasses
import re
import tomllib

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_TOP = {"title", "about", "until", "sample", "dht_nodes", "network", "content", "population",
        "params", "check"}
_POPULATION = {"count", "seeds", "measured", "up", "down", "join", "stay", "choker"}


@dataclasses.dataclass(frozen=True)
class Population:
    name: str
    count: int
    seeds: bool
    up: int  # bits a second
    down: int
    join_over: float
    choker: str  # as --choker takes it


@dataclasses.dataclass(frozen=True)
class Scenario:
    size: int
    piece: int
    populations: list

    @property
    def seeds(self):
        return next(population for population in self.populations if population.seeds)

    @property
    def leechers(self):
        return [population for population in self.populations if not population.seeds]


def read(path):
    with open(path, "rb") as text:
        tree = tomllib.load(text)
    _refuse_others(tree, _TOP, path.name)
    (content,) = tree["content"].values()
    if tree["network"] != {"latency": "lan", "loss": 0}:
        raise ValueError("real processes are measured on a LAN that loses nothing")
    populations = [_population(name, fields) for name, fields in tree["population"].items()]
    if sum(population.count for population in populations if population.seeds) != 1:
        raise ValueError("real processes are measured with one seed")
    return Scenario(_size(content["size"]), _size(content["piece"]), populations)


def _population(name, fields):
    _refuse_others(fields, _POPULATION, name)
    seeds = fields.get("seeds", False)
    if not seeds and fields.get("stay") != "leave":
        raise ValueError(f"{name}: real leechers leave when they are done")
    join = fields.get("join", {})
    _refuse_others(join, {"over"}, f"{name}.join")
    return Population(name, fields["count"], seeds, _bits(fields["up"]), _bits(fields["down"]),
                      _seconds(join.get("over", "0s")), _choker(fields["choker"]))


def _choker(fields):
    given = {key: value for key, value in fields.items() if key != "name"}
    parameters = ",".join(f"{key}={value}" for key, value in given.items())
    return f"{fields['name']}:{parameters}" if parameters else fields["name"]


def _refuse_others(table, known, where):
    unknown = set(table) - known
    if unknown:
        raise ValueError(f"{where}: no real counterpart of {', '.join(sorted(unknown))}")


def _size(text):
    number, unit = re.fullmatch(r"([0-9.]+)(|[KMG]i?)B", text).groups()
    return round(float(number) * _UNITS[unit])


def _bits(text):
    number, unit = re.fullmatch(r"([0-9.]+)(|[KMG])bit/s", text).groups()
    return round(float(number) * _UNITS[unit])


def _seconds(text):
    return float(re.fullmatch(r"([0-9.]+)s", text).group(1))
