#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients whose replay window aced does not have in memory (RFC 8613 B.1.2, RFC 9175 2.3): five clients at a table of four.
What a request brings that is no proof of freshness (no Echo, another client's, a forged or a stale one, a whole
request from before) gets a challenge, no token, and no record.

    aced_echo.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from oscore_peer import ECHO, MAX_AGE, OSCORE, POST, Line, Unprotected, code_text, decode, token_request
from programs import Clock, Daemon, ctl, free_port, make_store, sandbox, stored

ECHO_VALID_S = 10
CLIENTS = ["c1", "c2", "c3", "c4", "c5"]
BODY = token_request("thermo-101", "climate.read")


def post(line, echo=None):
    return line.protect(POST, "token", BODY, [(ECHO, echo)] if echo is not None else [])


def challenge(line, request):
    """The request gets a protected 4.01 with an Echo, under a Partial IV of the AS's own. Returns the Echo value."""
    answer = line.exchange(request)
    assert str(answer) == "4.01" and answer.piv and not answer.payload, f"{line.client}: {answer}"
    assert 1 <= len(answer.option(ECHO)) <= 40, answer
    return answer.option(ECHO)


def grant(line, request):
    answer = line.exchange(request)
    assert str(answer) == "2.01" and not answer.piv, f"{line.client}: {answer}"


def refused_in_the_clear(line, datagram, code, max_age):
    answer = decode(line.send(datagram))
    assert answer.option(OSCORE) is None and not answer.payload, answer
    assert code_text(answer.code) == code and answer.option(MAX_AGE) == max_age, answer


def records(wanted):
    tokens, decisions = stored()
    assert len(tokens) == wanted and len(decisions) == wanted, f"{len(tokens)} tokens, {len(decisions)} decisions"


def wrong_echoes_gain_nothing(clock, c1, c2):
    """Returns c1's request that got a token."""
    first = post(c1)
    mine = challenge(c1, first)
    flipped = bytearray(mine)
    flipped[-1] ^= 1
    later = (int.from_bytes(mine[:8], "big") + 1).to_bytes(8, "big") + mine[8:]
    for line, echo in ((c2, mine), (c1, bytes(flipped)), (c1, later), (c1, mine[:-1]), (c1, mine + b"\0"), (c1, b"\0" * 16)):
        challenge(line, post(line, echo))
    clock.ahead(ECHO_VALID_S + 1)
    fresh = challenge(c1, post(c1, mine))
    records(0)
    proof = post(c1, fresh)
    grant(c1, proof)
    records(1)
    # The same at once: the window is there now, and knows both.
    for request in (proof, first):
        refused_in_the_clear(c1, c1.again(request).datagram, "4.01", b"")
    records(1)
    return proof


def newcomers_wait(clock, lines):
    """Four fill the table; the fifth waits until one of them was not used for as long as an Echo value is good."""
    _, c2, c3, c4, c5 = lines
    for line in (c2, c3, c4):
        grant(line, post(line, challenge(line, post(line))))
    records(4)
    refused_in_the_clear(c5, post(c5).datagram, "5.03", b"\1")
    grant(c3, post(c3))  # and nobody lost a window for that
    clock.ahead(ECHO_VALID_S + 1)
    grant(c5, post(c5, challenge(c5, post(c5))))
    records(6)


def played_again_after_eviction(c1, c2, proof):
    """c1's window left for c5's, now c2's leaves for c1's. proof, with its Echo of then, is a challenge's worth."""
    for _ in range(2):
        challenge(c1, c1.again(proof))
    records(6)
    grant(c1, post(c1, challenge(c1, post(c1))))
    refused_in_the_clear(c1, c1.again(proof).datagram, "4.01", b"")
    grant(c2, post(c2, challenge(c2, post(c2))))
    records(8)


def challenges_beside_grants(aced, c1, c2):
    """While aced stands still, a request that gets a token and many that get a challenge come in: one batch for all. The
    numbers of the challenges are reserved in the store, which has to go together with the batch's own transaction."""
    c1.ask(BODY)
    for _ in range(20):
        token, challenged = post(c1), [post(c2) for _ in range(20)]
        aced.process.send_signal(signal.SIGSTOP)
        for line, request in [(c1, token)] + [(c2, request) for request in challenged]:
            line.socket.send(request.datagram)
        aced.process.send_signal(signal.SIGCONT)
        answer = c1.unprotect(token, c1.socket.recv(2048))
        assert str(answer) == "2.01", answer
        answers = [c2.socket.recv(2048) for _ in challenged]
        for request in challenged:
            datagram = next(data for data in answers if data[2:4] == request.datagram[2:4])
            try:
                answer = c2.unprotect(request, datagram)
                assert str(answer) == "4.01" and answer.option(ECHO), answer
            except Unprotected as unprotected:  # more of them than the present moment has numbers
                assert str(unprotected.message) == "5.03" and unprotected.message.option(MAX_AGE) == b"\1", unprotected


def main():
    clock, port = Clock("clock"), free_port()
    make_store(port, CLIENTS)
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"listen": f"coap://127.0.0.1:{port}", "log_level": "error", "limits": {"contexts": 4}}, file)

    def start():
        return Daemon("as/aced", "--config", "aced.json", "--state-dir", "store", env=clock.env)

    aced = start()
    lines = []
    for name in CLIENTS:
        ctl("client", "export", name, "--format", "json", "-o", name + ".json")
        lines.append(Line(name + ".json"))
    proof = wrong_echoes_gain_nothing(clock, *lines[:2])
    newcomers_wait(clock, lines)
    played_again_after_eviction(*lines[:2], proof)
    assert aced.stop(signal.SIGTERM) == 0
    aced = start()
    challenges_beside_grants(aced, *lines[:2])
    for line in lines:
        assert line.seen_pivs == sorted(set(line.seen_pivs)), line.seen_pivs
    assert aced.stop(signal.SIGTERM) == 0
    print("no window, no token without a fresh Echo")


if __name__ == "__main__":
    sandbox(main)
