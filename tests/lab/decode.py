# SPDX-License-Identifier: Apache-2.0
"""What the messages of a run say, opened with the keys that the programs wrote down."""
import base64
import glob
import json
import os
import re

import cbor2

import diag
from coap_codec import Message, code_text, decode, decode_body, take_frame
from oscore_peer import Context, open_token

OBSERVE, OSCORE, URI_PATH, CONTENT_FORMAT, PROXY_URI = 6, 9, 11, 12, 35
METHODS = {1: "GET", 2: "POST", 3: "PUT", 4: "DELETE", 5: "FETCH", 6: "PATCH", 7: "iPATCH"}
SIGNALS = {0xE1: "CSM", 0xE2: "Ping", 0xE3: "Pong", 0xE4: "Release", 0xE5: "Abort"}
ACE_CBOR, TRL_CBOR = 19, 262
LINE = re.compile(r'"([^"]*)"')


class Keys:
    """The OSCORE contexts of a file of Wireshark's oscore_contexts, which grows while programs run."""

    def __init__(self, path):
        self.path, self.at = path, 0
        self.by_kid = {}
        self.secrets = set()

    def read(self):
        if not os.path.exists(self.path):
            return
        with open(self.path, encoding="ascii") as file:
            file.seek(self.at)
            for line in file:
                if not line.endswith("\n"):
                    return
                self.at += len(line)
                self._add([bytes.fromhex(field) for field in LINE.findall(line)[:5]])

    def _add(self, fields):
        client, server, secret, salt, _ = fields
        self.secrets.add(secret)
        for mine, theirs in ((client, server), (server, client)):
            self.by_kid.setdefault(mine, []).insert(0, Context(secret, salt, mine, theirs))

    def open(self, kid, piv, sealed):
        for context in self.by_kid.get(kid, []):
            try:
                return context, context.open(piv, sealed)
            except Exception:  # not under this one
                continue
        return None, None


def parse_http(data):
    """An HTTP message as the CoAP message that it stands for, and what its first line says."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    message = Message(2, payload=body)
    if lines[0].startswith("HTTP/"):
        message.code = 0x44
        title = "HTTP " + lines[0].split(" ", 1)[1]
    else:
        method, target, _ = lines[0].split(" ", 2)
        title = f"HTTP {method} " + target.split("target_uri=")[-1]
    if "oscore" in fields:
        value = fields["oscore"]
        value = b"" if value == "AA" else base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        message.options.append((OSCORE, value))
    elif fields.get("content-type") == "application/ace+cbor":
        message.options.append((CONTENT_FORMAT, bytes([ACE_CBOR])))
    return message, title


def parse(event):
    """The CoAP message of an event, and its name from outside."""
    if event["transport"] == "http":
        return parse_http(event["data"])
    message = take_frame(event["data"])[0] if event["transport"] == "tcp" else decode(event["data"])
    if message is None:
        raise ValueError("not a message")
    return message, outer_name(message)


def outer_name(message):
    if message.code == 0:
        return {0: "ping", 2: "ACK", 3: "RST"}.get(message.type, "empty")
    if message.code in SIGNALS:
        return SIGNALS[message.code]
    if message.code >= 32:
        return code_text(message.code)
    path = "/" + "/".join(value.decode("utf-8", "replace") for number, value in message.options if number == URI_PATH)
    return f"{METHODS.get(message.code, code_text(message.code))} {path}"


class Decoder:
    def __init__(self, keys_path, exports_folder):
        self.keys, self.folder = Keys(keys_path), exports_folder
        self.requests = {}  # what an answer belongs to
        self.nonces = {}  # (what, key, number) -> what was sealed with it, which must be one thing
        self.exports = {}
        self.done = 0

    def tell_all(self, events):
        """Adds to each message event that is new: name, protected, opened, detail."""
        self.keys.read()
        for event in events[self.done:]:
            if event["kind"] == "message":
                self._tell(event)
        self.done = len(events)

    def _tell(self, event):
        try:
            message, name = parse(event)
        except Exception:  # whatever an adversary made of it
            event.update(name="not CoAP", protected=False, opened=False, detail=event["data"].hex())
            return
        value = message.option(OSCORE)
        event.update(name=name, outer=name, protected=value is not None, opened=False, detail="")
        if value is None:
            event["detail"] = self._payload(message)
            return
        inner = self._open(event, message, value)
        if inner is None:
            event.update(name=f"OSCORE {name}" if event["direction"] == "answer" else "OSCORE", detail="not opened by any key of this run")
            return
        event.update(name=outer_name(inner), opened=True, detail=self._payload(inner))

    def _open(self, event, message, value):
        piv = value[1:1 + (value[0] & 7)] if value else b""
        other = event["sender"] if event["direction"] == "request" else event["receiver"]
        pair = (event["wire"], other, message.token)
        if event["direction"] == "request":
            context, plain = self.keys.open(value[1 + len(piv):], piv, message.payload) if value else (None, None)
            if plain:
                self._used("request", context.key, piv, message.payload)
            self.requests[pair] = context, piv
        else:
            context, request_piv = self.requests.get(pair, (None, b""))
            plain = None
            if context:
                try:
                    plain = context.open_answer(request_piv, piv, message.payload)
                    self._used("answer", context.peer_key, piv or b"of request " + request_piv, message.payload)
                except Exception:  # changed on its way
                    plain = None
        if not plain:
            return None
        options, payload = decode_body(plain[1:])
        return Message(plain[0], options, payload)

    def _used(self, what, key, number, sealed):
        self.nonces.setdefault((what, key.hex(), number.hex()), set()).add(sealed)

    def _payload(self, message):
        data = message.payload
        if not data:
            return ""
        content_format = message.option(CONTENT_FORMAT)
        number = int.from_bytes(content_format, "big") if content_format is not None else None
        if number in (ACE_CBOR, TRL_CBOR) or number is None and message.code in (0x81, 0x83, 0x85, 0x41, 0x02):
            try:
                return self._cbor(message, cbor2.loads(data), number)
            except Exception:  # then it is something else
                pass
        try:
            return json.dumps(data.decode("utf-8"), ensure_ascii=False)
        except UnicodeDecodeError:
            return f"h'{data[:32].hex()}' ({len(data)} bytes)"

    def _cbor(self, message, value, number):
        names = diag.TRL if number == TRL_CBOR else diag.HINTS if message.code in (0x81, 0x83, 0x85) else diag.PARAMETERS
        out = diag.text(value, names)
        token = value.get(1, value.get(11)) if isinstance(value, dict) else value
        if isinstance(token, bytes) and message.code < 0x80 and len(token) > 40:
            out += self._token(token)
        return out

    def _token(self, token):
        """The claims of an access token, opened with the key of its device."""
        for path in sorted(glob.glob(os.path.join(self.folder, "*.json"))):
            try:
                opened = self._open_token(path, token)
            except Exception:  # not that device's
                continue
            self._used("token", opened[0].encode() + opened[1].kid, opened[1].iv, token)
            return f"\naccess token for {opened[0]}, {len(token)} bytes, kid h'{opened[1].kid.hex()}', claims:\n" + diag.text(
                opened[1].claims, diag.CLAIMS)
        return ""

    def _open_token(self, path, token):
        if path not in self.exports:
            with open(path, encoding="utf-8") as file:
                self.exports[path] = json.load(file).get("device")
        if not self.exports[path]:
            raise KeyError(path)
        return self.exports[path], open_token(path, token)
