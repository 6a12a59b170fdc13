#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What aced tells its operators: metrics that Prometheus reads, readiness, and signs of life for systemd.

    aced_metrics.py BUILD_DIR SOURCE_DIR
"""
import http.client
import json
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import prometheus
from oscore_peer import Line, Message, encode, token_request
from programs import Clock, Daemon, ctl, free_port, make_store, run, sandbox

CLIENT = "meter"


def free_tcp_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def fetch(port, path, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def metrics(port):
    answer, text = fetch(port, "/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer.headers
    return prometheus.parse(text)


def said(notify):
    """What the service manager has heard, as a list of lines."""
    lines = []
    notify.settimeout(0.2)
    try:
        while True:
            lines += notify.recv(4096).decode().split("\n")
    except socket.timeout:
        return lines


def signs_of_life(notify):
    """WATCHDOG_USEC is a second: in one and a half there are at least two signs, and READY came once, before them."""
    time.sleep(1.5)
    lines = said(notify)
    assert lines[0] == "READY=1" and lines.count("READY=1") == 1, lines
    assert lines.count("WATCHDOG=1") >= 2, lines
    assert any(line.startswith("STATUS=ready; policy generation 1") for line in lines), lines


def a_stopped_loop_gives_no_sign(aced, notify):
    aced.process.send_signal(signal.SIGSTOP)
    time.sleep(0.3)
    said(notify)
    time.sleep(0.8)
    assert not said(notify)
    aced.process.send_signal(signal.SIGCONT)


def requests_are_counted(port, line):
    """One grant, one refusal, one wrong audience, a plain request, a copy, a replay, a forged tag: each where it belongs."""
    before = metrics(port)
    granted, request = line.ask(token_request("thermo-101", "climate.read"))
    assert str(granted) == "2.01", granted
    assert str(line.ask(token_request("thermo-101", "no.such"))[0]) == "4.00"
    assert str(line.ask(token_request("nowhere", "climate.read"))[0]) == "4.00"
    line.send(request.datagram)
    line.send(line.again(request).datagram)
    forged = bytearray(line.protect(2, line.path, b"\xa0").datagram)
    forged[-1] ^= 1
    line.send(bytes(forged))
    line.send(encode(Message(2, [(11, b"token")], b"\xa0", 0, 77, b"t")))
    after = metrics(port)
    for name, more in {'aced_token_requests_total{result="granted",reason="granted"}': 1,
                       'aced_token_requests_total{result="denied",reason="scope-unknown"}': 1,
                       'aced_token_requests_total{result="denied",reason="audience-unknown"}': 1,
                       "aced_challenges_total": 1, "aced_duplicates_total": 1, "aced_duplicates_answered_total": 1,
                       'aced_oscore_errors_total{kind="replay"}': 1, 'aced_oscore_errors_total{kind="decrypt"}': 1,
                       'aced_oscore_errors_total{kind="plain"}': 1, 'aced_oscore_errors_total{kind="malformed"}': 0,
                       "aced_tokens_stored": 1, "aced_decisions_stored": 3,
                       # Its faults: the replay, the forged tag, the plain request, all from one address.
                       'aced_table_entries{table="sources"}': 1, 'aced_table_entries{table="refusals"}': 2,
                       'aced_table_entries{table="contexts"}': 1, 'aced_table_entries{table="devices"}': 1}.items():
        assert after[name] - before[name] == more, f"{name}: {before[name]} to {after[name]}, wanted {more} more"
    # 8 requests; a copy is none. Each came alone, and three of them wrote: one batch, one commit for each.
    assert after["aced_batch_requests_count"] - before["aced_batch_requests_count"] == 7
    assert after["aced_commit_seconds_count"] - before["aced_commit_seconds_count"] == 3
    assert after["aced_policy_generation"] == after["aced_ready"] == 1


def no_id_is_a_label(port):
    text = fetch(port, "/metrics")[1]
    assert CLIENT not in text and "thermo" not in text


def other_requests(port, tcp_port):
    assert fetch(tcp_port, "/healthz")[0].status == 200
    assert fetch(tcp_port, "/")[0].status == 404
    for method in ("POST", "PUT", "DELETE"):
        answer = fetch(tcp_port, "/metrics", method, b"x" * 100)[0]
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"
    answer, text = fetch(tcp_port, "/metrics", "HEAD")
    assert answer.status == 200 and not text
    parsed = prometheus.parse(ctl("metrics", "--from", f"127.0.0.1:{tcp_port}"))
    assert parsed["aced_clients"] == 3, "the demo's two, and ours"
    document = json.loads(ctl("metrics", "--from", f"127.0.0.1:{tcp_port}", "--json"))
    prometheus.parse(document["prometheus"])
    for address in ("0.0.0.0:9000", "[::]:9000", "10.0.0.1:80", "localhost:80", "127.0.0.1", "127.0.0.1:70000", "[::1:80"):
        run("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--metrics", address, code=2)
    ctl("metrics", "--from", f"127.0.0.1:{free_tcp_port()}", code=3)


def other_names(port):
    """A name that somebody made to mean this machine is not ours (DNS rebinding)."""
    hosts = {"127.0.0.1": 200, f"127.0.0.1:{port}": 200, "LocalHost:80": 200, "[::1]:9": 200, "10.0.0.1": 200,
             "evil.example": 421, f"evil.example:{port}": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421,
             "[evil]": 421, "[::1": 200, "": 421, "x" * 300: 421}
    for host, status in hosts.items():
        for path in ("/metrics", "/readyz", "/healthz"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            assert answer.status == status, (host, path, answer.status)
            assert status == 200 or b"aced_" not in answer.read()
            connection.close()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b" 200 " in connection.recv(100)


def who_dawdles_hinders_nobody(port, line):
    """All connections there may be, each with half a request; tokens are issued all the same."""
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    for connection in held:
        connection.send(b"GET /metrics HTTP/1.1\r\nHo")
    assert str(line.ask(token_request("thermo-101", "climate.read"))[0]) == "2.01"
    for connection in held:
        connection.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert fetch(port, "/healthz")[0].status == 200
            return
        except (OSError, http.client.HTTPException):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def who_drips_is_sent_away(port):
    """A byte each second keeps a connection awake, but not for ever."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(1)
        started = time.monotonic()
        connection.send(b"GET /metrics HTTP/1.1\r\nX: ")
        while True:
            assert time.monotonic() - started < 10, "a connection that drips is kept"
            try:
                connection.send(b"x")
                if not connection.recv(100):
                    break
            except socket.timeout:
                continue
            except OSError:
                break
        assert time.monotonic() - started > 2.5, "it was ended before its time"


