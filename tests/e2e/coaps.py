#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""coaps:// in aced: libcoap's own client over DTLS-PSK gets tokens and refusals, who lacks the key or the identity gets
nothing and learns nothing, an OSCORE client is served meanwhile, and no answer is ahead of its record on disk.

    coaps.py BUILD_DIR SOURCE_DIR
"""
import glob
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from oscore_peer import Line, open_token, token_request
from programs import LIMIT, SOURCE, Daemon, aced_start, ctl, free_port, run, sandbox, stored

TECHNICIAN = {"role": "technician", "site": "b7"}
KEY, OTHER_KEY = "a key of 20 bytes ..", "another key, as long"
CLIENTS = {"tablet": TECHNICIAN, "steady": TECHNICIAN, "off": TECHNICIAN, "nobody": {}, "x" * 64: TECHNICIAN}
REFUSED = re.compile(rb"D-[0-9A-Z]{16}")


def free_ports():
    """Three that are neighbours, the first of them."""
    ports = [free_port()]
    while len(ports) < 3:
        port = free_port()
        ports = ports + [port] if port == ports[-1] + 1 else [port]
    return ports[0]


def make_store(port):
    folder = shutil.copytree(os.path.join(SOURCE, "policies/demo"), "policy")
    with open(os.path.join(folder, "psk.key"), "w", encoding="ascii") as file:
        file.write(KEY)
    with open(os.path.join(folder, "psk.json"), "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "clients": {
            name: {"tags": tags, "auth": {"method": "dtls-psk", "key": {"file": "psk.key"}}}
            for name, tags in CLIENTS.items()}, "devices": {"meter-1": {
                "model": "thermo-clock", "tags": {"kind": "climate", "site": "b7"},
                "as_key": {"kid_hex": "09", "alg": "AES-CCM-16-64-128", "key": "generate"}, "as_line": {"method": "dtls-psk", "key": {"file": "psk.key"}}}}}, file)
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"administrators": ["steady"]}, file)
    ctl("init", "--as-uri", f"coap://127.0.0.1:{port}/token")
    ctl("policy", "apply", folder)
    ctl("client", "disable", "off")
    ctl("device", "export", "thermo-101", "-o", "thermo.json")
    ctl("client", "export", "tech-anna", "-o", "anna.json")
    ctl("client", "export", "wallboard-1", "-o", "wallboard.json")
    for name, device in (("body.cbor", "thermo-101"), ("meter.cbor", "meter-1")):
        with open(name, "wb") as file:
            file.write(token_request(device, "climate.read"))


def serve(port, *more):
    return Daemon("as/aced", "--config", "aced.json", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--listen",
                  f"coaps://127.0.0.1:{port + 1}", "--log-level", "error", *more)


class Stock:
    """One run of libcoap's client, from a port of its own: the server's libcoap takes a handshake from an address that has a
    session, though its client is gone or failed, for a part of that session, and the client hears nothing."""

    runs = 0

    def __init__(self, port, identity="tablet", key=KEY, path="token", flags=("-m", "post", "-t", "19", "-f", "body.cbor")):
        Stock.runs += 1
        self.file = f"answer-{Stock.runs}"
        self.process = subprocess.Popen(
            ["coap-client-openssl", "-p", str(free_port()), "-B", "5", "-u", identity, "-k", key, "-o", self.file, *flags,
             f"coaps://127.0.0.1:{port}/{path}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def ends(self, within=LIMIT):
        """What it printed (the code of a failure, and its payload), and the payload of a success."""
        try:
            said = self.process.communicate(timeout=within)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            said = self.process.communicate()[0]
        payload = b""
        if os.path.exists(self.file):
            with open(self.file, "rb") as file:
                payload = file.read()
        return said, payload


def ends_of(stocks, within):
    """All of them, given so many seconds together."""
    end = time.monotonic() + within
    return [stock.ends(max(0.01, end - time.monotonic())) for stock in stocks]


def granted(payload):
    """The token of an answer: it opens with the device's key, and holds the secret that the client got."""
    answer = cbor2.loads(payload)
    token = open_token("thermo.json", answer[1])
    assert answer[8] == token.claims[8] and len(answer[8][4][2]) == 16, (answer, token)
    return int.from_bytes(token.iv[-8:], "big")


