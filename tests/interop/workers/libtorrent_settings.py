"""How a libtorrent session must be set up to live on loopback or in a private network.

Its DHT distrusts such addresses in five separate ways, all of which are turned off here.
"""

import libtorrent as lt


def session_settings(listen, bootstrap):
    """`listen` is HOST:PORT or [HOST]:PORT; no `bootstrap` nodes means no DHT at all."""
    host = listen.rsplit(":", 1)[0].strip("[]")
    return {
        "listen_interfaces": listen,
        # Otherwise its TCP connections come from the first address of the interface.
        "outgoing_interfaces": host,
        "enable_dht": bool(bootstrap),
        "dht_bootstrap_nodes": ",".join(bootstrap),
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_prefer_verified_node_ids": False,
        "dht_enforce_node_id": False,
        "dht_ignore_dark_internet": False,
        # The default of 8,000 bytes/s silences a node of a busy little DHT.
        "dht_upload_rate_limit": 1_000_000,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        # Clients without an address of their own all come from one.
        "allow_multiple_connections_per_ip": True,
        # Refuses HTTP trackers on 127/8 whose path is not /announce.
        "ssrf_mitigation": False,
        # Limits are wanted, also between local addresses.
        "ignore_limits_on_local_network": False,
        "alert_mask": lt.alert.category_t.error_notification
        | lt.alert.category_t.status_notification
        | lt.alert.category_t.storage_notification
        | lt.alert.category_t.dht_notification
        | lt.alert.category_t.tracker_notification
        | lt.alert.category_t.peer_notification,
    }
