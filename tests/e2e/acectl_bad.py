#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with a command of acectl: the exit code, a message with what, where and what to do, nothing lost.

    acectl_bad.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import resource
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, building, case, edit, tell
from programs import program, sandbox

STORE = ("--state-dir", "store")
NOBODY = 65534


def state():
    """All that the store has, keys included, and all files beside it."""
    scratch = "scratch.json"
    told = []
    for noun in ("client", "device"):
        for record in answer(*STORE, noun, "list"):
            acectl(*STORE, noun, "export", record["id"], "-o", scratch)
            with open(scratch, encoding="utf-8") as file:
                told.append((record, file.read()))
            os.unlink(scratch)
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(".") for name in names)
    return told, answer(*STORE, "policy", "log"), files


def fails(code, *args, words=(), **options):
    """It fails with that code and these words, the same with --json, and says nothing on stdout."""
    result = acectl(*args, **options)
    case(" ".join(args), result.code == code and not result.out and all(word in result.err for word in words) and
         result.err.endswith("\n"), f"{result}\n--- wanted exit {code} and {words}")
    result = acectl("--json", *args, **options)
    case("--json " + " ".join(args), result.code == code and not result.out, result)
    error = json.loads(result.err)["error"]
    case("the error has a code and a message", error["code"] and error["message"] and "\n" not in error["message"], error)
    return error


def command_line():
    fails(2, words=["a verb is missing", "--help"])
    fails(2, "staus", words=['unknown verb "staus"', 'did you mean "status"?'])
    fails(2, "policy", "aply", "x", words=['did you mean "policy apply"?'])
    fails(2, "policy", words=["validate", "apply", "log", "show"])
    fails(2, "--state-dri", "x", "status", words=["--state-dri", "did you mean --state-dir?"])
    fails(2, *STORE, "status", "--prune", words=['--prune does not go with "acectl status"'])
    fails(2, *STORE, "policy", "apply", "site", "--no-checks", words=["--no-checks"])
    fails(2, *STORE, "client", "show", words=["acectl client show ID"])
    fails(2, *STORE, "client", "show", "a", "b", words=['"b"', "acectl client show ID"])
    fails(2, *STORE, "status", "--wait=soon", words=["--wait=soon", "seconds"])
    fails(2, *STORE, "policy", "show", "newest", words=["newest", "number"])
    fails(2, *STORE, "policy", "apply", "site", "--expect", "-1", words=["--expect", "-1"])
    fails(2, *STORE, "explain", "tech-anna", "thermo-101", words=["usage"])
    fails(2, *STORE, "explain", "tech-anna", "thermo-101", "climate.read", "--at", "noon", words=["2026-11-24T17:50:00Z"])
    fails(2, *STORE, "explain", "D-0", words=["D-0", "16 characters"])
    fails(2, "--state-dir", "other", "init", "--as-uri", "http://x/token", words=["http"])
    fails(2, "--state-dir", "other", "init", "--as-uri", "coap://x", words=["coap://HOST:PORT/token"])
    fails(2, *STORE, "init", words=["store", "already"])
    fails(2, *STORE, "policy", "apply", "site/policy.json", "--prune", words=["inventory", "nothing was applied"])


def unknown_names():
    for verb in (("show",), ("enable",), ("disable",), ("ticket", "-o", "new"), ("export", "-o", "new")):
        fails(1, *STORE, "client", verb[0], "tech-ana", *verb[1:], words=["tech-ana", "did you mean tech-anna?", "client list"])
    for verb in (("show",), ("export", "-o", "new")):
        fails(1, *STORE, "device", verb[0], "thermo-110", *verb[1:], words=["did you mean thermo-101?", "device list"])
    error = fails(1, *STORE, "client", "show", "x" * 200, words=["client list"])
    case("the code of what is not there", error["code"] == "not-found", error)
    fails(1, *STORE, "explain", "tech-ana", "thermo-101", "climate.read", words=["no client tech-ana"])
    fails(1, *STORE, "explain", "tech-anna", "thermo-10", "climate.read", words=["no device thermo-10"])
    fails(1, *STORE, "explain", "D-01KB2R7Q8ZJ4N0PX", words=["no decision D-01KB2R7Q8ZJ4N0PX", "store"])
    fails(1, *STORE, "policy", "show", "7", words=["no generation 7", "policy log"])


