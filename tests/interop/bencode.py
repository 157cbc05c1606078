"""Bencode (BEP 3), for the scripted partners: bytes, int, list and dict with bytes keys.

Independent of the program under test, so that a mistake there is not repeated here.
"""


def encode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    items = sorted((k.encode() if isinstance(k, str) else k, v) for k, v in value.items())
    return b"d" + b"".join(encode(k) + encode(v) for k, v in items) + b"e"


def decode(data):
    value, end = decode_prefix(data)
    if end != len(data):
        raise ValueError("bytes after the value")
    return value


def decode_prefix(data, at=0):
    """The value at `at` and where it ends: a ut_metadata message has payload after it."""
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if kind == b"l":
        return _decode_list(data, at + 1)
    if kind == b"d":
        items, end = _decode_list(data, at + 1)
        return dict(zip(items[::2], items[1::2])), end
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    if end > len(data):
        raise ValueError("string is cut short")
    return data[colon + 1:end], end


def _decode_list(data, at):
    items = []
    while data[at:at + 1] != b"e":
        item, at = decode_prefix(data, at)
        items.append(item)
    return items, at + 1
