"""A libtorrent client as a process: one session, one torrent, JSON lines out.

Its only argument is a JSON object: listen, bootstrap, source (magnet or path of a .torrent),
folder, upload_limit. Events: added, status (when it changes), complete. A line
{"connect": [HOST, PORT]} on stdin names a peer; the end of stdin ends the process.
"""

import json
import os
import sys
import threading

import libtorrent as lt

from libtorrent_settings import session_settings

# Alerts that would drown all others in the log.
NOISE = ("dht_stats", "dht_outgoing_get_peers", "dht_get_peers")


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def wait_for_dht(session):
    """A torrent added before the DHT has a node is not looked up for minutes."""
    while True:
        session.post_dht_stats()
        session.wait_for_alert(200)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.dht_stats_alert) \
                    and sum(bucket["num_nodes"] for bucket in alert.routing_table) > 0:
                return


def add_torrent(session, task):
    if task["source"].startswith("magnet:"):
        parameters = lt.parse_magnet_uri(task["source"])
    else:
        parameters = lt.add_torrent_params()
        parameters.ti = lt.torrent_info(task["source"])
    parameters.save_path = task["folder"]
    parameters.upload_limit = task["upload_limit"] or -1
    # Not queued, so that it is announced at once.
    parameters.flags &= ~lt.torrent_flags.auto_managed
    parameters.flags &= ~lt.torrent_flags.paused
    return session.add_torrent(parameters)


def obey_commands(torrent):
    for line in sys.stdin:
        host, port = json.loads(line)["connect"]
        torrent.connect_peer((host, port))
    os._exit(0)  # Threads of the session must not delay the end.


def report(session, torrent):
    is_flushing = False
    reported = None
    while True:
        session.wait_for_alert(500)
        for alert in session.pop_alerts():
            if alert.what() not in NOISE:
                print(f"{alert.what()}: {alert.message()}", flush=True)
            if isinstance(alert, lt.cache_flushed_alert) and is_flushing:
                say("complete")
        status = torrent.status()
        if status.is_seeding and not is_flushing:
            # Pieces are verified in memory, and may not be in the file yet.
            is_flushing = True
            torrent.flush_cache()
        current = {"state": str(status.state), "done": status.total_wanted_done,
                   "uploaded": status.total_payload_upload, "peers": status.num_peers}
        if current != reported:
            reported = current
            say("status", **current)


def main():
    task = json.loads(sys.argv[1])
    session = lt.session(session_settings(task["listen"], task["bootstrap"]))
    if task["bootstrap"]:
        wait_for_dht(session)
    torrent = add_torrent(session, task)
    say("added")
    threading.Thread(target=obey_commands, args=(torrent,), daemon=True).start()
    report(session, torrent)


main()
