#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at any moment, under load: what a client was given is in the store, and what must be unique never repeats.

    aced_kill.py BUILD_DIR SOURCE_DIR [CYCLES [SEED]]

Clients ask as fast as they can while aced is killed and started again, at times before it is ready, at times with a
clock that was set back to the last start. No COSE IV, cti, osc.id, exi number or Partial IV of the AS comes twice.
"""
import base64
import hashlib
import json
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2
from oscore_peer import ECHO, Line, Unprotected, open_token, token_request
from programs import Clock, Daemon, ctl, free_port, make_store, sandbox, stored

CYCLES = int(sys.argv[3]) if len(sys.argv) > 3 else 15
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().randrange(2 ** 32)
CLIENTS = {f"c{i}": "thermo-101" if i % 2 else "thermo-102" for i in range(8)}  # one with a clock, one without
WAIT_S = 0.1
RETRY_S = 0.005


class Load(threading.Thread):
    """One client that asks, notes what it gets, and asks again; an aced that is not there is no reason to stop."""

    def __init__(self, name):
        super().__init__(daemon=True)
        self.line, self.device = Line(name + ".json"), CLIENTS[name]
        self.line.socket.settimeout(WAIT_S)
        self.body = token_request(self.device, "climate.read")
        self.bodies = []  # of the answers that brought a token, each with its time
        self.granted_by = None
        self.problem = None
        self.stopped = threading.Event()

    def turn(self):
        answer, request = self.line.ask(self.body)
        if str(answer) == "2.01":
            self.bodies.append((time.monotonic(), answer.payload))
            self.granted_by = request
        elif str(answer) == "5.03":
            time.sleep(RETRY_S)
        else:
            # A challenge again, when aced was killed between two of its own: then the turn just ends.
            assert str(answer) == "4.01" and answer.option(ECHO) is not None, f"unexpected {answer}"

    def run(self):
        while not self.stopped.is_set():
            try:
                self.turn()
            except Unprotected as unprotected:
                if str(unprotected.message) != "5.03":
                    self.problem = unprotected
                    return
            except OSError:
                self.stopped.wait(RETRY_S)
            except Exception as problem:  # pylint: disable=broad-except
                self.problem = problem
                return


def replay(line, request):
    """A request that got a token from an aced that was killed since: a challenge, or nothing at all."""
    if not request:
        return
    try:
        answer = line.exchange(line.again(request))
        assert str(answer) in ("4.01", "5.03"), f"played again after a restart: {answer}"
    except Unprotected as unprotected:
        assert str(unprotected.message) in ("4.01", "5.03"), unprotected
    except OSError:
        pass


def kill_again_and_again(start, clock, loads, attackers):
    """Returns how many of the starts that were awaited had tokens to give."""
    awaited = served = 0
    for _ in range(CYCLES):
        ready = random.random() < 0.8
        granted_by = [load.granted_by for load in loads]
        since = time.monotonic()
        aced = start(ready)
        if ready:
            for attacker, request in zip(attackers, granted_by):
                replay(attacker, request)
        time.sleep(random.uniform(0.01, 0.3) if ready else random.uniform(0, 0.03))
        code = aced.stop(signal.SIGKILL)
        assert code == -signal.SIGKILL, f"aced ended by itself, exit {code}: {aced.said()}"
        awaited += ready
        served += ready and any(load.bodies and load.bodies[-1][0] > since for load in loads)
        if random.random() < 0.25:  # to where it was at this start: only what is stored keeps the numbers apart
            clock.ahead(since - time.monotonic())
        for load in loads:
            if load.problem:
                raise load.problem
    return awaited, served


def number(data):
    assert data and data[0] != 0, f"not the shortest form: {data.hex()}"
    return int.from_bytes(data, "big")


def token_hash(token):
    """RFC 9770 4: suite 1, then SHA-256 of the token's text."""
    return "01" + hashlib.sha256(base64.urlsafe_b64encode(token).rstrip(b"=")).hexdigest()


