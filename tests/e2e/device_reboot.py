#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device whose power fails after each sixth request: its client posts the token that it has again, and is served. The process and
its address stay.

    device_reboot.py BUILD_DIR SOURCE_DIR
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import Daemon, aced_start, ctl, enroll, free_port, make_store, run, sandbox


N = 6


def get(url):
    said = run("client/ace-client", "--state-dir", "anna", "-B", "10", "--explain", "get", url)
    assert "20.5" in said, said
    return said


def rebooted(device):
    for line in device.process.stderr:
        if "ready" in line:
            return


def main():
    as_port, port = free_port(), free_port()
    url = f"coap://127.0.0.1:{port}/temp"
    make_store(as_port)
    aced = aced_start(as_port)
    enroll("tech-anna", "anna")
    ctl("device", "export", "thermo-101", "-o", "thermo-101.json")
    arguments = ("device/ace-device", "--provision", "thermo-101.json", "--set", "/temp=20.5", "--reboot-after", str(N))
    assert "port" in run(*arguments, "--listen", "127.0.0.1:0", code=2)
    device = Daemon(*arguments, "--listen", f"127.0.0.1:{port}")
    said = get(url)  # its hints, the post, the request
    assert "POST AS" in said, said
    for _ in range(3):
        said = get(url)
        assert "authz-info" not in said, said
    rebooted(device)
    said = get(url)
    assert "authz-info" in said and "POST AS" not in said, said
    assert device.process.poll() is None
    assert device.stop(signal.SIGTERM) == 0 and aced.stop(signal.SIGTERM) == 0
    print("a client outlives the reboots of its device")


if __name__ == "__main__":
    sandbox(main)
