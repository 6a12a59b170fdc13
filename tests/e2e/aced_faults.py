#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input and bad luck: what aced answers, what it says, and what is in the store afterwards.

    aced_faults.py BUILD_DIR SOURCE_DIR

Requests that no client should send get the code that the protocol has for them, and none is logged with its bytes. A disk
that is full, an fsync that fails, a clock that runs back: no token is handed out, the log says why, nothing is lost.
"""
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2
from oscore_peer import CONTENT_FORMAT, GET, MAX_AGE, POST, URI_PATH, Line, Message, Unprotected, decode, encode, token_request
from programs import Clock, Daemon, ctl, free_port, make_store, program, sandbox, stored

CLIENT = "faulty"
MARK = b"MARK-OF-THE-SENDER"
PUT, DELETE, FETCH = 3, 4, 5
ACCEPT, PROXY_URI = 17, 35
READ = token_request("thermo-101", "climate.read")


class Disk:
    def __init__(self):
        self.path = os.path.abspath("disk")
        self.set(".")

    def set(self, fault):
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") as shared:  # in place: aced has it mapped
            shared.write(fault.encode())


def oauth(payload):
    return cbor2.loads(payload)[30]


def bodies():
    """Bodies of token requests, each with the error that it gets."""
    good = cbor2.loads(READ)
    yield b"", 1
    for damaged in (READ[:-1], READ + b"\0", b"\xff", b"\x80", b"\xa1\x05" + b"\x5b" + b"\xff" * 8, b"\x9f" * 300):
        yield damaged, 1
    yield b"\xa2" + b"\x05\x61a\x05\x61a", 1  # a key twice
    for key, value in ((5, 7), (9, 7), (33, "x"), (24, 7), (39, "x"), (4, b"x")):
        yield cbor2.dumps(good | {key: value}), 1
    yield cbor2.dumps(good | {5: "nowhere " + MARK.decode()}), 1
    yield cbor2.dumps(good | {24: MARK.decode()}), 2
    yield cbor2.dumps(good | {33: 1}), 5
    yield cbor2.dumps(good | {9: MARK.decode()}), 6
    yield cbor2.dumps(good | {4: {1: {1: 2, -1: 1, -2: b"x" * 32, -3: b"y" * 32}}}), 7


def protected_requests_get_their_codes(line):
    for body, error in bodies():
        answer = line.ask(body)[0]
        assert str(answer) == "4.00" and oauth(answer.payload) == error, \
            f"{body[:40].hex()}: {answer} {answer.payload.hex()}, wanted error {error}"
    for code, path, options, wanted in ((GET, line.path, (), "4.05"), (PUT, line.path, (), "4.05"),
                                        (POST, MARK.decode(), (), "4.04"),
                                        (POST, line.path, [(PROXY_URI - 2, MARK)], "4.02"),
                                        (POST, line.path, [(ACCEPT, b"\x32")], "4.06")):
        answer = line.exchange(line.protect(code, path, READ, options))
        assert str(answer) == wanted, f"{code} {path}: {answer}, wanted {wanted}"


def plain(line, message):
    answer = decode(line.send(encode(message)))
    assert answer.option(9) is None and not answer.payload, "an answer in the clear says nothing but its code"
    return str(answer)


def messages_that_do_not_verify_get_their_codes(line):
    path = [(URI_PATH, b"token"), (CONTENT_FORMAT, b"\x13")]
    mid = iter(range(40000, 50000))

    def oscore(value, payload=MARK):
        return Message(POST, [(9, value)], payload, 0, next(mid), b"t")

    assert plain(line, Message(POST, path, MARK, 0, next(mid), b"t")) == "4.01"
    for value, wanted in ((b"\x09\x01\x7f\x7f", "4.01"),  # a kid that is nobody's
                          (b"\x19\x01\x01\x41" + line.id, "4.01"),  # a kid context
                          (b"\x0a\x7f\xff" + line.id, "4.00"),  # does not decrypt
                          (b"\x08" + line.id, "4.02"), (b"\x01\x01", "4.02"), (b"", "4.02"),  # no Partial IV, no kid
                          (b"\xff\x01" + line.id, "4.02"), (b"\x0e\x01\x02\x03\x04\x05\x06" + line.id, "4.02")):
        code = plain(line, oscore(value))
        assert code == wanted, f"option {value.hex()}: {code}, wanted {wanted}"


def no_byte_of_it_is_logged(path):
    with open(path, "rb") as file:
        log = file.read()
    for secret in (MARK[:8].hex().encode(), b"MARK-OF-THE-SENDER-"):
        assert secret not in log, secret
    # What a verified client named is told by name, escaped and cut; what did not verify is not told at all.
    for text in log.split(b"\n"):
        assert b"MARK" not in text or b"token.refused" in text, text


def later(line, seconds):
    """A request for a token that has to wait; returns nothing: there is no token."""
    answer = line.ask(READ)[0]
    assert str(answer) == "5.03" and answer.option(MAX_AGE) == bytes([seconds]) and not answer.payload, \
        f"{answer} {answer.options}"


def granted(line):
    answer = line.ask(READ)[0]
    assert str(answer) == "2.01", answer
    return answer


def said(path, event):
    with open(path, encoding="utf-8", errors="replace") as file:
        return [text for text in file if f"event={event} " in text]


def a_full_disk_stops_tokens_and_nothing_else(disk, line, log):
    granted(line)
    before = len(stored()[0])
    for fault in ("f", "w"):
        disk.set(fault)
        later(line, 5)
        assert len(stored()[0]) == before
        # What needs no room goes on: a request that is answered from memory, the list of revoked tokens, revocation.
        assert str(line.exchange(line.protect(POST, "nowhere"))) == "4.04"
        assert str(line.exchange(line.protect(GET, "revoke/trl"))) == "2.05"
        disk.set(".")
        granted(line)
        before += 1
        assert len(stored()[0]) == before
    disk.set("f")
    ctl("token", "revoke", "--client", CLIENT, "-y")
    answer = line.exchange(line.protect(GET, "revoke/trl"))
    assert str(answer) == "2.05" and MARK not in answer.payload and len(answer.payload) > 30, "revocation is told all the same"
    disk.set(".")
    failed = said(log, "commit.failed")
    assert failed and "full" in failed[0], failed
    assert said(log, "token.failed")[0].endswith("err=full\n")


def a_clock_that_runs_back_stops_tokens(clock, line, log):
    before = len(stored()[0])
    clock.ahead(-7200)
    answer = line.ask(READ)[0]
    assert str(answer) == "5.03" and answer.option(MAX_AGE), answer
    assert said(log, "token.failed")[-1].endswith("err=clock\n"), "the log says why"
    assert len(stored()[0]) == before, (before, len(stored()[0]))
    clock.ahead(7200)
    granted(line)


def a_failed_fsync_ends_it_without_an_answer(disk, aced, line, log):
    before = len(stored()[0])
    line.socket.settimeout(1)
    disk.set("s")
    try:
        answer = line.exchange(line.protect(POST, line.path, READ))
        raise AssertionError(f"an answer after a failed fsync: {answer}")
    except (OSError, Unprotected) as problem:
        assert not isinstance(problem, Unprotected), problem
    assert aced.process.wait(timeout=10) == 5
    assert said(log, "commit.failed"), "the log says why"
    disk.set(".")
    line.socket.settimeout(5)
    return before


def main():
    port, clock, disk, log = free_port(), Clock("clock"), Disk(), "log"
    make_store(port, [CLIENT])
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"listen": f"coap://127.0.0.1:{port}", "log_level": "debug"}, file)
    ctl("client", "export", CLIENT, "--format", "json", "-o", "client.json")
    env = dict(clock.env, DISK_FAULT=disk.path)
    env["LD_PRELOAD"] += " " + program("tests/support/libdisk_fault.so")

    def start():
        with open(log, "ab") as file:
            begun = file.tell()
            daemon = Daemon("as/aced", "--config", "aced.json", "--state-dir", "store", env=env, ready=False, stderr=file)
        deadline = time.monotonic() + 10
        while True:
            with open(log, "rb") as file:
                file.seek(begun)
                if b" ready: " in file.read():
                    return daemon
            assert time.monotonic() < deadline and daemon.process.poll() is None, "aced did not start"
            time.sleep(0.02)

    aced, line = start(), Line("client.json")
    granted(line)
    protected_requests_get_their_codes(line)
    messages_that_do_not_verify_get_their_codes(line)
    no_byte_of_it_is_logged(log)
    a_full_disk_stops_tokens_and_nothing_else(disk, line, log)
    a_clock_that_runs_back_stops_tokens(clock, line, log)
    before = a_failed_fsync_ends_it_without_an_answer(disk, aced, line, log)
    aced = start()
    granted(line)
    tokens = stored()[0]
    assert before < len(tokens) <= before + 2, "what was acknowledged is there, and what was not may be"
    assert len({token["sequence"] for token in tokens}) == len(tokens)
    assert aced.stop(signal.SIGTERM) == 0
    print("bad input gets its code, bad luck costs no token")


if __name__ == "__main__":
    sandbox(main)
