#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What anybody can send to aced's two ports that libraries read: HTTP for metrics, DTLS. Broken input of both kinds, and more
connections than there may be, while an honest client gets tokens over OSCORE. aced stays up, keeps its caps, and its log holds
nothing of what came.

    ports_garbage.py BUILD_DIR SOURCE_DIR [SEED]
"""
import base64
import http.client
import json
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import prometheus
from oscore_peer import Line, token_request
from programs import LIMIT, SOURCE, Daemon, ctl, free_port, sandbox

KEY = "a key of 20 bytes .."
MARK = b"qX7-never-logged-Zk"  # in the identities, names, paths and randoms that are sent
SESSIONS_MAX = 8
CONNECTIONS_MAX = 16  # AS_METRICS_CONNECTIONS_MAX
HTTP_INPUTS, DTLS_INPUTS = 200, 3000
HANDSHAKE, APPLICATION = 22, 23
CLIENT_HELLO, VERIFY_REQUEST, KEY_EXCHANGE = 1, 3, 16
REQUESTS = [
    b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"HEAD /readyz HTTP/1.0\r\n\r\n",
    b"GET /" + MARK + b"?" + MARK + b"=%00 HTTP/1.1\r\nHost: localhost\r\n" + MARK + b": " + MARK + b"\r\n\r\n",
    b"POST /metrics HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + MARK[:5] + b"\r\n0\r\n\r\n",
    b"PUT /healthz HTTP/1.1\r\nHost: " + MARK + b"\r\nContent-Length: 19\r\n\r\n" + MARK,
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic " + MARK + b"\r\nCookie: " + MARK + b"\r\n\r\n" * 3,
]


def mutate(rng, data):
    """One to three changes: bits, a cut, a piece again, bytes put in, a length at its limits."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            data[at:at] = data[rng.randrange(len(data) + 1):][:64] * rng.randint(1, 20)
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randint(1, 40))
        elif kind == 3:
            data[at:at + 2] = rng.choice((b"\0\0", b"\xff\xff", b"\x7f\xff", b"\0\1"))
        else:
            for _ in range(rng.randint(1, 8) if data else 0):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data[:8000])


class Honest(threading.Thread):
    """Asks for one token after the other, until it is told to stop."""

    def __init__(self):
        super().__init__(daemon=True)
        self.line, self.answers, self.is_over, self.slowest_s = Line("anna.json"), [], threading.Event(), 0
        self.start()

    def run(self):
        while not self.is_over.wait(0.02):
            started = time.monotonic()
            try:
                self.answers.append(str(self.line.ask(token_request("thermo-101", "climate.read"))[0]))
            except Exception as error:  # whatever it is: the main thread says so
                self.answers.append(repr(error))
                return
            self.slowest_s = max(self.slowest_s, time.monotonic() - started)

    def stop(self):
        self.is_over.set()
        self.join(LIMIT)
        assert len(self.answers) > 10 and set(self.answers) == {"2.01"}, (len(self.answers), set(self.answers))
        return len(self.answers)


class Ports:
    """A running aced, and what it tells of itself."""

    def __init__(self, coap, tcp, log):
        self.dtls, self.tcp, self.log = coap + 1, tcp, log
        self.aced = Daemon("as/aced", "--config", "aced.json", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{coap}",
                           "--listen", f"coaps://127.0.0.1:{self.dtls}", ready=False, stderr=log)
        ctl("status", "--wait=10")
        self.files = self.open_files()

    def open_files(self):
        return len(os.listdir(f"/proc/{self.aced.process.pid}/fd"))

    def metrics(self):
        """Within the ten seconds in which those who dawdle are sent away."""
        deadline = time.monotonic() + 10
        while True:
            assert self.aced.process.poll() is None, f"aced has ended: {self.aced.process.returncode}"
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.tcp, timeout=0.5)
                connection.request("GET", "/metrics")
                answer = connection.getresponse()
                text = answer.read().decode()
                connection.close()
                return prometheus.parse(text)
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < deadline, "no metrics"
                time.sleep(0.02)

    def come_to_rest(self):
        """Connections end at the latest two seconds after they said something."""
        deadline = time.monotonic() + 4
        while self.open_files() > self.files:
            assert time.monotonic() < deadline, "connections are left"
            time.sleep(0.05)

    def sessions(self):
        return self.metrics()['aced_table_entries{table="dtls_sessions"}']


