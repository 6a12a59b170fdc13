#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where no secret may be: the store, its backup, the log, what acectl prints, and what a core dump of aced would hold.

    secrets.py BUILD_DIR SOURCE_DIR

Looked for are all keys of clients and devices, the key-encryption key, and the master secret and salt of every token that was issued:
as they are, in hex, and in base64. That they would be found is shown with files that hold them by right, and with the memory that is
kept out of dumps, where the keys that aced uses are.
"""
import base64
import json
import os
import re
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2
from oscore_peer import Line, token_request
from programs import Daemon, ctl, free_port, make_store, program, sandbox

CLIENTS = [f"keeper-{i:02d}" for i in range(12)]
DEVICES = ("thermo-101", "thermo-102")
ROUNDS = 4
CNF, OSC = 8, 4
MS, SALT = 2, 5


def forms(secret):
    yield secret
    for text in (secret.hex(), secret.hex().upper(), base64.b64encode(secret).decode().rstrip("="),
                 base64.urlsafe_b64encode(secret).decode().rstrip("=")):
        yield text.encode()
    if len(secret) % 4 == 0:  # as the state of SHA-256 holds it
        yield struct.pack(f"<{len(secret) // 4}I", *struct.unpack(f">{len(secret) // 4}I", secret))


def found(secrets, haystack):
    """Names of the secrets that are in it."""
    return sorted(name for name, secret in secrets.items() if any(form in haystack for form in forms(secret)))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def export(kind, name):
    path = f"{kind}-{name}.json"
    ctl(kind, "export", name, "--format", "json", "-o", path)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def long_term():
    secrets = {"kek": read("store/kek")}
    for name in CLIENTS:
        secrets[f"line of {name}"] = bytes.fromhex(export("client", name)["oscore"]["master_secret_hex"])
    for name in DEVICES:
        for i, key in enumerate(export("device", name)["token_keys"]):
            secrets[f"key {i} of {name}"] = bytes.fromhex(key["key_hex"])
    return secrets


def issue(lines, secrets):
    for round_ in range(ROUNDS):
        for name, line in lines.items():
            device = DEVICES[round_ % len(DEVICES)]
            answer = line.ask(token_request(device, "climate.read"))[0]
            assert str(answer) == "2.01", answer
            osc = cbor2.loads(answer.payload)[CNF][OSC]
            secrets[f"secret {round_} of {name}"] = osc[MS]
            if len(osc.get(SALT, b"")) >= 8:
                secrets[f"salt {round_} of {name}"] = osc[SALT]


def mappings(pid):
    """(from, to, flags, what is mapped) of each mapping, as the kernel tells."""
    head = None
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        for text in file:
            place = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)", text)
            if place:
                head = int(place[1], 16), int(place[2], 16), place[3], place[4]
            elif text.startswith("VmFlags:"):
                yield head[0], head[1], text.split()[1:], head[3], head[2]


def memory(pid):
    """What a core dump would have of it if all of it were wanted, and what the kernel leaves out of any."""
    dumped, left_out, locked = [], [], True
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for start, end, flags, name, mode in mappings(pid):
            if "r" not in mode or name.startswith("[v") or "ms" in flags:
                continue
            mem.seek(start)
            parts = []
            while start < end:
                part = mem.read(min(end - start, 1 << 16))
                if not part:
                    break
                if part.count(0) < len(part):
                    parts.append(part)
                start += len(part)
            if "dd" in flags:
                left_out.append(b"".join(parts))
                locked &= "lo" in flags or not parts
            else:
                dumped.append(b"".join(parts))
    return b"|".join(dumped), b"|".join(left_out), locked


def limits(pid):
    with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
        core = next(text for text in file if text.startswith("Max core file size"))
    with open(f"/proc/{pid}/coredump_filter", encoding="ascii") as file:
        return core.split()[4:6], int(file.read(), 16)


def acectl_says():
    """All that its verbs print of what holds a secret."""
    for args in (("status",), ("client", "list"), ("device", "list"), ("token", "list"), ("policy", "show"), ("policy", "log"),
                 ("key", "status"), ("doctor",), *(("client", "show", name) for name in CLIENTS[:1]),
                 *(("device", "show", name) for name in DEVICES), ("explain", CLIENTS[0], DEVICES[0], "climate.read")):
        for more in ((), ("--json",)):
            done = subprocess.run([program("as/acectl"), "--state-dir", "store", *args, *more], capture_output=True, timeout=60,
                                  check=False)
            assert done.returncode == 0, (args, done)
            yield done.stdout + done.stderr


def files_hold_none(secrets):
    ctl("backup", "backup.ace")
    places = {"the store": read("store/data.mdb"), "its backup": read("backup.ace"), "the log": read("log"),
              "acectl": b"".join(acectl_says())}
    for place, haystack in places.items():
        assert len(haystack) > 200, place
        assert not found(secrets, haystack), f"in {place}: {found(secrets, haystack)}"


def would_be_found(secrets):
    """Each kind, where it is by right."""
    name = CLIENTS[0]
    assert found(secrets, read(f"client-{name}.json")) == [f"line of {name}"]
    assert found(secrets, read(f"device-{DEVICES[0]}.json")) == [f"key 0 of {DEVICES[0]}"]
    some = secrets[f"secret 0 of {name}"]
    for form in forms(some):
        assert found(secrets, b"x" + form + b"y") == [f"secret 0 of {name}"]


def dump_holds_none(pid, secrets):
    """Whoever may read this memory at all is root; everybody else is refused (PR_SET_DUMPABLE)."""
    assert limits(pid) == (["0", "0"], 0), f"a core dump would have some of it: {limits(pid)}"
    dumped, left_out, locked = memory(pid)
    assert b"climate.read" in dumped, "what is no secret is there, so that it is the memory that was looked at"
    kept = found(secrets, left_out)
    assert {f"key 0 of {name}" for name in DEVICES} <= set(kept), f"the keys in use are kept there, and found: {kept}"
    assert not found(secrets, dumped), f"in memory that is dumped: {found(secrets, dumped)}"
    return locked


def main():
    port = free_port()
    make_store(port, CLIENTS)
    secrets = long_term()
    with open("log", "wb") as log:
        aced = Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--log-level", "debug",
                      "--log-tokens", ready=False, stderr=log)
    ctl("status", "--wait")
    lines = {name: Line(f"client-{name}.json") for name in CLIENTS}
    for name, line in lines.items():  # what OSCORE derives of a line's secret
        secrets[f"sender key of {name}"], secrets[f"recipient key of {name}"] = line.key, line.peer_key
    issue(lines, secrets)
    assert len(secrets) >= 1 + len(CLIENTS) * (3 + ROUNDS) + len(DEVICES)
    would_be_found(secrets)
    files_hold_none(secrets)
    said = "its memory was not looked at: that takes root, and a build without sanitizers"
    if not os.geteuid() and b"this build is for tests" not in read("log"):
        locked = dump_holds_none(aced.process.pid, secrets)
        assert locked or b"event=memory.unlocked" in read("log"), "memory for keys may be swapped, and nobody is told"
        said = "none in what a core dump would hold"
    assert aced.stop(signal.SIGTERM) == 0
    print(f"{len(secrets)} secrets: none in store, backup, log and acectl; {said}")


if __name__ == "__main__":
    sandbox(main)
