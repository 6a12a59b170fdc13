#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device with client nonces (RFC 9200 5.3.1) takes no token that was made without the nonce of its own refusal; the client gets
such a token by itself, also after the device has forgotten everything.

    device_cnonce.py BUILD_DIR SOURCE_DIR
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import Daemon, aced_start, ctl, enroll, free_port, make_store, run, sandbox


def get(url):
    said = run("client/ace-client", "--state-dir", "anna", "--explain", "get", url)
    assert "20.5" in said, said
    return said


def device_start(port, *more):
    return Daemon("device/ace-device", "--provision", "thermo-101.json", "--listen", f"127.0.0.1:{port}", "--set", "/temp=20.5", *more)


def with_nonces(mode, port, url):
    device = device_start(port, "--cnonce", mode)
    said = get(url)
    # The token that it has is refused; the nonce of the hints is in the next one.
    assert "cnonce" in said and "POST AS" in said, said
    said = get(url)
    assert "POST AS" not in said and "authz-info" not in said, said
    assert device.stop(signal.SIGKILL) == -signal.SIGKILL


def main():
    as_port, port = free_port(), free_port()
    url = f"coap://127.0.0.1:{port}/temp"
    make_store(as_port)
    aced = aced_start(as_port)
    enroll("tech-anna", "anna")
    ctl("device", "export", "thermo-101", "-o", "thermo-101.json")
    device = device_start(port)
    assert "cnonce" not in get(url)
    assert device.stop(signal.SIGKILL) == -signal.SIGKILL
    device = device_start(port)
    said = get(url)
    assert "authz-info" in said and "POST AS" not in said, said  # why nonces are there: the old token counts again
    assert device.stop(signal.SIGKILL) == -signal.SIGKILL
    with_nonces("stored", port, url)
    with_nonces("stateless", port, url)
    assert "stateless" in run("device/ace-device", "--provision", "thermo-101.json", "--listen", f"127.0.0.1:{port}", "--cnonce", "no",
                              code=2)
    assert aced.stop(signal.SIGTERM) == 0
    print("without a fresh nonce no token is taken")


if __name__ == "__main__":
    sandbox(main)
