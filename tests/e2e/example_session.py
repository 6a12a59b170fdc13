#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What stands in docs/example-session.md is what happens: each "```console NAME" is typed at the terminal of that name, a
bash of its own, and what comes is compared to the letter, but for what is drawn at random or told by a clock.

With EXAMPLE_SESSION_WRITE set in the environment, what is printed is written into the page instead.

    example_session.py BUILD_DIR SOURCE_DIR
"""
import itertools
import os
import pathlib
import re
import select
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ports import reserve
from programs import BUILD, LIMIT, SOURCE, sandbox

PAGE = pathlib.Path(SOURCE, "docs/example-session.md")
FENCE = re.compile(r"^```console (\w+)\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)
WRITES = bool(os.environ.get("EXAMPLE_SESSION_WRITE"))
PORTS = (5683, 5690)
SHOWN = "127.0.0.1"
FOLDER = "/home/b7"  # as the page calls the one where all of it happens
# What differs from run to run. A decision's id is typed again later, so it is told apart from all that never is.
DECISION = re.compile(r"D-[0-9A-Z]{16}")
VOLATILE = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\dZ| UTC)|(?<=OSCORE context )[0-9a-f/]+|\d+ → \d+(?= bytes)")
# Of these the session has at least one; what no example shows would be missed by nobody.
NEEDED = ("acectl init", "aced --listen", "acectl status --wait", "acectl policy validate", "acectl policy test",
          "acectl policy apply", "acectl device export", "acectl client ticket", "ace-device --provision",
          "coap-client-openssl", "ace-client enroll", "ace-client get", "ace-client put", "acectl explain D-",
          "acectl token revoke --client")


def free_address():
    """A loopback address, written as long as 127.0.0.1 is, on which nobody has the ports of the page."""
    start = os.getpid() % 729
    for a, b, c in itertools.islice(itertools.product(range(1, 10), repeat=3), start, None):
        address = f"127.{a}.{b}.{c}"
        try:
            for port in PORTS:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    sock.bind((address, port))
        except OSError:
            continue
        if reserve(address):
            return address
    sys.exit("no free address")


class Terminal:
    """A bash that is told one command after another."""

    def __init__(self):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("ACE_", "XDG_"))}
        env.update(PATH=f"{BUILD}/as:{BUILD}/client:{BUILD}/device:{env['PATH']}", HOME=os.getcwd(), TERM="dumb",
                   ASAN_OPTIONS="verify_asan_link_order=0:" + env.get("ASAN_OPTIONS", ""))  # stdbuf preloads something
        # In the order in which a terminal would show it.
        self.bash = subprocess.Popen(["stdbuf", "-oL", "bash", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, env=env)

    def type(self, command):
        """What is printed until the command is done."""
        said, end, until = b"", b"\x04done\n", time.monotonic() + LIMIT
        self.bash.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\004done\\n'\n".encode())
        self.bash.stdin.flush()
        while not said.endswith(end):
            ready, _, _ = select.select([self.bash.stdout], [], [], max(0, until - time.monotonic()))
            got = os.read(self.bash.stdout.fileno(), 65536) if ready else b""
            assert got, f"$ {command}\nis not done after {LIMIT} s\n{said.decode()}"
            said += got
        return said[:-len(end)].decode()

    def close(self):
        """End what was started in it, and itself."""
        self.bash.stdin.write(b"kill $(jobs -p) 2>/dev/null; wait; exit\n")
        self.bash.stdin.close()
        self.bash.wait(timeout=LIMIT)


class Session:
    def __init__(self):
        self.address = free_address()
        self.terminals = {}
        self.decisions = {}  # of the page -> of this run
        self.commands = 0

    def run(self, name, command):
        if name not in self.terminals:
            self.terminals[name] = Terminal()
        for shown, real in self.decisions.items():
            command = command.replace(shown, real)
        said = self.terminals[name].type(command.replace(SHOWN, self.address))
        self.commands += 1
        return said.replace(self.address, SHOWN).replace(os.getcwd(), FOLDER)

    def compare(self, said, wanted):
        """What is said, with all that is volatile as the page has it where both are alike."""
        for real, shown in zip(DECISION.findall(said), DECISION.findall(wanted) or DECISION.findall(said)):
            assert self.decisions.setdefault(shown, real) == real, f"{shown} stands for {self.decisions[shown]} and {real}"
        for shown, real in self.decisions.items():
            said = said.replace(real, shown)
        return wanted if VOLATILE.sub("?", said) == VOLATILE.sub("?", wanted) else said

    def block(self, match):
        name, text = match.groups()
        out = ""
        for command, wanted in COMMAND.findall(text):
            said = self.compare(self.run(name, command), wanted)
            assert WRITES or said == wanted, f"{name} $ {command}\n--- prints\n{said}--- {PAGE.name} says\n{wanted}"
            out += f"$ {command}\n{said}"
        assert WRITES or out == text, f"a block that is no list of commands:\n{text}"
        return f"```console {name}\n{out}```"

    def close(self):
        for terminal in self.terminals.values():
            terminal.close()


def main():
    if not shutil.which("coap-client-openssl"):
        print("coap-client-openssl is missing")
        return 77
    before = PAGE.read_text(encoding="utf-8")
    for words in NEEDED:
        assert re.search(rf"^\$ (?:.*& )?{re.escape(words)}", before, re.M), f"{PAGE.name} has no example of {words}"
    assert len(FENCE.findall(before)) * 2 == len(re.findall(r"^```", before, re.M)), "a block that is none of a terminal"
    shutil.copytree(os.path.join(SOURCE, "policies"), "policies")
    os.mkdir("policies/building/keys")
    pathlib.Path("policies/building/keys/tech-bo.key").write_text("00112233445566778899aabbccddeeff\n", encoding="ascii")
    session = Session()
    try:
        after = FENCE.sub(session.block, before)
    finally:
        session.close()
    if WRITES and before != after:
        PAGE.write_text(after, encoding="utf-8")
    print(f"[  PASSED  ] {session.commands} test(s).")
    return 0


if __name__ == "__main__":
    sandbox(main)
