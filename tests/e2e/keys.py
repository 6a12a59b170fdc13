#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Token keys of a device are replaced while clients ask: no request fails.

    keys.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import aced_start, ctl, enroll, free_port, make_store, run, sandbox
from traffic import CLIENT, Device, Traffic


def document(*args):
    return json.loads(run("as/acectl", "--json", "--state-dir", "store", *args))


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
        time.sleep(0.1)
    device.provision()
    assert len(kids()) == 1
    done = document("device", "rotate-key", "thermo-101")
    assert [key["state"] for key in done["keys"]] == ["issuing", "next"]
    ctl("device", "rotate-key", "thermo-101", "--at", "2099-01-01T00:00:00Z", "--overlap", "90m")
    assert document("device", "show", "thermo-101")["keys"][0]["until"] == "2099-01-01T01:30:00Z"
    ctl("device", "rotate-key", "thermo-101", "--cancel")
    assert states() == ["issuing"]
    device.restart()


def bad_calls():
    ctl("device", "rotate-line", "thermo-101", code=1)  # it has none
    ctl("device", "rotate-line", "thermo-101", "--now", "--overlap", "1h", code=2)
    for flags in (("--now", "--cancel"), ("--overlap", "1h"), ("--activate", "--overlap", "1w"), ("--at", "yesterday"),
                  ("--at", "2020-01-01T00:00:00Z"), ("--activate", "--overlap", "0s"), ("--activate", "--overlap", "99999999d")):
        ctl("device", "rotate-key", "thermo-101", *flags, code=2)
    ctl("device", "rotate-key", "thermo-1", code=1)


def main():
    as_port = free_port()
    make_store(as_port)
    aced = aced_start(as_port)
    for client in ("wallboard-1", "tech-anna"):
        enroll(client)
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