def sequences():
    return {token["sequence"] for token in stored()[0]}


def by_stock_client(port):
    said, payload = Stock(port).ends()
    sequence = granted(payload)
    assert not said.strip() and sequence in sequences(), (said, sequence)
    # Copies aside, each request is one of its own: NON as well, and the longest identity.
    others = [Stock(port, flags=("-N", "-m", "post", "-t", "19", "-f", "body.cbor")), Stock(port, "x" * 64)]
    assert len({sequence} | {granted(stock.ends()[1]) for stock in others}) == 3
    said, links = Stock(port, path=".well-known/core", flags=()).ends()
    assert links.startswith(b"</token>"), (said, links)
    for path, flags, code in (("token", (), b"4.05"), ("nowhere", (), b"4.04"), ("token", ("-m", "put"), b"4.05"),
                              ("token", ("-m", "post", "-t", "50", "-f", "body.cbor"), b"4.15"),
                              ("token", ("-m", "post", "-t", "19", "-e", "%ff"), b"4.00"),
                              ("token", ("-m", "post", "-t", "19", "-f", "body.cbor", "-O", "9,x"), b"4.02")):
        said, payload = Stock(port, path=path, flags=flags).ends()
        assert code in said and not payload, (path, flags, said, payload)


def in_blocks(port):
    """Bodies that no message holds, both ways: a revocation list of more than a kilobyte, introspection cut small, and what is
    too much in any number of blocks."""
    board, hashes = Line("wallboard.json"), 40
    tokens = [cbor2.loads(board.ask(token_request("thermo-101", "climate.read"))[0].payload)[1] for _ in range(hashes)]
    ctl("token", "revoke", "--client", "wallboard-1", "-y")
    said, payload = Stock(port + 1, "steady", path="revoke/trl", flags=()).ends()
    full = cbor2.loads(payload)[0]
    assert len(payload) > 1024 and len(full) >= hashes == len(set(full[-hashes:])), (said, len(payload), len(full))
    assert cbor2.loads(Stock(port + 1, path="revoke/trl", flags=()).ends()[1])[0] == []
    token = cbor2.loads(Stock(port + 1, "steady", flags=("-m", "post", "-t", "19", "-f", "meter.cbor")).ends()[1])[1]
    for name, content, active in (("live.cbor", token, True), ("dead.cbor", tokens[0], False)):
        with open(name, "wb") as file:
            file.write(cbor2.dumps({11: content}))
        said, payload = Stock(port + 1, "meter-1", path="introspect", flags=("-b", "64", "-m", "post", "-t", "19", "-f", name)).ends()
        assert cbor2.loads(payload)[10] is active and (len(payload) > 64) == active, (said, payload)
    with open("long.cbor", "wb") as file:
        file.write(cbor2.dumps({11: b"x" * 5000}))
    said, payload = Stock(port + 1, "meter-1", path="introspect", flags=("-m", "post", "-t", "19", "-f", "long.cbor")).ends()
    assert b"4.13" in said and not payload, (said, payload)


def observed(port):
    """Who subscribes to the list hears of a revocation without asking again."""
    watcher = Stock(port + 1, path="revoke/trl", flags=("-s", "2"))
    time.sleep(0.5)
    sequence = granted(Stock(port + 1).ends()[1])
    ctl("token", "revoke", str(sequence), "-y")
    said, payload = watcher.ends()
    lists = []
    while payload:
        lists.append(cbor2.loads(payload))
        payload = payload[len(cbor2.dumps(lists[-1])):]
    assert [len(heard[0]) for heard in lists] == [0, 1], (said, lists)


