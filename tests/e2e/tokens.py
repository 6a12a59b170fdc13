#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tokens after they were issued: introspection and the revocation list as a device and clients get them from aced, by an
OSCORE of our own in Python, while acectl revokes; over SIGKILL, and until the tokens expire.

    tokens.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys
import time

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from oscore_peer import GET, POST, Unprotected, open_token
from programs import Clock, Daemon, ctl, free_port, sandbox, stored
from revocation_case import ask, client_line, device_line, grant, hash_of, make_store

ONE = "1 token revoked; thermo-101 learns it at its next poll, at the latest when the token expires there\n"

DAY_S = 86400


def trl(line, query=""):
    answer = ask(line, GET, "revoke/trl", query=query)
    assert str(answer) == "2.05", answer
    return cbor2.loads(answer.payload)


def introspect(line, token):
    answer = ask(line, POST, "introspect", cbor2.dumps({11: token}))
    assert str(answer) == "2.01", answer
    return cbor2.loads(answer.payload)


def learn_of_a_revocation(device, anna, wallboard):
    """Returns the hash of what was revoked."""
    token, _ = grant(anna)
    claims = open_token("thermo-101.json", token).claims
    assert introspect(device, token) == {**claims, 10: True, 34: 2}
    assert introspect(device, token[:-1] + b"\0") == {10: False}
    answer = ask(anna, POST, "introspect", cbor2.dumps({11: token}))
    assert str(answer) == "4.03" and not answer.payload, answer
    for line in (device, anna, wallboard):
        assert trl(line) == {0: [], 2: None}
        assert trl(line, "diff=0") == {1: [], 2: None, 3: False}

    listed, = json.loads(ctl("token", "list", "--json"))
    assert (listed["client"], listed["device"], listed["state"]) == ("tech-anna", "thermo-101", "live"), listed
    assert listed["hash_hex"] == hash_of(token).hex(), listed
    for name in (str(listed["id"]), listed["decision"]):
        assert json.loads(ctl("token", "show", name, "--json")) == listed
    assert "Say so with --yes" in ctl("token", "revoke", str(listed["id"]), code=2)
    assert introspect(device, token)[10]
    assert ctl("token", "revoke", listed["decision"], "-y") == ONE
    assert "revoked already" in ctl("token", "revoke", str(listed["id"]), "-y", code=1)
    assert "no token" in ctl("token", "show", "4711", code=1)
    assert "no client tech-ana (did you mean tech-anna?)" in ctl("token", "revoke", "--client", "tech-ana", "-y", code=1)
    ctl("token", "revoke", "-y", code=2)
    assert introspect(device, token) == {10: False}
    return hash_of(token)


def sees(lines, hashes, others):
    for line in lines:
        assert sorted(trl(line)[0]) == sorted(hashes), f"{line.client}: {trl(line)}"
    assert trl(others)[0] == []


def awaited(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, stored()
        time.sleep(0.1)


def leave_with_time(clock):
    """Tokens when they are over, what was decided 90 days later: nobody has to ask for it."""
    awaited(lambda: not stored()[0])
    decision, = {decision["id"] for decision in stored()[1][:1]}
    clock.ahead(89 * DAY_S)
    time.sleep(1.5)
    assert "tech-anna" in ctl("explain", decision)
    clock.ahead(DAY_S)
    awaited(lambda: len(stored()[1]) == 1)
    assert "no decision" in ctl("explain", decision, code=1)


def told(noun, name, verb="export"):
    ctl(noun, verb, name, "-o", "told.json")
    with open("told.json", encoding="utf-8") as file:
        export = json.load(file)
    os.remove("told.json")
    return export.get("revocation_list")


def requesters_are_told(args, clock):
    """Path, MAX_N and MAX_DIFF_BATCH come with the credentials (RFC 9770 6.2, 6.2.1), the path as aced has it."""
    limits = {"max_n": 64, "max_diff_batch": 5}
    assert told("device", "thermo-101") == told("client", "tech-anna") == {"path": "/revoke/trl", **limits}
    assert told("device", "thermo-102") is None  # it has no line on which it could ask
    with open("elsewhere.json", "w", encoding="utf-8") as file:
        json.dump({"paths": {"revocation_list": "/gone"}}, file)
    aced = Daemon(*args, "--config", "elsewhere.json", env=clock.env)
    assert told("client", "wallboard-1", "ticket") == {"path": "/gone", **limits}
    ctl("device", "export", "thermo-101", "--format", "zephyr", "-o", "told.txt")
    with open("told.txt", encoding="utf-8") as file:
        said = file.read()
    for item in ('trl_path "/gone"', "trl_max_n 64", "trl_max_batch 5"):
        assert f"settings write string ace_rs/{item}\n" in said, said
    assert aced.stop(signal.SIGTERM) == 0


def main():
    clock, port = Clock("clock"), free_port()
    make_store(port, env=clock.env)
    args = ("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--log-level", "error")
    aced = Daemon(*args, env=clock.env)
    device, anna, wallboard = device_line("thermo-101"), client_line("tech-anna"), client_line("wallboard-1")
    first = learn_of_a_revocation(device, anna, wallboard)
    sees((device, anna), [first], wallboard)
    assert trl(device, "diff=8") == {1: [[[], [first]]], 2: 0, 3: False}
    assert trl(device, "diff=8&cursor=0") == {1: [], 2: 0, 3: False}
    answer = ask(device, GET, "revoke/trl", query="diff=x")
    assert str(answer) == "4.00" and cbor2.loads(answer.payload)[1] == {0: 0}, answer
    try:
        answer = device.unprotect(None, device.send(bytes.fromhex("40010001b67265766f6b650374726c")))
        raise AssertionError(f"without OSCORE: {answer}")
    except Unprotected as refused:
        assert str(refused.message) == "4.01" and not refused.message.payload, refused

    assert aced.stop(signal.SIGKILL) == -signal.SIGKILL
    aced = Daemon(*args, env=clock.env)
    sees((device, anna), [first], wallboard)
    second, lifetime = grant(anna)
    assert ctl("client", "disable", "tech-anna") == "tech-anna disabled, effective now\n" + ONE
    sees((device, anna), [first, hash_of(second)], wallboard)
    assert trl(device, "diff=8&cursor=0") == {1: [[[], [hash_of(second)]]], 2: 1, 3: False}

    third, _ = grant(wallboard)
    assert introspect(device, third)[10]
    assert ctl("device", "disable", "thermo-101").endswith(ONE)
    assert trl(device)[0][-1] == hash_of(third)
    clock.ahead(lifetime + 1)
    deadline = time.monotonic() + 10
    while trl(device)[0] and time.monotonic() < deadline:
        time.sleep(0.1)
    sees((device, anna), [], wallboard)
    assert trl(device, "diff=1") == {1: [[[first, hash_of(second), hash_of(third)], []]], 2: 3, 3: False}
    leave_with_time(clock)
    assert aced.stop(signal.SIGTERM) == 0
    requesters_are_told(args, clock)
    print("tokens end as they should")
    return 0


if __name__ == "__main__":
    sandbox(main)
