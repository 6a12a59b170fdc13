#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device with room for a few clients serves those who came first, to the end; further tokens are refused with 5.03, and nobody pays
for the attempt. One with room for ten thousand starts and serves.

    device_contexts.py BUILD_DIR SOURCE_DIR
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from device_observe import line_to_device
from oscore_peer import GET
from programs import Daemon, aced_start, ctl, free_port, make_store, run, sandbox
from revocation_case import client_line

ROOM = 3
REQUESTS = 100


def device_start(port, contexts):
    return Daemon("device/ace-device", "--provision", "thermo-101.json", "--listen", f"127.0.0.1:{port}", "--set", "/temp=20.5",
                  "--contexts", str(contexts))


def serves(line):
    answer = line.exchange(line.protect(GET, "temp"))
    assert str(answer) == "2.05" and answer.payload == b"20.5", answer


def is_refused(as_line, port):
    try:
        line_to_device(as_line, port)
    except AssertionError as refused:
        assert str(refused) == "5.03", refused
    else:
        raise AssertionError("there was room for one more")


def main():
    as_port, port = free_port(), free_port()
    names = [f"tech-{number}" for number in range(ROOM + 1)]
    make_store(as_port, names)
    aced = aced_start(as_port)
    ctl("device", "export", "thermo-101", "-o", "thermo-101.json")
    as_lines = [client_line(name) for name in names]
    device = device_start(port, ROOM)
    lines = []
    for as_line in as_lines[:ROOM]:
        lines.append(line_to_device(as_line, port)[0])
        serves(lines[-1])
    is_refused(as_lines[ROOM], port)
    for line in lines:
        serves(line)
    assert device.stop(signal.SIGTERM) == 0
    for contexts in (64, 10000):
        device = device_start(port, contexts)
        line, _ = line_to_device(as_lines[ROOM], port)
        started = time.monotonic()
        for _ in range(REQUESTS):
            serves(line)
        print(f"--contexts {contexts}: {(time.monotonic() - started) / REQUESTS * 1000:.2f} ms a request")
        assert device.stop(signal.SIGTERM) == 0
    for bad in ("0", "10001", "x"):
        run("device/ace-device", "--provision", "thermo-101.json", "--listen", f"127.0.0.1:{port}", "--contexts", bad, code=2)
    assert aced.stop(signal.SIGTERM) == 0
    print("whoever came first is served")


if __name__ == "__main__":
    sandbox(main)
