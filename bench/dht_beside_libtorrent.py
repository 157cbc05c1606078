"""The libtorrent half of dht_beside.py, for Debian's Python, to which python3-libtorrent belongs.

Argument: a JSON object: `listen` (HOST:PORT of each session), `bootstrap`, `lookups`, `pause` in
seconds between two. Prints a line about the sessions, then each target that it looks up.
"""

import json
import os
import pathlib
import random
import sys
import time

import libtorrent as lt

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/interop/workers"))

from libtorrent_settings import session_settings  # noqa: E402
from libtorrent_table import known_nodes  # noqa: E402


def main():
    task = json.loads(sys.argv[1])
    sessions = [lt.session(session_settings(listen, task["bootstrap"]))
                for listen in task["listen"]]
    for session in sessions:
        for router in task["bootstrap"]:
            host, port = router.rsplit(":", 1)
            session.add_dht_node((host, int(port)))
    known = 0
    for _ in range(6):
        time.sleep(10)
        before, known = known, sum(known_nodes(session) for session in sessions)
        if known < 1.05 * before:
            break
    print(f"libtorrent {lt.version}: {known / len(sessions):.1f} contacts a node", flush=True)
    chance = random.Random(1)
    for number in range(task["lookups"]):
        target = chance.randbytes(20)
        print(target.hex(), flush=True)
        sessions[number % len(sessions)].dht_get_peers(lt.sha1_hash(target))
        time.sleep(task["pause"])
    time.sleep(10)
    os._exit(0)  # Threads of the sessions must not delay the end.


main()