def files():
    fails(1, *STORE, "policy", "apply", "nowhere.json", words=["nowhere.json", "No such file"])
    with open("broken.json", "w", encoding="utf-8") as file:
        file.write('{ "format": "ace-policy/1",\n  "rules": oops }\n')
    error = fails(1, *STORE, "policy", "apply", "broken.json", words=["broken.json:2:", "E002", "nothing was applied"])
    case("file, line and column", (error["code"], error["file"], error["line"]) == ("E002", "broken.json", 2) and
         error["column"] > 1, error)
    with open("typo.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "rules": {"r": {"effect": "allow", "clients": ["tech-ana"], "devices": ["*"],
                                                             "scopes": ["climate.raed"]}}}, file)
    error = fails(1, *STORE, "policy", "apply", "typo.json", words=["E103", "E104", "tech-ana", "climate.raed", "2 errors"])
    case("the place in the file", error["pointer"].startswith("/rules/r/"), error)
    result = acectl("policy", "validate", "typo.json")
    case("validate answers", result.code == 1 and result.out.startswith("3 errors" if "tech-anna" in result.err else "2 err") and
         "typo.json:1:" in result.err, result)
    verdict = json.loads(acectl("policy", "validate", "typo.json", "--json").out)
    case("validate answers in JSON", verdict["valid"] is False and verdict["errors"] == len(verdict["problems"]), verdict)
    tests()


def tests():
    """A policy that fails its tests is not applied, and its tests must make sense."""
    def break_one(document):
        document["tests"][1]["expect"]["expires_in"] = 601

    edit("site/policy.test.json", break_one)
    error = fails(1, *STORE, "policy", "apply", "site", words=["1 of 5 tests failed", "nothing was applied"])
    case("the failing test is told by JSON, too", error["code"] == "DENIED" or error["code"], error)
    result = acectl(*STORE, "policy", "apply", "site")
    case("what differs is told", "FAIL anna late in the day" in result.err and "site/policy.test.json:" in result.err and
         "expires_in  expected 601 s, got 600 s" in result.err and "end of window in techs-adjust-own-site" in result.err, result)
    case("nothing was applied", len(json.loads(acectl("--json", *STORE, "policy", "log").out)) == 1)
    result = acectl(*STORE, "policy", "apply", "site", "--no-tests")
    case("unless they are left out", result.code == 0 and "(5 tests skipped)" in result.out, result)
    result = acectl("policy", "test", "site")
    case("one fails, the others pass", result.code == 1 and result.out.endswith("4 passed, 1 failed\n") and
         result.out.count("ok   ") == 4, result)
    edit("site/policy.test.json", lambda document: document["tests"][1].update(client="tech-ana", scop="x"))
    result = acectl("policy", "test", "site")
    case("a typo has its place", result.code == 1 and "E003" in result.err and "site/policy.test.json:" in result.err and
         "“scope”" in result.err, result)
    edit("site/policy.test.json", lambda document: document["tests"][1].pop("scop"))
    fails(1, *STORE, "policy", "apply", "site", words=["E103", "tech-ana", "site/policy.test.json"])
    fails(1, *STORE, "policy", "apply", "site/policy.test.json", words=["E001", "site/policy.test.json"])
    os.unlink("site/policy.test.json")
    fails(2, "policy", "test", "site", words=["no tests in site", "ace-policy-tests/1"])


def keys_of_an_inventory():
    shutil.copytree("site", "more")
    edit("more/inventory.json", lambda d: d["clients"].update(
        {"tech-cem": {"auth": {"method": "oscore", "key": {"file": "keys/tech-cem.key"}}}}))
    fails(1, *STORE, "policy", "apply", "more", words=["more/keys/tech-cem.key", "No such file", "more/inventory.json"])
    with open("more/keys/tech-cem.key", "wb") as file:
        file.write(b"short")
    fails(1, *STORE, "policy", "apply", "more", words=["tech-cem.key", "16"])
    edit("more/inventory.json", lambda d: (d["clients"].pop("tech-cem"), d["clients"]["tech-anna"]["auth"].update(
        method="dtls-psk")))
    fails(1, *STORE, "policy", "apply", "more", words=["tech-anna", "oscore", "--prune"])
    with open("more/twin.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "devices": {"reception-tablet": {
            "model": "thermo-v2", "as_key": {"kid_hex": "7777", "key": "generate"},
            "as_line": {"method": "dtls-psk", "key": "generate"}}}}, file)
    fails(1, *STORE, "policy", "apply", "more/twin.json",
          words=["reception-tablet is a client and a device", "PSK identity", "another id", "twin.json"])
    os.unlink("more/twin.json")
    fails(1, *STORE, "policy", "apply", "more", "--expect", "9", words=["generation 1", "9", "policy log"])