# --- HTTP ---

def send_http(rng, tcp, data):
    """In one piece or two, and then away in one of the ways there are."""
    with socket.create_connection(("127.0.0.1", tcp), timeout=3) as connection:
        connection.settimeout(0.01)
        cut = rng.randrange(len(data) + 1)
        try:
            for piece in rng.choice(((data,), (data[:cut], data[cut:]))):
                connection.sendall(piece)
            end = rng.randrange(12)
            if end:  # what ends together with its data is kept for the two seconds of a silent one
                select.select([connection], [], [], 0.01)
            if end < 4:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif end < 8:
                connection.shutdown(socket.SHUT_WR)
                connection.recv(4096)
        except OSError:
            pass  # it may end what it does not like, at any point


def http_garbage(rng, ports):
    for nth in range(HTTP_INPUTS):
        send_http(rng, ports.tcp, mutate(rng, rng.choice(REQUESTS)))
        if nth % 100 == 99:
            ports.metrics()


def http_caps(ports):
    """Four times as many as there may be, each with half a request: the rest is not let in, some not even by the system."""
    held = []
    for _ in range(4 * CONNECTIONS_MAX):
        held.append(socket.socket())
        held[-1].setblocking(False)
        held[-1].connect_ex(("127.0.0.1", ports.tcp))
        try:
            held[-1].send(b"GET /" + MARK + b" HTTP/1.1\r\nHo")
        except OSError:
            pass
    time.sleep(0.2)
    more = ports.open_files() - ports.files
    assert CONNECTIONS_MAX // 2 <= more <= CONNECTIONS_MAX + 2, f"{more} files more"
    for connection in held:
        connection.close()
    ports.metrics()


# --- DTLS ---

def record(content, number, epoch=0, kind=HANDSHAKE):
    return struct.pack(">BHH", kind, 0xFEFD, epoch) + number.to_bytes(6, "big") + struct.pack(">H", len(content)) + content


def fragment(kind, sequence, body, start=0, end=None, length=None):
    part = body[start:end]
    return (bytes([kind]) + (len(body) if length is None else length).to_bytes(3, "big") + struct.pack(">H", sequence) +
            start.to_bytes(3, "big") + len(part).to_bytes(3, "big") + part)


def hello(cookie=b""):
    """Of a client that has a key, with the ciphers that RFC 9202 and others want, and extended master secret."""
    extensions = struct.pack(">HH", 23, 0)
    return (b"\xfe\xfd" + (MARK * 2)[:32] + b"\0" + bytes([len(cookie)]) + cookie + b"\0\4\xc0\xa8\0\xae" + b"\1\0" +
            struct.pack(">H", len(extensions)) + extensions)


class Stranger:
    """Somebody who starts a handshake, from a port that nobody had: a session may be left of who had it."""

    ports = set()

    def __init__(self, port):
        number = None
        while number is None or number in Stranger.ports:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.connect(("127.0.0.1", port))
            number = self.socket.getsockname()[1]
        Stranger.ports.add(number)
        self.socket.settimeout(5)

    def cookie(self):
        self.socket.send(record(fragment(CLIENT_HELLO, 0, hello()), 0))
        answer = self.socket.recv(2048)
        assert answer[0] == HANDSHAKE and answer[13] == VERIFY_REQUEST, answer.hex()
        return answer[28:28 + answer[27]]

    def greet(self):
        """To where the server waits for a key: it has said its hello, and keeps a session."""
        self.socket.send(record(fragment(CLIENT_HELLO, 1, hello(self.cookie())), 1))
        assert self.socket.recv(2048)[0] == HANDSHAKE

    def name(self, identity):
        self.socket.send(record(fragment(KEY_EXCHANGE, 2, struct.pack(">H", len(identity)) + identity), 2))

    def finish(self, rng):
        self.socket.send(record(b"\1", 3, kind=20) + record(rng.randbytes(40), 0, 1))


