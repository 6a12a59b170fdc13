#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device that asks aced about each token before it counts (RFC 9200 5.9): an active one is taken, a revoked one refused with 4.01,
and with aced away there is no access (5.03), while those who have it are served. Whoever floods the device with tokens makes it
ask no more than a share of questions (RFC 9200 6.10), and forged tokens none.

    device_introspect.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import random
import select
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2

from oscore_peer import ACK, CON, POST, Message, decode, encode
from programs import Daemon, aced_start, ctl, enroll, free_port, run, sandbox
from revocation_case import client_line, grant, make_store

CONTENT_FORMAT, MAX_AGE, ACE_CBOR = 12, 14, 19
BURST, EVERY_S, POSTS_AT_ONCE = 5, 2, 50
GIVES_UP_S = 10


class Relay(threading.Thread):
    """Between device and aced; counts what the device asks, and can keep it."""

    def __init__(self, port, as_port):
        super().__init__(daemon=True)
        self.front, self.back = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.front.bind(("127.0.0.1", port))
        self.back.connect(("127.0.0.1", as_port))
        self.asked, self.is_cut = 0, False
        self.start()

    def run(self):
        device = None
        while True:
            for ready in select.select([self.front, self.back], [], [])[0]:
                try:
                    if ready is self.back:
                        self.front.sendto(self.back.recv(2048), device)
                        continue
                    datagram, device = self.front.recvfrom(2048)
                    self.asked += datagram[1] == POST
                    if not self.is_cut:
                        self.back.send(datagram)
                except ConnectionRefusedError:
                    pass


class Poster:
    """Somebody who posts tokens in the clear, from an address of its own."""

    def __init__(self, port, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.connect(("127.0.0.1", port))
        self.mid = random.randrange(60000)

    def send(self, token):
        self.mid += 1
        body = cbor2.dumps({1: token, 40: random.randbytes(8), 43: random.randbytes(1)})
        datagram = encode(Message(POST, [(11, b"authz-info"), (CONTENT_FORMAT, bytes([ACE_CBOR]))], body, CON, self.mid,
                                  self.mid.to_bytes(2, "big")))
        self.socket.send(datagram)
        return datagram

    def hear(self, timeout):
        self.socket.settimeout(timeout)
        return decode(self.socket.recv(2048))

    def post(self, token, timeout=2 * GIVES_UP_S):
        """Sent again while there is no answer, as clients do."""
        datagram, end = self.send(token), time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                answer = self.hear(2)
            except TimeoutError:
                self.socket.send(datagram)
                continue
            if answer.mid == self.mid:
                assert answer.type == ACK, answer
                return answer
        raise AssertionError("no answer")


def tokens_count_when_aced_says_so(port, relay, anna):
    """Returns the tokens: an active one, a revoked one."""
    token, _ = grant(anna)
    before = relay.asked
    answer = Poster(port).post(token)
    assert str(answer) == "2.01" and set(cbor2.loads(answer.payload)) == {42, 44}, answer
    assert relay.asked > before, "nobody was asked"
    rows = [row for row in json.loads(ctl("token", "list", "--json")) if row["state"] == "live"]
    ctl("token", "revoke", *(str(row["id"]) for row in rows), "-y")
    answer = Poster(port).post(token)
    assert str(answer) == "4.01" and not answer.payload, answer
    revoked, (token, _) = token, grant(anna)
    assert str(Poster(port).post(token)) == "2.01"
    return token, revoked


def get(url, as_uri):
    """The device names the relay, which is no AS that the client knows."""
    return run("client/ace-client", "--state-dir", "anna", "--explain", "--as", as_uri, "get", url)


def a_client_is_served(url, as_uri):
    said = get(url, as_uri)
    assert "20.5" in said and "authz-info" in said, said
    said = get(url, as_uri)
    assert "20.5" in said and "authz-info" not in said, said


def without_aced_there_is_no_new_access(port, relay, token, url, as_uri):
    relay.is_cut = True
    answer = Poster(port, "127.0.0.3").post(token)
    assert str(answer) == "5.03" and answer.option(MAX_AGE), answer
    assert "20.5" in get(url, as_uri)
    relay.is_cut = False
    assert str(Poster(port, "127.0.0.4").post(token)) == "2.01"


def a_flood_is_no_flood_of_questions(port, relay, token):
    forged = bytearray(token)
    forged[-1] ^= 1
    attacker, before, started = Poster(port, "127.0.0.5"), relay.asked, time.monotonic()
    for _ in range(2 * POSTS_AT_ONCE):
        attacker.send(bytes(forged))
    said = {str(attacker.hear(5)) for _ in range(2 * POSTS_AT_ONCE)}
    assert said == {"4.01", "4.29"} and relay.asked == before, (said, relay.asked - before)
    time.sleep(1.2)  # the device takes 50 posts a second, whoever sends them
    for _ in range(2 * POSTS_AT_ONCE):
        attacker.send(token)
    said = [str(attacker.hear(5)) for _ in range(2 * POSTS_AT_ONCE)]
    share = BURST + 1 + (time.monotonic() - started) / EVERY_S
    asked = relay.asked - before
    assert 0 < asked <= share and said.count("2.01") <= share and "4.29" in said, (asked, share, said)
    time.sleep(1.2)
    assert str(Poster(port, "127.0.0.6").post(token)) == "2.01", "others pay for the flood"
    print(f"{2 * POSTS_AT_ONCE} posts of a token made {asked} questions, as many forged ones none")


def needs(port):
    """What --introspect cannot do without."""
    ctl("device", "export", "thermo-102", "-o", "thermo-102.json")
    listen = ("--listen", f"127.0.0.1:{port}", "--introspect")
    assert "--state-dir" in run("device/ace-device", "--provision", "thermo-101.json", *listen, code=2)
    assert "as_line" in run("device/ace-device", "--provision", "thermo-102.json", "--state-dir", "no", *listen, code=2)


def main():
    seed = random.randrange(1 << 32)
    random.seed(seed)
    print(f"seed {seed}")
    as_port, relay_port, port, other = free_port(), free_port(), free_port(), free_port()
    url, as_uri = f"coap://127.0.0.1:{port}/temp", f"coap://127.0.0.1:{as_port}/token"
    make_store(as_port)
    ctl("device", "export", "thermo-101", "-o", "thermo-101.json")
    needs(other)
    with open("thermo-101.json", encoding="utf-8") as file:
        export = json.load(file)
    with open("relayed.json", "w", encoding="utf-8") as file:
        json.dump({**export, "as_uri": f"coap://127.0.0.1:{relay_port}/token"}, file)
    os.chmod("relayed.json", 0o600)
    aced, relay = aced_start(as_port), Relay(relay_port, as_port)
    enroll("tech-anna", "anna")
    device = Daemon("device/ace-device", "--provision", "relayed.json", "--listen", f"127.0.0.1:{port}", "--state-dir", "state",
                    "--introspect", "--set", "/temp=20.5")
    wallboard = client_line("wallboard-1")
    token, _ = tokens_count_when_aced_says_so(port, relay, wallboard)
    a_client_is_served(url, as_uri)
    without_aced_there_is_no_new_access(port, relay, token, url, as_uri)
    a_flood_is_no_flood_of_questions(port, relay, token)
    assert device.stop(signal.SIGTERM) == 0
    assert aced.stop(signal.SIGTERM) == 0
    print("a token counts when aced says so")


if __name__ == "__main__":
    sandbox(main)
