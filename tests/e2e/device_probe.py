#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stock CoAP client (libcoap's coap-client-notls) and a plain socket probe ace-device.

Usage: device_probe.py PATH-OF-ACE-DEVICE PATH-OF-VECTORS
What they get is read by python3-cbor2, which knows nothing of this project.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import cbor2

NOW = 1767225610  # within the life of the vectors' first token


def bundle(parameters):
    return {
        "format": "ace-device/1", "device": "sensor-17", "audience": parameters["audience"],
        "issuer": parameters["iss"], "as_uri": parameters["as_uri"],
        "token_keys": [{"kid_hex": parameters["token_kid"], "alg": 10, "key_hex": parameters["token_key"]}],
        "resources": {"/s/temp": ["GET"], "/a/led": ["GET", "PUT"], "/dtls": ["POST"]},
        "clock": "rtc",
    }


class Device:
    def __init__(self, program, folder, parameters, *more):
        provision = folder / "device.json"
        provision.touch(mode=0o600)
        provision.write_text(json.dumps(bundle(parameters)))
        self.process = subprocess.Popen(
            [program, "--provision", provision, "--listen", "127.0.0.1:0", "--set", "/s/temp=21.5",
             "--fixed-time", str(NOW), *more], stderr=subprocess.PIPE)
        line = self.process.stderr.readline().decode()
        found = re.fullmatch(r"ace-device: sensor-17 ready on coap://127\.0\.0\.1:(\d+) — /authz-info open, "
                             r"everything else needs OSCORE\n", line)
        assert found, f"unexpected first line: {line!r}"
        self.port = int(found.group(1))

    def stop(self, how):
        self.process.send_signal(how)
        _, log = self.process.communicate(timeout=10)
        assert self.process.returncode == 0, f"exit code {self.process.returncode}"
        return log.decode()


def ask(port, datagram):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5)
        link.connect(("127.0.0.1", port))
        link.send(datagram)
        return link.recv(2048)


def coap_client(port, path, *flags):
    """The stock client prints the code of a failure to stderr and any payload to the output file."""
    with tempfile.NamedTemporaryFile() as output:
        done = subprocess.run([shutil.which("coap-client-notls"), "-B", "5", "-o", output.name, *flags,
                               f"coap://127.0.0.1:{port}{path}"], capture_output=True, timeout=20)
        return (done.stdout + done.stderr).decode(errors="replace"), pathlib.Path(output.name).read_bytes()


def probe_hints(port):
    said, _ = coap_client(port, "/s/temp")
    assert "4.01" in said, said
    answer = ask(port, bytes.fromhex("4101100101b173") + b"\x04temp")
    assert answer[1] == 0x81, answer.hex()
    hints = cbor2.loads(answer[answer.index(0xff) + 1:])
    assert hints[1] == "coap://as.example.com/token" and hints[5] == "sensor-17", hints
    assert cbor2.loads(hints[9]) == [["/s/temp", 1]], hints


