#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""acectl restore: what clients get from aced never repeats, whether a backup was put back by the verb or by hand; what was
revoked stays revoked; whoever is killed while he restores leaves a store that opens.

    restore.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import shutil
import signal
import subprocess
import sys

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, case, tell
from oscore_peer import GET, POST, open_token, token_request
from programs import LIMIT, Clock, Daemon, ctl, free_port, program, stored, sandbox
from revocation_case import ask, client_line, device_line, hash_of, make_store

STORE = ("--state-dir", "store")


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Seen:
    """All that must be unique, over everything that becomes of the store."""

    def __init__(self):
        self.numbers = {}

    def note(self, kind, number):
        case(f"{kind} {number} came never before", number not in self.numbers.setdefault(kind, set()))
        self.numbers[kind].add(number)

    def token(self, device, token, osc_id):
        opened = open_token(device + ".json", token)
        self.note("COSE IV", opened.iv)
        self.note("IV behind the prefix", opened.iv[-8:])
        self.note("cti", opened.claims[7])
        self.note("osc.id", osc_id)

    def stored(self):
        for token in stored()[0]:
            self.numbers.setdefault("decision", {})  # a dict: a decision stays one, wherever it is read
            before = self.numbers["decision"].setdefault(token["decision"], token["sequence"])
            case("a decision id has one token", before == token["sequence"])


def request(line, device):
    reply = ask(line, POST, "token", token_request(device, "climate.read"))
    case("a token", str(reply) == "2.01", reply)
    body = cbor2.loads(reply.payload)
    return body[1], body[8][4][0]


def serve(seen, args, lines, clock):
    """Some tokens from a run of aced, with and without exi. Returns the last one for thermo-101."""
    aced = Daemon(*args, env=clock.env)
    for line in lines:
        for _ in range(2):
            for device in ("thermo-102", "thermo-101"):
                token, osc_id = request(line, device)
                seen.token(device, token, osc_id)
    case("ends", aced.stop(signal.SIGTERM) == 0)
    for line in lines:
        for piv in line.seen_pivs:
            seen.note("Partial IV to " + line.client, piv)
        line.seen_pivs.clear()
    seen.stored()
    return token


def over_and_over(seen, args, lines, clock):
    ctl("backup", "backup")
    serve(seen, args, lines, clock)
    clock.ahead(5)  # exi numbers may run some seconds ahead of the time: docs/decisions/0004
    for _ in range(2):
        case("by the verb", acectl(*STORE, "restore", "backup", "-y").code == 0)
        serve(seen, args, lines, clock)
    for _ in range(2):
        clock.ahead(60)
        shutil.copyfile("backup", "store/data.mdb")
        serve(seen, args, lines, clock)
    clock.ahead(60)
    os.unlink("store/data.mdb")
    case("on a new disk", acectl(*STORE, "restore", "backup", "-y", "--accept-lost-revocations").code == 0)
    serve(seen, args, lines, clock)
    # Lines are counted, too.
    before = answer(*STORE, "client", "show", "tech-anna")["kid_hex"]
    ctl("client", "rotate-key", "tech-anna", "-o", "anna-1.ace")
    first = answer(*STORE, "client", "show", "tech-anna")["kid_hex"]
    case("again", acectl(*STORE, "restore", "backup", "-y").code == 0)
    ctl("client", "rotate-key", "tech-anna", "-o", "anna-2.ace")
    second = answer(*STORE, "client", "show", "tech-anna")["kid_hex"]
    case("three lines have three kids", len({before, first, second}) == 3, (before, first, second))
    case("back to where clients and lines agree", acectl(*STORE, "restore", "backup", "-y").code == 0)


