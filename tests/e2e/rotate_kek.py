#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The key-encryption key is replaced while aced runs, and the one who replaces it is killed at each of its steps.

    rotate_kek.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import LIMIT, Daemon, ctl, free_port, make_store, program, run, sandbox


def read(path):
    with open(path, "rb") as file:
        return file.read()


def opens(kek, export="probe.json"):
    """Do the secrets of the store open with that key?"""
    done = subprocess.run([program("as/acectl"), "--state-dir", "store", "--kek", kek, "device", "export", "thermo-101", "-o",
                           export], capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
    if os.path.exists(export):
        os.unlink(export)
    assert done.returncode in (0, 4), done.stderr
    return done.returncode == 0


def status():
    return json.loads(run("as/acectl", "--json", "--state-dir", "store", "key", "status"))


def killed_at(number):
    """Let rotate-kek die there; False when it came to its end before."""
    with open("die", "w", encoding="ascii") as file:
        file.write(str(number))
    env = dict(os.environ, DIE_AT=os.path.abspath("die"), LD_PRELOAD=program("tests/support/libdie_at.so"),
               ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""))
    code = subprocess.run([program("as/acectl"), "--state-dir", "store", "key", "rotate-kek"], env=env, capture_output=True,
                          timeout=LIMIT, stdin=subprocess.DEVNULL).returncode
    assert code in (0, -signal.SIGKILL), code
    assert (code == 0) == os.path.exists("die"), number
    return code != 0


def every_step():
    """Whatever was on disk when it was killed: the key in its place opens the store, and the next run ends it."""
    shutil.copytree("store", "store.before")
    states = set()
    number = 0
    while True:
        number += 1
        assert number < 200
        shutil.rmtree("store")
        shutil.copytree("store.before", "store")
        old = read("store/kek")
        if not killed_at(number):
            break
        assert opens("store/kek"), f"killed at step {number}: the store does not open"
        states.add((status()["kek"]["keys"], read("store/kek") == old, os.path.exists("store/kek.next")))
        ctl("key", "rotate-kek")
        assert opens("store/kek"), f"killed at step {number}: not after the rotation was ended either"
        assert read("store/kek") != old and not os.path.exists("store/kek.next") and status()["kek"]["keys"] == 1
        with open("old", "wb") as file:
            file.write(old)
        assert not opens("old"), f"killed at step {number}: the old key still opens the store"
    # (keys that open it, the old one in place, the new one beside it): all stages were seen.
    assert states == {(1, True, False), (1, True, True), (2, True, True), (2, False, False), (1, False, False)}, states
    assert read("store/kek") != old
    return number


def while_aced_runs(args):
    aced = Daemon(*args)
    mode = os.stat("store/kek").st_mode
    ctl("client", "ticket", "wallboard-1", "-o", "one.ace")
    before = read("store/kek")
    ctl("key", "rotate-kek")
    assert read("store/kek") != before and os.stat("store/kek").st_mode == mode
    # A client that the daemon has not seen: its secret is opened with the data key that the daemon holds.
    run("client/ace-client", "--state-dir", "one", "enroll", "one.ace")
    assert aced.stop(signal.SIGTERM) == 0
    aced = Daemon(*args)
    ctl("client", "ticket", "wallboard-1", "-o", "two.ace")
    run("client/ace-client", "--state-dir", "two", "enroll", "two.ace")
    assert aced.stop(signal.SIGTERM) == 0


def elsewhere(args):
    """A key that something else puts in its place."""
    ctl("key", "rotate-kek", "--new-kek", "next-kek")
    assert opens("store/kek") and opens("next-kek") and status()["kek"]["keys"] == 2
    assert "waiting" in ctl("key", "rotate-kek", "--new-kek", "third-kek", code=2)
    assert "waiting" in ctl("key", "rotate-kek", code=2)
    assert opens("store/kek") and opens("next-kek")
    aced = Daemon(*args, "--kek", "next-kek")
    ctl("--kek", "next-kek", "key", "rotate-kek", "--finish")
    assert not opens("store/kek") and opens("next-kek") and status()["kek"]["keys"] == 1
    assert aced.stop(signal.SIGTERM) == 0
    ctl("key", "rotate-kek", code=4)  # nothing is sealed anew by who cannot open it
    ctl("key", "rotate-kek", "--new-kek", "a", "--finish", code=2)


def main():
    port = free_port()
    args = ("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--log-level", "error")
    make_store(port)
    steps = every_step()
    while_aced_runs(args)
    elsewhere(args)
    print(f"killed at {steps - 1} steps, the store always opened")


if __name__ == "__main__":
    sandbox(main)
