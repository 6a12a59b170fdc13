#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The key of a client is replaced while it asks: no request fails.

    client_keys.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import aced_start, ctl, enroll, free_port, make_store, run, sandbox
from traffic import CLIENT, Device, Traffic


def document(*args):
    return json.loads(run("as/acectl", "--json", "--state-dir", "store", *args))


def old_key(client):
    return document("client", "show", client)["old_key"]


def client_key(device):
    """The old key asks on until the new one was used; then it is dead."""
    before = document("client", "show", "wallboard-1")
    shutil.copytree("wallboard-1", "copy-of-old-key")
    traffic = Traffic("wallboard-1", device.uri)
    traffic.some_more()
    ctl("client", "rotate-key", "wallboard-1", "-o", "first.ace")
    traffic.some_more()
    ctl("client", "rotate-key", "wallboard-1", "-o", "second.ace")  # the first was lost on the way
    traffic.some_more()
    shown = document("client", "show", "wallboard-1")
    assert shown["old_key"] == {"kid_hex": before["kid_hex"], "key_version": before["key_version"], "until": None}, shown
    assert shown["ticket_expires"] and shown["kid_hex"] != before["kid_hex"]
    # The other one asks on with its old key while the new one comes into use beside it.
    with traffic.may_ask:
        run(*CLIENT, "renewed", "enroll", "second.ace")
        traffic.client = "renewed"
    traffic.some_more()
    assert old_key("wallboard-1") is None and document("client", "show", "wallboard-1")["ticket_expires"] is None
    run(*CLIENT, "copy-of-old-key", "-q", "--fresh", "get", device.uri, code=4)
    traffic.end()


def client_key_with_an_end(device):
    """Whoever does not enroll in time is out, since that was asked for."""
    ctl("client", "rotate-key", "tech-anna", "-o", "late.ace", "--overlap", "2s")
    assert old_key("tech-anna")["until"]
    while old_key("tech-anna"):
        time.sleep(0.1)
    run(*CLIENT, "tech-anna", "-q", "--fresh", "get", device.uri, code=4)
    run(*CLIENT, "anna-renewed", "enroll", "late.ace")
    assert run(*CLIENT, "anna-renewed", "-q", "--fresh", "get", device.uri) == "21.5\n"
    # A ticket in place of the key: the one before it is dead at once.
    ctl("client", "ticket", "tech-anna", "-o", "again.ace")
    assert old_key("tech-anna") is None and document("client", "show", "tech-anna")["ticket_expires"]


def bad_calls():
    ctl("client", "rotate-key", "wallboard-1", code=2)
    ctl("client", "rotate-key", "wallboard-1", "-o", "x.ace", "--overlap", "soon", code=2)
    ctl("client", "rotate-key", "wallboard-9", "-o", "x.ace", code=1)
    assert not os.path.exists("x.ace")


def main():
    as_port = free_port()
    make_store(as_port)
    aced = aced_start(as_port)
    for client in ("wallboard-1", "tech-anna"):
        enroll(client)
    device = Device(free_port())
    client_key(device)
    client_key_with_an_end(device)
    bad_calls()
    assert device.daemon.stop(signal.SIGTERM) == 0
    assert aced.stop(signal.SIGTERM) == 0
    print("client keys hold")


if __name__ == "__main__":
    sandbox(main)
