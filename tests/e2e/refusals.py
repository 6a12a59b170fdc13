#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every "no" that a client can hear: in plain words, with the exit code of its kind, and with the id of a decision that
acectl explains, where there was one.

    refusals.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import re
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2
from oscore_peer import Line, Unprotected
from programs import Clock, Daemon, ctl, free_port, make_store, run, sandbox, stored

NO, UNREACHABLE, REFUSED = 1, 3, 4
HOUR_S = 3600
clock = device_clock = None


def client(name, *args, code=0, env=None):
    return run("client/ace-client", "--state-dir", name, *args, code=code, env=env or clock.env)


def explained(said, error, why):
    """What the client was told leads the operator to the reason."""
    decision = re.search(r"D-[0-9A-HJKMNP-TV-Z]{16}", said)
    assert decision and f"refused by the AS: {error} " in said, said
    text = ctl("explain", decision.group(), code=1)
    assert f"client gets 4.00 {error} " in text and why in text, text
    record = json.loads(ctl("explain", decision.group(), "--json", code=1))
    assert record["error"] == error and record["decision"].startswith("deny"), record
    assert record["decision_id"] == decision.group(), record


def by_the_policy(temp):
    def ask(*args):
        return client("anna", "token", *args, code=NO)

    explained(ask("-a", "thermo-101", "-s", "no.such"), "invalid_scope",
              "nothing of what was asked exists at this device\n"
              "  unknown here    no.such; thermo-clock has climate.read, climate.set\n")
    explained(ask("-a", "thermo-101"), "invalid_scope", "nothing was asked, and the client has no default scope")
    explained(ask("-a", "thermo-999", "-s", "climate.read"), "invalid_request", "no device has that id or audience")
    explained(ask("-s", "climate.read"), "invalid_request", "none was named and the client has no default")
    explained(client("wall", "token", "-a", "thermo-101", "-s", "climate.set", code=NO), "invalid_scope",
              "nearest miss    techs-adjust-own-site")
    assert "granted   PUT /setpoint   by techs-adjust-own-site" in ctl("explain", "tech-anna", "thermo-101", "/setpoint:PUT")
    assert "PATH:METHOD" in ctl("explain", "tech-anna", "thermo-101", "/setpoint:SET", code=2)
    ctl("client", "disable", "tech-anna")
    explained(ask("-a", "thermo-101", "-s", "climate.read"), "unauthorized_client", "the client is disabled")
    ctl("client", "enable", "tech-anna")
    switch_device("thermo-101", False)
    explained(client("anna", "--fresh", "get", temp, code=NO), "unauthorized_client", "the device is disabled")
    switch_device("thermo-101", True)
    for profile, heard in (("coap_dtls", "incompatible_ace_profiles"), ("coap_oscore", None)):
        change("policy/policy.json", "models", "thermo-clock", "profile", profile)
        if heard:
            explained(ask("-a", "thermo-101", "-s", "climate.read"), heard, "speaks another profile than coap_oscore")
            explained(ask("-a", "thermo-101", "-s", "no.such"), heard, "speaks another profile than coap_oscore")
    client("anna", "token", "-a", "thermo-101", "-s", "climate.read")


def change(path, section, name, member, value):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    document[section][name][member] = value
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    ctl("policy", "apply", "policy", "--no-tests", env=clock.env)


def switch_device(name, enabled):
    change("policy/inventory.json", "devices", name, "enabled", enabled)


def before_the_policy():
    """Requests that ace-client never makes. What they ask for besides would be allowed."""
    ctl("client", "export", "peer", "-o", "peer.json")
    line = Line("peer.json")
    good = {5: "thermo-101", 9: "climate.read"}
    for change, error, why in (
            (b"\xa2\x05", 1, "malformed"), ({9: 17}, 1, "malformed"), ({33: 0}, 5, "another grant type"),
            ({24: "tech-anna"}, 2, "not the one that its key belongs to"), ({4: {1: {1: 2}}}, 7, "key of its own"),
            ({4: {1: {1: 4}}}, 1, "key of its own"), ({5: "thermo\x1b[2J\n"}, 1, "no device has that id"),
            ({5: "climate"}, 1, "no device has that id"), ({5: "group:climate"}, 1, "no device has that id")):
        body = change if isinstance(change, bytes) else cbor2.dumps({**good, **change})
        answer, _ = line.ask(body)
        refusal = cbor2.loads(answer.payload)
        assert str(answer) == "4.00" and refusal[30] == error and set(refusal) == {30, 31}, refusal
        text = ctl("explain", refusal[31], code=1)
        assert why in text and "client gets 4.00" in text and "\x1b" not in text, text
        json.loads(ctl("explain", refusal[31], "--json", code=1))
    assert str(line.ask(cbor2.dumps(good))[0]) == "2.01"


