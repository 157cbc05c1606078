"""A libtorrent session that asks one DHT node for a sample of its info-hashes (BEP 51).

Arguments: where to listen, the node, both HOST:PORT. Prints the event `sample` and ends.
"""

import json
import os
import sys
import time

import libtorrent as lt

from libtorrent_settings import session_settings


def main():
    listen, node = sys.argv[1:]
    session = lt.session(session_settings(listen, [node]))
    host, port = node.rsplit(":", 1)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        session.dht_sample_infohashes((host, int(port)), lt.sha1_hash(os.urandom(20)))
        session.wait_for_alert(1000)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.dht_sample_infohashes_alert):
                print(json.dumps({
                    "event": "sample", "num": alert.num_infohashes,
                    "interval": str(alert.interval),
                    "samples": [str(sample) for sample in alert.samples],
                    "nodes": alert.num_nodes}), flush=True)
                os._exit(0)
    os._exit(1)


main()
