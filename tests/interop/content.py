"""What is shared in a case: generated files with known checksums, and torrents of them.

Torrents are made here and not by a client, so that every client is handed the same bytes.
"""

import dataclasses
import hashlib
import pathlib
import random
import re
import urllib.parse

import bencode
from failure import Failure

PIECE_LENGTH = 64 * 1024


@dataclasses.dataclass
class Content:
    """A file or a folder, and the SHA-256 of every file in it by its relative path."""

    path: pathlib.Path
    checksums: dict

    @property
    def name(self):
        return self.path.name

    def verify_copy(self, folder):
        """Fails unless `folder` holds the same files, byte for byte, under the same names."""
        for relative, checksum in self.checksums.items():
            copy = pathlib.Path(folder) / relative
            if not copy.is_file():
                raise Failure(f"{copy} is missing")
            if sha256(copy) != checksum:
                raise Failure(f"{copy} differs from what was shared")

    def place_copy(self, folder):
        """Puts the files under `folder`, for a client that is to seed from there."""
        for relative in self.checksums:
            copy = pathlib.Path(folder) / relative
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((self.path.parent / relative).read_bytes())


@dataclasses.dataclass
class Torrent:
    """A .torrent file on disk and what the cases ask about it."""

    path: pathlib.Path
    info_hash: bytes
    piece_length: int
    name: str
    info: dict

    @property
    def hex(self):
        return self.info_hash.hex()

    def magnet(self, trackers=()):
        link = f"magnet:?xt=urn:btih:{self.hex}&dn={urllib.parse.quote(self.name)}"
        return link + "".join("&tr=" + urllib.parse.quote(url, safe="") for url in trackers)


def magnet_info_hash(magnet):
    return bytes.fromhex(re.search("btih:([0-9a-fA-F]{40})", magnet).group(1))


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def make_file(folder, name="file.bin", size=4 * 1024 * 1024 + 12345, seed=1):
    """A file whose last piece is short; the same seed makes the same bytes."""
    path = pathlib.Path(folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(random.Random(seed).randbytes(size))
    return Content(path, {name: sha256(path)})


def make_folder(folder, name="album"):
    """Files of awkward sizes: pieces that span several of them, an empty one, a deep one."""
    root = pathlib.Path(folder) / name
    sizes = {"a.bin": 100_000, "b.txt": 1, "empty": 0, "deep/er/c.bin": 1_500_000, "z.bin": 65_536}
    checksums = {}
    for seed, (relative, size) in enumerate(sizes.items(), start=10):
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(seed).randbytes(size))
        checksums[f"{name}/{relative}"] = sha256(path)
    return Content(root, checksums)


def make_torrent(content, path, trackers=(), private=False, piece_length=PIECE_LENGTH):
    info = {b"name": content.name.encode(), b"piece length": piece_length}
    if content.path.is_file():
        files = [content.path]
        info[b"length"] = content.path.stat().st_size
    else:
        files = [content.path.parent / relative for relative in content.checksums]
        info[b"files"] = [{b"length": file.stat().st_size,
                           b"path": [part.encode() for part in
                                     file.relative_to(content.path).parts]} for file in files]
    data = b"".join(file.read_bytes() for file in files)
    info[b"pieces"] = b"".join(hashlib.sha1(data[at:at + piece_length]).digest()
                               for at in range(0, len(data), piece_length))
    if private:
        info[b"private"] = 1
    metainfo = {b"info": info}
    if trackers:
        metainfo[b"announce"] = trackers[0].encode()
        metainfo[b"announce-list"] = [[url.encode()] for url in trackers]
    pathlib.Path(path).write_bytes(bencode.encode(metainfo))
    return read_torrent(path)


def read_torrent(path):
    info = bencode.decode(pathlib.Path(path).read_bytes())[b"info"]
    return Torrent(pathlib.Path(path), hashlib.sha1(bencode.encode(info)).digest(),
                   info[b"piece length"], info[b"name"].decode(), info)
