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
ASK_SECONDS = 2  # between two lookups of what was not found


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


def count_known(session):
    session.post_dht_stats()
    return wait_alert(session, lambda alert: sum(
        bucket["num_nodes"] for bucket in alert.routing_table)
        if isinstance(alert, lt.dht_stats_alert) else None, 5) or 0


def known(session, _):
    say("known", nodes=count_known(session))


def announce(session, command):
    # The binding has no way to make the flags of dht_announce(); but each torrent is announced, with
    # the session's own port.
    torrent = lt.parse_magnet_uri("magnet:?xt=urn:btih:" + command["hash"])
    torrent.save_path = os.getcwd()
    session.add_torrent(torrent)
    say("announce", port=session.listen_port())


def find(session, command):
    wanted = command["hash"]
    ports = None
    deadline = time.monotonic() + FIND_SECONDS_MAX
    while not ports and time.monotonic() < deadline:
        session.dht_get_peers(lt.sha1_hash(bytes.fromhex(wanted)))
        ports = wait_alert(session, lambda alert: [peer[1] for peer in alert.peers()] or None
                           if isinstance(alert, lt.dht_get_peers_reply_alert)
                           and str(alert.info_hash) == wanted else None, ASK_SECONDS)
    say("find", ports=sorted(set(ports or [])))


COMMANDS = {"known": known, "announce": announce, "find": find}


def start(endpoint, router):
    settings = session_settings(endpoint, [router])
    # What its lookups find is told in this category.
    settings["alert_mask"] |= lt.alert.category_t.dht_operation_notification
    return lt.session(settings)


def main():
    endpoints = sys.argv[1:]
    sessions = [start(endpoint, endpoints[0]) for endpoint in endpoints]
    for session in sessions:
        for endpoint in endpoints:
            host, port = endpoint.rsplit(":", 1)
            session.add_dht_node((host, int(port)))
    # One that is asked before it knows anybody finds nothing. Whom it bootstrapped from it does not
    # count.
    while any(count_known(session) < len(sessions) - 2 for session in sessions):
        time.sleep(0.2)
    say("ready")
    for line in sys.stdin:
        command = json.loads(line)
        COMMANDS[command["do"]](sessions[command["session"]], command)
    os._exit(0)


main()
