#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Updates of access rights: a client reads, then writes over the same context; and every kid that must not get one.

    rights.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2
from oscore_peer import Line, open_token
from programs import Clock, Daemon, ctl, free_port, make_store, run, sandbox, stored

NO = 1
INVALID_REQUEST = 1
ACCESS_TOKEN, EXPIRES_IN, REQ_CNF, AUDIENCE, CNF, SCOPE, ERROR, DESCRIPTION, CNONCE = 1, 2, 4, 5, 8, 9, 30, 31, 39
KID, OSC = 3, 4
clock = None


def client(name, *args, code=0):
    return run("client/ace-client", "--state-dir", name, *args, code=code, env=clock.env)


def tokens_of(name):
    return [token for token in stored()[0] if token["client"] == name]


def over_one_context(temp, setpoint, device_name):
    """Read, then write: the device sees one unprotected post, and one over the context that came of it."""
    client("anna", "get", temp)
    before = len(tokens_of("tech-anna"))
    said = client("anna", "--explain", "put", setpoint, "-e", "19")
    assert "rights updated" in said and "N1, ID1" not in said, said
    assert client("anna", "-q", "get", setpoint) == "19\n"
    assert client("anna", "-q", "get", temp) == "21.5\n"
    series = tokens_of("tech-anna")[before - 1:]
    assert len(series) == 3 and {token["device"] for token in series} == {device_name}, series
    assert {token["osc_id"] for token in series} == {series[0]["sequence"]}, series


def restarted(device, args, setpoint):
    """A device that has forgotten the context gets both tokens, and no further one is asked for."""
    assert device.stop(signal.SIGTERM) == 0
    device = Daemon(*args, env=clock.env)
    before = len(stored()[0])
    said = client("anna", "--explain", "put", setpoint, "-e", "18")
    assert "N1, ID1" in said and "rights updated" in said, said
    assert len(stored()[0]) == before
    return device


def refused(temp, setpoint):
    """What the policy does not give leaves what was there."""
    client("wall", "get", temp)
    before = len(stored()[0])
    said = client("wall", "put", setpoint, "-e", "17", code=NO)
    decision = re.search(r"D-[0-9A-HJKMNP-TV-Z]{16}", said)
    assert "invalid_scope" in said and decision, said
    assert "nearest miss    techs-adjust-own-site" in ctl("explain", decision.group(), code=1)
    assert client("wall", "-q", "get", temp) == "21.5\n"
    assert len(stored()[0]) == before


class Peer:
    """A client that can say anything to the AS."""

    def __init__(self):
        ctl("client", "export", "peer", "-o", "peer.json")
        self.line = Line("peer.json")

    def ask(self, **changes):
        body = {AUDIENCE: changes.pop("audience", "thermo-101"), SCOPE: changes.pop("scope", "climate.read")}
        if "kid" in changes:
            body[REQ_CNF] = {KID: changes.pop("kid")}
        body.update(changes.pop("more", {}))
        assert not changes
        answer, _ = self.line.ask(cbor2.dumps(body))
        return str(answer), cbor2.loads(answer.payload)

    def first(self, audience="thermo-101"):
        code, said = self.ask(audience=audience)
        assert code == "2.01", (code, said)
        return said[CNF][OSC][0]

    def declined(self, why, **request):
        """The client hears the code and an id, and the operator why."""
        code, said = self.ask(**request)
        assert code == "4.00" and said[ERROR] == INVALID_REQUEST and set(said) == {ERROR, DESCRIPTION}, (code, said)
        text = ctl("explain", said[DESCRIPTION], code=1)
        assert "client gets 4.00 invalid_request" in text and why in text, text


def keys_apart():
    """A secret is shared by two and no more: of what is handed out no two are alike."""
    secrets = []
    for name in ("tech-anna", "wallboard-1", "peer"):
        ctl("client", "export", name, "-o", f"{name}.export")
        with open(f"{name}.export", encoding="utf-8") as file:
            secrets.append(json.load(file)["oscore"]["master_secret_hex"])
    for name in ("thermo.json", "plain.json"):
        with open(name, encoding="utf-8") as file:
            secrets += [key["key_hex"] for key in json.load(file)["token_keys"]]
    assert len(secrets) == 5 == len(set(secrets)), len(secrets)


