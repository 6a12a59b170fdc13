#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example of docs/client-guide.md, built against the library with the very command that stands there, shared and static,
works with a real aced and ace-device, and needs no header of ours but the public ones.

    client_guide.py BUILD_DIR SOURCE_DIR
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import BUILD, SOURCE, Daemon, aced_start, ctl, enroll, free_port, make_store, sandbox

HEADERS = ("ace_client.h", "ace_err.h", "ace_slice.h")


def installed(flag):
    """The flags of the library as it stands in the build folder, with a copy of the headers that are installed."""
    env = dict(os.environ, PKG_CONFIG_PATH=os.path.join(BUILD, "meson-uninstalled"))
    asked = ["--static", "--libs"] if flag == "static" else ["--libs"]
    done = subprocess.run(["pkg-config", *asked, "ace-client"], env=env, capture_output=True, text=True, check=True)
    return f"-I{os.getcwd()}/include " + done.stdout.strip()


def build(name, flags):
    text = pathlib.Path(SOURCE, "docs/client-guide.md").read_text(encoding="utf-8")
    command = re.search(r"^ +(cc .*examples/client/thermostat\.c.*)$", text, re.M).group(1)
    assert "$(pkg-config --cflags --libs ace-client)" in command, command
    command = command.replace("$(pkg-config --cflags --libs ace-client)", flags)
    sanitized = "-fsanitize=address,undefined " if b"__asan_init" in pathlib.Path(BUILD, "client/ace-client").read_bytes() else ""
    command = command.replace("-o thermostat", f"{sanitized}-Wall -Wextra -Werror -o {os.getcwd()}/{name}")
    subprocess.run(["sh", "-c", command], cwd=SOURCE, check=True)


def thermostat(name, state, uri, degrees, code=0):
    done = subprocess.run([os.path.abspath(name), state, uri, degrees], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, LD_LIBRARY_PATH=os.path.join(BUILD, "client")))
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def main():
    os.mkdir("include")
    for header in HEADERS:
        shutil.copy(os.path.join(SOURCE, "include", header), "include")
    build("shared", installed("shared"))
    build("static", installed("static").replace("-lace-client", "-l:libace-client.a"))
    needed = subprocess.run(["ldd", "static"], capture_output=True, text=True, check=True).stdout
    assert "libace-client" not in needed and "libcoap" in needed, needed
    as_port, port = free_port(), free_port()
    make_store(as_port)
    aced_start(as_port)
    enroll("tech-anna")
    enroll("wallboard-1")
    ctl("device", "export", "thermo-101", "-o", "thermo.json")
    Daemon("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{port}",
           "--set", "/temp=21.5", "--set", "/setpoint=20")
    uri = f"coap://127.0.0.1:{port}"
    out, err = thermostat("shared", "tech-anna", uri, "19")
    assert out == "21.5 degrees\nturned down to 19: 2.04\n" and err.startswith("note: pinned "), (out, err)
    out, err = thermostat("static", "tech-anna", uri, "25")
    assert out == "21.5 degrees\n" and not err, (out, err)
    out, err = thermostat("shared", "wallboard-1", uri, "18", code=1)
    assert out == "21.5 degrees\n" and re.search(r"turn down: refused by the AS: .*decision D-", err), (out, err)
    out, err = thermostat("static", "nobody", uri, "18", code=1)
    assert not out and "ace-client enroll TICKET" in err, (out, err)
    print("[  PASSED  ] 4 test(s).")
    return 0


if __name__ == "__main__":
    sandbox(main)
