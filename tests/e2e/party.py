#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients and devices without files: acectl tags and deletes them while aced runs; what tags grant counts at once, and whoever is
deleted holds nothing any more.

    party.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2

from ctl_case import acectl, case, tell
from oscore_peer import POST, Unprotected, open_token, token_request
from programs import aced_start, ctl, free_port, sandbox
from revocation_case import ask, client_line, device_line, grant, make_store

STORE = ("--state-dir", "store")


def run(*args, code=0):
    result = acectl(*STORE, *args)
    case(f"{' '.join(args)[:60]} is answered with {code}", result.code == code, result)
    return result


def document(*args):
    return json.loads(run("--json", *args).out)


def tags_are_set_and_taken_away():
    for noun, name in (("client", "tech-anna"), ("device", "thermo-101")):
        before = document(noun, "show", name)
        said = document(noun, "tag", name, "floor=1", "note=a=b c", "site-")
        case("as show has it", said == document(noun, "show", name), said)
        wanted = {key: value for key, value in before["tags"].items() if key != "site"}
        case("what was not named stays", said["tags"] == {**wanted, "floor": "1", "note": "a=b c"}, said)
        case("and so does all else", {**said, "tags": before["tags"]} == before, said)
        case("in words", run(noun, "tag", name, "floor=2", "note-").out == f"{name}: 2 tags changed, effective now\n")
        case("nothing to do", run(noun, "tag", name, "floor=2", "none-").out == f"{name}: nothing to change\n")
        run(noun, "tag", name, "floor-", f"site={before['tags']['site']}")
        case("and back", document(noun, "show", name) == before)
        for bad in ("floor", "-", "=x", "Floor=1", "floor=", "9=1", "floor=" + 65 * "x", 33 * "k" + "=v", 33 * "k" + "-",
                    b"floor=\xff"):
            case(f"{bad[:10]!r} is refused", acectl(*STORE, noun, "tag", name, "new=1", bad).code == 2)
        run(noun, "tag", name, "new=1", "new-", code=2)
        run(noun, "tag", name, *(f"k{number}=v" for number in range(33)), code=1)
        run(noun, "tag", name, code=2)
        case("nothing of these was done", document(noun, "show", name) == before)
        result = run(noun, "tag", name + "x", "floor=1", code=1)
        case("a typo is told", f"did you mean {name}?" in result.err, result)


def tags_count_at_once(anna):
    """The demo lets technicians of a site read what is there."""
    run("client", "tag", "tech-anna", "role-")
    answer = ask(anna, POST, "token", token_request("thermo-101", "climate.read"))
    case("without the tag it is refused", str(answer).startswith("4."), answer)
    run("client", "tag", "tech-anna", "role=technician")
    case("with it, it is granted", grant(anna)[0])


def deleted_client_is_gone(anna):
    token, _ = grant(anna)
    live = [listed for listed in document("token", "list", "--client", "tech-anna") if listed["state"] == "live"]
    result = run("client", "delete", "tech-anna", code=2)
    case("without a yes nothing is done", "Say so with --yes" in result.err and document("client", "show", "tech-anna"), result)
    case("a typo is told", "did you mean tech-anna?" in run("client", "delete", "tech-ann", "-y", code=1).err)
    said = document("client", "delete", "tech-anna", "-y")
    case("what was done", said == {"client": "tech-anna", "deleted": True, "tokens_revoked": len(live)} and live, said)
    run("client", "show", "tech-anna", code=1)
    run("client", "delete", "tech-anna", "-y", code=1)
    states = {listed["state"] for listed in document("token", "list", "--client", "tech-anna")}
    case("all its tokens are revoked", states == {"revoked"}, states)
    try:
        answer = ask(anna, POST, "token", token_request("thermo-101", "climate.read"))
        case("it is unknown", False, answer)
    except Unprotected as refused:
        case("it is unknown", str(refused.message) == "4.01", refused.message)
    return token


def deleted_device_is_gone(wallboard, device, token):
    answer = ask(device, POST, "introspect", cbor2.dumps({11: token}))
    case("the device learns that the token is dead", cbor2.loads(answer.payload) == {10: False}, answer)
    grant(wallboard)
    text = run("device", "delete", "thermo-101", "-y").out
    case("in words", text.startswith("thermo-101 deleted, effective now\n1 token revoked; "), text)
    run("device", "show", "thermo-101", code=1)
    case("all tokens are revoked", not [1 for listed in document("token", "list") if listed["state"] == "live"])
    answer = ask(wallboard, POST, "token", token_request("thermo-101", "climate.read"))
    case("there is no token for it", str(answer).startswith("4."), answer)


def main():
    port = free_port()
    make_store(port)
    aced = aced_start(port)
    device, anna, wallboard = device_line("thermo-101"), client_line("tech-anna"), client_line("wallboard-1")
    tags_are_set_and_taken_away()
    tags_count_at_once(anna)
    token = deleted_client_is_gone(anna)
    case("the token was one", open_token("thermo-101.json", token).claims)
    deleted_device_is_gone(wallboard, device, token)
    for verb in ("client tag", "client delete", "device tag", "device delete"):
        shown = acectl(*verb.split(), "--help").out
        case(f"{verb}: examples first", 0 <= shown.find(f"acectl {verb} ") < shown.find("--json"), shown)
    case("it was ended", aced.stop(signal.SIGTERM) == 0)
    ctl("policy", "apply", "policy", "--allow-unknown")
    case("a file brings them back", document("client", "show", "tech-anna")["tags"]["role"] == "technician")
    tell()
    return 0


if __name__ == "__main__":
    sandbox(main)
