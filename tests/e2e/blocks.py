#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Block-wise transfer inside OSCORE (RFC 7959, RFC 8613 4.1.3.4), by an OSCORE of our own in Python: lists and answers that
come in parts, requests that go in parts and count once, and what is no orderly transfer.

    blocks.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from oscore_peer import ECHO, GET, OBSERVE, OSCORE, POST, code_text, decode, encode, open_token, token_request
from programs import aced_start, ctl, free_port, sandbox, stored
from revocation_case import client_line, device_line, grant, hash_of, make_store

ETAG, BLOCK2, BLOCK1, SIZE2, SIZE1 = 4, 23, 27, 28, 60
LIST = "revoke/trl"
TOKENS = 100
LONGEST = 2048  # bytes of a request


def uint(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def number(value):
    return int.from_bytes(value, "big")


def block(num, more, szx):
    return uint(num << 4 | more << 3 | szx)


def send(line, code, path, body=b"", options=()):
    """As revocation_case.ask(), with any options. Returns the answer and the request that got it."""
    request = line.protect(code, path, body, options)
    answer = line.exchange(request)
    if answer.option(ECHO) is not None:
        request = line.protect(code, path, body, [*options, (ECHO, answer.option(ECHO))])
        answer = line.exchange(request)
    return answer, request


def fetch_rest(line, code, path, first, options=(), szx=None):
    """The whole body, of which first is the beginning."""
    body, num, more, etag = b"", 0, True, first.option(ETAG)
    answer = first
    while True:
        value = number(answer.option(BLOCK2))
        num, more, szx = value >> 4, value >> 3 & 1, value & 7
        assert num * (16 << szx) == len(body), f"block {num} of {16 << szx} behind {len(body)} bytes"
        assert len(answer.payload) == 16 << szx if more else answer.payload, answer
        assert answer.option(ETAG) == etag and answer.code == first.code, answer
        body += answer.payload
        if not more:
            return body
        answer, _ = send(line, code, path, b"", [*options, (BLOCK2, block(num + 1, 0, szx))])


def send_in_blocks(line, path, body, szx, last=()):
    """POST it; every answer but the last one is 2.31. Returns the last."""
    size = 16 << szx
    count = -(-len(body) // size)
    for num in range(count):
        more = num + 1 < count
        answer, _ = send(line, POST, path, body[num * size:(num + 1) * size],
                         [(BLOCK1, block(num, more, szx)), *(last if not more else ())])
        assert answer.option(BLOCK1) == block(num, more, szx), answer
        if more:
            assert str(answer) == "2.31" and not answer.payload, answer
    return answer


def long_request():
    """What aced does not know is passed over; it makes the request long."""
    return cbor2.dumps({5: "thermo-101", 9: "climate.read", 4711: bytes(1000)})


def a_long_list_comes_in_blocks(device, wallboard):
    hashes = [hash_of(grant(wallboard)[0]) for _ in range(TOKENS)]
    answer, watched = send(device, GET, LIST, options=[(OBSERVE, b"")])
    assert answer.option(OBSERVE) == b"" and answer.option(BLOCK2) is None and answer.option(ETAG) is None, answer
    ctl("token", "revoke", "--client", "wallboard-1", "-y")
    told = device.notification(watched)
    assert str(told) == "2.05" and told.option(OBSERVE) == b"" and told.piv, told
    first, _ = send(device, GET, LIST)
    for head in (told, first):
        assert number(head.option(BLOCK2)) == 0x0e and len(head.payload) == 1024 and head.option(ETAG), head
        body = fetch_rest(device, GET, LIST, head)
        assert len(body) == number(head.option(SIZE2)), len(body)
        assert sorted(cbor2.loads(body)[0]) == sorted(hashes)
    small, _ = send(device, GET, LIST, options=[(BLOCK2, block(0, 0, 0))])
    assert len(small.payload) == 16 and small.option(ETAG) == first.option(ETAG), small
    assert fetch_rest(device, GET, LIST, small) == body
    beyond, _ = send(device, GET, LIST, options=[(BLOCK2, block(len(body) // 1024 + 1, 0, 6))])
    assert str(beyond) == "4.00" and not beyond.payload, beyond
    ctl("token", "revoke", str(grant_id(wallboard)), "-y")
    changed, _ = send(device, GET, LIST, options=[(BLOCK2, block(1, 0, 6))])
    assert str(changed) == "2.05" and changed.option(ETAG) != first.option(ETAG), changed


def grant_id(line):
    token, _ = grant(line)
    return next(row["id"] for row in json.loads(ctl("token", "list", "--json")) if row["hash_hex"] == hash_of(token).hex())


def tokens_now():
    return len(stored()[0])


def a_long_request_counts_once(anna, device):
    before = tokens_now()
    for szx in (2, 5):
        answer = send_in_blocks(anna, "token", long_request(), szx)
        assert str(answer) == "2.01", answer
        token = cbor2.loads(answer.payload)[1]
        assert open_token("thermo-101.json", token).claims[3] == "thermo-101"
    assert tokens_now() == before + 2, (tokens_now(), before)
    answer = send_in_blocks(device, "introspect", cbor2.dumps({11: token, 4711: bytes(1000)}), 4)
    assert str(answer) == "2.01" and cbor2.loads(answer.payload)[10], answer


def what_is_no_order_ends_it(anna, wallboard):
    before, body = tokens_now(), long_request()
    one, two, three = body[:512], body[512:1024], body[1024:]
    steps = [(one, 0, 1, "2.31"), (three, 2, 0, "4.08"),  # a gap
             (one, 0, 1, "2.31"), (two, 1, 1, "2.31"), (two, 1, 1, "4.08"),  # a step back
             (two, 1, 1, "4.08")]
    for part, num, more, wanted in steps[:-1]:
        answer, _ = send(anna, POST, "token", part, [(BLOCK1, block(num, more, 5))])
        assert str(answer) == wanted, (num, wanted, answer)
    answer, _ = send(wallboard, POST, "token", three, [(BLOCK1, block(2, 0, 5))])  # of a transfer of anna's
    assert str(answer) == "4.08", answer
    answer, _ = send(anna, POST, "token", one[:100], [(BLOCK1, block(0, 1, 5))])
    assert str(answer) == "4.00", answer
    answer, _ = send(anna, POST, "token", one, [(BLOCK1, block(0, 1, 7))])
    assert str(answer) == "4.00", answer
    answer, _ = send(anna, GET, LIST, b"", [(BLOCK1, block(0, 1, 5))])
    assert str(answer) == "4.02", answer
    assert tokens_now() == before


def what_is_too_long_is_refused(anna):
    for options in ([], [(SIZE1, uint(LONGEST + 1))]):
        sent = 0
        for num in range(LONGEST // 1024 + 1):
            answer, _ = send(anna, POST, "token", bytes(1024), [(BLOCK1, block(num, 1, 6)), *options])
            if str(answer) != "2.31":
                break
            sent += 1024
        assert str(answer) == "4.13" and number(answer.option(SIZE1)) == LONGEST, answer
        assert sent == (0 if options else LONGEST), sent


def a_token_comes_in_small_parts(anna):
    before = tokens_now()
    whole = token_request("thermo-101", "climate.read")
    first, _ = send(anna, POST, "token", whole, [(BLOCK2, block(0, 0, 1))])
    assert str(first) == "2.01" and len(first.payload) == 32, first
    rest = fetch_rest_of_post(anna, first)
    assert open_token("thermo-101.json", cbor2.loads(rest)[1]).claims[3] == "thermo-101"
    assert tokens_now() == before + 1
    answer, _ = send(anna, POST, "token", whole, [(BLOCK2, block(0, 0, 7))])
    assert str(answer) == "4.00", answer
    answer, _ = send(anna, POST, "introspect", whole, [(BLOCK2, block(1, 0, 1))])
    assert str(answer) == "4.08", answer
    assert tokens_now() == before + 1


def fetch_rest_of_post(line, first):
    body, szx = first.payload, number(first.option(BLOCK2)) & 7
    more = number(first.option(BLOCK2)) >> 3 & 1
    while more:
        answer, _ = send(line, POST, "token", b"\xa0", [(BLOCK2, block(len(body) // (16 << szx), 0, szx))])
        assert answer.code == first.code, answer
        more = number(answer.option(BLOCK2)) >> 3 & 1
        body += answer.payload
    return body


def outside_of_oscore_nothing_is_put_together(anna):
    for option, value, wanted in ((BLOCK1, block(0, 1, 2), "4.13"), (BLOCK1, block(3, 0, 2), "4.13"),
                                  (BLOCK2, block(0, 0, 2), "4.02"), (BLOCK1, b"\0\0\0\1", "4.02")):
        outer = decode(anna.protect(POST, "token", token_request("thermo-101", "climate.read")).datagram)
        outer.options.append((option, value))
        answer = decode(anna.send(encode(outer)))
        assert code_text(answer.code) == wanted and answer.option(OSCORE) is None, answer
    outer = decode(anna.protect(POST, "token", token_request("thermo-101", "climate.read")).datagram)
    outer.options.append((BLOCK1, block(0, 0, 6)))  # whole
    answer = decode(anna.send(encode(outer)))
    assert answer.option(OSCORE) is not None, answer


def main():
    port = free_port()
    make_store(port)
    aced = aced_start(port)
    device, anna, wallboard = device_line("thermo-101"), client_line("tech-anna"), client_line("wallboard-1")
    a_long_list_comes_in_blocks(device, wallboard)
    a_long_request_counts_once(anna, device)
    what_is_no_order_ends_it(anna, wallboard)
    what_is_too_long_is_refused(anna)
    a_token_comes_in_small_parts(anna)
    outside_of_oscore_nothing_is_put_together(anna)
    assert aced.stop(signal.SIGTERM) == 0
    print("blocks come and go")
    return 0


if __name__ == "__main__":
    sandbox(main)
