#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What aced cannot do once it has started, tried from inside: a preloaded library does what a program would that was taken over.

    sandbox.py BUILD_DIR SOURCE_DIR

System calls that a server has no need of end the process; files that it has no need of are out of reach. All of that is done
without the sandbox, too, where it must succeed: else this would show nothing. Exit code 77: the build has no sandbox.
"""
import json
import os
import shutil
import signal
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from oscore_peer import Line, token_request
from programs import SOURCE, Daemon, ctl, free_port, make_store, program, run, sandbox

CLIENT = "prisoner"
OUTCOME_AT = 4088
EACCES = 13
KILLED = -signal.SIGSYS
READ = token_request("thermo-101", "climate.read")


class Prisoner:
    """An aced with the library in it, and what is asked of that."""

    def __init__(self, *args, env=None):
        self.path = os.path.abspath("orders")
        with open(self.path, "wb") as shared:
            shared.write(bytes(4096))
        self.daemon = Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{PORT}", *args, ready=False,
                             stderr=open("log", "wb"),
                             env=dict(env or {}, LD_PRELOAD=program("tests/support/libtrespass.so"), TRESPASS=self.path,
                                      ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")))
        ctl("status", "--wait")

    def order(self, text):
        """None when it was killed for it, else the errno."""
        with open(self.path, "r+b") as shared:
            shared.write(text.encode() + b"\n")
            shared.seek(OUTCOME_AT)
            shared.write(struct.pack("=i", -1))
        self.daemon.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            code = self.daemon.process.poll()
            if code is not None:
                assert code == KILLED, f"{text}: ended with {code}"
                return None
            with open(self.path, "rb") as shared:
                outcome = struct.unpack("=i", shared.read()[OUTCOME_AT:OUTCOME_AT + 4])[0]
            if outcome != -1:
                return outcome
            time.sleep(0.01)
        raise AssertionError(f"{text}: nothing comes of it")

    def stop(self):
        assert self.daemon.stop(signal.SIGTERM) == 0, open("log", encoding="utf-8").read()


def deadly():
    yield from ("exec", "fork", "socket", "connect", "code", f"kill {os.getpid()}", f"signal {os.getpid()}", "ptrace")
    yield f"write {os.path.abspath('planted')}"
    yield f"unlink {os.path.abspath('bystander')}"


def out_of_reach():
    return [f"read {os.path.abspath(path)}" for path in ("/etc/passwd", "store/kek", "store/data.mdb", "client.json")]


def touch(path):
    with open(path, "w", encoding="utf-8"):
        pass


def log():
    with open("log", encoding="utf-8") as file:
        return file.read()


def everything_works_without(line):
    """ptrace comes last: whoever is traced stops at the next signal."""
    aced = Prisoner("--sandbox", "off")
    touch("bystander")
    for text in [*out_of_reach(), *sorted(deadly(), key=lambda text: text == "ptrace")]:
        assert aced.order(text) == 0, f"{text}: fails without the sandbox, so that with it shows nothing"
    assert os.path.exists("planted") and not os.path.exists("bystander")
    os.unlink("planted")
    assert "level=warn event=sandbox.off " in log(), log()
    doctor = json.loads(run("as/acectl", "--state-dir", "store", "doctor", "--json"))
    assert [check["state"] for check in doctor["checks"] if check["name"] == "sandbox"] == ["warn"], doctor
    aced.daemon.process.kill()
    aced.daemon.process.wait(timeout=10)


def what_is_forbidden_ends_it():
    touch("bystander")
    for text in deadly():
        aced = Prisoner()
        assert aced.order(text) is None, f"{text}: it lives"
        assert not os.path.exists("planted") and os.path.exists("bystander"), text


def apply_with_zone(name):
    """A policy that has hours in that zone: aced reads its file when the policy is applied."""
    shutil.copytree(os.path.join(SOURCE, "policies/demo"), "zoned")
    with open("zoned/policy.json", encoding="utf-8") as file:
        policy = json.load(file)
    policy["rules"]["read-climate"]["when"] = {"time": [{"from": "00:00", "to": "24:00", "tz": name}]}
    with open("zoned/policy.json", "w", encoding="utf-8") as file:
        json.dump(policy, file)
    ctl("policy", "apply", "zoned/policy.json")


def apply_many_names():
    """The C library sorts that much with memory that it asks the kernel about."""
    names = [f"client-{number}" for number in range(300)]
    with open("many.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "clients": {name: {"auth": {"method": "oscore", "key": "generate"}} for name in names},
                   "rules": {"many-read": {"effect": "allow", "clients": names, "devices": ["*"], "scopes": ["climate.read"]}}}, file)
    ctl("policy", "apply", "zoned/policy.json", "many.json")


def required(is_to_be_had):
    aced = Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{PORT}", "--sandbox", "require", ready=False,
                  stderr=open("log", "wb"))
    if is_to_be_had:
        ctl("status", "--wait")
        assert aced.stop(signal.SIGTERM) == 0, log()
        return
    assert aced.process.wait(timeout=20) == 5, log()
    assert "level=error event=sandbox.missing" in log() and "the sandbox that the configuration requires" in log(), log()


def what_is_needed_goes_on(line, has_landlock):
    aced = Prisoner("--metrics", "127.0.0.1:0")
    if has_landlock:
        for text in out_of_reach():
            assert aced.order(text) == EACCES, text
        assert aced.order("read /usr/share/zoneinfo/UTC") == 0
    apply_with_zone("Europe/Stockholm")
    assert str(line.ask(READ)[0]) == "2.01"
    apply_many_names()
    assert str(line.ask(READ)[0]) == "2.01"
    assert "event=policy.applied generation=3" in log() and "event=policy.refused" not in log(), log()
    aced.stop()


def main():
    make_store(PORT, [CLIENT])
    ctl("client", "export", CLIENT, "--format", "json", "-o", "client.json")
    probe = Prisoner()
    text = log()
    probe.stop()
    if "event=sandbox.missing" in text and "this build" in text:
        required(False)
        print("skipped: this build restricts nothing")
        return 77
    assert "level=info event=sandbox with=\"seccomp" in text or "event=sandbox with=seccomp" in text, text
    has_landlock = "landlock=0" not in text
    required(has_landlock)
    line = Line("client.json")
    everything_works_without(line)
    what_is_forbidden_ends_it()
    what_is_needed_goes_on(line, has_landlock)
    print("tried from inside: forbidden calls end it, other files are out of reach" if has_landlock else
          "tried from inside: forbidden calls end it; files not tried: this kernel has no Landlock")
    return 0


PORT = free_port()
if __name__ == "__main__":
    sandbox(main)