def revoked_stays_revoked(args, anna, device, clock):
    aced = Daemon(*args, env=clock.env)
    early, _ = request(anna, "thermo-101")
    ctl("backup", "later")
    late, _ = request(anna, "thermo-101")
    lives, _ = request(anna, "thermo-101")
    for token in early, late:
        listed = [row for row in answer(*STORE, "token", "list") if row["hash_hex"] == hash_of(token).hex()]
        ctl("token", "revoke", str(listed[0]["id"]), "-y")
    refused = acectl(*STORE, "restore", "later", "-y")
    case("not while aced runs", refused.code == 1 and "another aced runs" in refused.err, refused)
    problem = acectl(*STORE, "--json", "restore", "later", "-y")
    case("as a document", json.loads(problem.err)["error"]["code"] == "in_use", problem)
    case("--dry-run does", acectl(*STORE, "restore", "later", "--dry-run").code == 0)
    case("ends", aced.stop(signal.SIGTERM) == 0)
    told = answer(*STORE, "restore", "later", "-y")
    case("taken over", (told["tokens_taken_over"], told["revocations_taken_over"], told["tokens_revoked"]) == (2, 2, 0), told)
    aced = Daemon(*args, env=clock.env)
    for token, is_active in ((early, False), (late, False), (lives, True)):
        reply = ask(device, POST, "introspect", cbor2.dumps({11: token}))
        case("introspection", cbor2.loads(reply.payload)[10] is is_active, reply)
    listed = cbor2.loads(ask(device, GET, "revoke/trl").payload)[0]
    case("the revocation list", {hash_of(early), hash_of(late)} <= set(listed) and hash_of(lives) not in listed)
    case("what lives can be revoked", "revoked" in ctl("token", "revoke", "--client", "tech-anna", "-y"))
    reply = ask(device, POST, "introspect", cbor2.dumps({11: lives}))
    case("and is", cbor2.loads(reply.payload) == {10: False}, reply)
    case("ends", aced.stop(signal.SIGTERM) == 0)


