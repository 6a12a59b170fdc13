#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device without a clock takes no token from before its restart; the client gets another one by itself.

    device_restart.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import Daemon, aced_start, ctl, enroll, free_port, make_store, run, sandbox


def highest_seen():
    with open("plain/state.json", encoding="utf-8") as file:
        return json.load(file)["exi_highest_seen"]


def main():
    as_port, port = free_port(), free_port()
    make_store(as_port)
    aced = aced_start(as_port)
    enroll("wallboard-1", "wall")
    ctl("device", "export", "thermo-102", "-o", "plain.json")
    seen = []
    for _ in range(2):
        device = Daemon("device/ace-device", "--provision", "plain.json", "--listen", f"127.0.0.1:{port}",
                        "--state-dir", "plain", "--set", "/temp=20.5")
        for _ in range(2):
            got = run("client/ace-client", "--state-dir", "wall", "-q", "get", f"coap://127.0.0.1:{port}/temp")
            assert got == "20.5\n", got
        seen.append(highest_seen())
        assert device.stop(signal.SIGKILL) == -signal.SIGKILL
    assert seen[1] > seen[0], seen
    assert aced.stop(signal.SIGTERM) == 0
    print("an exi token does not outlive the restart of its device")


if __name__ == "__main__":
    sandbox(main)
