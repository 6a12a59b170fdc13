#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys are replaced while clients ask: no request fails.

    keys.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import Daemon, ctl, free_port, make_store, run, sandbox

CLIENT = ("client/ace-client", "--state-dir")


def document(*args):
    return json.loads(run("as/acectl", "--json", "--state-dir", "store", *args))


class Traffic:
    """A client that asks for a token and uses it, over and over; it is held while the device restarts."""

    def __init__(self, client, uri):
        self.client, self.uri = client, uri
        self.asked, self.failure = 0, None
        self.may_ask, self.is_over = threading.Lock(), threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def ask(self):
        while not self.is_over.is_set() and not self.failure:
            with self.may_ask:
                try:
                    assert self.get() == "21.5\n"
                    self.asked += 1
                except AssertionError as failure:
                    self.failure = failure

    def get(self):
        try:
            return run(*CLIENT, self.client, "-q", "--fresh", "get", self.uri)
        except AssertionError as failure:
            # The record of client or device changed in the middle of the batch: 5.03, Max-Age 1.
            if "5.03" not in str(failure):
                raise
        time.sleep(1)
        return run(*CLIENT, self.client, "-q", "--fresh", "get", self.uri)

    def some_more(self, number=1):
        """Until so many further requests were answered."""
        wanted = self.asked + number
        while self.asked < wanted and not self.failure:
            self.is_over.wait(0.02)
        assert not self.failure, self.failure

    def end(self):
        self.is_over.set()
        self.thread.join()
        assert not self.failure, self.failure


class Device:
    def __init__(self, port):
        self.args = ("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{port}", "--set", "/temp=21.5")
        self.uri = f"coap://127.0.0.1:{port}/temp"
        self.provision()
        self.daemon = Daemon(*self.args)

    @staticmethod
    def provision():
        if os.path.exists("thermo.json"):
            os.unlink("thermo.json")
        ctl("device", "export", "thermo-101", "-o", "thermo.json")

    def restart(self):
        """With what the AS says now; it has no tokens afterwards."""
        self.provision()
        assert self.daemon.stop(signal.SIGTERM) == 0
        self.daemon = Daemon(*self.args)


def kids():
    with open("thermo.json", encoding="utf-8") as file:
        return [key["kid_hex"] for key in json.load(file)["token_keys"]]


def states():
    return [key["state"] for key in document("device", "show", "thermo-101")["keys"]]


def token_keys(device):
    """Old and new key live beside each other; tokens change over when they are told to."""
    run(*CLIENT, "tech-anna", "-q", "get", device.uri)  # a token of the first key, kept
    traffic = Traffic("wallboard-1", device.uri)
    traffic.some_more()
    ctl("device", "rotate-key", "thermo-101")
    assert states() == ["issuing", "next"]
    ctl("device", "rotate-key", "thermo-101", code=1)  # one waits already
    traffic.some_more()
    with traffic.may_ask:
        device.restart()
        assert len(kids()) == 2
    traffic.some_more()
    ctl("device", "rotate-key", "thermo-101", "--activate", "--overlap", "1h")
    assert states() == ["leaving", "issuing"]
    traffic.some_more()
    # The device forgot it with its restart; it takes the token of the old key once more.
    assert run(*CLIENT, "tech-anna", "-q", "get", device.uri) == "21.5\n"
    assert "until" in ctl("device", "rotate-key", "thermo-101", code=1)  # no room for a third
    assert "no key that waits" in ctl("device", "rotate-key", "thermo-101", "--cancel", code=1)
    traffic.end()


def token_key_at_once(device):
    """The key is known to others: whatever was issued under it is worth nothing."""
    before = kids()
    done = document("device", "rotate-key", "thermo-101", "--now")
    assert done["tokens_revoked"] > 0 and [key["state"] for key in done["keys"]] == ["issuing"]
    device.restart()
    assert len(kids()) == 1 and kids()[0] not in before
    assert run(*CLIENT, "wallboard-1", "-q", "--fresh", "get", device.uri) == "21.5\n"


def overlap_ends(device):
    """A key that is over goes to no device any more, and makes room."""
    ctl("device", "rotate-key", "thermo-101")
    ctl("device", "rotate-key", "thermo-101", "--activate", "--overlap", "1s")
    while states() != ["over", "issuing"]:
        threading.Event().wait(0.1)
    device.provision()
    assert len(kids()) == 1
    done = document("device", "rotate-key", "thermo-101")
    assert [key["state"] for key in done["keys"]] == ["issuing", "next"]
    ctl("device", "rotate-key", "thermo-101", "--at", "2099-01-01T00:00:00Z", "--overlap", "90m")
    assert document("device", "show", "thermo-101")["keys"][0]["until"] == "2099-01-01T01:30:00Z"
    ctl("device", "rotate-key", "thermo-101", "--cancel")
    assert states() == ["issuing"]


def bad_calls():
    for flags in (("--now", "--cancel"), ("--overlap", "1h"), ("--activate", "--overlap", "1w"), ("--at", "yesterday"),
                  ("--at", "2020-01-01T00:00:00Z"), ("--activate", "--overlap", "0s"), ("--activate", "--overlap", "99999999d")):
        ctl("device", "rotate-key", "thermo-101", *flags, code=2)
    ctl("device", "rotate-key", "thermo-1", code=1)


def main():
    as_port = free_port()
    make_store(as_port)
    aced = Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}", "--log-level", "error")
    for client in ("wallboard-1", "tech-anna"):
        ctl("client", "ticket", client, "-o", client + ".ace")
        run(*CLIENT, client, "enroll", client + ".ace")
    device = Device(free_port())
    token_keys(device)
    token_key_at_once(device)
    overlap_ends(device)
    bad_calls()
    assert device.daemon.stop(signal.SIGTERM) == 0
    assert aced.stop(signal.SIGTERM) == 0
    print("keys hold")


if __name__ == "__main__":
    sandbox(main)
