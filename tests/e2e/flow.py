#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aced, ace-device and ace-client together: grant, refuse, restart of each side, SIGKILL, a disabled client.

    flow.py BUILD_DIR SOURCE_DIR
"""
import atexit
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD, SOURCE = map(os.path.abspath, sys.argv[1:3])
LIMIT = 60


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def run(program, *args, code=0):
    done = subprocess.run([os.path.join(BUILD, program), *args], capture_output=True, text=True, timeout=LIMIT,
                          stdin=subprocess.DEVNULL)
    if done.returncode != code:
        sys.exit(f"{program} {' '.join(args)}: exit {done.returncode}, wanted {code}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Daemon:
    def __init__(self, program, *args):
        self.process = subprocess.Popen([os.path.join(BUILD, program), *args], stderr=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        for line in self.process.stderr:
            if "ready" in line:
                return
        sys.exit(f"{program} did not start")

    def stop(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=LIMIT)


def main():
    as_port, device_port = free_port(), free_port()
    as_args = ("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}", "--log-level", "error")
    device_args = ("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{device_port}",
                   "--set", "/temp=21.5", "--set", "/setpoint=20")
    temp, setpoint = (f"coap://127.0.0.1:{device_port}/{name}" for name in ("temp", "setpoint"))

    run("as/acectl", "--state-dir", "store", "init", "--as-uri", f"coap://127.0.0.1:{as_port}/token")
    run("as/acectl", "--state-dir", "store", "status", code=3)
    run("as/acectl", "--state-dir", "store", "policy", "apply", os.path.join(SOURCE, "policies/demo"))
    aced = Daemon(*as_args)
    run("as/acectl", "--state-dir", "store", "status", "--wait=5")
    run(*as_args, code=5)  # a second one finds the lock taken
    for client in ("wallboard-1", "tech-anna"):
        run("as/acectl", "--state-dir", "store", "client", "ticket", client, "-o", client + ".ace")
        run("client/ace-client", "--state-dir", client, "enroll", client + ".ace")
    run("as/acectl", "--state-dir", "store", "device", "export", "thermo-101", "-o", "thermo.json")
    device = Daemon(*device_args)

    assert run("client/ace-client", "--state-dir", "wallboard-1", "-q", "get", temp) == "21.5\n"
    refusal = run("client/ace-client", "--state-dir", "wallboard-1", "put", setpoint, "-e", "19", code=1)
    decision = re.search(r"D-[0-9A-Z]{16}", refusal)
    assert "invalid_scope" in refusal and decision, refusal
    run("client/ace-client", "--state-dir", "tech-anna", "put", setpoint, "-e", "19")
    assert run("client/ace-client", "--state-dir", "tech-anna", "-q", "get", setpoint) == "19\n"

    # Nothing that was acknowledged is lost with a SIGKILL, and what comes after it is served.
    assert aced.stop(signal.SIGKILL) == -signal.SIGKILL
    run("client/ace-client", "--state-dir", "tech-anna", "--fresh", "get", temp, code=3)
    aced = Daemon(*as_args)
    assert "invalid_scope" in run("as/acectl", "--state-dir", "store", "explain", decision.group(), code=1)
    assert run("client/ace-client", "--state-dir", "tech-anna", "-q", "--fresh", "get", temp) == "21.5\n"

    # The device forgets its contexts; the client posts its token again.
    assert device.stop(signal.SIGTERM) == 0
    device = Daemon(*device_args)
    assert run("client/ace-client", "--state-dir", "wallboard-1", "-q", "get", temp) == "21.5\n"

    run("as/acectl", "--state-dir", "store", "client", "disable", "wallboard-1")
    assert "unauthorized_client" in run("client/ace-client", "--state-dir", "wallboard-1", "--fresh", "get", temp, code=1)
    assert device.stop(signal.SIGTERM) == 0
    assert aced.stop(signal.SIGTERM) == 0
    print("flow holds")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        started = time.monotonic()
        main()
        print(f"{time.monotonic() - started:.1f} s")