def output_files():
    for args in (("client", "ticket", "tech-anna"), ("client", "export", "tech-anna"), ("device", "export", "thermo-101")):
        fails(2, *STORE, *args, words=["-o FILE", "terminal"])
        fails(2, *STORE, *args, "-o", "-", words=["-o FILE", "terminal"])
        fails(2, *STORE, *args, "-o", "broken.json", words=["broken.json", "not overwritten"])
        fails(2, *STORE, *args, "-o", "nowhere/new", words=["nowhere/new", "No such file"])
        terminal, name = os.openpty()
        fails(2, *STORE, *args, "-o", os.ttyname(name), words=["not overwritten"])
        os.close(terminal)
        os.close(name)
    fails(2, *STORE, "client", "export", "tech-anna", "--format", "jsn", "-o", "new", words=["json, libcoap, aiocoap"])
    fails(2, *STORE, "device", "export", "thermo-101", "--format", "libcoap", "-o", "new", words=["nvs-csv"])
    fails(2, *STORE, "client", "export", "reception-tablet", "--format", "libcoap", "-o", "new", words=["--format json"])
    with open("/dev/full", "w", encoding="ascii") as full:
        result = acectl(*STORE, "client", "list", stdout=full)
    case("a list that could not be written", result.code == 5 and "standard output" in result.err, result)


def keys_of_the_store():
    needs_key = (*STORE, "client", "export", "tech-anna", "-o", "new")
    fails(4, "--kek", "nowhere.key", *needs_key, words=["nowhere.key", "--kek"])
    with open("other.key", "wb") as file:
        file.write(os.urandom(32))
    fails(4, "--kek", "other.key", *needs_key, words=["other.key", "store", "--kek"])
    with open("short.key", "wb") as file:
        file.write(os.urandom(31))
    fails(4, "--kek", "short.key", *needs_key, words=["short.key", "32 bytes"])
    os.rename("store/kek", "kek")
    fails(4, *needs_key, words=["store/kek", "put the key back"])
    case("what needs no key works", acectl(*STORE, "client", "list").code == 0)
    os.rename("kek", "store/kek")


def patched(folder, change):
    """A copy of the store with other bytes in it."""
    shutil.copytree("store", folder)
    with open(os.path.join(folder, "data.mdb"), "rb") as file:
        before = file.read()
    after = change(before)
    case(folder + " is another store", after != before)
    with open(os.path.join(folder, "data.mdb"), "wb") as file:
        file.write(after)
    return "--state-dir", folder


def row(key, value):
    """A row of the store as it lies in the file: key, value, and the sum of both (storage/table.c)."""
    low, total = 2 ** 64 - 1, 0
    for part in (key, value):
        total = (total ^ len(part)) * 0x9e3779b97f4a7c15 & low
        for at in range(0, len(part), 8):
            total = (total ^ int.from_bytes(part[at:at + 8], sys.byteorder)) * 0xd6e8feb86659fd93 & low
            total ^= total >> 32
    return key + value + ((total * 0x9e3779b97f4a7c15 & low) >> 32).to_bytes(4, sys.byteorder)


