#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Another device at an address that the client knows: it is refused, and costs neither token nor pin, so that the right
one is talked to again without the AS.

    wrong_device.py BUILD_DIR SOURCE_DIR
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import Daemon, ctl, free_port, make_store, run, sandbox


def main():
    as_port, port = free_port(), free_port()
    temp = f"coap://127.0.0.1:{port}/temp"
    make_store(as_port)
    aced = Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}")
    ctl("client", "ticket", "wallboard-1", "-o", "ticket")
    run("client/ace-client", "--state-dir", "c", "enroll", "ticket")
    for device in ("thermo-101", "thermo-102"):
        ctl("device", "export", device, "-o", device)

    def device(name):
        return Daemon("device/ace-device", "--provision", name, "--listen", f"127.0.0.1:{port}", "--set", "/temp=21.5")

    def get(*args, code=0):
        return run("client/ace-client", "--state-dir", "c", "-q", "get", temp, *args, code=code)

    right = device("thermo-101")
    assert get() == "21.5\n"
    assert right.stop(signal.SIGTERM) == 0
    wrong = device("thermo-102")
    for _ in range(2):
        refusal = get(code=4)
        assert "thermo-102" in refusal and "thermo-101" in refusal and "pinned" in refusal, refusal
    assert wrong.stop(signal.SIGTERM) == 0
    right = device("thermo-101")
    assert aced.stop(signal.SIGTERM) == 0
    assert get() == "21.5\n"
    steps = get("--explain")
    assert steps.count("\u2192") == 2 and "(OSCORE)" in steps, steps  # one pair: to and fro, and their bytes
    get("--fresh", code=3)
    assert get() == "21.5\n"
    assert right.stop(signal.SIGTERM) == 0
    print("wrong_device: refused, and nothing is lost")


if __name__ == "__main__":
    sandbox(main)
