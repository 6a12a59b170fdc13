#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who talks to aced without OSCORE gets a code and nothing else, but for the way to the endpoints: libcoap's coap-client-notls, and a plain socket that sends
pings, fragments of messages, and noise.

    stock_client.py BUILD_DIR SOURCE_DIR
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from oscore_peer import (CONTENT_FORMAT, ECHO, GET, MAX_AGE, URI_PATH, Line, Message, code_text, decode, encode,
                         token_request)
from programs import LIMIT, aced_start, ctl, free_port, make_store, sandbox, stored

SEED = 9203
NOISE = 3000
BODY = token_request("thermo-101", "climate.read")
TOKEN = [(URI_PATH, b"token")]


def coap_client(port, path, *flags):
    """What the stock client prints (the code of a failure), and what it wrote as payload."""
    with open("payload", "wb"):
        pass
    done = subprocess.run(["coap-client-notls", "-B", "5", "-o", "payload", *flags, f"coap://127.0.0.1:{port}{path}"],
                          capture_output=True, timeout=LIMIT)
    with open("payload", "rb") as file:
        return (done.stdout + done.stderr).decode(errors="replace"), file.read()


def by_stock_client(port):
    with open("body.cbor", "wb") as file:
        file.write(BODY)
    post = ("-m", "post", "-t", "19", "-f", "body.cbor")
    for path, flags, code in (("/token", post, "4.01"), ("/token", post + ("-N",), "4.01"), ("/token", (), "4.01"),
                              ("/token", ("-m", "delete"), "4.01"), ("/introspect", post, "4.01"), ("/", (), "4.01"),
                              ("/token", post + ("-O", "9,x"), "4.02")):  # an OSCORE option that does not decode
        said, payload = coap_client(port, path, *flags)
        assert code in said and payload == b"", (path, flags, said, payload)


def by_discovery(port):
    """The one thing that is said to everybody is where to ask (RFC 6690 4): in the clear, and under OSCORE too."""
    trl = b'</revoke/trl>;rt="as.trl";ct=262;osc'
    links = b'</token>;rt="as.token";ct=19;osc,</introspect>;rt="as.introspect";ct=19;osc,' + trl
    assert coap_client(port, "/.well-known/core?rt=as.trl")[1] == trl
    for flags, code, wanted in (((), "", links), (("-A", "40"), "", links), (("-A", "19"), "4.06", b""),
                                (("-m", "post"), "4.01", b""), (("-O", "9,x"), "4.02", b"")):
        said, payload = coap_client(port, "/.well-known/core", *flags)
        assert code in said and payload == wanted, (flags, said, payload)
    ctl("client", "export", "tech-anna", "-o", "anna.json")
    line = Line("anna.json")
    challenge = line.exchange(line.protect(GET, ".well-known/core"))
    answer = line.exchange(line.protect(GET, ".well-known/core", options=[(ECHO, challenge.option(ECHO))]))
    assert str(answer) == "2.05" and answer.option(CONTENT_FORMAT) == b"\x28" and answer.payload == links, answer


class Link:
    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(5)

    def ask(self, datagram):
        self.socket.send(datagram)
        return self.socket.recv(2048)

    def silent(self, datagram):
        """No answer: the one to a ping behind it is the first that comes."""
        self.socket.send(datagram)
        assert self.ask(bytes.fromhex("40003333")) == bytes.fromhex("70003333"), datagram.hex()


def by_socket(link):
    # RFC 7252 4.2, 4.3: what cannot be processed is rejected with a reset when it is confirmable, and else ignored.
    for rejected in ("4000beef", "4001beefff", "4f01beef", "4101beef", "4001beefb1", "4001beefe0", "4001beefd0"):
        assert link.ask(bytes.fromhex(rejected)) == bytes.fromhex("7000beef"), rejected
    for ignored in ("00", "40", "400001", "5000beef", "6000beef", "7000beef", "c000beef", "5001beefff", "ff" * 100):
        link.silent(bytes.fromhex(ignored))
    for kind, mid in ((0, 0x1001), (1, 0x1002)):
        request = encode(Message(2, TOKEN, BODY, kind, mid, b"tok"))
        answer = decode(link.ask(request))
        assert code_text(answer.code) == "4.01" and answer.token == b"tok" and answer.type == (2, 1)[kind], answer
        assert answer.options == [(MAX_AGE, b"")] and not answer.payload, answer
        # RFC 7252 4.5: a copy of a confirmable one gets the same answer, of another none.
        if kind == 0:
            assert decode(link.ask(request)) == answer
        else:
            link.silent(request)


def noise(rng, message):
    """Bytes of a request that were flipped, cut or doubled; at times nothing but noise."""
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(1, 80))
    data = bytearray(message)
    for _ in range(rng.randrange(1, 4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    data = data[:rng.randrange(1, len(data) + 1)] if rng.random() < 0.3 else data
    return bytes(data + data[4:] if rng.random() < 0.1 else data)


def by_noise(port, link):
    rng = random.Random(SEED)
    protected = Message(2, [(9, b"\x0a\x40\x00\x01")], b"c" * 30, 0, 1, b"tok")
    plain = Message(2, TOKEN, BODY, 0, 1, b"tok")
    noisy, codes = Link(port), {}

    def listen():
        noisy.socket.settimeout(1)
        try:
            while True:
                answer = noisy.socket.recv(2048)
                codes[answer[1]] = codes.get(answer[1], 0) + 1
                assert answer[1] == 0 or not decode(answer).payload, answer.hex()
        except OSError:
            pass

    listener = threading.Thread(target=listen)
    listener.start()
    for i in range(NOISE):
        message = (protected, plain)[i % 2]
        message.mid = i & 0xFFFF
        noisy.socket.send(noise(rng, encode(message)))
        if i % 100 == 0:  # and stays in step
            assert link.ask(bytes.fromhex("40004444")) == bytes.fromhex("70004444")
    listener.join()
    assert codes and all(code >> 5 in (0, 4) for code in codes), codes
    return ", ".join(f"{count} × {code_text(code)}" for code, count in sorted(codes.items()))


def main():
    if not shutil.which("coap-client-notls"):
        print("coap-client-notls is not installed")
        return 77
    port = free_port()
    make_store(port)
    aced = aced_start(port)
    link = Link(port)
    by_stock_client(port)
    by_socket(link)
    by_discovery(port)
    print("noise got", by_noise(port, link))
    assert aced.stop(signal.SIGTERM) == 0
    assert stored() == ([], [])
    print("nothing for strangers")
    return 0


if __name__ == "__main__":
    sandbox(main)
