"""A libtorrent session that puts and gets items of the DHT (BEP 44) on command.

Arguments: where it listens, then the nodes to begin with. Prints the event `ready`, then reads one
JSON command a line and answers each with an event. Bytes travel as Latin-1 text.
"""

import collections
import hashlib
import json
import os
import sys
import time

import libtorrent as lt

from libtorrent_settings import session_settings

KNOWN_NODES_MIN = 4
ALERT_SECONDS_MAX = 30


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


PENDING = collections.deque()  # alerts of a batch that nobody has looked at yet


def wait_alert(session, kind):
    deadline = time.monotonic() + ALERT_SECONDS_MAX
    while time.monotonic() < deadline:
        while PENDING:
            alert = PENDING.popleft()
            if isinstance(alert, kind):
                return alert
        session.wait_for_alert(200)
        PENDING.extend(session.pop_alerts())
    return None


def wait_known_nodes(session):
    while True:
        session.post_dht_stats()
        alert = wait_alert(session, lt.dht_stats_alert)
        if alert and sum(bucket["num_nodes"] for bucket in alert.routing_table) >= KNOWN_NODES_MIN:
            return
        time.sleep(0.2)


def expand(seed):
    """The 64 bytes that libtorrent calls the private key."""
    hashed = bytearray(hashlib.sha512(seed).digest())
    hashed[0] &= 248
    hashed[31] &= 63
    hashed[31] |= 64
    return bytes(hashed)


def text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else value


def put_immutable(session, command):
    target = session.dht_put_immutable_item(command["value"].encode("latin-1"))
    alert = wait_alert(session, lt.dht_put_alert)
    say("put", target=str(target), stored=alert.num_success if alert else 0)


def get_immutable(session, command):
    session.dht_get_immutable_item(lt.sha1_hash(bytes.fromhex(command["target"])))
    alert = wait_alert(session, lt.dht_immutable_item_alert)
    say("got", value=text(_value(alert)))


def put_mutable(session, command):
    # The binding takes its byte strings as text in UTF-8 or as bytes, as they are.
    session.dht_put_mutable_item(expand(bytes.fromhex(command["seed"])),
                                 bytes.fromhex(command["key"]),
                                 command["value"].encode("latin-1"),
                                 command["salt"].encode("latin-1"))
    alert = wait_alert(session, lt.dht_put_alert)
    say("put", seq=alert.seq if alert else None, stored=alert.num_success if alert else 0)


def get_mutable(session, command):
    session.dht_get_mutable_item(bytes.fromhex(command["key"]), command["salt"].encode("latin-1"))
    # It tells of each newer version, and at the end once more of the last.
    while True:
        alert = wait_alert(session, lt.dht_mutable_item_alert)
        if alert is None or alert.authoritative:
            break
    say("got", value=text(_value(alert)), seq=alert.seq if alert else None)


def _value(alert):
    if alert is None:
        return None
    item = alert.item
    return item["value"] if isinstance(item, dict) and "value" in item else item


COMMANDS = {"put_immutable": put_immutable, "get_immutable": get_immutable,
            "put_mutable": put_mutable, "get_mutable": get_mutable}


def main():
    listen, bootstrap = sys.argv[1], sys.argv[2:]
    # With several at once its table stays empty.
    session = lt.session(session_settings(listen, bootstrap[:1]))
    for endpoint in bootstrap:
        host, port = endpoint.rsplit(":", 1)
        session.add_dht_node((host, int(port)))
    wait_known_nodes(session)
    say("ready")
    for line in sys.stdin:
        command = json.loads(line)
        COMMANDS[command["do"]](session, command)
    os._exit(0)


main()