def tells_what_is_lost():
    ctl("backup", "base")
    with open("policy/more.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "clients": {"new": {"auth": {"method": "oscore", "key": "generate"}}}}, file)
    ctl("policy", "apply", "policy")
    ctl("client", "disable", "wallboard-1")
    ctl("client", "rotate-key", "tech-anna", "-o", "anna-3.ace")
    ctl("device", "rotate-key", "thermo-101")
    told = answer(*STORE, "restore", "base", "--dry-run")
    case("clients", told["clients"] == {"unknown": {"count": 1, "first": ["new"]},
                                        "in_force_again": {"count": 1, "first": ["wallboard-1"]},
                                        "old_keys": {"count": 1, "first": ["tech-anna"]}}, told)
    case("devices", told["devices"]["old_keys"] == {"count": 1, "first": ["thermo-101"]}, told)
    case("a rehearsal", told["dry_run"] and answer(*STORE, "client", "show", "new")["enabled"])
    said = acectl(*STORE, "restore", "base")
    case("asks", said.code == 2 and "Say so with --yes" in said.err and "1 client: wallboard-1" in said.out, said)
    case("nothing was changed", answer(*STORE, "client", "show", "new")["enabled"])


def with_another_kek():
    """The key of today opens what was restored; the one of the backup's time does not any more."""
    shutil.copyfile("store/kek", "old-kek")
    ctl("key", "rotate-kek")
    case("restored", acectl(*STORE, "restore", "base", "-y").code == 0)
    case("the present key opens it", acectl(*STORE, "device", "export", "thermo-101", "-o", "x1").code == 0)
    case("the old one does not", acectl(*STORE, "--kek", "old-kek", "device", "export", "thermo-101", "-o", "x2").code == 4)
    os.rename("store/data.mdb", "data.mdb")
    wrong = acectl(*STORE, "restore", "base", "-y", "--accept-lost-revocations")
    case("elsewhere the old one is needed", wrong.code == 4 and "key-encryption key of its time" in wrong.err, wrong)
    case("and nothing is there", not os.path.exists("store/data.mdb"))
    missing = acectl("--state-dir", "fresh", "restore", "base", "-y", "--accept-lost-revocations")
    case("a key must be there", missing.code == 4, missing)
    os.rename("data.mdb", "store/data.mdb")
    case("and is taken when it is named",
         acectl("--state-dir", "fresh", "--kek", "old-kek", "restore", "base", "-y", "--accept-lost-revocations").code == 0
         and acectl("--state-dir", "fresh", "--kek", "old-kek", "device", "export", "thermo-101", "-o", "x3").code == 0)


def refuses(line_count=2):
    for name, content, code in (("empty", b"", 5), ("noise", os.urandom(9000), 5), ("raw", read("store/data.mdb"), 5),
                                ("cut", read("base")[:-1], 5), ("bent", bytes([read("base")[0] ^ 1]) + read("base")[1:], 5)):
        with open(name, "wb") as file:
            file.write(content)
        result = acectl(*STORE, "restore", name, "-y")
        case(name, result.code == code and name in result.err, result)
    case("no such file", acectl(*STORE, "restore", "nowhere", "-y").code == 1)
    ctl("client", "list")
    case("a store of its own", acectl("--state-dir", "other", "init").code == 0)
    other = acectl("--state-dir", "other", "restore", "base", "-y", "--accept-lost-revocations")
    case("a backup of another store", other.code == 1 and "another store" in other.err, other)
    case("needs -y", acectl(*STORE, "restore", "base").code == 2)
    case("needs a file", acectl(*STORE, "restore").code == 2)
    case("clients are as they were", len(answer(*STORE, "client", "list")) == line_count)


def over_damage():
    """A store that cannot be read any more gives nothing; then it has to be said."""
    shutil.copytree("store", "damaged")
    with open("damaged/data.mdb", "r+b") as file:
        data, at = file.read(), -1
        while (at := data.find(b"wallboard-1", at + 1)) >= 0:
            file.seek(at + 3)
            file.write(b"L")
    damaged = ("--state-dir", "damaged")
    case("is damaged", acectl(*damaged, "client", "list").code == 5)
    refused = acectl(*damaged, "restore", "base", "-y")
    case("not just so", refused.code == 1 and "--accept-lost-revocations" in refused.err, refused)
    case("but if it must be", acectl(*damaged, "restore", "base", "-y", "--accept-lost-revocations", "--kek", "old-kek").code == 0)
    case("whole again", len(answer(*damaged, "client", "list")) == 2)


def killed_at(number):
    with open("die", "w", encoding="ascii") as file:
        file.write(str(number))
    env = dict(os.environ, DIE_AT=os.path.abspath("die"), LD_PRELOAD=program("tests/support/libdie_at.so"),
               ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""))
    code = subprocess.run([program("as/acectl"), *STORE, "restore", "base", "-y"], env=env, capture_output=True, timeout=LIMIT,
                          stdin=subprocess.DEVNULL, check=False).returncode
    case("killed, or done", code in (0, -signal.SIGKILL) and (code == 0) == os.path.exists("die"), (number, code))
    return code != 0


def at_every_step():
    ctl("client", "disable", "wallboard-1")  # how one tells them apart
    shutil.copytree("store", "before")
    number, states = 1, set()
    while killed_at(number):
        states.add(answer(*STORE, "client", "show", "wallboard-1")["enabled"])
        case("secrets open", acectl(*STORE, "device", "export", "thermo-101", "-o", f"step-{number}").code == 0)
        case("again, to the end", acectl(*STORE, "restore", "base", "-y").code == 0)
        case("nothing is left over", not os.path.exists("store/.restore"))
        shutil.rmtree("store")
        shutil.copytree("before", "store")
        number += 1
        case("ends", number < 100)
    case("both were seen", states == {True, False}, states)


def main():
    port, clock, seen = free_port(), Clock("clock"), Seen()
    make_store(port)
    lines = [client_line("tech-anna"), client_line("wallboard-1")]
    device = device_line("thermo-101")
    ctl("device", "export", "thermo-102", "-o", "thermo-102.json")
    args = ("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--log-level", "error")
    over_and_over(seen, args, lines, clock)
    revoked_stays_revoked(args, lines[0], device, clock)
    tells_what_is_lost()
    with_another_kek()
    refuses()
    over_damage()
    at_every_step()
    tell()


if __name__ == "__main__":
    sandbox(main)