def forged(name, **changes):
    with open("late.ace", encoding="utf-8") as file:
        content = json.load(file)
    content["oscore"].update(changes)
    with open(name, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        json.dump(content, file)
    return name


def stranger(name, code, changes):
    """aced answers in the clear, which says nothing; ace-client waits a while for a better answer, then gives up."""
    ticket = forged(name + ".ace", **changes)
    said = client(name, "enroll", ticket, code=REFUSED)
    assert f"an unprotected {code}, which proves nothing" in said and "ask the operator for a new ticket" in said, said
    assert os.path.exists(ticket) and "not enrolled" in client(name, "whoami", code=NO)
    try:
        answer, _ = Line(ticket).ask(b"\xa0")
        raise AssertionError(f"a stranger got a protected {answer}")
    except Unprotected as unprotected:
        answer = unprotected.message
        assert str(answer) == code and answer.options == [(14, b"")] and not answer.payload, answer


def by_the_key():
    """A client that aced does not know, and one that has another secret."""
    ctl("client", "ticket", "late", "-o", "late.ace", env=clock.env)
    before = stored()
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(stranger, "unknown", "4.01", {"sender_id_hex": "7f"}),
                     pool.submit(stranger, "impostor", "4.00", {"master_secret_hex": "5a" * 16})]:
            done.result()
    assert stored() == before


def by_time():
    """A ticket that nobody enrolled for a day; one that was enrolled in time lasts."""
    ctl("client", "ticket", "soon", "-o", "soon.ace", env=clock.env)
    client("soon", "enroll", "soon.ace")
    clock.ahead(25 * HOUR_S)
    said = client("late", "enroll", "late.ace", code=REFUSED)
    assert "late.ace was to be enrolled until" in said and "acectl client ticket late" in said, said
    said = client("late", "enroll", "late.ace", code=REFUSED, env={"LD_PRELOAD": ""})
    assert "an unprotected 4.01" in said and os.path.exists("late.ace"), said
    client("soon", "token", "-a", "thermo-101", "-s", "climate.read")


def by_the_device(temp):
    said = client("wall", "get", temp, "--audience", "thermo-102", code=REFUSED)
    assert "does not take the token: 4.01" in said and "another device than the token is for" in said, said
    assert client("wall", "-q", "get", temp) == "21.5\n"
    device_clock.ahead(2 * HOUR_S)  # its clock is wrong: what has run out there has not for the others
    said = client("wall", "--fresh", "get", temp, code=REFUSED)
    assert "does not take the token: 4.01" in said and "time than the AS" in said, said
    device_clock.ahead(-2 * HOUR_S)
    assert client("wall", "-q", "get", temp) == "21.5\n"
    clock.ahead(2 * HOUR_S)
    device_clock.ahead(2 * HOUR_S)  # and now for all
    decisions = len(stored()[1])
    assert client("wall", "-q", "get", temp) == "21.5\n"
    assert len(stored()[1]) == decisions + 1  # a new token


def main():
    global clock, device_clock
    clock, device_clock = Clock("clock"), Clock("device.clock")
    as_port, device_port = free_port(), free_port()
    temp = f"coap://127.0.0.1:{device_port}/temp"
    make_store(as_port, ["late", "soon", "peer"], env=clock.env)
    aced = Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}", "--log-level", "error",
                  env=clock.env)
    ctl("device", "export", "thermo-101", "-o", "thermo.json")
    device = Daemon("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{device_port}",
                    "--set", "/temp=21.5", env=device_clock.env)
    for name, state in (("tech-anna", "anna"), ("wallboard-1", "wall")):
        ctl("client", "ticket", name, "-o", state + ".ace", env=clock.env)
        client(state, "enroll", state + ".ace")
    by_the_policy(temp)
    before_the_policy()
    by_the_device(temp)
    by_the_key()
    by_time()
    assert device.stop(signal.SIGTERM) == 0
    assert aced.stop(signal.SIGTERM) == 0
    client("anna", "token", "-a", "thermo-101", "-s", "climate.read", "-B", "1", code=UNREACHABLE)
    print("every no says why")


if __name__ == "__main__":
    sandbox(main)
