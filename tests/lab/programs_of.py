# SPDX-License-Identifier: Apache-2.0
"""The programs of a run: started, ended, killed, and what they said. Some live in a network namespace of their own, where
there is nothing but a loopback interface."""
import os
import signal
import subprocess
import sys
import threading
import time

LIMIT_S = 90
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")


class LabError(Exception):
    """What went wrong with the run itself, for people."""


class Done:
    """A program that has ended."""

    def __init__(self, code, out, err):
        self.exit, self.out, self.err = code, out, err


class Service:
    """A program that serves, until it says "ready" and from then on."""

    def __init__(self, name, command, env, folder):
        self.name, self.said = name, []
        self.missing = 1 + command.count("--and")  # so many say that they are ready
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        env=env, cwd=folder, start_new_session=True)
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))
            self.missing -= "ready" in line
            if self.missing <= 0:
                self.ready.set()
        self.ready.set()

    def wait_ready(self):
        if not self.ready.wait(LIMIT_S) or self.missing > 0:
            raise LabError(f"{self.name} did not start:\n" + "\n".join(self.said))
        return self

    def order(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def answer(self, start):
        """The next thing that it says with that beginning."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            for line in self.said:
                if line.startswith(start):
                    self.said.remove(line)
                    return line[len(start):].strip()
            time.sleep(0.02)
        raise LabError(f"{self.name} does not answer \"{start}\"")

    def send(self, number):
        """To it and all that it started."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def end(self, number=signal.SIGTERM):
        self.send(number)
        try:
            code = self.process.wait(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            raise LabError(f"{self.name} does not end") from None
        self.reader.join(5)
        self.process.stdin.close()
        return code


class Programs:
    def __init__(self, build, folder, env, who):
        self.build, self.folder, self.who = build, folder, who
        self.env = dict(os.environ, **env)
        self.services = {}

    def path(self, name):
        return os.path.join(self.build, name)

    def start(self, party, command):
        service = Service(party, command, self.env, self.folder)
        self.who.started(service.process.pid, party)
        self.services[party] = service
        return service

    def end(self, party, number=signal.SIGTERM):
        service = self.services.pop(party, None)
        if not service:
            raise LabError(f"{party} does not run")
        code = service.end(number)
        self.who.ended(service.process.pid)
        return code

    def end_all(self):
        for service in self.services.values():
            service.send(signal.SIGKILL)
        self.services = {}

    def begin(self, party, command):
        """A program that ends by itself; finish() waits for that."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.env, cwd=self.folder)
        self.who.started(process.pid, party)
        return process

    def finish(self, process, limit_s=LIMIT_S):
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise LabError(f"{' '.join(process.args)}: no end after {limit_s} s") from None
        self.who.ended(process.pid)
        return Done(process.returncode, out.decode("utf-8", "backslashreplace"), err.decode("utf-8", "backslashreplace"))

    def run(self, party, command):
        return self.finish(self.begin(party, command))

    def must(self, *command):
        done = self.run("operator", list(command))
        if done.exit:
            raise LabError(f"{' '.join(command)}: exit {done.exit}\n{done.out}{done.err}")
        return done.out


def fixture(name, *args):
    """A Python fixture of tests/support."""
    return [sys.executable, os.path.join(FIXTURES, name), *args]