def probe_token(port, vectors):
    message = next(m for m in vectors["messages"] if m["name"] == "authz-info-request")
    datagram = bytes.fromhex(message["plain_coap"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5)
        link.connect(("127.0.0.1", port))
        link.send(datagram)
        answer = link.recv(2048)
        link.send(datagram)
        assert link.recv(2048) == answer, "a retransmitted post must get the stored answer"
    assert answer[0] == 0x61 and answer[1] == 0x41, answer.hex()
    body = cbor2.loads(answer[answer.index(0xff) + 1:])
    assert set(body) == {42, 44} and len(body[42]) == 8 and body[44] != bytes.fromhex("1645"), body


def probe_token_by_stock_client(port, vectors, folder):
    payload = folder / "post.cbor"
    message = next(m for m in vectors["messages"] if m["name"] == "authz-info-request")
    payload.write_bytes(bytes.fromhex(message["payload"]))
    said, body = coap_client(port, "/authz-info", "-m", "post", "-t", "19", "-f", str(payload))
    assert set(cbor2.loads(body)) == {42, 44}, (said, body)


def probe_well_known(port):
    said, body = coap_client(port, "/.well-known/core")
    assert body == b'</authz-info>;rt="ace.ai";ct=19,</s/temp>,</a/led>,</dtls>', (said, body)


def post_exi_token(device, vectors):
    """The code of the answer to a token with exi and sequence number 41, posted with a fresh nonce."""
    body = cbor2.dumps({1: bytes.fromhex(vectors["tokens"]["T3"]["cwt"]), 40: os.urandom(8), 43: b"C"})
    return ask(device.port, b"\x40\x02" + os.urandom(2) + b"\xbaauthz-info\x11\x13\xff" + body)[1]


def probe_restart(program, folder, vectors):
    """RFC 9200 5.10.3: the countdown of a token does not begin anew when the device does."""
    state = ("--state-dir", folder / "state")
    device = Device(program, folder, vectors["parameters"], *state)
    assert post_exi_token(device, vectors) == 0x41
    second = subprocess.run([program, "--provision", folder / "device.json", "--listen", "127.0.0.1:0", *state],
                            capture_output=True, text=True, timeout=10)
    assert second.returncode and "another ace-device uses it" in second.stderr, second
    device.process.kill()
    device.process.communicate()
    device = Device(program, folder, vectors["parameters"], *state)
    assert post_exi_token(device, vectors) == 0x81
    device.stop(signal.SIGTERM)
    (folder / "state" / "state.json").write_text("{")
    broken = subprocess.run([program, "--provision", folder / "device.json", "--listen", "127.0.0.1:0", *state],
                            capture_output=True, text=True, timeout=10)
    assert broken.returncode == 5 and "state.json" in broken.stderr, broken


def probe_clockless_warning(program, folder, parameters):
    """Without a clock every token has exi, and without a state directory a restart begins its countdown anew."""
    clockless = folder / "clockless.json"
    clockless.touch(mode=0o600)
    clockless.write_text(json.dumps(dict(bundle(parameters), clock="none")))
    for more, wanted in (((), True), (("--state-dir", folder / "clockless"), False)):
        process = subprocess.Popen([program, "--provision", clockless, "--listen", "127.0.0.1:0", *more],
                                   stderr=subprocess.PIPE, text=True)
        assert "ready" in process.stderr.readline()
        process.terminate()
        said = process.stderr.read()
        assert process.wait(timeout=10) == 0
        assert ("without --state-dir" in said) == wanted, said


def probe_ping(port):
    assert ask(port, bytes.fromhex("4000beef")) == bytes.fromhex("7000beef")


def main():
    program, vectors_path = sys.argv[1:3]
    vectors = json.loads(pathlib.Path(vectors_path).read_text())
    secrets = [vectors["parameters"]["token_key"], vectors["parameters"]["osc"]["ms"]]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        device = Device(program, folder, vectors["parameters"])
        try:
            probe_hints(device.port)
            probe_token(device.port, vectors)
            probe_token_by_stock_client(device.port, vectors, folder)
            probe_well_known(device.port)
            probe_ping(device.port)
            # Refusals, which anybody can cause by the thousand, leave no line in the log.
            assert ask(device.port, b"\x40\x02\0\x77\xbaauthz-info\x11\x13\xff\x80")[1] == 0x80
        except BaseException:
            device.process.kill()
            raise
        log = device.stop(signal.SIGTERM)
        assert "event=authz_info" in log and not any(secret in log for secret in secrets), log
        assert "code=4." not in log, log
        Device(program, folder, vectors["parameters"]).stop(signal.SIGINT)
        probe_restart(program, folder, vectors)
        probe_clockless_warning(program, folder, vectors["parameters"])
    print("ace-device answers a stock client")


if __name__ == "__main__":
    if not shutil.which("coap-client-notls"):
        print("coap-client-notls is not installed")
        sys.exit(77)
    os.environ.pop("ACE_JSON", None)
    main()
