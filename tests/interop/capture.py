"""Every IP packet that is sent in the case's network namespace.

The namespace has one interface, `lo`, and its default route goes there: a packet for any address
in the world passes it and is seen, though it reaches nobody.
"""

import dataclasses
import socket
import threading

from failure import NotRun

_ETH_P_ALL = 3
_ETHERNET_HEADER_SIZE = 14
_UDP, _TCP = 17, 6


@dataclasses.dataclass(frozen=True)
class Packet:
    source: str
    destination: str
    protocol: int
    source_port: int
    destination_port: int
    payload: bytes

    @property
    def is_udp(self):
        return self.protocol == _UDP

    def __str__(self):
        return (f"{self.source}:{self.source_port} -> {self.destination}:{self.destination_port} "
                f"protocol {self.protocol}, {len(self.payload)} bytes")


class Capture:
    def __init__(self):
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                         socket.htons(_ETH_P_ALL))
        except PermissionError as error:
            raise NotRun(f"no packet capture: {error}") from error
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("lo", 0))
        self._packets = []
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def packets(self):
        with self._lock:
            return list(self._packets)

    def stop(self):
        self._socket.close()

    def _read(self):
        while True:
            try:
                frame, (_, _, kind, *_) = self._socket.recvfrom(65536)
            except OSError:
                return  # Closed by stop().
            # On `lo` every packet is seen twice, on its way out and on its way in.
            if kind != socket.PACKET_OUTGOING:
                continue
            packet = parse_packet(frame[_ETHERNET_HEADER_SIZE:])
            if packet:
                with self._lock:
                    self._packets.append(packet)


def parse_packet(data):
    """An IPv4 or IPv6 packet without extension headers; None for anything else."""
    version = data[0] >> 4 if data else 0
    if version == 4:
        header_size, protocol = (data[0] & 15) * 4, data[9]
        source, destination = (socket.inet_ntop(socket.AF_INET, data[at:at + 4])
                               for at in (12, 16))
    elif version == 6:
        header_size, protocol = 40, data[6]
        source, destination = (socket.inet_ntop(socket.AF_INET6, data[at:at + 16])
                               for at in (8, 24))
    else:
        return None
    body = data[header_size:]
    if protocol not in (_UDP, _TCP) or len(body) < 8:
        return Packet(source, destination, protocol, 0, 0, body)
    ports = (int.from_bytes(body[at:at + 2], "big") for at in (0, 2))
    payload_at = 8 if protocol == _UDP else (body[12] >> 4) * 4 if len(body) > 12 else len(body)
    return Packet(source, destination, protocol, *ports, body[payload_at:])
