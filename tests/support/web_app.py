#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP application that uses devices end to end through an HTTP-to-CoAP proxy: RFC 8613 11 with tokens of RFC 9203. It shares no line
with the client of the project.

    web_app.py --credentials EXPORT --state FILE --proxy http://HOST:PORT [--wireshark-keys FILE] get|put coap://DEVICE/PATH [-e TEXT]

The authorization server is called "as" at the proxy. Prints what an answer holds that verifies. Exit status: 0 done, 1 refused under
protection, 3 nobody answers, 4 what came does not verify.
"""
import argparse
import base64
import http.client
import json
import os
import sys
import urllib.parse

import cbor2

from coap_codec import GET, POST, Message, decode, decode_body, encode, encode_body
from oscore_peer import CONTENT_FORMAT, OSCORE, URI_PATH, Context, Line, code_text, token_request

PUT = 3
METHODS = {"get": GET, "post": POST, "put": PUT, "delete": 4}
TOKEN, SCOPE, CNF, AUDIENCE, AS, ERROR = 1, 9, 8, 5, 1, 30
NONCE1, NONCE2, CLIENT_ID, SERVER_ID = 40, 42, 43, 44
ACE = "application/ace+cbor"


class Refused(Exception):
    """exit code, and what to say."""


class Web:
    """HTTP to one proxy."""

    def __init__(self, proxy):
        parts = urllib.parse.urlsplit(proxy)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)

    def send(self, method, target, body=b"", fields=None):
        query = urllib.parse.urlencode({"target_uri": target}, safe=":/")
        try:
            self.connection.request(method, "/hc/?" + query, body or None, fields or {})
            response = self.connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        except OSError as failure:
            raise Refused(3, f"the proxy: {failure}") from None

    def oscore(self, target, value, sealed):
        """Returns the value of the OSCORE option and the ciphertext of the answer."""
        status, fields, body = self.send("POST", target, sealed, {
            "Content-Type": "application/oscore", "OSCORE": base64.urlsafe_b64encode(value or b"\0").rstrip(b"=").decode()})
        if status in (502, 504):
            raise Refused(3, "nobody answers")
        if status != 200 or "OSCORE" not in fields:
            raise Refused(4, f"an unprotected answer: HTTP {status}")
        text = fields["OSCORE"]
        answer = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return b"" if answer == b"\0" else answer, body


class HttpLine(Line):
    """The line to the AS, over HTTP. Its numbers are kept before they are used."""

    def __init__(self, path, web, state):
        super().__init__(path)
        self.web, self.state = web, state
        self.next_piv = state.take("as_next")

    def send(self, datagram):
        self.state.put("as_next", self.next_piv)
        request = decode(datagram)
        value, body = self.web.oscore("coap://as/", request.option(OSCORE), request.payload)
        return encode(Message(0x44, [(OSCORE, value)], body, 2, request.mid, request.token))


class State:
    def __init__(self, path):
        self.path, self.values = path, {"as_next": 0, "devices": {}}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.values = json.load(file)

    def take(self, name):
        return self.values[name]

    def put(self, name, value):
        self.values[name] = value
        descriptor = os.open(self.path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self.values, file)
        os.replace(self.path + ".new", self.path)


class App:
    def __init__(self, args):
        self.args, self.web, self.state = args, Web(args.proxy), State(args.state)
        self.line = HttpLine(args.credentials, self.web, self.state)
        with open(args.credentials, encoding="utf-8") as file:
            self.as_uri = json.load(file)["as_uri"]

    def hints(self, target):
        """What the device says in the clear: a suggestion. RFC 9200 5.3."""
        status, fields, body = self.web.send("GET", target)
        if status in (502, 504):
            raise Refused(3, "nobody answers")
        if status != 403 or fields.get("Content-Type") != ACE:
            raise Refused(4, f"no hints: HTTP {status}")
        hints = cbor2.loads(body)
        if hints.get(AS) != self.as_uri:
            raise Refused(4, f"the device names {hints.get(AS)}, with which this application is not enrolled")
        return hints

    def token(self, audience, scope):
        answer, _ = self.line.ask(token_request(audience, scope))
        body = cbor2.loads(answer.payload)
        if answer.code != 0x41:
            raise Refused(1, f"refused by the AS: {answer} {body}")
        return body

    def post(self, device, granted):
        """RFC 9203 4.1 to 4.3: the token in the clear, and keys of what both sides added."""
        nonce, mine = os.urandom(8), os.urandom(2)
        status, _, body = self.web.send("POST", f"coap://{device}/authz-info", cbor2.dumps(
            {TOKEN: granted[TOKEN], NONCE1: nonce, CLIENT_ID: mine}), {"Content-Type": ACE})
        if status != 201:
            raise Refused(4, f"the device does not take the token: HTTP {status}")
        answer = cbor2.loads(body)
        osc = granted[CNF][4]
        salt = b"".join(cbor2.dumps(part) for part in (osc.get(5, b""), nonce, answer[NONCE2]))
        return {"secret": osc[2].hex(), "salt": salt.hex(), "id": answer[SERVER_ID].hex(), "peer": mine.hex(), "next": 0}

    def associate(self, device, target, more=None):
        hints = self.hints(target)
        granted = self.token(hints[AUDIENCE], more or hints[SCOPE])
        devices = self.state.take("devices")
        devices[device] = self.post(device, granted)
        self.state.put("devices", devices)
        self.write_keys(devices[device])

    def write_keys(self, keys):
        if self.args.wireshark_keys:
            with open(self.args.wireshark_keys, "a", encoding="ascii") as file:
                file.write(f'"{keys["id"]}","{keys["peer"]}","{keys["secret"]}","{keys["salt"]}","","AES-CCM-16-64-128 (CCM*)"\n')

    def ask(self, device, path, text):
        """Code and payload of an answer that verifies."""
        devices = self.state.take("devices")
        keys = devices[device]
        context = Context(*(bytes.fromhex(keys[name]) for name in ("secret", "salt", "id", "peer")))
        number, keys["next"] = keys["next"], keys["next"] + 1
        self.state.put("devices", devices)
        piv = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
        options = [(URI_PATH, part.encode()) for part in path.split("/") if part]
        options += [(CONTENT_FORMAT, b"")] if text else []
        value, sealed = context.seal(piv, bytes([METHODS[self.args.method]]) + encode_body(options, text))
        value, sealed = self.web.oscore(f"coap://{device}/", value, sealed)
        try:
            plain = context.open_answer(piv, value[1:1 + (value[0] & 7)] if value else b"", sealed)
        except Exception:
            raise Refused(4, "the answer does not verify") from None
        return plain[0], decode_body(plain[1:])[1]

    def run(self):
        uri = urllib.parse.urlsplit(self.args.uri)
        text = (self.args.text or "").encode()
        if uri.netloc not in self.state.take("devices"):
            self.associate(uri.netloc, self.args.uri)
        try:
            code, payload = self.ask(uri.netloc, uri.path, text)
        except Refused as refused:
            if refused.args[0] != 4 or "unprotected" not in refused.args[1]:
                raise
            self.associate(uri.netloc, self.args.uri)  # it may have lost its keys
            code, payload = self.ask(uri.netloc, uri.path, text)
        if code == 0x83:  # RFC 9200 5.10.2: the answer under protection says which scope would do
            self.associate(uri.netloc, self.args.uri, cbor2.loads(payload)[SCOPE])
            code, payload = self.ask(uri.netloc, uri.path, text)
        if code >= 0x80:
            raise Refused(1, code_text(code))
        print(payload.decode("utf-8"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("credentials", "state", "proxy"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--wireshark-keys")
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("uri")
    parser.add_argument("-e", "--text")
    try:
        App(parser.parse_args()).run()
    except Refused as refused:
        print(f"web_app: {refused.args[1]}", file=sys.stderr)
        sys.exit(refused.args[0])


if __name__ == "__main__":
    main()