def readiness(clock, port, line):
    """A clock behind the newest token: no token numbers, so not ready; reads go on; back in time, it is again."""
    assert fetch(port, "/readyz")[1] == "ready\n"
    clock.ahead(-86400)
    answer = line.ask(token_request("thermo-101", "climate.read"))[0]
    assert str(answer) == "5.03" and answer.option(14), answer
    answer, text = fetch(port, "/readyz")
    assert answer.status == 503 and "clock" in text, text
    found = metrics(port)
    assert found["aced_ready"] == 0 and found["aced_numbers_refused_total"] >= 1
    assert fetch(port, "/healthz")[0].status == 200
    clock.ahead(86400)
    assert str(line.ask(token_request("thermo-101", "climate.read"))[0]) == "2.01"
    assert fetch(port, "/readyz")[0].status == 200


def main():
    port, tcp_port, clock = free_port(), free_tcp_port(), Clock("clock")
    make_store(port, [CLIENT])
    with open("aced.json", "w", encoding="utf-8") as file:
        json.dump({"listen": f"coap://127.0.0.1:{port}", "log_level": "error", "metrics": f"127.0.0.1:{tcp_port}"}, file)
    ctl("client", "export", CLIENT, "--format", "json", "-o", "client.json")
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind("notify")
    env = dict(clock.env, NOTIFY_SOCKET=os.path.abspath("notify"), WATCHDOG_USEC="1000000")
    aced = Daemon("as/aced", "--config", "aced.json", "--state-dir", "store", env=env)
    line = Line("client.json")
    signs_of_life(notify)
    a_stopped_loop_gives_no_sign(aced, notify)
    requests_are_counted(tcp_port, line)
    no_id_is_a_label(tcp_port)
    other_requests(port, tcp_port)
    other_names(tcp_port)
    who_dawdles_hinders_nobody(tcp_port, line)
    who_drips_is_sent_away(tcp_port)
    readiness(clock, tcp_port, line)
    said(notify)
    assert aced.stop(signal.SIGTERM) == 0
    assert said(notify)[-1] == "STOPPING=1"
    print("what aced tells its operators holds")


if __name__ == "__main__":
    sandbox(main)
