#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The code of docs/device-tutorial.md: what stands there, built with the command that stands there, takes a token and
serves; and it is as short as the page says.

Usage: device_tutorial.py BUILD_DIR SOURCE_DIR
"""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import SOURCE, Daemon, ctl, free_port, run, sandbox

LINES_MAX = 60  # beside #include, that hold more than a brace
PORT = "5692"


def case(name):
    print("[       OK ]", name)


def build(page, port):
    code = "".join(re.findall(r"^```c\n(.*?)^```", page, re.M | re.S))
    assert code.count(PORT) == 1
    pathlib.Path("thermometer.c").write_text(code.replace(PORT, str(port)), encoding="utf-8")
    command = re.search(r"^ +(cc .* thermometer\.c .*)$", page, re.M).group(1)
    here = os.getcwd()
    command = command.replace("thermometer", f"{here}/thermometer").replace("cc ", f"cc -Wall -Wextra -Werror -I{here} ", 1)
    subprocess.run(["sh", "-c", command], cwd=SOURCE, check=True)
    return code


def main():
    page = pathlib.Path(SOURCE, "docs/device-tutorial.md").read_text(encoding="utf-8")
    as_port, port = free_port(), free_port()
    ctl("init", "--as-uri", f"coap://127.0.0.1:{as_port}/token")
    ctl("policy", "apply", os.path.join(SOURCE, "policies/demo"))
    ctl("device", "export", "thermo-101", "--format", "c-header", "-o", "ace_rs_provision.h")
    code = build(page, port)
    counted = [line for line in code.splitlines() if line.strip(" \t{}") and not line.startswith("#include")]
    assert len(counted) <= LINES_MAX, len(counted)
    case(f"the code is {len(counted)} lines")
    Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}")
    device = subprocess.Popen([os.path.abspath("thermometer")])
    try:
        ctl("client", "ticket", "wallboard-1", "-o", "wallboard-1.ace")
        run("client/ace-client", "--state-dir", "state", "enroll", "wallboard-1.ace")
        uri = f"coap://127.0.0.1:{port}/temp"
        first = run("client/ace-client", "--state-dir", "state", "get", uri, "--explain")
        assert "21.5" in first and "authz-info" in first, first
        case("a token opens it")
        assert run("client/ace-client", "--state-dir", "state", "get", uri).strip() == "21.5"
        case("and goes on to")
        assert "21.5" not in run("client/ace-client", "--state-dir", "state", "put", uri, "-e", "1", code=1)
        case("what no token allows is refused")
    finally:
        device.kill()
        device.wait()


if __name__ == "__main__":
    sandbox(main)
