#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""aced behind its work: it stands still until the system drops datagrams. What it serves then it serves whole, the rest gets
5.03 with a Max-Age, leaves no record, and is served when it comes back.

    overload.py BUILD_DIR SOURCE_DIR
"""
import http.client
import json
import os
import re
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import prometheus
from oscore_peer import MAX_AGE, POST, Line, token_request
from programs import LIMIT, Daemon, ctl, free_port, make_store, sandbox, stored

CLIENTS = ["c1", "c2", "c3", "c4"]
EACH = 120  # together less than a batch, more than three quarters of one
SERVED = 384
COPIES_MAX = 100000
BODY = token_request("thermo-101", "climate.read")


def metric(port, name):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    connection.request("GET", "/metrics")
    found = prometheus.parse(connection.getresponse().read().decode())
    connection.close()
    return found[name]


def dropped(port):
    """Datagrams that the system threw away since that UDP port was opened."""
    with open("/proc/net/udp", encoding="ascii") as file:
        for line in list(file)[1:]:
            fields = line.split()
            if fields[1].endswith(f":{port:04X}"):
                return int(fields[-1])
    sys.exit(f"nobody has port {port}")


def queue_up(aced, port, lines):
    """All that the clients want, then one request again and again, as an impatient client's, until the socket is full.
    Returns the requests by line."""
    before = dropped(port)
    aced.process.send_signal(signal.SIGSTOP)
    asked = {line.client: [line.protect(POST, line.path, BODY) for _ in range(EACH)] for line in lines}
    for nth in range(EACH):
        for line in lines:
            line.socket.send(asked[line.client][nth].datagram)
    for _ in range(COPIES_MAX):
        if dropped(port) > before:
            break
        for _ in range(100):
            lines[0].socket.send(asked[lines[0].client][0].datagram)
    assert dropped(port) > before, "the socket takes all of it"
    aced.process.send_signal(signal.SIGCONT)
    return asked


def answers_of(line, requests):
    """One for each request, whichever comes first."""
    missing, got = {request.datagram[2:4]: request for request in requests}, []
    while missing:
        datagram = line.socket.recv(2048)
        if datagram[2:4] in missing:
            got.append(line.unprotect(missing.pop(datagram[2:4]), datagram))
    return got


def put_off(port, tcp_port, aced, lines):
    for line in lines:
        assert str(line.ask(BODY)[0]) == "2.01"
    asked = queue_up(aced, port, lines)
    answers = [answer for line in lines for answer in answers_of(line, asked[line.client])]
    granted = [answer for answer in answers if str(answer) == "2.01"]
    later = [answer for answer in answers if str(answer) == "5.03"]
    assert len(granted) == SERVED and len(later) == len(answers) - SERVED, (len(granted), len(later), len(answers))
    ages = {int.from_bytes(answer.option(MAX_AGE), "big") for answer in later}
    assert ages == {1, 2, 3, 4} and not any(answer.payload for answer in later), ages
    assert metric(tcp_port, 'aced_limited_total{limit="overload"}') == len(later)
    tokens, decisions = stored()
    assert len(tokens) == len(decisions) == len(lines) + len(granted), (len(tokens), len(decisions))
    return len(later)


def come_back(lines, count):
    """As many as were put off; they did not add to what waits meanwhile."""
    time.sleep(1)
    for nth in range(count):
        line = lines[nth % len(lines)]
        answer = line.exchange(line.protect(POST, line.path, BODY))
        assert str(answer) == "2.01", answer
    assert len(stored()[0]) == len(lines) * (1 + EACH)


def buffer_is_told(said):
    """What of 4 MiB the system grants: all of it, or no more than its limit, and then it is a warning."""
    level, wanted, granted = re.search(r"level=(\w+) event=socket.buffer wanted=(\d+) granted=(\d+) ", said).groups()
    with open("/proc/sys/net/core/rmem_max", encoding="ascii") as file:
        limit = int(file.read())
    assert wanted == "4194304" and int(granted) in (int(wanted), limit), said
    assert level == ("info" if granted == wanted else "warn"), said


def main():
    port = free_port()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        tcp_port = sock.getsockname()[1]
    make_store(port, CLIENTS)
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"listen": f"coap://127.0.0.1:{port}", "log_level": "info", "metrics": f"127.0.0.1:{tcp_port}"}, file)
    lines = []
    for name in CLIENTS:
        ctl("client", "export", name, "--format", "json", "-o", name + ".json")
        lines.append(Line(name + ".json"))
    aced = Daemon("as/aced", "--config", "aced.json", "--state-dir", "store")
    count = put_off(port, tcp_port, aced, lines)
    come_back(lines, count)
    assert aced.stop(signal.SIGTERM) == 0
    buffer_is_told(aced.process.stderr.read())
    print(f"{count} requests of too many were put off, and served later")


if __name__ == "__main__":
    sandbox(main)