def in_fragments(rng, kind, sequence, body):
    """The message in pieces that overlap, contradict each other, lie about its length, or are mutated on top."""
    pieces = []
    for nth in range(rng.randint(2, 12)):
        start = rng.randrange(len(body))
        length = rng.choice((None, None, None, 0, len(body) + 1, 0xFFFFFF))
        pieces.append(record(fragment(kind, sequence, body, start, rng.randrange(start, len(body) + 1), length), nth + 2))
    rng.shuffle(pieces)
    return [mutate(rng, piece) if rng.random() < 0.3 else piece for piece in pieces]


def send_dtls(rng, port, recorded):
    """Somebody new, who gets some way into a handshake and then sends what is broken. Returns how much."""
    stranger = Stranger(port)
    with stranger.socket:
        kind = rng.randrange(6)
        if kind == 0:  # a cookie that is none, or somebody else's
            datagrams = [record(fragment(CLIENT_HELLO, 1, hello(cookie)), 1)
                         for cookie in (rng.randbytes(32), rng.randbytes(rng.randrange(256)), mutate(rng, stranger.cookie())[:255])]
        elif kind == 1:
            datagrams = in_fragments(rng, CLIENT_HELLO, 1, hello(stranger.cookie()))
        elif kind == 2:
            datagrams = [mutate(rng, record(fragment(CLIENT_HELLO, 1, hello(stranger.cookie())), 1))]
        elif kind == 3:
            stranger.greet()
            datagrams = in_fragments(rng, KEY_EXCHANGE, 2, b"\0" + bytes([len(MARK)]) + MARK)
        elif kind == 4:
            stranger.greet()
            stranger.name(rng.choice((MARK, b"", MARK * 20, b"tablet", b"tablet\0" + MARK, rng.randbytes(128))))
            stranger.finish(rng)
            datagrams = [mutate(rng, record(rng.randbytes(60), nth, 1, rng.choice((20, 21, HANDSHAKE, APPLICATION))))
                         for nth in range(4)]
        else:
            datagrams = [mutate(rng, rng.choice(recorded)) for _ in range(6)]
        for datagram in datagrams:
            try:
                stranger.socket.send(datagram)
            except ConnectionError:
                pass
        return len(datagrams)


def dtls_garbage(rng, ports, recorded):
    sent = looked = 0
    while sent < DTLS_INPUTS:
        sent += send_dtls(rng, ports.dtls, recorded)
        if sent - looked >= DTLS_INPUTS // 5:
            looked = sent
            assert ports.sessions() <= SESSIONS_MAX
    return sent


def dtls_caps(ports):
    """Handshakes that stop when they have named somebody, five times as many as there may be sessions."""
    strangers = [Stranger(ports.dtls) for _ in range(5 * SESSIONS_MAX)]
    most = 0
    for stranger in strangers:
        stranger.greet()
        stranger.name(b"tablet")
        most = max(most, ports.sessions())
    assert most == SESSIONS_MAX, f"{most} sessions, of at most {SESSIONS_MAX}"
    for stranger in strangers:
        stranger.socket.close()
    return len(strangers)


