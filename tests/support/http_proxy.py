#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP-to-CoAP proxy (RFC 8075) with the OSCORE header field (RFC 8613 11.3). It has no key and opens nothing.

    http_proxy.py --listen tcp:HOST:PORT [--host NAME=udp:HOST:PORT]... [--keep FILE]

Requests go to /hc/?target_uri=coap://NAME/PATH (RFC 8075 5.4.1); who NAME is says --host. --keep appends all that passes to FILE, as hex.
"""
import argparse
import base64
import os
import socket
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from coap_codec import ACK, CON, Message, decode, encode

OSCORE, URI_PATH, CONTENT_FORMAT, URI_QUERY = 9, 11, 12, 15
METHODS = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4}
# RFC 8075 7, table 2; 4.01 has no WWW-Authenticate and so is a 403.
STATUS = {0x41: 201, 0x42: 200, 0x43: 304, 0x44: 200, 0x45: 200, 0x80: 400, 0x81: 403, 0x82: 400, 0x83: 403, 0x84: 404, 0x85: 405,
          0x86: 406, 0x8C: 412, 0x8D: 413, 0x8F: 415, 0xA0: 500, 0xA1: 501, 0xA2: 502, 0xA3: 503, 0xA4: 504, 0xA5: 502}
FORMATS = {0: "text/plain; charset=utf-8", 19: "application/ace+cbor", 60: "application/cbor", 50: "application/json"}
BODY_MAX = 65536
TRIES, WAIT_S = 5, 2.0


def to_header(value):
    """RFC 8613 11.2."""
    return base64.urlsafe_b64encode(value or b"\0").rstrip(b"=").decode("ascii")


def from_header(text):
    """RFC 8613 11.3. ValueError where it is not base64url."""
    if not text or not all(c.isalnum() and c.isascii() or c in "-_" for c in text):
        raise ValueError(text)
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return b"" if value == b"\0" else value


def ask(address, message):
    """One CoAP exchange; None when nobody answers."""
    message.type, message.mid, message.token = CON, int.from_bytes(os.urandom(2), "big"), os.urandom(4)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.settimeout(WAIT_S)
        for _ in range(TRIES):
            try:
                sock.send(encode(message))
                while True:
                    answer = decode(sock.recv(65536))
                    if answer.type == CON:
                        sock.send(encode(Message(0, type=ACK, mid=answer.mid)))
                    if answer.code >= 32 and answer.token == message.token:
                        return answer
            except (OSError, IndexError):
                continue
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._pass()

    do_POST = do_PUT = do_DELETE = do_GET

    def _pass(self):
        length = int(self.headers.get("Content-Length", 0))
        if not 0 <= length <= BODY_MAX:
            self._answer(413, b"")
            return
        body = self.rfile.read(length)
        self._keep(self.requestline.encode() + b"\n" + bytes(self.headers) + body)
        try:
            address, message = self._to_coap(body)
        except (ValueError, KeyError) as failure:
            self._answer(400, f"{failure}\n".encode())
            return
        answer = ask(address, message)
        if answer is None:
            self._answer(504, b"")
            return
        self._keep(encode(answer))
        self._from_coap(answer)

    def _to_coap(self, body):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        target = urllib.parse.urlsplit(query["target_uri"][0])
        if target.scheme != "coap" or target.netloc not in self.server.hosts:
            raise ValueError(f"no way to {target.netloc}")
        options = [(URI_PATH, part.encode()) for part in target.path.split("/") if part]
        options += [(URI_QUERY, part.encode()) for part in target.query.split("&") if part]
        kind = self.headers.get("Content-Type", "").split(";")[0]
        if "OSCORE" in self.headers:
            if self.command != "POST" or kind != "application/oscore":
                raise ValueError("OSCORE goes with POST and application/oscore")
            options.append((OSCORE, from_header(self.headers["OSCORE"])))  # no Content-Format (RFC 8613 11.3)
        elif body:
            number = next(number for number, name in [*FORMATS.items(), (42, kind)] if name.split(";")[0] == kind)
            options.append((CONTENT_FORMAT, bytes([number]) if number else b""))
        return self.server.hosts[target.netloc], Message(METHODS[self.command], sorted(options, key=lambda o: o[0]), body)

    def _from_coap(self, answer):
        value = answer.option(OSCORE)
        if value is not None:
            self._answer(200, answer.payload, {"Content-Type": "application/oscore", "OSCORE": to_header(value),
                                               "Cache-Control": "no-cache"})
            return
        number = int.from_bytes(answer.option(CONTENT_FORMAT) or b"", "big")
        status = STATUS.get(answer.code, 502)
        self._answer(204 if status == 200 and not answer.payload else status, answer.payload,
                     {"Content-Type": FORMATS.get(number, "application/octet-stream")})

    def _answer(self, status, body, fields=None):
        self.send_response(status)
        for name, value in (fields or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _keep(self, data):
        if self.server.keep:
            with self.server.lock, open(self.server.keep, "a", encoding="ascii") as file:
                file.write(data.hex() + "\n")

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--host", action="append", default=[])
    parser.add_argument("--keep")
    args = parser.parse_args()
    _, host, port = args.listen.split(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    server.daemon_threads = True
    server.keep, server.lock, server.hosts = args.keep, threading.Lock(), {}
    for word in args.host:
        name, _, address = word.partition("=")
        _, where, number = address.split(":")
        server.hosts[name] = (where, int(number))
    print("ready", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
