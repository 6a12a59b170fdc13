#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""acectl backup: a copy of the store in one file while clients ask, whole or not there at all, and without its key.

    backup.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import pty
import resource
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, case, tell
from oscore_peer import Line, token_request
from programs import LIMIT, Daemon, ctl, free_port, make_store, program, run, sandbox

STORE = ("--state-dir", "store")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def grants(line, body, number):
    got = 0
    until = time.monotonic() + 10
    while got < number and time.monotonic() < until:
        reply, _ = line.ask(body)
        got += str(reply) == "2.01"
        time.sleep(0 if str(reply) == "2.01" else 0.005)
    case("aced grants", got == number)


def while_clients_ask(line, body):
    """Backups one after the other, each with a state of its own."""
    tokens = []
    for number in range(4):
        grants(line, body, 3)
        backup = subprocess.Popen([program("as/acectl"), *STORE, "--json", "backup", f"backup-{number}"], stdout=subprocess.PIPE,
                                  text=True)
        grants(line, body, 3)
        told = json.loads(backup.communicate(timeout=LIMIT)[0])
        case("it worked", backup.returncode == 0)
        case("the file has as many bytes as it says", os.path.getsize(f"backup-{number}") == told["bytes"])
        case("nobody else may read it", stat.S_IMODE(os.stat(f"backup-{number}").st_mode) == 0o600)
        case("clients and devices", (told["generation"], told["clients"], told["devices"]) == (1, 2, 2), told)
        tokens.append(told["tokens"])
    case("each has the tokens of its time", all(3 + 6 * n <= count <= 6 + 6 * n for n, count in enumerate(tokens)), tokens)


def no_secret():
    """Neither the key-encryption key nor what is sealed under it stands in the file as it is."""
    with open("wallboard-1.json", encoding="utf-8") as file:
        secret = json.load(file)["oscore"]["master_secret_hex"]
    backup = read("backup-3")
    case("the key is not in it", read("store/kek") not in backup and bytes.fromhex(secret) not in backup)
    said = acectl(*STORE, "backup", "backup-x")
    case("and it says so, and where it is", said.code == 0 and "key-encryption key is not in it" in said.err
         and "store/kek" in said.err, said)
    case("how much is in it", "generation 1   2 clients 2 devices" in said.out, said)
    silent = acectl(*STORE, "-q", "backup", "backup-y")
    case("nothing with -q", (silent.code, silent.out, silent.err) == (0, "", ""), silent)
    os.rename("store/kek", "kek-elsewhere")
    case("no key is needed", acectl(*STORE, "backup", "backup-z").code == 0)
    os.rename("kek-elsewhere", "store/kek")


def never_in_place_of_another():
    before = read("backup-0")
    refused = acectl(*STORE, "backup", "backup-0")
    case("a file is not replaced unasked", refused.code == 2 and "Say so with --yes" in refused.err, refused)
    case("it is as it was", read("backup-0") == before)
    case("with -y it is", acectl(*STORE, "backup", "backup-0", "-y").code == 0 and read("backup-0") != before)
    os.symlink("backup-1", "link")
    before = read("backup-1")
    case("of a link the link", acectl(*STORE, "backup", "link", "-y").code == 0 and not os.path.islink("link")
         and read("backup-1") == before)


def fails_without_a_trace():
    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

    before, names = read("backup-0"), sorted(os.listdir("."))
    full = acectl(*STORE, "backup", "backup-0", "-y", preexec_fn=small_files)
    case("a disk that is full", full.code == 5 and "backup-0" in full.err, full)
    nowhere = acectl(*STORE, "backup", "no/such/folder")
    case("no such folder", nowhere.code in (1, 2) and "no/such/folder" in nowhere.err, nowhere)
    terminal = acectl(*STORE, "backup", "-")
    case("never to a terminal", terminal.code == 2, terminal)
    case("a folder", acectl(*STORE, "backup", "policy", "-y").code != 0)
    case("no store", acectl("--state-dir", "nothing", "backup", "b").code == 1)
    case("no file named", acectl(*STORE, "backup").code == 2)
    case("two files named", acectl(*STORE, "backup", "a", "b").code == 2)
    case("what was there is there, and nothing else", read("backup-0") == before and sorted(os.listdir(".")) == names,
         set(os.listdir(".")) ^ set(names))


def damaged():
    """A row that is damaged is not copied into a file that passes for whole."""
    with open("store/data.mdb", "r+b") as file:
        data = file.read()
        at = -1
        while (at := data.find(b"wallboard-1", at + 1)) >= 0:
            file.seek(at + 3)
            file.write(b"L")
    result = acectl(*STORE, "backup", "backup-damaged")
    case("exit 5", result.code == 5 and "damaged" in result.err, result)
    case("no file", not os.path.exists("backup-damaged"))


def on_a_terminal():
    """Progress is shown there, and leaves a clean line."""
    primary, secondary = pty.openpty()
    done = subprocess.run([program("as/acectl"), *STORE, "backup", "backup-t"], stdout=subprocess.PIPE, stderr=secondary,
                          timeout=LIMIT, check=False)
    os.close(secondary)
    shown = os.read(primary, 4096)
    os.close(primary)
    case("on a terminal", done.returncode == 0 and b"\r\x1b[K" in shown, shown)


def by_hand():
    """The file opens as a store where it is put, with the key."""
    os.mkdir("other")
    for source, name in (("backup-1", "data.mdb"), ("store/kek", "kek")):
        with open(os.path.join("other", name), "wb") as file:
            file.write(read(source))
    shown = json.loads(run("as/acectl", "--state-dir", "other", "--json", "client", "show", "wallboard-1"))
    case("what is in it", shown == answer(*STORE, "client", "show", "wallboard-1"))
    case("with its secrets", acectl("--state-dir", "other", "client", "export", "wallboard-1", "-o", "again.json").code == 0)
    with open("again.json", encoding="utf-8") as again, open("wallboard-1.json", encoding="utf-8") as first:
        case("the same ones", json.load(again) == json.load(first))


def main():
    port = free_port()
    make_store(port)
    ctl("client", "export", "wallboard-1", "-o", "wallboard-1.json")
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"listen": f"coap://127.0.0.1:{port}", "log_level": "error",
                   "limits": {"client_rate": 100000, "client_burst": 100000}}, file)
    aced = Daemon("as/aced", "--config", "aced.json", "--state-dir", "store")
    line = Line("wallboard-1.json")
    while_clients_ask(line, token_request("thermo-101", "climate.read"))
    case("aced ends as ever", aced.stop(signal.SIGTERM) == 0)
    no_secret()
    never_in_place_of_another()
    fails_without_a_trace()
    on_a_terminal()
    by_hand()
    damaged()
    tell()


if __name__ == "__main__":
    sandbox(main)
