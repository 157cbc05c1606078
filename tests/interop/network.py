"""The addresses of a case: those of a network namespace of its own, or a part of 127/8.

Each case runs in a fresh namespace whose only interface is `lo`, with 10.77.0.0/16 on it: every
address of that range is local at once, nothing can leave the machine, no port is taken by anybody
else, and the namespace vanishes with the last process in it. transmission refuses 127/8, so it
works only there. Where the system grants no namespace, the other cases fall back to 127.77/16.

The default route through `lo` makes packets to the outside world visible to a capture (see
`capture.py`), which otherwise would end as "network unreachable" without a trace.
"""

import os
import socket
import subprocess

_SET_UP = """
ip link set lo up
ip address add 10.77.0.1/16 dev lo
ip route add default dev lo
ip -6 route add default dev lo 2>/dev/null || true
"""

# Variables by which the driver tells a case which network it stands in.
KIND = "STARLING_INTEROP_NETWORK"
SUBNET = "STARLING_INTEROP_SUBNET"


def enter_command():
    """The prefix that runs a command in a new network namespace; needs no root where users may."""
    as_root = ["--user", "--map-root-user"] if os.geteuid() != 0 else []
    return ["unshare", *as_root, "--net", "--"]


def why_no_namespace():
    """None if namespaces can be made, else the system's answer."""
    if os.environ.get(KIND) == "loopback":
        return f"{KIND}=loopback was asked for"
    try:
        trial = subprocess.run(enter_command() + ["sh", "-ec", _SET_UP], capture_output=True,
                               text=True, timeout=20, check=False)
    except OSError as error:
        return str(error)
    return None if trial.returncode == 0 else (trial.stderr.strip() or "unshare failed")


def set_up_namespace():
    """Run once by the case's process, inside its namespace."""
    subprocess.run(["sh", "-ec", _SET_UP], check=True, timeout=20)


def in_namespace():
    return os.environ.get(KIND) == "namespace"


def address(host):
    """The IPv4 address of host number 1..254."""
    if in_namespace():
        return f"10.77.0.{host}"
    return f"127.77.{os.environ.get(SUBNET, '0')}.{host}"


def dht_address(host):
    """The address of a node of the DHT; a range of its own keeps it apart from the clients."""
    if in_namespace():
        return f"10.77.1.{host}"
    return f"127.77.{os.environ.get(SUBNET, '0')}.{100 + host}"


def wildcard_source():
    """The address from which a socket bound to no address is seen by everybody else here."""
    return "10.77.0.1" if in_namespace() else "127.0.0.1"


def free_port(host):
    """A port that is free for TCP and UDP on `host` ('' for all addresses)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(100):
        with socket.socket(family, socket.SOCK_STREAM) as stream, \
                socket.socket(family, socket.SOCK_DGRAM) as datagram:
            stream.bind((host, 0))
            port = stream.getsockname()[1]
            try:
                datagram.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port on {host}")


def host_and_port(host, port):
    """How a command line spells an endpoint."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