def on_the_wire(peer):
    kid = peer.first()
    cnonce = bytes.fromhex("e0a156bb3f")
    code, said = peer.ask(kid=kid, scope="climate.read climate.set no.such", more={CNONCE: cnonce, 200: "unknown"})
    assert code == "2.01" and CNF not in said and said[EXPIRES_IN] == 3600 and SCOPE in said, said
    claims = open_token("thermo.json", said[ACCESS_TOKEN]).claims
    assert claims[CNF] == {KID: kid} and claims[CNONCE] == cnonce, claims
    # A device without a clock: its tokens are counted, updates too.
    plain = peer.first("thermo-102")
    code, said = peer.ask(audience="thermo-102", kid=plain)
    claims = open_token("plain.json", said[ACCESS_TOKEN]).claims
    assert code == "2.01" and claims[CNF] == {KID: plain} and 40 in claims, claims
    return kid, plain


def declined(peer, kid, plain):
    foreign = tokens_of("tech-anna")[-1]["osc_id"]
    foreign = foreign.to_bytes((foreign.bit_length() + 7) // 8, "big")
    update = tokens_of("peer")[-1]["sequence"]
    peer.declined("the kid of another client", kid=foreign)
    peer.declined("belongs to another device", kid=plain)
    peer.declined("belongs to another device", kid=kid, audience="thermo-102")
    peer.declined("that no token brought", kid=b"\x7f\xff\xff")
    peer.declined("that no token brought", kid=b"\0" + kid)
    peer.declined("that no token brought", kid=update.to_bytes((update.bit_length() + 7) // 8, "big"))
    peer.declined("malformed", kid=kid.hex())
    peer.declined("malformed", kid=17)
    peer.declined("key of its own", more={REQ_CNF: {KID: kid, 1: {1: 4}}})
    peer.declined("key of its own", more={REQ_CNF: {}})
    peer.declined("malformed", more={REQ_CNF: kid})


def at_its_end(peer, kid):
    """A revoked token, and one whose time is over. The life of a series is that of its latest token."""
    other = peer.first()
    ctl("token", "revoke", "--yes", str(tokens_of("peer")[-1]["sequence"]), env=clock.env)
    peer.declined("that is revoked", kid=other)
    clock.ahead(3000)
    assert peer.ask(kid=kid)[0] == "2.01"
    clock.ahead(3000)
    assert peer.ask(kid=kid)[0] == "2.01"
    clock.ahead(3700)
    peer.declined("that has expired", kid=kid)


def main():
    global clock
    clock = Clock("clock")
    as_port, device_port = free_port(), free_port()
    temp, setpoint = (f"coap://127.0.0.1:{device_port}/{name}" for name in ("temp", "setpoint"))
    make_store(as_port, ["peer"], env=clock.env)
    aced = Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}", "--log-level", "error",
                  env=clock.env)
    for name, file in (("thermo-101", "thermo.json"), ("thermo-102", "plain.json")):
        ctl("device", "export", name, "-o", file)
    for name, state in (("tech-anna", "anna"), ("wallboard-1", "wall")):
        ctl("client", "ticket", name, "-o", state + ".ace", env=clock.env)
        client(state, "enroll", state + ".ace")
    for file, name in (("plain.json", "thermo-102"), ("thermo.json", "thermo-101")):
        args = ("device/ace-device", "--provision", file, "--listen", f"127.0.0.1:{device_port}",
                "--set", "/temp=21.5", "--set", "/setpoint=20")
        device = Daemon(*args, env=clock.env)
        pin = ("--audience", name)
        client("anna", *pin, "get", temp)
        over_one_context(temp, setpoint, name)
        if name == "thermo-101":
            device = restarted(device, args, setpoint)
            refused(temp, setpoint)
        assert device.stop(signal.SIGTERM) == 0
    keys_apart()
    peer = Peer()
    kid, plain = on_the_wire(peer)
    declined(peer, kid, plain)
    at_its_end(peer, kid)
    assert aced.stop(signal.SIGTERM) == 0
    print("rights change over the keys that are there, and only over those")


if __name__ == "__main__":
    sandbox(main)
