#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""acectl doctor: each of its checks notices what it is there for, says what to do, and the exit code tells how bad it is.

    doctor.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, case, tell
from oscore_peer import Line, token_request
from programs import Clock, Daemon, ctl, free_port, make_store, run, sandbox

STORE = ("--state-dir", "store")
DAY_S = 86400


def doctor(code=0, env=None):
    """The checks by their names, the worst one of each."""
    result = acectl("--json", *STORE, "doctor", env=dict(os.environ, **env or {}))
    case("doctor", result.code == code and not result.err, result)
    told = json.loads(result.out)
    states = [check["state"] for check in told["checks"]]
    case("it counts", [told["ok"], told["warnings"], told["failed"]] == [states.count(s) for s in ("ok", "warn", "fail")], told)
    found = {}
    for check in told["checks"]:
        case("members", set(check) == {"name", "state", "message", "advice"}, check)
        case("advice where something is wrong, and only there", (check["advice"] is None) == (check["state"] == "ok"), check)
        if check["state"] != "ok" or check["name"] not in found:
            found[check["name"]] = check
    return found


def finds(name, state, message, code, env=None):
    check = doctor(code, env).get(name)
    case(f"{name} is {state}: {message}", check and check["state"] == state and message in check["message"], check)
    return check["advice"]


def spoil(*args):
    run("tests/e2e/store_spoil", "store", *args)


def all_is_well(aced_args, clock):
    """But for the machine: its clock and its limits are what they are."""
    aced = Daemon(*aced_args, env=clock.env)
    ctl("status", "--wait")  # its sign of life comes after it said that it is ready
    found = doctor(env=clock.env)
    of_machine = {"clock", "socket", "disk", "sandbox"}  # a build with sanitizers has none
    case("all is well", {name for name, check in found.items() if check["state"] != "ok"} <= of_machine, found)
    case("every check", set(found) == {"sandbox", "store", "map", "disk", "readers", "rows", "policy", "aced", "version", "permissions",
                                       "key age", "kids", "token keys", "key file", "clock", "socket", "coaps"}, set(found))
    said = acectl(*STORE, "doctor", env=dict(os.environ, **clock.env))
    case("as text", said.code == 0 and "ok    rows" in said.out and " 0 failed\n" in said.out, said)
    return aced


def of_the_daemon(aced, aced_args, clock, port):
    spoil("version", "0.0.9")
    finds("version", "warn", "aced 0.0.9 runs", 0, clock.env)
    status = answer(*STORE, "status")
    case("tokens a minute", (status["tokens_issued"], status["tokens_per_minute"]) == (90, 90), status)
    line = Line("wallboard-1.json")
    case("a token", str(line.ask(token_request("thermo-101", "climate.read"))[0]) == "2.01")
    clock.ahead(-DAY_S)
    case("what to do", "set the clock" in finds("clock", "fail", "behind the newest token, by 8", 1, clock.env))
    clock.ahead(DAY_S)
    clock.ahead(600)
    aced.process.send_signal(signal.SIGSTOP)
    finds("aced", "fail", "last sign of life", 1, clock.env)
    aced.process.send_signal(signal.SIGCONT)
    aced.process.kill()
    aced.process.wait()
    finds("aced", "warn", "does not run", 0, clock.env)
    aced = Daemon(*aced_args, "--listen", f"coaps://127.0.0.1:{port}", env=clock.env)
    ctl("status", "--wait")
    finds("coaps", "warn", "libcoap 4.3", 0, clock.env)
    case("status knows both ways", " (oscore, dtls-psk)   generation 1" in ctl("status"))
    aced.process.kill()
    aced.process.wait()
    aced = Daemon(*aced_args, env=clock.env)
    ctl("status", "--wait")
    code = aced.stop(signal.SIGTERM)
    case("ends", code == 0, code)


def of_files(clock):
    for path, mode, wrong, name in (("store", 0o770, 0o777, "permissions"), ("store/data.mdb", 0o660, 0o664, "permissions"),
                                    ("store/kek", 0o440, 0o444, "permissions")):
        os.chmod(path, wrong)
        case("chmod", finds(name, "fail", f"has mode 0{wrong:o}", 1, clock.env) == f"chmod 0{mode:o} {path}")
        os.chmod(path, mode)
    os.rename("store/kek", "kek")
    finds("key file", "fail", "store/kek", 1, clock.env)
    with open("store/kek", "wb") as file:
        file.write(os.urandom(32))
    finds("key file", "fail", "not the key of the store", 1, clock.env)
    os.rename("kek", "store/kek")
    ctl("key", "rotate-kek", "--new-kek", "next", env=clock.env)
    finds("key age", "warn", "two key-encryption keys", 0, clock.env)
    ctl("key", "rotate-kek", "--finish", env=clock.env)
    if os.geteuid() == 0:
        os.chown("store/data.mdb", 12345, 12345)
        finds("owner", "fail", "belongs to 12345:12345", 1, clock.env)
        os.chown("store/data.mdb", 0, 0)


def of_keys(clock):
    spoil("uses", "thermo-101", "7000000")
    case("what to do", "device rotate-key thermo-101" in finds("token keys", "warn", "a key that wears, the first is thermo-101", 0,
                                                               clock.env))
    spoil("uses", "thermo-101", "8200000")
    finds("token keys", "fail", "1 device with a key that is worn", 1, clock.env)
    ctl("device", "rotate-key", "thermo-101", "--now", env=clock.env)
    clock.ahead(800 * DAY_S)
    found = doctor(env=clock.env)
    case("the key-encryption key is old", found["key age"]["state"] == "warn" and "rotate-kek" in found["key age"]["advice"], found)
    case("token keys are old", "older than" not in found["token keys"]["message"]
         and "2 devices with a key of more than 730 days" in found["token keys"]["message"], found)
    clock.ahead(-800 * DAY_S)
    shutil.copytree("store", "kept")
    spoil("line", "wallboard-1")
    finds("kids", "fail", "the first is wallboard-1", 1, clock.env)
    shutil.rmtree("store")
    os.rename("kept", "store")


def of_the_store(clock):
    shutil.copytree("store", "kept")
    spoil("policy", '{"format":"ace-policy/1","rules":7}')
    case("what to do", "rollback" in finds("policy", "fail", "does not compile", 1, clock.env))
    shutil.rmtree("store")
    shutil.copytree("kept", "store")
    with open("store/data.mdb", "r+b") as file:
        data, at = file.read(), -1
        while (at := data.find(b"wallboard-1", at + 1)) >= 0:
            file.seek(at + 3)
            file.write(b"L")
    case("what to do", "restore" in finds("rows", "fail", "damaged", 5, clock.env))
    shutil.rmtree("store")
    shutil.copytree("kept", "store")
    spoil("schema", "9")
    finds("store", "fail", "newer aced", 5, clock.env)
    shutil.rmtree("store")
    finds("store", "fail", "no store there", 1, clock.env)
    ctl("init")
    finds("policy", "warn", "none was applied", 0)
    case("no argument", acectl(*STORE, "doctor", "now").code == 2)


def main():
    port, clock = free_port(), Clock("clock")
    make_store(port)
    ctl("client", "export", "wallboard-1", "-o", "wallboard-1.json")
    aced_args = ("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--log-level", "error")
    aced = all_is_well(aced_args, clock)
    of_the_daemon(aced, aced_args, clock, free_port())
    of_files(clock)
    of_keys(clock)
    of_the_store(clock)
    answer(*STORE, "doctor")
    tell()


if __name__ == "__main__":
    sandbox(main)
