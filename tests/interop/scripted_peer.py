"""A peer that behaves as a seeder in every way, but the blocks it sends are wrong (BEP 3).

It answers each request at once, so that whole pieces come from it alone.
"""

import socket
import struct
import threading

import network

_PROTOCOL = b"\x13BitTorrent protocol"
_PEER_ID = b"-XX0000-corruptpeer0"
_HANDSHAKE_SIZE = 68
_UNCHOKE, _BITFIELD, _REQUEST, _PIECE = 1, 5, 6, 7
_BLOCK_SIZE_MAX = 1 << 17


class CorruptPeer:
    def __init__(self, world, torrent):
        self._info_hash = torrent.info_hash
        self._piece_count = len(torrent.info[b"pieces"]) // 20
        self.address = world.next_address()
        self._listener = socket.create_server((self.address, 0))
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.blocks_sent = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def endpoint(self):
        return network.host_and_port(self.address, self.port)

    def stop(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return  # Closed by stop().
            threading.Thread(target=self._serve, args=(stream,), daemon=True).start()

    def _serve(self, stream):
        with stream:
            try:
                handshake = _receive(stream, _HANDSHAKE_SIZE)
                # Anything else is an encrypted handshake, after which clients try a plain one.
                if not handshake.startswith(_PROTOCOL) or handshake[28:48] != self._info_hash:
                    return
                self.connections += 1
                stream.sendall(_PROTOCOL + bytes(8) + self._info_hash + _PEER_ID)
                stream.sendall(_message(_BITFIELD, self._full_bitfield()) + _message(_UNCHOKE))
                self._answer_requests(stream)
            except OSError:
                pass  # The other side has had enough, as it should.

    def _full_bitfield(self):
        ones = (1 << self._piece_count) - 1
        byte_count = (self._piece_count + 7) // 8
        return (ones << (byte_count * 8 - self._piece_count)).to_bytes(byte_count, "big")

    def _answer_requests(self, stream):
        while True:
            size, = struct.unpack(">I", _receive(stream, 4))
            body = _receive(stream, size)
            if size != 13 or body[0] != _REQUEST:
                continue
            piece, begin, length = struct.unpack(">III", body[1:])
            if length > _BLOCK_SIZE_MAX:
                return
            self.blocks_sent += 1
            rubbish = b"\xa5" * length
            stream.sendall(_message(_PIECE, struct.pack(">II", piece, begin) + rubbish))


def _message(kind, payload=b""):
    return struct.pack(">IB", 1 + len(payload), kind) + payload


def _receive(stream, size):
    data = b""
    while len(data) < size:
        more = stream.recv(size - len(data))
        if not more:
            raise ConnectionError("closed")
        data += more
    return data
