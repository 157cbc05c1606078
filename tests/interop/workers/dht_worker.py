"""A DHT of libtorrent nodes in one process, each with an address of its own.

Arguments: the endpoints of the nodes. Prints the event `ready` once every node knows others. The
end of stdin ends the process.
"""

import json
import os
import sys
import time

import libtorrent as lt

from libtorrent_settings import session_settings
from libtorrent_table import known_nodes

# Enough for a lookup to come from any node to any other.
KNOWN_NODES_MIN = 4


def main():
    endpoints = sys.argv[1:]
    # None is a bootstrap node of another: libtorrent never names those to anybody, so the others
    # would be found by all and that one by chance. Each is its own, since one there must be.
    sessions = [lt.session(session_settings(endpoint, [endpoint])) for endpoint in endpoints]
    # Each is told of all others: nodes that start together all ask the first while its table is
    # empty, and libtorrent does not ask again for minutes.
    for session in sessions:
        for endpoint in endpoints:
            host, port = endpoint.rsplit(":", 1)
            session.add_dht_node((host, int(port)))
    wanted = min(KNOWN_NODES_MIN, len(endpoints) - 1)
    while True:
        known = [known_nodes(session) for session in sessions]
        print(f"nodes known: {known}", flush=True)
        if min(known) >= wanted:
            break
        time.sleep(0.2)
    print(json.dumps({"event": "ready", "known": known}), flush=True)
    sys.stdin.read()
    os._exit(0)


main()