def refused_with_a_decision(port):
    for client, why in (("off", "disabled"), ("nobody", "")):
        said, payload = Stock(port, client).ends()
        decision = REFUSED.search(said)
        assert b"4.00" in said and decision and not payload, (client, said)
        told = ctl("explain", decision.group().decode(), code=1)
        assert client in told and why in told, told


def nobody_else(port):
    """Wrong keys, and identities that are none: silence. They wait side by side."""
    before = len(stored()[1])
    strangers = [Stock(port, "tablet", OTHER_KEY), Stock(port, "tablet", KEY[:-1]), Stock(port, "tablet", KEY + "."),
                 # An OSCORE client and a device have no key for DTLS.
                 *(Stock(port, name) for name in ("tech-anna", "thermo-101", "stranger", "Tablet", "tablet ", " tablet",
                                                 "tablet\n", "../tablet", "tab", "x" * 65, "x" * 127, "\xfft\xe4blet",
                                                 "%00", "tablet\x01"))]
    for stock, (said, payload) in zip(strangers, ends_of(strangers, 1.5)):
        assert not payload and b"." not in said.replace(b"...", b""), (stock.process.args, said, payload)
    assert len(stored()[1]) == before


def overhear(port, identity, lengths):
    """What an eavesdropper hears of the server in a handshake that fails: the lengths of its datagrams, without repetitions."""
    done = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
        front.bind(("127.0.0.1", 0))
        back.connect(("127.0.0.1", port))
        front.settimeout(0.05)
        back.settimeout(0.05)
        peer = []

        def relay(source, send, note):
            while not done.is_set():
                try:
                    data, address = source.recvfrom(2048)
                except OSError:
                    continue
                note(len(data), address)
                send(data)

        threads = [threading.Thread(target=relay, args=args) for args in (
            (front, back.send, lambda length, address: peer.append(address)),
            (back, lambda data: front.sendto(data, peer[-1]), lambda length, address: lengths.add(length)))]
        for thread in threads:
            thread.start()
        Stock(front.getsockname()[1], identity, OTHER_KEY).ends(1.5)
        done.set()
        for thread in threads:
            thread.join()


def identities_are_not_told(port):
    heard = {"tablet": set(), "teblat": set()}
    listeners = [threading.Thread(target=overhear, args=(port, *item)) for item in heard.items()]
    for listener in listeners:
        listener.start()
    for listener in listeners:
        listener.join()
    assert heard["tablet"] == heard["teblat"] and len(heard["tablet"]) > 1, heard


def both_at_once(port):
    """An OSCORE client goes on while others come by DTLS."""
    anna, got = Line("anna.json"), []

    def ask():
        for _ in range(30):
            got.append(anna.ask(token_request("thermo-101", "climate.read"))[0])

    thread = threading.Thread(target=ask)
    thread.start()
    numbers = [granted(stock.ends()[1]) for stock in [Stock(port + 1) for _ in range(8)]]
    thread.join()
    assert all(str(answer) == "2.01" for answer in got) and len(got) == 30, got
    numbers += [granted(answer.payload) for answer in got]
    assert len(set(numbers)) == len(numbers) and set(numbers) <= sequences(), numbers


def exported(port):
    ctl("client", "export", "tablet", "-o", "tablet.json")
    with open("tablet.json", encoding="utf-8") as file:
        export = json.load(file)
    assert export["as_uri"] == f"coaps://127.0.0.1:{port + 1}/token", export
    assert export["dtls_psk"] == {"identity": "tablet", "key_hex": KEY.encode().hex()}, export
    ctl("client", "export", "tablet", "-o", "far.json", "--as-uri", "coaps://as.example:9/token")
    with open("far.json", encoding="utf-8") as file:
        assert json.load(file)["as_uri"] == "coaps://as.example:9/token"
    ctl("client", "export", "tablet", "-o", "wrong.json", "--as-uri", "coap://as.example/token", code=2)


