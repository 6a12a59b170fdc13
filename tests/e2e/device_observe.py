#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who observes a resource of a device over OSCORE (RFC 7641, RFC 8613 4.1.3.5) hears of each new value, whoever set it; until it wants
to hear no more, rejects a notification, or its token ends: that is told in a protected 4.01 (RFC 9200 5.10.3), and nothing after it.

    device_observe.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2

from oscore_peer import ACK, CON, GET, OBSERVE, POST, RST, Line, Message, Unprotected, decode, encode, token_request
from programs import Clock, Daemon, aced_start, ctl, free_port, sandbox
from revocation_case import ask, client_line, make_store

PUT = 3
URI_PATH, CONTENT_FORMAT, URI_QUERY = 11, 12, 15
HOUR_S = 3600


def line_to_device(as_line, port, scope="climate.read"):
    """A token, posted, and the context that both make of it (RFC 9203 4.3)."""
    answer = cbor2.loads(ask(as_line, POST, "token", token_request("thermo-101", scope)).payload)
    osc, nonce1, own_id = answer[8][4], os.urandom(8), os.urandom(1)
    name = f"{as_line.client}-{os.urandom(4).hex()}.json"
    line = {"master_secret_hex": osc[2].hex(), "sender_id_hex": "00", "recipient_id_hex": own_id.hex(), "aead": 10,
            "hkdf": "sha256", "id_context_hex": None}

    def write(salt, peer):
        with open(name, "w", encoding="utf-8") as file:
            json.dump({"client": as_line.client, "as_uri": f"coap://127.0.0.1:{port}/",
                       "oscore": {**line, "master_salt_hex": salt.hex(), "sender_id_hex": peer.hex()}}, file)
    write(b"", b"\0")
    post = Line(name)
    body = cbor2.dumps({1: answer[1], 40: nonce1, 43: own_id})
    said = decode(post.send(encode(Message(POST, [(URI_PATH, b"authz-info"), (CONTENT_FORMAT, b"\x13")], body, CON, 7, b"t"))))
    assert str(said) == "2.01", said
    said = cbor2.loads(said.payload)
    write(b"".join(cbor2.dumps(part) for part in (osc.get(5, b""), nonce1, said[42])), said[44])
    return Line(name), answer[1]


def register(line, value=b"", token=None, query=()):
    request = line.protect(GET, "temp", b"", [(OBSERVE, value), *query], token=token)
    datagram = line.send(request.datagram)
    answer = line.unprotect(request, datagram)
    if answer.option(OBSERVE) is not None:
        assert answer.option(OBSERVE) == b"" and decode(datagram).option(OBSERVE), decode(datagram)
    return request, answer


def observe(line, value):
    request, answer = register(line)
    assert str(answer) == "2.05" and answer.option(OBSERVE) is not None and answer.payload == value, answer
    return request


def hears(line, request, value, kind=ACK):
    answer = line.notification(request, kind=kind)
    assert answer is not None, "nothing is heard"
    assert str(answer) == "2.05" and answer.payload == value and answer.piv and answer.option(OBSERVE) == b"", answer


def hears_nothing(line, request):
    answer = line.notification(request, timeout=0.8)  # the device looks every 250 ms
    assert answer is None, answer


def hears_the_end(line, request):
    answer = line.notification(request)
    assert answer is not None and str(answer) == "4.01" and answer.option(OBSERVE) is None and answer.piv, answer
    hears_nothing(line, request)
    try:
        answer = line.exchange(line.protect(GET, "temp"))
        raise AssertionError(f"served after the end: {answer}")
    except Unprotected as refused:
        assert str(refused.message) == "4.01", refused.message
    assert len(set(line.seen_pivs)) == len(line.seen_pivs), "a Partial IV comes twice"


class Commands:
    """The device's standard input."""

    def __init__(self):
        read_end, self.fd = os.pipe()
        os.dup2(read_end, 0)
        os.close(read_end)

    def set(self, value):
        os.write(self.fd, b"nonsense\n" + b"x" * 2000 + b"\nset /nothing 1\nset /temp " + value + b"\n")


def new_values_are_told(commands, anna, other):
    one, two = observe(anna, b"20.5"), observe(other, b"20.5")
    commands.set(b"21.0")
    hears(anna, one, b"21.0")
    hears(other, two, b"21.0")
    _, answer = register(other, value=b"\1", token=decode(two.datagram).token)
    assert str(answer) == "2.05" and answer.option(OBSERVE) is None, answer
    _, answer = register(other, query=[(URI_QUERY, b"a=1")])
    assert str(answer) == "2.05" and answer.option(OBSERVE) is None, answer
    commands.set(b"21.5")
    hears(anna, one, b"21.5", kind=RST)
    hears_nothing(other, two)
    commands.set(b"22.0")
    hears_nothing(anna, one)
    return observe(anna, b"22.0"), observe(other, b"22.0")


def main():
    as_port, port = free_port(), free_port()
    make_store(as_port)
    aced, clock = aced_start(as_port), Clock("clock")
    ctl("device", "export", "thermo-101", "-o", "thermo-101.json")
    commands = Commands()
    device = Daemon("device/ace-device", "--provision", "thermo-101.json", "--listen", f"127.0.0.1:{port}", "--state-dir", "state",
                    "--trl", "1", "--set", "/temp=20.5", "--commands", "-q", env=clock.env, ready=False)
    lines = [client_line(name) for name in ("tech-anna", "wallboard-1")]
    (anna, _), (other, _) = [retried(line, port) for line in lines]
    one, two = new_values_are_told(commands, anna, other)
    ctl("token", "revoke", "--client", "tech-anna", "-y")
    hears_the_end(anna, one)
    commands.set(b"22.5")
    hears(other, two, b"22.5")
    clock.ahead(HOUR_S)
    hears_the_end(other, two)
    os.close(commands.fd)
    assert device.stop(signal.SIGTERM) == 0
    assert aced.stop(signal.SIGTERM) == 0
    print("observers are told, to the end")


def retried(line, port):
    """Posts are put off until the device has the list of revoked tokens."""
    for _ in range(40):
        try:
            return line_to_device(line, port)
        except (AssertionError, OSError) as fault:
            failed = fault
            subprocess.run(["sleep", "0.25"], check=True)
    raise failed


if __name__ == "__main__":
    sandbox(main)
