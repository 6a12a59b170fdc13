#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device that polls the revocation list (RFC 9770): the client that it served gets 4.01 within a poll of the token's revocation,
and the token stays out when the device starts again, while aced is away. A list in blocks is read, too.

    device_trl.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import Daemon, aced_start, ctl, free_port, program, run, sandbox
from revocation_case import client_line, grant, make_store

POLL_S = 1
LATE_S = 5  # on a machine that does something else
SAVED_LEN = 26  # bytes of a revoked token in the state, after one byte
A_MESSAGE = 40  # more hashes than an answer holds without blocks


def revoked(folder):
    with open(f"{folder}/state.json", encoding="utf-8") as file:
        return (len(bytes.fromhex(json.load(file).get("revoked_hex", "00"))) - 1) // SAVED_LEN


def line_next(folder):
    with open(f"{folder}/state.json", encoding="utf-8") as file:
        return json.load(file)["line_next"]


def until(is_true):
    end = time.monotonic() + POLL_S + LATE_S
    while not is_true():
        assert time.monotonic() < end, "the device has not learned it"
        time.sleep(0.05)


def device_start(port, folder):
    return Daemon("device/ace-device", "--provision", "thermo-101.json", "--listen", f"127.0.0.1:{port}", "--state-dir", folder,
                  "--trl", str(POLL_S), "--set", "/temp=20.5")


def client(port):
    return ("client/ace-client", "--state-dir", "anna", "-B", "3", "--explain", "get", f"coap://127.0.0.1:{port}/temp")


def get(port, code=0):
    return run(*client(port), code=code)


def is_served(port):
    name, *args = client(port)
    done = subprocess.run([program(name), *args], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0 and "20.5" in done.stdout


def a_revoked_client_is_refused(port):
    assert "20.5" in get(port)
    said = get(port)
    assert "20.5" in said and "4.01" not in said and "authz-info" not in said, said
    ctl("token", "revoke", "--client", "tech-anna", "-y")
    until(lambda: revoked("state") == 1)


def and_stays_out_while_aced_is_away(port, device, aced):
    """The device serves while nobody answers its polls, and knows after a restart what it knew before."""
    before = line_next("state")
    assert aced.stop(signal.SIGKILL) == -signal.SIGKILL
    said = get(port, code=3)
    assert "4.01" in said and "20.5" not in said, said
    assert device.stop(signal.SIGKILL) == -signal.SIGKILL
    device = device_start(port, "state")
    assert revoked("state") == 1
    said = get(port, code=3)
    assert "4.01" in said and "20.5" not in said, said
    until(lambda: line_next("state") > before)  # no Partial IV is used again
    assert device.stop(signal.SIGKILL) == -signal.SIGKILL


def a_long_list_comes_in_blocks(line, device, port):
    for _ in range(A_MESSAGE):
        grant(line)
    ctl("token", "revoke", "--client", "wallboard-1", "-y")
    until(lambda: revoked("state") > A_MESSAGE)
    assert device.stop(signal.SIGTERM) == 0
    used = line_next("state")
    device = device_start(port, "new")
    until(lambda: os.path.exists("new/state.json") and revoked("new") == revoked("state"))
    assert line_next("new") > used  # a state directory that was lost must not let numbers repeat, either
    assert device.stop(signal.SIGTERM) == 0


def needs(port):
    """What --trl cannot do without."""
    ctl("device", "export", "thermo-102", "-o", "thermo-102.json")
    listen = ("--listen", f"127.0.0.1:{port}", "--trl", "1")
    assert "--state-dir" in run("device/ace-device", "--provision", "thermo-101.json", *listen, code=2)
    assert "as_line" in run("device/ace-device", "--provision", "thermo-102.json", "--state-dir", "no", *listen, code=2)


def main():
    as_port, port, other = free_port(), free_port(), free_port()
    make_store(as_port)
    ctl("client", "ticket", "tech-anna", "-o", "anna.ace")
    ctl("device", "export", "thermo-101", "-o", "thermo-101.json")
    needs(other)
    aced = aced_start(as_port)
    run("client/ace-client", "--state-dir", "anna", "enroll", "anna.ace")
    device = device_start(port, "state")
    until(lambda: os.path.exists("state/state.json"))
    a_revoked_client_is_refused(port)
    and_stays_out_while_aced_is_away(port, device, aced)
    aced = aced_start(as_port)
    device = device_start(port, "state")
    until(lambda: is_served(port))  # once the device has the whole list
    a_long_list_comes_in_blocks(client_line("wallboard-1"), device, other)
    assert aced.stop(signal.SIGTERM) == 0
    print("who is revoked is served no more")


if __name__ == "__main__":
    sandbox(main)
