#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example of docs/firmware.md, built with the very command that stands there, takes tokens and serves.

Usage: least_device.py BUILD_DIR SOURCE_DIR
"""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import SOURCE, Daemon, ctl, free_port, run, sandbox


def build():
    """The line that starts with cc, run in the source folder; what it reads and writes of ours is here instead."""
    text = pathlib.Path(SOURCE, "docs/firmware.md").read_text(encoding="utf-8")
    command = re.search(r"^ +(cc .*examples/least_device\.c.*)$", text, re.M).group(1)
    here = os.getcwd()
    command = command.replace("-o least_device", f"-Wall -Wextra -Werror -I{here} -o {here}/least_device")
    subprocess.run(["sh", "-c", command], cwd=SOURCE, check=True)


def client(name, verb, uri, *args, code=0):
    return run("client/ace-client", "--state-dir", name, "-B", "20", verb, uri, *args, code=code)


def case(name):
    print("[       OK ]", name)


def main():
    as_port, port = free_port(), free_port()
    ctl("init", "--as-uri", f"coap://127.0.0.1:{as_port}/token")
    ctl("policy", "apply", os.path.join(SOURCE, "policies/demo"))
    ctl("device", "export", "thermo-101", "--format", "c-header", "-o", "ace_rs_provision.h")
    build()
    Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}")
    Daemon(os.path.abspath("least_device"), str(port))
    for name in ("wallboard-1", "tech-anna"):
        ctl("client", "ticket", name, "-o", f"{name}.ace")
        run("client/ace-client", "--state-dir", name, "enroll", f"{name}.ace")
    device = f"coap://127.0.0.1:{port}"
    assert "21.5" in client("wallboard-1", "get", f"{device}/temp")
    assert "21.5" in client("wallboard-1", "get", f"{device}/temp")
    case("who may read reads")
    client("tech-anna", "put", f"{device}/setpoint", "-e", "19")
    assert "19" in client("tech-anna", "get", f"{device}/setpoint")
    case("who may write writes")
    assert "refused by the AS" in client("wallboard-1", "put", f"{device}/setpoint", "-e", "25", code=1)
    assert "19" in client("tech-anna", "get", f"{device}/setpoint")
    case("who may not is refused")
    said = client("wallboard-1", "put", f"{device}/temp", "-e", "25", code=1)
    assert "refused by the AS" in said or "4.05 Method Not Allowed" in said, said
    case("a method that no resource has is refused")


if __name__ == "__main__":
    sandbox(main)
