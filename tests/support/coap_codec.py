# SPDX-License-Identifier: Apache-2.0
"""CoAP messages (RFC 7252) as bytes and back, in datagrams and, with another head, on a stream (RFC 8323). No crypto: what a
proxy needs that knows nothing of what is protected.
"""
from dataclasses import dataclass, field

GET, POST, FETCH = 1, 2, 5
CON, NON, ACK, RST = range(4)


def code_text(code):
    return f"{code >> 5}.{code & 31:02d}"


@dataclass
class Message:
    """A CoAP message. Options are pairs (number, value) in ascending order."""
    code: int
    options: list = field(default_factory=list)
    payload: bytes = b""
    type: int = 0
    mid: int = 0
    token: bytes = b""
    piv: bytes = None  # of a protected answer, when it brought its own

    def option(self, number):
        return next((value for n, value in self.options if n == number), None)

    def __str__(self):
        return code_text(self.code)


def _extended(number):
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes([number - 13])
    return 14, (number - 269).to_bytes(2, "big")


def encode_body(options, payload):
    out, before = b"", 0
    for number, value in sorted(options, key=lambda option: option[0]):
        delta, more_delta = _extended(number - before)
        length, more_length = _extended(len(value))
        out += bytes([delta << 4 | length]) + more_delta + more_length + value
        before = number
    return out + (b"\xff" + payload if payload else b"")


def decode_body(data):
    options, number, at = [], 0, 0
    while at < len(data) and data[at] != 0xFF:
        sizes = [data[at] >> 4, data[at] & 15]
        at += 1
        for i, nibble in enumerate(sizes):
            if nibble == 13:
                sizes[i], at = data[at] + 13, at + 1
            elif nibble == 14:
                sizes[i], at = int.from_bytes(data[at:at + 2], "big") + 269, at + 2
            assert nibble != 15, data.hex()
        number += sizes[0]
        options.append((number, data[at:at + sizes[1]]))
        at += sizes[1]
    return options, data[at + 1:]


def encode(message):
    return (bytes([0x40 | message.type << 4 | len(message.token), message.code]) + message.mid.to_bytes(2, "big") +
            message.token + encode_body(message.options, message.payload))


def decode(datagram):
    length = datagram[0] & 15
    options, payload = decode_body(datagram[4 + length:])
    return Message(datagram[1], options, payload, datagram[0] >> 4 & 3, int.from_bytes(datagram[2:4], "big"),
                   datagram[4:4 + length])


def encode_frame(message):
    """As on a stream: length first, neither type nor Message ID (RFC 8323 3.2)."""
    body = encode_body(message.options, message.payload)
    length, more = _extended_length(len(body))
    return bytes([length << 4 | len(message.token)]) + more + bytes([message.code]) + message.token + body


def _extended_length(length):
    if length < 65805:
        return _extended(length)
    return 15, (length - 65805).to_bytes(4, "big")


def take_frame(data):
    """The first message of a stream, and how many bytes it took; None and 0 until it is all there."""
    if not data:
        return None, 0
    length, token_length, at = data[0] >> 4, data[0] & 15, 1
    size, base = {13: (1, 13), 14: (2, 269), 15: (4, 65805)}.get(length, (0, length))
    length = base + int.from_bytes(data[at:at + size], "big")
    head = at + size + 1 + token_length
    if len(data) < head + length:
        return None, 0
    options, payload = decode_body(data[head:head + length])
    code = data[at + size]
    return Message(code, options, payload, token=data[at + size + 1:head]), head + length
