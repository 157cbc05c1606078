"""libtorrent sessions in one DHT that announce and look for peers on command.

Arguments: where each listens, all HOST:PORT. Each is told of all others. Prints the event `ready`,
then reads one JSON command a line: `announce` or `find` (an info-hash, by the session of a number),
or `known` (how many nodes are in its table), and answers each with an event of that name.
"""

import json
import os
import sys
import time

import libtorrent as lt

from libtorrent_settings import session_settings

FIND_SECONDS_MAX = 20


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def wait_alert(session, accept, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        session.wait_for_alert(200)
        for alert in session.pop_alerts():
            value = accept(alert)
            if value is not None:
                return value
    return None


def known(session, _):
    session.post_dht_stats()
    count = wait_alert(session, lambda alert: sum(
        bucket["num_nodes"] for bucket in alert.routing_table)
        if isinstance(alert, lt.dht_stats_alert) else None, 5)
    say("known", nodes=count or 0)


def announce(session, command):
    session.dht_announce(lt.sha1_hash(bytes.fromhex(command["hash"])), command["port"], 0)
    say("announce")


def find(session, command):
    wanted = command["hash"]
    session.dht_get_peers(lt.sha1_hash(bytes.fromhex(wanted)))
    ports = wait_alert(session, lambda alert: [peer[1] for peer in alert.peers()] or None
                       if isinstance(alert, lt.dht_get_peers_reply_alert)
                       and str(alert.info_hash) == wanted else None, FIND_SECONDS_MAX)
    say("find", ports=ports or [])


COMMANDS = {"known": known, "announce": announce, "find": find}


def main():
    endpoints = sys.argv[1:]
    sessions = [lt.session(session_settings(endpoint, endpoints[:1])) for endpoint in endpoints]
    for session in sessions:
        for endpoint in endpoints:
            host, port = endpoint.rsplit(":", 1)
            session.add_dht_node((host, int(port)))
    say("ready")
    for line in sys.stdin:
        command = json.loads(line)
        COMMANDS[command["do"]](sessions[command["session"]], command)
    os._exit(0)


main()
