#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An independent reader of our OSCORE: tshark decrypts a capture of the whole flow with the keys that aced and
ace-device wrote, and shows the inner requests and answers; what is in them is read by python3-cbor2.

    tshark.py BUILD_DIR SOURCE_DIR
"""
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cbor2
import programs
from oscore_peer import ECHO, GET, OBSERVE, POST, open_token
from revocation_case import client_line, device_line, grant, hash_of, make_store

# Code of the inner message and the first Uri-Path, in this order: Echo round trip and request of the enrolment, token, resource.
WANTED = [("1", "token"), ("129", ""), ("1", "token"), ("133", ""), ("2", "token"), ("65", ""), ("1", "temp"), ("69", "")]
# More rights over the same context: the PUT that the device refuses, with hints; a token for it, and one for all that is
# wanted; that token to the device, over OSCORE; and the PUT that it allows.
WRITTEN = [("3", "setpoint"), ("131", ""), ("2", "token"), ("65", ""), ("2", "token"), ("65", ""), ("2", "authz-info"), ("65", ""),
           ("3", "setpoint"), ("68", "")]
# Another client: enrolment, and what it may not, asked for as the method on the path, and by name.
REFUSED = [("1", "token"), ("129", ""), ("1", "token"), ("133", ""), ("2", "token"), ("128", ""), ("2", "token"), ("128", "")]
# A device without a clock.
CLOCKLESS = [("2", "token"), ("65", ""), ("1", "temp"), ("69", "")]
# An observer of the revocation list, whom aced knows by now: registration, a token of its own, and that it was revoked.
WATCHED = [("1", "revoke"), ("69", ""), ("2", "token"), ("65", ""), ("69", "")]
# A device asks about that token: Echo round trip, then the request in two blocks.
INTROSPECTED = [("2", "introspect"), ("129", ""), ("2", "introspect"), ("95", ""), ("2", "introspect"), ("65", "")]
BLOCK1 = 27
AIF_TEMP_GET = cbor2.dumps([["/temp", 1]])


def capture(ports):
    """dumpcap on loopback, once it sees a datagram of our own; None when it may not capture here."""
    process = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-f", " or ".join(f"udp port {p}" for p in ports),
                                "-w", "flow.pcapng"], stderr=subprocess.DEVNULL)
    atexit.register(process.kill)
    for _ in range(50):
        time.sleep(0.1)
        if process.poll() is not None:
            return None
        if os.path.exists("flow.pcapng") and os.path.getsize("flow.pcapng") > 0:
            time.sleep(0.5)
            return process
    process.kill()
    return None


def find(tree, name):
    """The first field of that name in what tshark made of a packet: lists of pairs, since its keys repeat."""
    for pair in tree if isinstance(tree, list) else ():
        found = None
        if isinstance(pair, tuple):
            found = pair[1] if pair[0] == name else find(pair[1], name)
        if found is not None:
            return found
    return None


def read(ports):
    """The protected messages of the capture: inner code, Uri-Path, and payload."""
    os.mkdir("wireshark")
    with open("wireshark/oscore_contexts", "w", encoding="utf-8") as keys:
        for name in ("as.keys", "device.keys", "plain.keys"):
            keys.write(open(name, encoding="utf-8").read())
    command = ["tshark", "-r", "flow.pcapng", "-Y", "oscore", "-T", "json", "-x"]
    for port in ports:
        command += ["-d", f"udp.port=={port},coap"]
    done = subprocess.run(command, env=dict(os.environ, WIRESHARK_CONFIG_DIR=os.path.abspath("wireshark")),
                          capture_output=True, text=True, timeout=60, check=True)
    messages = []
    for packet in json.loads(done.stdout, object_pairs_hook=list):
        oscore = find(packet, "oscore")
        payload = (find(oscore, "oscore.payload_raw") or [""])[0]
        message = (find(oscore, "oscore.code"), find(oscore, "oscore.opt.uri_path") or "", bytes.fromhex(payload))
        # A message that was sent twice on a slow machine counts once.
        if not messages or message != messages[-1]:
            messages.append(message)
    return messages


def check_payloads(messages):
    """The token's request and answer, the token itself, and what the device says."""
    _, _, _, _, request, response, _, answer = (payload for _, _, payload in messages)
    assert [len(payload) for _, _, payload in messages].count(0) == 5, messages
    assert cbor2.loads(request) == {5: "thermo-101", 9: "climate.read", 38: None}, request
    body = cbor2.loads(response)
    assert set(body) == {1, 2, 8, 9, 38} and body[2] == 3600 and body[9] == AIF_TEMP_GET and body[38] == 2, body
    osc = body[8][4]
    assert set(osc) == {0, 2, 5} and len(osc[2]) == 16 and len(osc[5]) == 8, osc
    claims = open_token("device.json", body[1]).claims
    assert claims[8] == body[8] and claims[9] == AIF_TEMP_GET and claims[38] == 2, claims
    assert claims[2] == "tech-anna" and claims[3] == "thermo-101" and claims[4] == claims[6] + 3600, claims
    assert answer == b"21.5", answer
    return osc[0]


