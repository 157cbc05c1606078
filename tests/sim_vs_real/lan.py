"""A LAN of hosts behind shaped links: a network namespace each, joined by veth pairs and a bridge.

The bridge stands in a namespace that run_inside() makes, together with namespaces for mounts and for
processes: all interfaces, named namespaces and processes vanish with the last process in it, and
nothing is left to clean up whatever ends the run.

A host's uplink is shaped where its frames leave it, its downlink where the bridge sends to it.
`tbf` counts whole frames, 1,514 bytes for 1,448 of payload, as the simulator's links do; for that
the kernel must not hand it frames of 64 KiB, so offloads are off. A queue holds a tenth of a
second, which TCP can fill its link with.
"""

import os
import subprocess
import sys

PORT = 6881
_BURST = 16 * 1024
_QUEUE_SECONDS = 0.1
_QUEUE_MIN = 64 * 1024

_PREPARE = """
mount --make-rprivate /
mount -t tmpfs none /run
mkdir /run/netns
ip link set lo up
ip link add lan type bridge forward_delay 0 mcast_snooping 0
ip link set lan up
"""
# What making a host needs, so that a system that lacks it is known before the first run.
_TRIAL = _PREPARE + """
ip netns add trial
ip link add trial type veth peer name eth0 netns trial
ip link set trial master lan
tc qdisc add dev trial root tbf rate 1000000bit burst 16384 limit 65536
tc -n trial qdisc add dev eth0 root tbf rate 1000000bit burst 16384 limit 65536
ethtool -K trial tso off gso off gro off
nsenter --net=/run/netns/trial sysctl -q -w net.ipv4.tcp_congestion_control=reno
"""


def _enter_command():
    """Whatever ends us ends `unshare`, and that ends all processes within."""
    as_root = ["--user", "--map-root-user"] if os.geteuid() != 0 else []
    return ["setpriv", "--pdeathsig", "KILL", "unshare", *as_root, "--net", "--mount", "--pid",
            "--fork", "--kill-child", "--mount-proc", "--"]


def why_not_possible():
    """None if such a LAN can be made here, else the system's answer."""
    try:
        trial = subprocess.run([*_enter_command(), "sh", "-ec", _TRIAL], capture_output=True,
                               text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if trial.returncode == 0:
        return None
    return (trial.stderr.strip().splitlines() or ["unshare failed"])[-1]


def run_inside(arguments):
    """Runs this program again, within namespaces of its own; its exit code."""
    inside = subprocess.Popen([*_enter_command(), sys.executable, "-u", *arguments])
    try:
        return inside.wait()
    finally:
        inside.kill()
        inside.wait()


def prepare():
    """Makes the bridge; once, inside."""
    _shell(_PREPARE)


class Host:
    """One place on the LAN. The rates are bits a second on the wire."""

    def __init__(self, number, up, down):
        # A network of 256 addresses for each, since the DHT trusts only a few nodes of one.
        self.name = f"host{number}"
        self.address = f"10.77.{number}.1"
        self.endpoint = f"{self.address}:{PORT}"
        _shell(f"""
ip netns add {self.name}
ip link add {self.name} type veth peer name eth0 netns {self.name}
ethtool -K {self.name} tso off gso off gro off
ip link set {self.name} master lan up
tc qdisc add dev {self.name} root {_tbf(down)}
""")
        _shell(f"""
sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 || true
# Every kernel has it and allows it here; defaults differ from machine to machine.
sysctl -q -w net.ipv4.tcp_congestion_control=reno
ip link set lo up
ethtool -K eth0 tso off gso off gro off
ip address add {self.address}/16 dev eth0
ip link set eth0 up
tc qdisc add dev eth0 root {_tbf(up)}
""", self.name)

    def command(self, arguments):
        """The command that runs `arguments` as a process of this host."""
        return _on(self.name) + [str(argument) for argument in arguments]

    def remove(self):
        _shell(f"ip link delete {self.name}; ip netns delete {self.name}")


def _tbf(rate):
    limit = max(_QUEUE_MIN, int(rate / 8 * _QUEUE_SECONDS))
    return f"tbf rate {rate}bit burst {_BURST} limit {limit}"


def _on(name):
    return ["nsenter", f"--net=/run/netns/{name}", "--"]


def _shell(script, host=None):
    done = subprocess.run((_on(host) if host else []) + ["sh", "-ec", script], text=True,
                          stderr=subprocess.PIPE, timeout=30, check=False)
    if done.returncode != 0:
        raise OSError(f"the network could not be made: {done.stderr.strip()}")
