# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end scripts share: the programs that were built, started and run in a folder of their own.

A script is called with BUILD_DIR SOURCE_DIR; sandbox(main) runs main() in a folder that is gone afterwards.
"""
import atexit
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import virtual_clock
from ports import free_port

BUILD, SOURCE = map(os.path.abspath, sys.argv[1:3])
LIMIT = 60


def program(name):
    return os.path.join(BUILD, name)


def run(name, *args, code=0, env=None):
    """Run to its end, which must be that exit code; returns what it printed."""
    done = subprocess.run([program(name), *args], capture_output=True, text=True, timeout=LIMIT,
                          stdin=subprocess.DEVNULL, env=dict(os.environ, **env or {}))
    assert done.returncode == code, (f"{name} {' '.join(args)}: exit {done.returncode}, wanted {code}\n"
                                     f"{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def ctl(*args, code=0, env=None):
    return run("as/acectl", "--state-dir", "store", *args, code=code, env=env)


class Daemon:
    """A program that serves; with ready, from the moment when it says that it does."""

    def __init__(self, name, *args, env=None, ready=True, stderr=subprocess.PIPE):
        wrapper = shlex.split(os.environ.get("ACED_WRAPPER", "")) if name == "as/aced" else []
        if wrapper:
            args = [*args, "--sandbox", "off"]  # valgrind and the like make calls of their own
        self.process = subprocess.Popen([*wrapper, program(name), *args], stderr=stderr, text=True,
                                        env=dict(os.environ, **env or {}))
        atexit.register(self.process.kill)
        self.said = said = []  # until it was ready
        for line in self.process.stderr if ready else ():
            said.append(line)
            if "ready" in line:
                return
        if ready:
            sys.exit(f"{name} did not start: {''.join(said)}")

    def said(self):
        """What it has written to its end; it must have ended."""
        return self.process.stderr.read()

    def stop(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=LIMIT)


class Clock(virtual_clock.Clock):
    def __init__(self, path):
        super().__init__(path, program("tests/support/libclock_shift.so"))


def make_store(port, more_clients=(), env=None):
    """A store with the demo's policy and inventory, and further clients who may do what its technician may."""
    folder = shutil.copytree(os.path.join(SOURCE, "policies/demo"), "policy")
    if more_clients:
        with open(os.path.join(folder, "more.json"), "w", encoding="utf-8") as file:
            json.dump({"format": "ace-policy/1", "clients": {
                name: {"tags": {"role": "technician", "site": "b7"}, "auth": {"method": "oscore", "key": "generate"}}
                for name in more_clients}}, file)
    ctl("init", "--as-uri", f"coap://127.0.0.1:{port}/token", env=env)
    ctl("policy", "apply", folder, env=env)


def aced_start(port):
    return Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--log-level", "error")


def enroll(client, folder=None):
    """With a ticket of its own, into a state directory that is called as the client is, or as told; aced must run."""
    folder = folder or client
    ctl("client", "ticket", client, "-o", folder + ".ace")
    run("client/ace-client", "--state-dir", folder, "enroll", folder + ".ace")


def stored():
    """Records of tokens and decisions, as the store has them now."""
    tokens, decisions = [], []
    for line in run("tests/e2e/store_dump", "store").splitlines():
        record = json.loads(line)
        (tokens if record.pop("record") == "token" else decisions).append(record)
    return tokens, decisions


def sandbox(main):
    """Run main() in a folder of its own; its result is the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        started = time.monotonic()
        code = main()
        print(f"{time.monotonic() - started:.1f} s")
    sys.exit(code)