def stores():
    newer = patched("newer", lambda d: d.replace(row(b"schema", (1).to_bytes(8, "big")), row(b"schema", (2).to_bytes(8, "big"))))
    for verb in (("client", "list"), ("policy", "log"), ("status",), ("client", "disable", "tech-anna")):
        fails(5, *newer, *verb, words=["newer/data.mdb", "schema 2", "upgrade"])
    bent = patched("bent", lambda d: d.replace(b"role\0technician", b"role\0technicyan"))
    fails(5, *bent, "client", "list", words=["bent/data.mdb", "clients", "damaged", "backup"])
    short = patched("short", lambda d: d[:5 * 4096])
    fails(5, *short, "client", "list", words=["short/data.mdb", "backup"])
    noise = patched("noise", lambda d: os.urandom(len(d)))
    fails(5, *noise, "client", "list", words=["noise/data.mdb"])
    os.mkdir("empty")
    for folder in ("nowhere", "empty", "broken.json"):
        fails(1, "--state-dir", folder, "client", "list", words=[folder, "--state-dir", "acectl init"])
        fails(1, "--state-dir", folder, "status", "--wait=0", words=[folder, "acectl init"])
    case("no store was made", not os.path.exists("nowhere") and not os.listdir("empty"))
    for folder in ("newer", "bent", "short", "noise", "empty"):
        shutil.rmtree(folder)


def permissions():
    """As somebody else: another user when we are root, else our own folder made read-only."""
    options = {}
    if os.getuid() == 0:
        os.chmod(".", 0o755)  # so that the other user comes this far, and to a program that it can run
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "binary": shutil.copy(program("as/acectl"), ".")}
    os.mkdir("sealed", 0o555)
    fails(4, "--state-dir", "sealed/new", "init", words=["sealed/new", "Permission denied"], **options)
    os.rename("store", "mine")
    shutil.copytree("mine", "store")
    os.chmod("store/data.mdb", 0)
    os.chmod("store", 0o555)
    for verb in (("client", "list"), ("client", "disable", "tech-anna"), ("policy", "apply", "site")):
        fails(4, *STORE, *verb, words=["store", "Permission denied", "run as"], **options)
    os.chmod("store", 0o755)
    shutil.rmtree("store")
    os.rename("mine", "store")
    os.rmdir("sealed")
    if options:
        os.unlink(options["binary"])


def limited(size):
    """Files may not grow beyond that, as on a disk that is full."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)), "restore_signals": False}


def full_disk():
    ticket = (*STORE, "client", "ticket", "tech-anna", "-o", "new")
    fails(5, *ticket, words=["new", "free some space"], **limited(100))  # no room for the ticket
    fails(5, *ticket, words=["store/data.mdb", "free some space"], **limited(1000))  # none for its key in the store
    fails(5, *STORE, "client", "disable", "tech-anna", words=["store/data.mdb", "free some space"], **limited(100))
    fails(5, *STORE, "device", "export", "thermo-101", "-o", "new", words=["new", "free some space"], **limited(100))
    edit("more/inventory.json", lambda d: d["clients"].update(
        {f"new-{i}": {"auth": {"method": "oscore", "key": "generate"}} for i in range(20)}))
    edit("more/inventory.json", lambda d: d["clients"]["tech-anna"]["auth"].update(method="oscore"))
    fails(5, *STORE, "policy", "apply", "more", words=["store/data.mdb", "free some space"], **limited(100))
    fails(5, "--state-dir", "other", "init", words=["other", "free some space"], **limited(100))
    case("no half store", not os.path.exists("other/data.mdb"))
    shutil.rmtree("other", ignore_errors=True)
    case("reading goes on", acectl(*STORE, "client", "list", **limited(100)).code == 0)
    case("and with room again all is well", acectl(*STORE, "policy", "apply", "more").code == 0)


def main():
    case("init", acectl(*STORE, "init").code == 0)
    case("apply", acectl(*STORE, "policy", "apply", building("site")).code == 0)
    before = state()
    for part in (command_line, unknown_names, files, keys_of_an_inventory, output_files, keys_of_the_store, stores,
                 permissions):
        part()
        after = state()
        case(part.__name__ + " lost nothing", before[:2] == after[:2])
        case(part.__name__ + " left no credentials", not os.path.exists("new") and not os.path.exists("other"))
        before = after
    full_disk()
    after = state()
    kept = [entry for entry in after[0] if not entry[0]["id"].startswith("new-")]
    case("a full disk lost nothing", kept == before[0] and len(after[0]) == len(before[0]) + 20 and after[1] == before[1])
    case("no temporary file is left", not [name for name in after[2] if "new" in os.path.basename(name)], after[2])
    tell()


if __name__ == "__main__":
    sandbox(main)