def check_token(load, body, record):
    """One answer against the record of its token. Returns the IV and the cti."""
    response = cbor2.loads(body)
    opened = open_token(load.device + ".json", response[1])
    claims = opened.claims
    assert record["client"] == load.line.client == claims[2] and record["device"] == load.device == claims[3]
    assert record["iat"] == claims[6] and record["hash"] == token_hash(response[1])
    assert claims[8] == response[8] and record["osc_id"] == record["sequence"]
    if load.device == "thermo-101":
        assert record["exp"] == claims[4] and 40 not in claims and number(claims[7]) == record["sequence"]
    else:
        assert record["exp"] == claims[6] + claims[40] and 4 not in claims
        assert claims[7] == load.device.encode() + record["exi_number"].to_bytes(4, "big")
    assert record["exp"] == record["iat"] + response[2]
    return opened.iv, claims[7]


def check_all(loads):
    tokens = {token["sequence"]: token for token in stored()[0]}
    ivs, ctis, osc_ids = set(), set(), set()
    for load in loads:
        for _, body in load.bodies:
            osc_id = cbor2.loads(body)[8][4][0]
            assert number(osc_id) in tokens, f"{load.line.client} has a token that the store does not know: {osc_id.hex()}"
            iv, cti = check_token(load, body, tokens[number(osc_id)])
            assert iv not in ivs and cti not in ctis and osc_id not in osc_ids, f"{iv.hex()} {cti.hex()} {osc_id.hex()}"
            ivs.add(iv), ctis.add(cti), osc_ids.add(osc_id)
    for device in set(CLIENTS.values()):
        exis = [token["exi_number"] for token in tokens.values() if token["device"] == device]
        assert device == "thermo-101" or exis == sorted(set(exis)), "exi numbers do not rise"
    return len(ivs), len(tokens)


def check_partial_ivs(loads, attackers):
    """Answers arrive in order on loopback but for those of two sockets of one client; so only repeats count."""
    for load, attacker in zip(loads, attackers):
        pivs = load.line.seen_pivs + attacker.seen_pivs
        assert len(set(pivs)) == len(pivs), f"{load.line.client}: a Partial IV of the AS came twice"


def one_more(load):
    """When the clock has caught up with what is stored, everybody is served."""
    before, until = len(load.bodies), time.monotonic() + 5
    while len(load.bodies) == before:
        assert time.monotonic() < until, f"{load.line.client} gets no token any more"
        try:
            load.turn()
        except Unprotected as unprotected:
            assert str(unprotected.message) == "5.03", unprotected


def main():
    print(f"{CYCLES} cycles, seed {SEED}", flush=True)
    random.seed(SEED)
    clock, port = Clock("clock"), free_port()
    make_store(port, CLIENTS)
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"listen": f"coap://127.0.0.1:{port}", "log_level": "error",
                   "limits": {"client_rate": 100000, "client_burst": 100000}}, file)
    for name in CLIENTS:
        ctl("client", "export", name, "-o", name + ".json")
    for device in set(CLIENTS.values()):
        ctl("device", "export", device, "-o", device + ".json")

    def start(ready):
        return Daemon("as/aced", "--config", "aced.json", "--state-dir", "store", env=clock.env, ready=ready)

    loads = [Load(name) for name in CLIENTS]
    attackers = [Line(name + ".json") for name in CLIENTS]
    for attacker in attackers:
        attacker.socket.settimeout(WAIT_S)
    for load in loads:
        load.start()
    awaited, served = kill_again_and_again(start, clock, loads, attackers)
    for load in loads:
        load.stopped.set()
        load.join()
    aced = start(True)
    for load in loads:
        one_more(load)
    assert aced.stop(signal.SIGTERM) == 0
    received, recorded = check_all(loads)
    check_partial_ivs(loads, attackers)
    print(f"{received} tokens received, {recorded} stored, {served} of {awaited} starts served")
    assert served * 3 > awaited, "most starts had no token to give"
    for load in loads:
        assert len(load.bodies) > CYCLES / 2, f"{load.line.client} got {len(load.bodies)} tokens"


if __name__ == "__main__":
    sandbox(main)
