#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An attacker between client and device, on the addresses that both use: what it forges, changes and says in plaintext
gains nothing and disturbs nobody.

    on_path_attacks.py BUILD_DIR SOURCE_DIR
"""
import os
import select
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from on_path import OSCORE_OPTION, options
from programs import Daemon, aced_start, ctl, enroll, free_port, make_store, program, run, sandbox

CONTENT, UNAUTHORIZED = 0x45, 0x81


def is_protected(message):
    return OSCORE_OPTION in options(message)


class Attacker(threading.Thread):
    """Relays; `on_request` and `on_answer` may send more before the message goes on."""

    def __init__(self, device_port):
        super().__init__(daemon=True)
        self.front, self.back = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.front.bind(("127.0.0.1", 0))
        self.back.connect(("127.0.0.1", device_port))
        self.port = self.front.getsockname()[1]
        self.client = self.request = None
        self.swallowed = []  # answers to what the attacker sent itself
        self.own_mids = set()
        self.on_request = self.on_answer = lambda message: None
        self.done = False
        self.start()

    def run(self):
        while not self.done:
            for ready in select.select([self.front, self.back], [], [], 0.1)[0]:
                if ready is self.front:
                    self.request, self.client = self.front.recvfrom(2048)
                    self.on_request(self.request)
                    self.back.send(self.request)
                else:
                    self.answer(self.back.recv(2048))

    def answer(self, message):
        if message[2:4] in self.own_mids:
            self.swallowed.append(message)
            return
        self.on_answer(message)
        self.front.sendto(message, self.client)

    def stop(self):
        """From here on the sockets are the caller's."""
        self.done = True
        self.join()

    def send_own(self, message, mid):
        own = mid.to_bytes(2, "big")
        self.own_mids.add(own)
        self.back.send(message[:2] + own + message[4:])

    def ask(self, message, mid):
        """After stop(): from the address that the client's requests come from."""
        self.send_own(message, mid)
        self.back.settimeout(5)
        while True:
            answer = self.back.recv(2048)
            if answer[2:4] == mid.to_bytes(2, "big"):
                return answer


def with_high_number(message):
    """The OSCORE option of a request with a one-byte Partial IV: the number becomes 250, the tag stays."""
    at = message.index(0x09, 4 + (message[0] & 15) + 1)
    return message[:at + 1] + b"\xfa" + message[at + 2:]


def forged_requests(attacker, client):
    """RFC 8613 8.2: a forged high number does not shut out the real low one."""
    attacker.on_request = lambda message: is_protected(message) and attacker.send_own(with_high_number(message), 0x7101)
    assert client() == "21.5\n"
    attacker.on_request = lambda message: None
    assert [answer[1] for answer in attacker.swallowed] == [0x80], attacker.swallowed


def plaintext_of(message):
    start = 4 + (message[0] & 15)
    return message[:1] + bytes([CONTENT]) + message[2:start] + b"\xff99.9"


def flipped(message):
    return message[:-1] + bytes([message[-1] ^ 1])


def forged_answer(attacker, client, forge):
    """RFC 8613 8.4: an answer that does not verify is no answer; the real one comes behind it."""
    forged = []

    def before(message):
        if is_protected(message) and not forged:
            forged.append(forge(message))
            attacker.front.sendto(forged[0], attacker.client)

    attacker.on_answer = before
    got = client()
    attacker.on_answer = lambda message: None
    assert got == "21.5\n" and forged, got


def same_address(attacker):
    """Who spoke OSCORE from an address is not who speaks plaintext from it."""
    get = bytes([0x40, 1, 0, 0, 0xB4]) + b"temp"
    put = bytes([0x40, 3, 0, 0, 0xB8]) + b"setpoint\xff99"
    for mid, message in enumerate((get, put, attacker.request), 0x7201):
        answer = attacker.ask(message, mid)
        assert answer[1] == UNAUTHORIZED and b"21.5" not in answer and not is_protected(answer), answer.hex()


def main():
    as_port, device_port = free_port(), free_port()
    make_store(as_port)
    aced = aced_start(as_port)
    enroll("wallboard-1", "wall")
    ctl("device", "export", "thermo-101", "-o", "thermo.json")
    device = Daemon("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{device_port}",
                    "--set", "/temp=21.5", "--set", "/setpoint=20")
    attacker = Attacker(device_port)

    def client():
        done = subprocess.run([program("client/ace-client"), "--state-dir", "wall", "-q", "get",
                               f"coap://127.0.0.1:{attacker.port}/temp"], capture_output=True, text=True, timeout=30)
        return done.stdout if not done.returncode else f"exit {done.returncode}: {done.stderr}"

    assert client() == "21.5\n"
    forged_requests(attacker, client)
    forged_answer(attacker, client, plaintext_of)
    forged_answer(attacker, client, flipped)
    assert client() == "21.5\n" and is_protected(attacker.request)
    attacker.stop()
    same_address(attacker)
    assert device.stop(signal.SIGTERM) == 0
    assert aced.stop(signal.SIGTERM) == 0
    print("the attacker on the path gains nothing")


if __name__ == "__main__":
    sandbox(main)
