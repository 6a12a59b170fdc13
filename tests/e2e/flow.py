#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aced, ace-device and ace-client together: grant, refuse, restart of each side, SIGKILL, a disabled client.

    flow.py BUILD_DIR SOURCE_DIR
"""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import SOURCE, Daemon, free_port, run, sandbox


def main():
    as_port, device_port = free_port(), free_port()
    as_args = ("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}", "--log-level", "error")
    device_args = ("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{device_port}",
                   "--set", "/temp=21.5", "--set", "/setpoint=20")
    temp, setpoint = (f"coap://127.0.0.1:{device_port}/{name}" for name in ("temp", "setpoint"))

    run("as/acectl", "--state-dir", "store", "init", "--as-uri", f"coap://127.0.0.1:{as_port}/token")
    run("as/acectl", "--state-dir", "store", "status", code=3)
    run("as/acectl", "--state-dir", "store", "policy", "apply", os.path.join(SOURCE, "policies/demo"))
    run("as/acectl", "--state-dir", "store", "client", "ticket", "wallboard-1", "-o", "early.ace")
    assert "that is the AS of wallboard-1" in run("client/ace-client", "--state-dir", "early", "enroll", "early.ace", code=3)
    aced = Daemon(*as_args)
    run("as/acectl", "--state-dir", "store", "status", "--wait=5")
    run(*as_args, code=5)  # a second one finds the lock taken
    check = ("as/aced", "--state-dir", "store", "--check", "--listen")
    assert "listen.elsewhere" not in run(*check, f"coap://127.0.0.1:{as_port}")
    assert f"as_uri=coap://127.0.0.1:{as_port}/token" in run(*check, f"coap://127.0.0.1:{as_port ^ 1}")
    with open("other.kek", "wb") as file:
        file.write(bytes(32))
    assert "not the key of the store" in run(*as_args, "--check", "--kek", "other.kek", code=4)
    assert "acectl init" in run("as/aced", "--state-dir", "nowhere", "--check", code=1)
    for client in ("wallboard-1", "tech-anna"):
        run("as/acectl", "--state-dir", "store", "client", "ticket", client, "-o", client + ".ace")
        os.chmod(client + ".ace", 0o644 if client == "wallboard-1" else 0o600)
        said = run("client/ace-client", "--state-dir", client, "enroll", client + ".ace")
        assert ("every user of this machine could read" in said) == (client == "wallboard-1"), said
    run("as/acectl", "--state-dir", "store", "device", "export", "thermo-101", "-o", "thermo.json")
    device = Daemon(*device_args)
    assert not device.said[:-1], device.said
    assert device.stop(signal.SIGTERM) == 0
    os.chmod("thermo.json", 0o644)
    device = Daemon(*device_args)
    assert "chmod o= thermo.json" in device.said[0], device.said
    os.chmod("thermo.json", 0o600)

    for process in (aced.process, device.process):  # whose memory is full of keys
        with open(f"/proc/{process.pid}/limits", encoding="ascii") as limits:
            assert re.search(r"Max core file size +0 +0 ", limits.read()), process.args
    assert run("client/ace-client", "--state-dir", "wallboard-1", "-q", "get", temp) == "21.5\n"
    refusal = run("client/ace-client", "--state-dir", "wallboard-1", "put", setpoint, "-e", "19", code=1)
    decision = re.search(r"D-[0-9A-Z]{16}", refusal)
    assert "invalid_scope" in refusal and decision, refusal
    run("client/ace-client", "--state-dir", "tech-anna", "put", setpoint, "-e", "19")
    assert run("client/ace-client", "--state-dir", "tech-anna", "-q", "get", setpoint) == "19\n"

    # Nothing that was acknowledged is lost with a SIGKILL, and what comes after it is served.
    assert aced.stop(signal.SIGKILL) == -signal.SIGKILL
    run("client/ace-client", "--state-dir", "tech-anna", "--fresh", "get", temp, code=3)
    aced = Daemon(*as_args[:-2])
    aced.process.stderr.close()  # from here on nobody reads its log
    assert "invalid_scope" in run("as/acectl", "--state-dir", "store", "explain", decision.group(), code=1)
    assert run("client/ace-client", "--state-dir", "tech-anna", "-q", "--fresh", "get", temp) == "21.5\n"

    # The device forgets its contexts; the client posts its token again.
    assert device.stop(signal.SIGTERM) == 0
    device = Daemon(*device_args)
    assert run("client/ace-client", "--state-dir", "wallboard-1", "-q", "get", temp) == "21.5\n"

    # aced has read the client's record by now; what acectl writes counts with the next request all the same.
    assert run("client/ace-client", "--state-dir", "wallboard-1", "-q", "--fresh", "get", temp) == "21.5\n"
    run("as/acectl", "--state-dir", "store", "client", "disable", "wallboard-1")
    assert "unauthorized_client" in run("client/ace-client", "--state-dir", "wallboard-1", "--fresh", "get", temp, code=1)
    run("as/acectl", "--state-dir", "store", "client", "enable", "wallboard-1")
    assert run("client/ace-client", "--state-dir", "wallboard-1", "-q", "--fresh", "get", temp) == "21.5\n"
    assert device.stop(signal.SIGTERM) == 0
    assert aced.stop(signal.SIGTERM) == 0
    print("flow holds")


if __name__ == "__main__":
    sandbox(main)
