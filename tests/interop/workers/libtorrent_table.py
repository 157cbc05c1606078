"""How many nodes a libtorrent session has in its routing table."""

import time

import libtorrent as lt


def known_nodes(session, seconds_max=2):
    """Alerts that come meanwhile are dropped. 0 if it does not say in time."""
    session.post_dht_stats()
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.dht_stats_alert):
                return sum(bucket["num_nodes"] for bucket in alert.routing_table)
    return 0