def check_written(payloads, osc_id):
    """No keys in an update: the token names the material that is there, and says what may be done now."""
    tried, hints, first, granted, request, response, post, taken, put, done = payloads
    hints = cbor2.loads(hints)
    assert tried == b"19" and hints == {1: hints[1], 2: osc_id, 5: "thermo-101", 9: "climate.set"}, hints
    update = {4: {3: osc_id}, 5: "thermo-101", 38: None}
    assert cbor2.loads(first) == {**update, 9: cbor2.dumps([["/setpoint", 4]])}
    assert set(cbor2.loads(granted)) == {1, 2, 38}, granted
    rights = [["/setpoint", 5], ["/temp", 1]]
    assert cbor2.loads(request) == {**update, 9: cbor2.dumps(rights)}
    body = cbor2.loads(response)
    assert 8 not in body and cbor2.loads(post) == {1: body[1]}, payloads
    assert not taken and put == b"19" and not done, payloads
    claims = open_token("device.json", body[1]).claims
    assert claims[8] == {3: osc_id} and cbor2.loads(claims[9]) == rights, claims


def check_refused(payloads):
    by_path, _, by_name, _ = payloads[-4:]
    assert cbor2.loads(by_path) == {5: "thermo-101", 9: cbor2.dumps([["/setpoint", 5]]), 38: None}, by_path
    assert cbor2.loads(by_name) == {5: "thermo-101", 9: "climate.set", 38: None}, by_name
    for response in payloads[-3::2]:
        said = cbor2.loads(response)
        assert said[30] == 6 and said[31].startswith("D-"), said  # invalid_scope, and the decision


def check_clockless(payloads):
    """exi instead of exp."""
    _, response, _, answer = payloads
    claims = open_token("plain.json", cbor2.loads(response)[1]).claims
    assert 4 not in claims and claims[40] == cbor2.loads(response)[2] and claims[7].startswith(b"thermo-102"), claims
    assert answer == b"21.5", answer


def watch():
    """wallboard-1 hears, in Python, that its token was revoked. Returns the token."""
    line = client_line("wallboard-1")
    line.next_piv = 100  # behind those that ace-client used
    request = line.protect(GET, "revoke/trl", options=[(OBSERVE, b"")])
    assert line.exchange(request).option(OBSERVE) == b""
    token, _ = grant(line)
    programs.ctl("token", "revoke", "--client", "wallboard-1", "-y")
    assert line.notification(request) is not None, "no notification"
    return token


def introspect(token):
    """thermo-101 asks, in Python, about a token that was revoked, in blocks of 64 bytes. Returns the whole request."""
    line, body = device_line("thermo-101"), cbor2.dumps({11: token[:100]})
    assert 64 < len(body) <= 128
    first = line.exchange(line.protect(POST, "introspect", body[:64], [(BLOCK1, b"\x0a")]))
    echo = [(ECHO, first.option(ECHO))]
    assert str(line.exchange(line.protect(POST, "introspect", body[:64], [(BLOCK1, b"\x0a"), *echo]))) == "2.31"
    assert str(line.exchange(line.protect(POST, "introspect", body[64:], [(BLOCK1, b"\x12")]))) == "2.01"
    return body


def check_introspected(payloads, request):
    _, _, one, _, two, answer = payloads
    assert one + two == request and cbor2.loads(answer) == {10: False}, payloads


def client(name, *args, code=0):
    return programs.run("client/ace-client", "--state-dir", name, *args, code=code)


def enrolled(name):
    programs.ctl("client", "ticket", name, "-o", name + ".ace")
    client(name, "enroll", name + ".ace")


def main():
    ports = programs.free_port(), programs.free_port(), programs.free_port()
    dumpcap = capture(ports) if shutil.which("dumpcap") and shutil.which("tshark") else None
    if not dumpcap:
        print("dumpcap or tshark is missing, or may not capture on loopback")
        return 77
    make_store(ports[0])
    programs.Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{ports[0]}", "--wireshark-keys", "as.keys")
    for file, name, port in (("device", "thermo-101", ports[1]), ("plain", "thermo-102", ports[2])):
        programs.ctl("device", "export", name, "-o", file + ".json")
        programs.Daemon("device/ace-device", "--provision", file + ".json", "--listen", f"127.0.0.1:{port}",
                        "--set", "/temp=21.5", "--set", "/setpoint=20", "--wireshark-keys", file + ".keys")
    temp, setpoint = (f"coap://127.0.0.1:{ports[1]}/{name}" for name in ("temp", "setpoint"))
    enrolled("tech-anna")
    client("tech-anna", "get", temp)
    client("tech-anna", "put", setpoint, "-e", "19")
    enrolled("wallboard-1")
    client("wallboard-1", "put", setpoint, "-e", "17", code=1)
    client("tech-anna", "get", f"coap://127.0.0.1:{ports[2]}/temp")
    revoked = watch()
    asked = introspect(revoked)
    time.sleep(1)
    dumpcap.send_signal(signal.SIGINT)
    dumpcap.wait(timeout=20)
    got = read(ports)
    wanted = WANTED + WRITTEN + REFUSED + CLOCKLESS + WATCHED + INTROSPECTED
    if [message[:2] for message in got] != wanted:
        sys.exit(f"tshark read {got}\nwanted      {wanted}")
    payloads = [payload for _, _, payload in got]
    osc_id = check_payloads(got[:len(WANTED)])
    at = len(WANTED)
    check_written(payloads[at:at + len(WRITTEN)], osc_id)
    at += len(WRITTEN)
    check_refused(payloads[at:at + len(REFUSED)])
    at += len(REFUSED)
    check_clockless(payloads[at:at + len(CLOCKLESS)])
    at += len(CLOCKLESS) + len(WATCHED)
    assert cbor2.loads(payloads[at - 1]) == {0: [hash_of(revoked)], 2: 0}, got[at - 1]
    check_introspected(payloads[at:], asked)
    print("tshark reads what we protect")
    return 0


if __name__ == "__main__":
    programs.sandbox(main)
