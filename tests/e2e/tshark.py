#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An independent reader of our OSCORE: tshark decrypts a capture of the whole flow with the keys that aced and
ace-device wrote, and shows the inner requests and answers.

    tshark.py BUILD_DIR SOURCE_DIR
"""
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import programs

# Code of the inner message and Uri-Path, in this order: Echo round trip and request of the enrolment, token, resource.
WANTED = [("1", "token"), ("129", ""), ("1", "token"), ("133", ""), ("2", "token"), ("65", ""), ("1", "temp"), ("69", "")]


def capture(ports):
    """dumpcap on loopback, once it sees a datagram of our own; None when it may not capture here."""
    process = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-f", " or ".join(f"udp port {p}" for p in ports),
                                "-w", "flow.pcapng"], stderr=subprocess.DEVNULL)
    for _ in range(50):
        time.sleep(0.1)
        if process.poll() is not None:
            return None
        if os.path.exists("flow.pcapng") and os.path.getsize("flow.pcapng") > 0:
            time.sleep(0.5)
            return process
    process.kill()
    return None


def read(ports):
    os.mkdir("wireshark")
    with open("wireshark/oscore_contexts", "w", encoding="utf-8") as keys:
        for name in ("as.keys", "device.keys"):
            keys.write(open(name, encoding="utf-8").read())
    command = ["tshark", "-r", "flow.pcapng", "-Y", "oscore", "-T", "fields", "-E", "separator=,",
               "-e", "oscore.code", "-e", "oscore.opt.uri_path"]
    for port in ports:
        command += ["-d", f"udp.port=={port},coap"]
    done = subprocess.run(command, env=dict(os.environ, WIRESHARK_CONFIG_DIR=os.path.abspath("wireshark")),
                          capture_output=True, text=True, timeout=60, check=True)
    lines = [tuple(line.split(",")[:2]) for line in done.stdout.splitlines()]
    # A message that was sent twice on a slow machine counts once.
    return [line for at, line in enumerate(lines) if at == 0 or line != lines[at - 1]]


def main():
    ports = programs.free_port(), programs.free_port()
    dumpcap = capture(ports) if shutil.which("dumpcap") and shutil.which("tshark") else None
    if not dumpcap:
        print("dumpcap or tshark is missing, or may not capture on loopback")
        return 77
    ctl = ("as/acectl", "--state-dir", "store")
    programs.run(*ctl, "init", "--as-uri", f"coap://127.0.0.1:{ports[0]}/token")
    programs.run(*ctl, "policy", "apply", os.path.join(programs.SOURCE, "policies/demo"))
    programs.Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{ports[0]}", "--wireshark-keys", "as.keys")
    programs.run(*ctl, "client", "ticket", "tech-anna", "-o", "anna.ace")
    programs.run(*ctl, "device", "export", "thermo-101", "-o", "thermo.json")
    programs.Daemon("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{ports[1]}",
                "--set", "/temp=21.5", "--wireshark-keys", "device.keys")
    programs.run("client/ace-client", "--state-dir", "anna", "enroll", "anna.ace")
    programs.run("client/ace-client", "--state-dir", "anna", "get", f"coap://127.0.0.1:{ports[1]}/temp")
    time.sleep(1)
    dumpcap.send_signal(signal.SIGINT)
    dumpcap.wait(timeout=20)
    got = read(ports)
    if got != WANTED:
        sys.exit(f"tshark read {got}\nwanted      {WANTED}")
    print("tshark reads what we protect")
    return 0


if __name__ == "__main__":
    programs.sandbox(main)
