#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libcoap's coap-client-notls against the message layer: observing, separate responses, blocks; and a socket of our own
for what that client cannot do wrong.

Usage: coap_interop.py PATH-OF-COAP_PROBE
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

LARGE = bytes(ord("a") + i // 100 % 26 for i in range(5000))
FNV_START, FNV_PRIME = 0xcbf29ce484222325, 0x100000001b3


class Probe:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        self.port = int(re.fullmatch(r"ready on 127\.0\.0\.1:(\d+)\n", self.process.stdout.readline()).group(1))
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def wait_for(self, line, seconds=5):
        end = time.monotonic() + seconds
        while line not in self.lines:
            assert time.monotonic() < end, f"no {line!r} among {self.lines}"
            time.sleep(0.02)
        self.lines.remove(line)

    def stop(self):
        self.process.kill()
        self.process.wait()


def coap_client(port, path, *flags, seconds="5"):
    with tempfile.NamedTemporaryFile() as output:
        done = subprocess.run([shutil.which("coap-client-notls"), "-B", seconds, "-v", "6", "-o", output.name, *flags,
                               f"coap://127.0.0.1:{port}{path}"], capture_output=True, timeout=20)
        return (done.stdout + done.stderr).decode(errors="replace"), pathlib.Path(output.name).read_bytes()


def tag(body):
    value = FNV_START
    for byte in body:
        value = (value ^ byte) * FNV_PRIME % 2**64
    return value


def observes_and_leaves(probe):
    """Notifications of both kinds are taken, the confirmable ones acknowledged; at the end the client deregisters."""
    said, body = coap_client(probe.port, "/counter", "-s", "1", seconds="3")
    counts = [int(number) for number in re.findall(rb"count (\d+)", body)]
    assert len(counts) >= 2 and counts == sorted(set(counts)), (counts, said)
    probe.wait_for("registered")
    probe.wait_for("deregistered")
    assert not probe.lines, probe.lines


def waits_for_a_separate_response(probe):
    said, body = coap_client(probe.port, "/slow")
    assert body == b"at last\n", said


def knows_a_repeated_separate_response_when_its_acknowledgement_is_lost(probe):
    """Only the client's second datagram, which acknowledges, fails to leave. A second request keeps the client there for
    the repetition, which has the same Message ID, and which it takes for the duplicate that it is."""
    said, body = coap_client(probe.port, "/slow", "-l", "2", "-G", "2", "-v", "7", seconds="5")
    heard = re.findall(r"t:CON c:2\.05 i:([0-9a-f]+)", said)
    assert len(heard) >= 2 and heard[0] == heard[1], said
    assert body == b"at last\n", (body, said)


def gets_a_large_answer_in_blocks_of_any_size(probe):
    for size in (None, "16", "64", "256", "1024"):
        flags = ("-b", size) if size else ()
        said, body = coap_client(probe.port, "/large", *flags)
        assert body == LARGE, (size, len(body), said[-500:])


def puts_a_large_body_in_blocks(probe, folder):
    for size in ("16", "256", "1024"):
        body = os.urandom(3000)
        folder.joinpath("body").write_bytes(body)
        said, _ = coap_client(probe.port, "/body", "-m", "put", "-b", size, "-f", str(folder / "body"))
        probe.wait_for(f"body 3000 {tag(body):016x}")


def gets_back_what_it_posts(probe, folder):
    """Block1 there and Block2 back: the server keeps the answer, since no later request says the body again."""
    body = bytes(ord("A") + i // 50 % 26 for i in range(2500))
    folder.joinpath("body").write_bytes(body)
    said, back = coap_client(probe.port, "/body", "-m", "post", "-b", "256", "-f", str(folder / "body"))
    probe.wait_for(f"body 2500 {tag(body):016x}")
    assert back == body, (len(back), said[-800:])


def is_told_when_a_body_is_too_long(probe, folder):
    folder.joinpath("body").write_bytes(bytes(5000))
    said, _ = coap_client(probe.port, "/body", "-m", "put", "-b", "256", "-f", str(folder / "body"))
    assert "4.13" in said, said
    assert not [line for line in probe.lines if line.startswith("body")], probe.lines


def resets_end_an_observation(probe):
    """coap-client 4.3.1 deregisters; a client that lost its state sends a reset."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5)
        link.connect(("127.0.0.1", probe.port))
        link.send(bytes.fromhex("4101000174") + b"\x60\x57counter")
        assert link.recv(2048)[0] >> 4 & 3 == 2
        probe.wait_for("registered")
        notification = link.recv(2048)
        assert notification[4:5] == b"t" and notification[1] == 0x45, notification.hex()
        link.send(b"\x70\x00" + notification[2:4])
        probe.wait_for("event reset")
        link.settimeout(0.5)
        try:
            raise AssertionError(f"still notified: {link.recv(2048).hex()}")
        except TimeoutError:
            pass


def main():
    if not shutil.which("coap-client-notls"):
        print("coap-client-notls is not installed (package libcoap3-bin)")
        return 77
    probe = Probe(sys.argv[1])
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            observes_and_leaves(probe)
            waits_for_a_separate_response(probe)
            knows_a_repeated_separate_response_when_its_acknowledgement_is_lost(probe)
            gets_a_large_answer_in_blocks_of_any_size(probe)
            puts_a_large_body_in_blocks(probe, folder)
            gets_back_what_it_posts(probe, folder)
            is_told_when_a_body_is_too_long(probe, folder)
            resets_end_an_observation(probe)
    finally:
        probe.stop()
    print("libcoap's client and the message layer understand each other")
    return 0


if __name__ == "__main__":
    sys.exit(main())
