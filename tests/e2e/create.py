#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients and devices that flags make: they are as if an inventory had them, count at once, and stay when files are applied.

    create.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, case, tell
from programs import aced_start, ctl, free_port, sandbox
from revocation_case import client_line, grant, make_store

STORE = ("--state-dir", "store")
KEY = "00112233445566778899aabbccddeeff"


def run(*args, code=0, **options):
    result = acectl(*STORE, *args, **options)
    case(f"{' '.join(args)[:60]} is answered with {code}", result.code == code, result)
    return result


def document(*args, **options):
    return json.loads(run("--json", *args, **options).out)


def refused(code, pointer, *args, exit_code=1, **options):
    result = run("--json", *args, code=exit_code, **options)
    error = json.loads(result.err)["error"]
    case(f"{' '.join(args)[:60]}: {code} at {pointer}", (error["code"], error.get("pointer")) == (code, pointer), result)
    return error


def count():
    return len(document("client", "list")), len(document("device", "list"))


def clients_are_made():
    said = document("client", "create", "eva", "--tag", "role=technician", "--tag", "site=b7", "--default-scope", "climate.read",
                    "--default-audience", "thermo-101", "--description", "Eva, nights")
    case("as show has it", said == document("client", "show", "eva"), said)
    case("with what the flags said", (said["tags"], said["default_scope"], said["default_audience"], said["description"],
                                      said["enabled"], said["method"]) ==
         ({"role": "technician", "site": "b7"}, "climate.read", "thermo-101", "Eva, nights", True, "oscore"), said)
    case("switched off", document("client", "create", "off", "--disabled")["enabled"] is False)
    result = run("client", "create", "in-words")
    case("in words", result.out == "in-words created, its key generated, effective now\n", result)
    case("with --dtls-psk", document("client", "create", "psk", "--method", "dtls-psk")["method"] == "dtls-psk")


def keys_come_from_files():
    with open("hex.key", "w", encoding="ascii") as file:
        file.write(KEY + "\n")
    with open("raw.key", "wb") as file:
        file.write(bytes.fromhex(KEY))
    with open("short.key", "w", encoding="ascii") as file:
        file.write("0011")
    for name, flags, options in (("k1", ("--key-file", "hex.key"), {}), ("k2", ("--key-file", "raw.key"), {}),
                                 ("k3", ("--key-stdin",), {"stdin": None, "input": KEY})):
        result = run("client", "create", name, *flags, **options)
        case("it was imported", "imported" in result.out and KEY not in result.out + result.err, result)
        run("client", "export", name, "--format", "json", "-o", f"{name}.json")
        with open(f"{name}.json", encoding="utf-8") as file:
            case("and is the key", json.load(file)["oscore"]["master_secret_hex"] == KEY)
    before = count()
    run("client", "create", "no", "--key-file", "short.key", code=2)
    run("client", "create", "no", "--key-file", "none.key", code=2)
    run("client", "create", "no", "--key-stdin", code=2)
    run("client", "create", "no", "--key-file", "hex.key", "--key-stdin", code=2)
    run("client", "create", "no", "--key", KEY, code=2)
    run("client", "create", "no", "--tag", "role=guest", "--tag", "role=admin", code=2)
    run("client", "create", "no", "--key-file", "a" * 1024, code=2)
    case("nothing of these was made", count() == before)


def devices_are_made():
    said = document("device", "create", "d1", "--model", "thermo-clock", "--audience", "coap://d1.example", "--line", "oscore",
                    "--tag", "kind=climate")
    case("as show has it", said == document("device", "show", "d1"), said)
    case("with what the flags said", (said["model"], said["audience"], said["tags"], said["as_line"]["method"]) ==
         ("thermo-clock", "coap://d1.example", {"kind": "climate"}, "oscore"), said)
    taken = {key["kid_hex"] for name in ("thermo-101", "thermo-102") for key in document("device", "show", name)["keys"]}
    case("its kid is nobody's", said["keys"][0]["kid_hex"] not in taken, said)
    other = document("device", "create", "d2", "--model", "thermo-plain", "--alg", "A128GCM")
    case("nor is the next one's", other["keys"][0]["kid_hex"] not in taken | {said["keys"][0]["kid_hex"]}, other)
    case("with that algorithm", other["keys"][0]["alg"] == "A128GCM", other)
    case("a kid of one's own", document("device", "create", "d3", "--model", "thermo-plain", "--kid", "a1b2")["keys"][0]["kid_hex"]
         == "a1b2")
    result = run("device", "create", "d4", "--model", "thermo-plain", "--key-stdin", stdin=None, input=KEY)
    case("a key from elsewhere", "imported" in result.out, result)
    run("device", "export", "d4", "--format", "json", "-o", "d4.json")
    with open("d4.json", encoding="utf-8") as file:
        case("is what the device gets", json.load(file)["token_keys"][0]["key_hex"] == KEY)


def what_is_wrong_is_told():
    before = count()
    refused("E101", "/id", "client", "create", "eva")
    refused("E101", "/id", "device", "create", "d1", "--model", "thermo-plain")
    refused("E106", "/audience", "device", "create", "d9", "--model", "thermo-plain", "--audience", "coap://d1.example")
    refused("E106", "/audience", "device", "create", "d9", "--model", "thermo-plain", "--audience", "d1")
    error = refused("E105", "/model", "device", "create", "d9", "--model", "termo-plain")
    case("which model was meant", "thermo-plain" in error["hint"], error)
    error = refused("E006", "/auth/method", "client", "create", "no", "--method", "dtlspsk")
    case("which method was meant", "dtls-psk" in error["hint"], error)
    refused("E006", "/id", "client", "create", "no body")
    refused("E006", "/id", "client", "create", "x" * 65)
    refused("E006", "/tags/Role", "client", "create", "no", "--tag", "Role=x")
    refused("E006", "/tags/role", "client", "create", "no", "--tag", "role=")
    refused("E006", "/as_key/kid_hex", "device", "create", "d9", "--model", "thermo-plain", "--kid", "1")
    refused("E006", "/as_key/alg", "device", "create", "d9", "--model", "thermo-plain", "--alg", "AES")
    refused("E115", "/id", "device", "create", "psk", "--model", "thermo-plain", "--line", "dtls-psk")
    run("device", "create", "d9", code=2)
    run("client", "create", "no", "--tag", "role", code=2)
    run("client", "create", code=2)
    case("nothing of these was made", count() == before)


def files_leave_them():
    ctl("policy", "apply", "policy")
    case("a file without them", document("client", "show", "eva")["tags"]["role"] == "technician")
    run("policy", "export", "exported")
    case("they are valid in files", acectl("policy", "validate", "exported").code == 0)
    run("policy", "apply", "policy", "--prune", "-y", "--allow-unknown")
    run("client", "show", "eva", code=1)


def main():
    port = free_port()
    make_store(port)
    aced = aced_start(port)
    clients_are_made()
    keys_come_from_files()
    devices_are_made()
    what_is_wrong_is_told()
    grant(client_line("eva"))
    for verb in ("client create", "device create"):
        shown = acectl(*verb.split(), "--help").out
        case(f"{verb}: examples first", 0 <= shown.find(f"acectl {verb} ") < shown.find("--json"), shown)
    case("it was ended", aced.stop(signal.SIGTERM) == 0)
    files_leave_them()
    tell()
    return 0


if __name__ == "__main__":
    sandbox(main)
