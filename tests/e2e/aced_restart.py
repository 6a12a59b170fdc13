#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aced is killed and started again at once: `acectl status --wait` tells of the run that is there, never of the one before.

    aced_restart.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import Daemon, ctl, free_port, make_store, sandbox


def main():
    port = free_port()
    make_store(port)

    def start():
        return Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", ready=False)

    ctl("status", code=3)
    for _ in range(5):
        aced = start()
        status = json.loads(ctl("status", "--wait", "--json"))
        assert status["pid"] == aced.process.pid, "a run that is over passes for this one"
        aced.stop(signal.SIGKILL)
        ctl("status", code=3)
    aced = start()
    assert json.loads(ctl("status", "--wait", "--json"))["pid"] == aced.process.pid
    assert aced.stop(signal.SIGTERM) == 0
    print("status tells of the run that is there")


if __name__ == "__main__":
    sandbox(main)