def by_our_client(port):
    """ace-client with a DTLS enrolment, from the device's hints to the answer."""
    device = Daemon("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{port + 2}",
                    "--set", "/temp=21.5")
    client = ("client/ace-client", "--state-dir", "tablet")
    said = run(*client, "enroll", "tablet.json")
    assert f"enrolled as tablet at coaps://127.0.0.1:{port + 1}" in said, said
    temp = f"coap://127.0.0.1:{port + 2}/temp"
    said = run(*client, "get", temp, "--explain")
    assert "21.5" in said and "(DTLS)" in said, said
    assert "invalid_scope" in run(*client, "token", "-a", "thermo-101", "-s", "/nothing:GET", code=1)
    with open("tablet/wrong", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-client/1", "client": "tablet", "as_uri": f"coaps://127.0.0.1:{port + 1}/token",
                   "dtls_psk": {"identity": "tablet", "key_hex": "00" * 16}}, file)
    said = run("client/ace-client", "--state-dir", "elsewhere", "-B", "1", "enroll", "tablet/wrong", code=3)
    assert "no DTLS session" in said, said
    assert device.stop(signal.SIGTERM) == 0


def rotated(port):
    """The old key, by the id alone, lasts until the new one, by its version, was used."""
    ctl("client", "rotate-key", "tablet", "-o", "lost.ace")
    ctl("client", "rotate-key", "tablet", "-o", "tablet.ace")
    with open("tablet.ace", encoding="utf-8") as file:
        ticket = json.load(file)
    assert ticket["dtls_psk"]["identity"] == "tablet/3" and ticket["expires"], ticket
    granted(Stock(port + 1).ends()[1])
    client = ("client/ace-client", "--state-dir", "rotated")
    run(*client, "enroll", "tablet.ace")
    run(*client, "token", "-a", "thermo-101", "-s", "climate.read")
    strangers = [Stock(port + 1, name) for name in ("tablet", "tablet/2", "tablet/3")]
    assert not any(payload for _, payload in ends_of(strangers, 1))
    assert json.loads(ctl("client", "show", "tablet", "--json"))["ticket_expires"] is None
    # A ticket alone: the key before it is dead at once.
    ctl("client", "ticket", "tablet", "-o", "again.ace")
    run(*client, "-B", "1", "token", "-a", "thermo-102", "-s", "climate.read", code=3)
    run(*client, "enroll", "again.ace")


def killed(port, rng):
    """SIGKILL at any moment: the tokens that clients have are in the store."""
    answered = set()
    for _ in range(4):
        aced = serve(port)
        stocks = [Stock(port + 1, "steady") for _ in range(6)]
        time.sleep(rng.uniform(0.02, 0.15))
        aced.stop(signal.SIGKILL)
        answered |= {granted(payload) for _, payload in ends_of(stocks, 0.2) if payload}
        assert answered <= sequences()
    return len(answered)


def main():
    port = free_ports()
    make_store(port)
    aced = serve(port)
    listening = json.loads(ctl("status", "--wait=5", "--json"))["listen"]
    assert listening == f"coap://127.0.0.1:{port} coaps://127.0.0.1:{port + 1}", listening
    by_stock_client(port + 1)
    refused_with_a_decision(port + 1)
    nobody_else(port + 1)
    identities_are_not_told(port + 1)
    both_at_once(port)
    exported(port)
    by_our_client(port)
    in_blocks(port)
    observed(port)
    rotated(port)
    assert aced.stop(signal.SIGTERM) == 0
    seen = killed(port, random.Random(9200))

    # A restart in peace serves on; without the flag nobody is there.
    aced = serve(port)
    granted(Stock(port + 1, "steady").ends()[1])
    assert aced.stop(signal.SIGTERM) == 0
    aced = aced_start(port)
    assert not Stock(port + 1, "steady").ends(1)[1]
    assert aced.stop(signal.SIGTERM) == 0
    print(f"coaps holds: {len(glob.glob('answer-*'))} answers of {Stock.runs} runs, {seen} before a SIGKILL")


if __name__ == "__main__":
    sandbox(main)
