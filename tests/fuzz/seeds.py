#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""seeds.py OUT: what fuzzing begins with, in OUT/HARNESS/, from the vectors and policies of the tree.

The port of the harnesses encrypts nothing, so tokens are taken out of their seals: the plaintext stands where the
ciphertext was, with a tag of zeros.
"""
import glob
import hashlib
import json
import os
import struct
import sys

import cbor2
import edges
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
RECORDS = 12


def put(harness, data):
    folder = os.path.join(sys.argv[1], harness)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, hashlib.sha1(data).hexdigest()[:12]), "wb") as out:
        out.write(data)


def bare_token(token, key):
    """The token with its claims in the clear; as it is when it does not open."""
    try:
        layers, item = [], cbor2.loads(token)
        while isinstance(item, cbor2.CBORTag):
            layers.append(item.tag)
            item = item.value
        protected, unprotected, sealed = item
        headers = {**unprotected, **(cbor2.loads(protected) if protected else {})}
        aad = cbor2.dumps(["Encrypt0", protected, b""])
        item = [protected, unprotected, AESCCM(key, tag_length=8).decrypt(headers[5], sealed, aad) + bytes(8)]
    except Exception:  # a vector that is meant to be wrong
        return token
    for tag in reversed(layers):
        item = cbor2.CBORTag(tag, item)
    put("claims", item.value.value[2][:-8] if len(layers) == 2 else b"\xa0")
    return cbor2.dumps(item)


def bare_post(payload, key):
    try:
        body = cbor2.loads(payload)
        body[1] = bare_token(body[1], key)
    except Exception:
        return payload
    if isinstance(body[1], bytes):
        put("token", body[1])
    return cbor2.dumps(body)


def event(kind, data):
    return bytes([kind]) + struct.pack(">H", len(data)) + data


def strings(value):
    """Every text of hex in a document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str) and value and len(value) % 2 == 0:
        try:
            yield bytes.fromhex(value)
        except ValueError:
            pass


def profile_seeds(vectors):
    key = bytes.fromhex(vectors["parameters"]["token_key"])
    posts = []
    for case in vectors["negative_authz_info"]["cases"] + vectors["positive_variants"] + vectors["messages"]:
        payload = bytes.fromhex(case.get("payload") or "")
        if "messages" not in case and "plain_coap" not in case or "authz-info" in case["name"]:
            posts.append(bare_post(payload, key))
            put("authz_info", posts[-1])
        for harness in ("answers", "as_request", "cbor"):
            put(harness, payload)
    request = bytes([0, 1]) + bytes.fromhex("b17304") + b"temp"
    for post in posts:
        put("device", event(0, post) + event(3, request) + event(1, post) + event(4, b"\x40" * 10) + event(0, post))
    for case in vectors["aif"]:
        put("scope", bytes.fromhex(case["aif"]))
        put("scope", bytes.fromhex(case["as_scope_value"]))


def option(delta, value):
    """delta and length below 13."""
    return bytes([delta << 4 | len(value)]) + value


def server_seeds(vectors):
    token = b"\x02" + option(11, b"token") + option(1, b"\x13")
    trl = option(5, b"revoke") + option(0, b"trl")
    first = {5: "d-clock", 9: "read"}
    bodies = [first, {**first, 33: 2, 38: None}, {5: "d-plain"}, {5: "d-clock", 9: bytes.fromhex("82822f74656d7001")},
              {**first, 39: b"12345678"}, {**first, 4: {3: b"\x01"}}, {5: "nobody"}, [1]]
    ask = [event(1, token + b"\xff" + cbor2.dumps(body)) for body in bodies]
    body = cbor2.dumps(first)
    blocks = [event(1, token + option(13 - 12 + 11, b"")[:0] + bytes([0xD1, 2, 8 * (i < 1) + 16 * i]) + b"\xff" +
                    body[16 * i:16 * i + 16]) for i in range((len(body) + 15) // 16)]
    observe = [event(1, b"\x01" + option(6, value) + trl) for value in (b"", b"\x01")]
    diff = [event(1, b"\x01" + option(11, b"revoke") + option(0, b"trl") + option(4, query) + option(0, b"cursor=0"))
            for query in (b"diff=3", b"diff=0", b"diff=x")]
    other = [event(2, b"\x02" + option(11, b"introspect") + option(1, b"\x13") + b"\xff" + cbor2.dumps({11: bytes(90)})),
             event(1, b"\x01" + bytes.fromhex("bb") + b".well-known" + option(0, b"core"))]
    for item in ask + blocks + diff + other:
        put("server", item)
    put("server", b"".join(ask + observe + [event(3, b"\x01")] + diff + [event(3, b"\x02")]))
    put("server", b"".join(blocks) + b"".join(blocks))
    for message in vectors["messages"]:
        put("server", event(0, bytes.fromhex(message.get("plain_coap") or "")))


def main():
    for path in glob.glob(os.path.join(TOP, "tests", "vectors", "*.json")):
        with open(path, encoding="utf-8") as file:
            vectors = json.load(file)
        for data in strings(vectors):
            for harness in ("cbor", "coap", "oscore", "oscore_option", "token", "claims"):
                if len(data) < 600:
                    put(harness, data)
            put("blocks", event(0x41, data) + event(0x01, data))
        if "negative_authz_info" in vectors:
            profile_seeds(vectors)
            server_seeds(vectors)
    put("scope", b"read all")
    for path in glob.glob(os.path.join(TOP, "policies", "**", "*.json"), recursive=True):
        with open(path, "rb") as file:
            put("policy", file.read())
    device_state = {"format": "ace-device-state/1", "device": "d", "issuer": "coap://as", "exi_highest_seen": 7}
    put("state", b"\x08" + json.dumps(device_state).encode())
    for kind in range(RECORDS):
        put("records", bytes([kind, 0xA1, 0, 1]))
    edges.all_of(put, event)


if __name__ == "__main__":
    main()
