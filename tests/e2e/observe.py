#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Those who observe the revocation list (RFC 7641, RFC 8613 4.1.3.5, RFC 9770 11): a device, clients and an administrator,
by an OSCORE of our own in Python, hear of what acectl revokes, each of its own tokens only; until they say that they do not
want to, reject a notification, or aced starts again.

    observe.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys
import time

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from oscore_peer import ACK, CON, ECHO, GET, OBSERVE, RST, decode
from programs import Daemon, ctl, free_port, sandbox
from revocation_case import URI_QUERY, client_line, device_line, grant, hash_of, make_store

LIST = "revoke/trl"
A_PEER = 8  # observations
SILENCE_S = 0.6  # aced looks every 250 ms


def register(line, query="", value=b"", token=None):
    """Returns the request and the answer to it."""
    def once(echo=()):
        request = line.protect(GET, LIST, b"", [(OBSERVE, value), *[(URI_QUERY, part.encode()) for part in query.split("&") if part],
                                                *echo], token=token)
        datagram = line.send(request.datagram)
        answer = line.unprotect(request, datagram)
        # RFC 8613 4.1.3.5.2: the outer Observe has a number, the inner one is empty.
        if answer.option(OBSERVE) is not None:
            assert answer.option(OBSERVE) == b"" and decode(datagram).option(OBSERVE), decode(datagram)
        return request, answer
    request, answer = once()
    if answer.option(ECHO) is not None:
        request, answer = once([(ECHO, answer.option(ECHO))])
    return request, answer


def observe(line, query=""):
    request, answer = register(line, query)
    assert str(answer) == "2.05" and answer.option(OBSERVE) is not None and answer.piv is None, answer
    return request, cbor2.loads(answer.payload)


def revoke(token):
    rows = json.loads(ctl("token", "list", "--json"))
    ctl("token", "revoke", str(next(row["id"] for row in rows if row["hash_hex"] == hash_of(token).hex())), "-y")


def hears(line, request, wanted, kind=ACK):
    answer = line.notification(request, kind=kind)
    assert answer is not None, f"{line.client} hears nothing"
    assert str(answer) == "2.05" and answer.type == CON and answer.option(OBSERVE) == b"" and answer.piv, answer
    got = cbor2.loads(answer.payload)
    assert got == wanted, f"{line.client}: {got}, not {wanted}"
    return answer


def hears_nothing(*observers):
    time.sleep(SILENCE_S)
    for line, request in observers:
        answer = line.notification(request, timeout=0.01)
        assert answer is None, f"{line.client}: {answer} {cbor2.loads(answer.payload)}"


def each_hears_of_its_own(device, anna, wallboard, boss):
    """AS-088, AS-096. Returns the registrations and the hash of what was revoked."""
    token, _ = grant(anna)
    observers = {line: observe(line) for line in (device, anna, wallboard, boss)}
    assert [answer for _, answer in observers.values()] == [{0: [], 2: None}] * 4, observers
    requests = {line: request for line, (request, _) in observers.items()}
    diff, answer = observe(device, "diff=3")
    assert answer == {1: [], 2: None, 3: False}, answer
    revoke(token)
    for line in (device, anna, boss):
        hears(line, requests[line], {0: [hash_of(token)], 2: 0})
    hears(device, diff, {1: [[[], [hash_of(token)]]], 2: 0, 3: False})
    hears_nothing((wallboard, requests[wallboard]), *requests.items())
    for line in requests:
        assert len(set(line.seen_pivs)) == len(line.seen_pivs), f"{line.client}: a Partial IV comes twice"
    return requests, diff, [hash_of(token)]


def until_they_want_no_more(requests, diff, device, anna, boss, hashes):
    """Deregistration (RFC 7641 3.6) by one, and a reset (3.5) by another."""
    _, answer = register(anna, value=b"\1", token=decode(requests[anna].datagram).token)
    assert str(answer) == "2.05" and answer.option(OBSERVE) is None, answer
    token, _ = grant(anna)
    revoke(token)
    hashes.append(hash_of(token))
    hears(device, requests[device], {0: hashes, 2: 1})
    hears(device, diff, {1: [[[], [hashes[1]]], [[], [hashes[0]]]], 2: 1, 3: False})
    hears(boss, requests[boss], {0: hashes, 2: 1}, kind=RST)
    hears_nothing((anna, requests[anna]), (device, requests[device]))
    token, _ = grant(anna)
    revoke(token)
    hashes.append(hash_of(token))
    hears(device, requests[device], {0: hashes, 2: 2})
    hears_nothing((anna, requests[anna]), (boss, requests[boss]))


def a_peer_has_its_share(wallboard):
    held = [register(wallboard, token=bytes([i])) for i in range(A_PEER + 2)]
    with_observe = [answer.option(OBSERVE) is not None for _, answer in held]
    assert with_observe == [True] * (A_PEER - 1) + [False] * 3, with_observe  # it has one from before
    assert all(str(answer) == "2.05" for _, answer in held), held
    _, again = register(wallboard, token=bytes([0]))  # takes its own place
    assert again.option(OBSERVE) is not None, again


def main():
    port = free_port()
    make_store(port, ["boss"])
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"administrators": ["boss"], "limits": {"observers": 64, "messages": 64}}, file)
    args = ("as/aced", "--config", "aced.json", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--log-level",
            "error")
    aced = Daemon(*args)
    device, anna, wallboard, boss = (device_line("thermo-101"), client_line("tech-anna"), client_line("wallboard-1"),
                                     client_line("boss"))
    requests, diff, hashes = each_hears_of_its_own(device, anna, wallboard, boss)
    until_they_want_no_more(requests, diff, device, anna, boss, hashes)
    a_peer_has_its_share(wallboard)
    assert aced.stop(signal.SIGKILL) == -signal.SIGKILL
    aced = Daemon(*args)
    token, _ = grant(anna)
    revoke(token)
    hashes.append(hash_of(token))
    hears_nothing((device, requests[device]))
    again, answer = observe(device)
    assert answer[0] == hashes, answer
    token, _ = grant(anna)
    revoke(token)
    hears(device, again, {0: hashes + [hash_of(token)], 2: 4})
    assert len(set(device.seen_pivs)) == len(device.seen_pivs), "a Partial IV comes twice"
    assert aced.stop(signal.SIGTERM) == 0
    print("who observes is told")
    return 0


if __name__ == "__main__":
    sandbox(main)