def through(rng, port, between):
    """A client with its key gets a token through somebody who sends between() of each of its datagrams ahead of it.
    Returns what the client sent."""
    seen = []
    back = Stranger(port).socket
    with back, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front:
        front.bind(("127.0.0.1", 0))
        front.settimeout(0.05)
        back.settimeout(0.05)
        client = subprocess.Popen(
            ["coap-client-openssl", "-B", "5", "-u", "tablet", "-k", KEY, "-m", "post", "-t", "19", "-f", "body.cbor", "-o", "answer",
             f"coaps://127.0.0.1:{front.getsockname()[1]}/token"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        def back_to_client():
            while client.poll() is None:
                try:
                    front.sendto(back.recv(4096), address)
                except OSError:
                    continue

        thread = None
        while client.poll() is None:
            try:
                data, address = front.recvfrom(4096)
            except socket.timeout:
                continue
            if not thread:
                thread = threading.Thread(target=back_to_client)
                thread.start()
            seen.append(data)
            for datagram in between(rng, data) + [data]:
                back.send(datagram)
        thread.join()
    with open("answer", "rb") as file:
        assert len(cbor2.loads(file.read())[8][4][2]) == 16, client.stdout.read()
    os.remove("answer")
    return seen


def broken_copies(rng, data):
    """Of what is protected: cut, and with bits changed; its content type, its epoch and what is encrypted in turn."""
    if data[0] != APPLICATION:
        return []
    copies = [data[:rng.randrange(1, len(data))] for _ in range(20)]
    for at in [0, 4, 5, 10, 12, 13, len(data) - 1] + [rng.randrange(len(data)) for _ in range(20)]:
        copies.append(data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:])
    return copies


# --- together ---

def nothing_is_logged(log):
    log.seek(0)
    text = log.read()
    assert b"event=" in text
    for form in (MARK[:8], MARK.hex()[:16].encode(), base64.b64encode(MARK)[:8], b"Basic", b"Cookie"):
        assert form.lower() not in text.lower(), f"{form} is in the log"
    assert all(byte == 10 or 32 <= byte < 127 for byte in text), "not all of the log is printable"
    assert b"ERROR: AddressSanitizer" not in text and b"runtime error" not in text, text[-4000:]


def prepare(port, tcp):
    folder = shutil.copytree(os.path.join(SOURCE, "policies/demo"), "policy")
    with open(os.path.join(folder, "psk.key"), "w", encoding="ascii") as file:
        file.write(KEY)
    with open(os.path.join(folder, "psk.json"), "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "clients": {"tablet": {
            "tags": {"role": "technician", "site": "b7"}, "auth": {"method": "dtls-psk", "key": {"file": "psk.key"}}}}}, file)
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"metrics": f"127.0.0.1:{tcp}", "log_level": "debug", "limits": {"dtls_sessions": SESSIONS_MAX}}, file)
    with open("body.cbor", "wb") as file:
        file.write(token_request("thermo-101", "climate.read"))
    ctl("init", "--as-uri", f"coap://127.0.0.1:{port}/token")
    ctl("policy", "apply", folder)
    ctl("client", "export", "tech-anna", "-o", "anna.json")


def free_ports():
    """Two that are neighbours for UDP, and one for TCP."""
    port, after = free_port(), free_port()
    while after != port + 1:
        port, after = after, free_port()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return port, sock.getsockname()[1]


def main():
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}", flush=True)
    rng, (port, tcp) = random.Random(seed), free_ports()
    prepare(port, tcp)
    with open("log", "w+b") as log:
        ports, honest = Ports(port, tcp, log), Honest()
        recorded = through(rng, ports.dtls, lambda rng, data: [])
        through(rng, ports.dtls, broken_copies)
        http_garbage(rng, ports)
        http_caps(ports)
        sent = dtls_garbage(rng, ports, recorded)
        halves = dtls_caps(ports)
        through(rng, ports.dtls, lambda rng, data: [])
        count = honest.stop()
        assert ports.metrics()["aced_ready"] == 1
        ports.come_to_rest()
        assert ports.aced.stop(signal.SIGTERM) == 0
        nothing_is_logged(log)
    print(f"{HTTP_INPUTS} broken HTTP requests, {sent} broken datagrams, {halves} handshakes left half done: {count} tokens "
          f"meanwhile, the slowest after {honest.slowest_s:.2f} s")
    return 0


if __name__ == "__main__":
    sandbox(main)
