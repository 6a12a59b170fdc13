# SPDX-License-Identifier: Apache-2.0
"""An OSCORE client (RFC 8613) and a reader of access tokens, on cryptography and cbor2 only: a second opinion that shares
no line with what it talks to, and that can send what a well-behaved client never would.

    line = Line("client.json")                 # of acectl client export --format json
    request = line.protect(POST, "token", body)
    answer = line.unprotect(request, line.send(request.datagram))
"""
import json
import os
import select
import socket
import time
import urllib.parse
from dataclasses import dataclass

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from coap_codec import ACK, CON, FETCH, GET, POST, RST, Message, code_text, decode, decode_body, encode, encode_body

OBSERVE, OSCORE, URI_PATH, CONTENT_FORMAT, MAX_AGE, ECHO = 6, 9, 11, 12, 14, 252
ACE_CBOR = 19
CCM = 10  # AES-CCM-16-64-128
NONCE_LEN = 13


class Unprotected(Exception):
    """An answer that is no OSCORE message; .message is what it was."""

    def __init__(self, message):
        super().__init__(f"unprotected {message}")
        self.message = message


@dataclass
class Request:
    datagram: bytes
    piv: bytes


class Context:
    """Keys of one side of an OSCORE security context."""

    def __init__(self, secret, salt, identity, peer_id):
        self.id, self.peer_id = identity, peer_id
        self.key, self.peer_key, self.iv = (self._derive(secret, salt, *what) for what in (
            (self.id, "Key", 16), (self.peer_id, "Key", 16), (b"", "IV", NONCE_LEN)))

    @staticmethod
    def _derive(secret, salt, identity, kind, length):  # RFC 8613 3.2.1
        info = cbor2.dumps([identity, None, CCM, kind, length])
        return HKDF(hashes.SHA256(), length, salt, info).derive(secret)

    def _nonce(self, identity, piv):  # RFC 8613 5.2
        plain = bytes([len(identity)]) + identity.rjust(NONCE_LEN - 6, b"\0") + piv.rjust(5, b"\0")
        return bytes(a ^ b for a, b in zip(plain, self.iv))

    def _aad(self, piv):  # RFC 8613 5.4
        return cbor2.dumps(["Encrypt0", b"", cbor2.dumps([1, [CCM], self.id, piv, b""])])

    def seal(self, piv, plain):
        """A request of this side's: the value of the OSCORE option, and the ciphertext."""
        return (bytes([8 | len(piv)]) + piv + self.id,
                AESCCM(self.key, tag_length=8).encrypt(self._nonce(self.id, piv), plain, self._aad(piv)))

    def open(self, piv, sealed):
        """The plaintext of a request of this side's."""
        return AESCCM(self.key, tag_length=8).decrypt(self._nonce(self.id, piv), sealed, self._aad(piv))

    def open_answer(self, request_piv, piv, sealed):
        """The plaintext of an answer to this side; piv is empty where it brought none of its own."""
        nonce = self._nonce(self.peer_id, piv) if piv else self._nonce(self.id, request_piv)
        return AESCCM(self.peer_key, tag_length=8).decrypt(nonce, sealed, self._aad(request_piv))


class Line(Context):
    """One client's OSCORE context with the AS, as the export describes it."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            export = json.load(file)
        oscore = export["oscore"]
        assert (oscore["aead"], oscore["hkdf"], oscore["id_context_hex"]) == (CCM, "sha256", None), oscore
        self.client = export["client"]
        uri = urllib.parse.urlsplit(export["as_uri"])
        self.path = uri.path.strip("/")
        super().__init__(*(bytes.fromhex(oscore[name]) for name in (
            "master_secret_hex", "master_salt_hex", "sender_id_hex", "recipient_id_hex")))
        self.next_piv = 0
        self.mid = int.from_bytes(os.urandom(2), "big")
        self.seen_pivs = []  # Partial IVs of the AS, as they came
        self.later = []  # datagrams that came while another was waited for
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((uri.hostname, uri.port or 5683))
        self.socket.settimeout(5)

    def _next_mid(self):
        # In a row, since the AS answers one that it saw a moment ago with what it said then.
        self.mid = (self.mid + 1) & 0xFFFF
        return self.mid

    def again(self, request):
        """The same request under another Message ID, so that no deduplication answers it."""
        datagram = request.datagram
        return Request(datagram[:2] + self._next_mid().to_bytes(2, "big") + datagram[4:], request.piv)

    def protect(self, code, path, payload=b"", options=(), number=None, token=None):
        """number: the Partial IV, when it is not to be the next one. With Observe that stands outside too, and the outer
        code is FETCH (RFC 8613 4.1.3.5)."""
        if number is None:
            number, self.next_piv = self.next_piv, self.next_piv + 1
        piv = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
        inner = [(URI_PATH, part.encode()) for part in path.split("/")] + list(options)
        if payload:
            inner.append((CONTENT_FORMAT, bytes([ACE_CBOR])))
        plain = bytes([code]) + encode_body(inner, payload)
        value, sealed = self.seal(piv, plain)
        observe = [option for option in options if option[0] == OBSERVE]
        outer = Message(FETCH if observe else POST, observe + [(OSCORE, value)], sealed, CON, self._next_mid(),
                        token or os.urandom(4))
        return Request(encode(outer), piv)

    def unprotect(self, request, datagram):
        outer = decode(datagram)
        value = outer.option(OSCORE)
        if value is None:
            raise Unprotected(outer)
        piv = value[1:1 + (value[0] & 7)] if value else b""
        plain = self.open_answer(request.piv, piv, outer.payload)
        options, payload = decode_body(plain[1:])
        if piv:
            self.seen_pivs.append(int.from_bytes(piv, "big"))
        return Message(plain[0], options, payload, outer.type, outer.mid, outer.token, piv or None)

    def send(self, datagram):
        """Send once and wait for the answer to it. OSError: none came in time, or nobody is there."""
        self.socket.send(datagram)
        while True:
            answer = self.socket.recv(2048)
            if answer[2:4] == datagram[2:4]:
                return answer
            self._keep(answer)

    def _acknowledge(self, datagram, kind=ACK):
        if datagram[0] >> 4 & 3 == CON:
            self.socket.send(encode(Message(0, type=kind, mid=int.from_bytes(datagram[2:4], "big"))))

    def _keep(self, datagram):
        """For who waits for it later. Acknowledged at once, since nothing else comes before that (NSTART is 1)."""
        self._acknowledge(datagram)
        if datagram not in self.later:
            self.later.append(datagram)

    def notification(self, request, timeout=5, kind=ACK):
        """The next message to that observation, acknowledged or (RST) rejected; None when none comes in time. Those to
        others are kept for them."""
        deadline, token = time.monotonic() + timeout, decode(request.datagram).token
        kept = next((datagram for datagram in self.later if decode(datagram).token == token), None)
        if kept:
            self.later.remove(kept)
            return self.unprotect(request, kept)
        while select.select([self.socket], [], [], max(0, deadline - time.monotonic()))[0]:
            datagram = self.socket.recv(2048)
            if decode(datagram).token == token:
                self._acknowledge(datagram, kind)
                return self.unprotect(request, datagram)
            self._keep(datagram)
        return None

    def exchange(self, request):
        return self.unprotect(request, self.send(request.datagram))

    def ask(self, body, code=POST):
        """As a client should: an Echo that is asked for is sent back. Returns the answer and the request that got it."""
        request = self.protect(code, self.path, body)
        answer = self.exchange(request)
        if answer.option(ECHO) is not None:
            request = self.protect(code, self.path, body, [(ECHO, answer.option(ECHO))])
            answer = self.exchange(request)
        return answer, request


def token_request(audience, scope):
    return cbor2.dumps({5: audience, 9: scope})


# COSE numbers: AES-CCM-16-64-128, -16-128-128, -16-128-256 and A128GCM, as tag length and nonce length.
AEADS = {10: (8, 13), 30: (16, 13), 31: (16, 13), 1: (16, 12)}


@dataclass
class Token:
    kid: bytes
    iv: bytes
    claims: dict
    layout: str = "protected"
    alg: int = CCM
    plain: bytes = b""


def _envelope(token):
    """Layout, and the three items of the COSE_Encrypt0. Encoding it again must give the same bytes."""
    outer = cbor2.loads(token)
    assert cbor2.dumps(outer) == token, token.hex()
    if isinstance(outer, list):
        return "bare", outer
    if outer.tag == 16:
        return "rfc8392", outer.value
    assert outer.tag == 61 and outer.value.tag == 16, outer
    return "protected", outer.value.value


def open_token(device_export, token):
    """Open an access token with the key of the device it is for: 61(16([<< alg, kid, IV >>, {}, ciphertext])), or, for a
    device that wants it so, 16([<< alg >>, {kid, IV}, ciphertext]) or that without its tag."""
    with open(device_export, encoding="utf-8") as file:
        keys = {key["kid_hex"]: key for key in json.load(file)["token_keys"]}
    layout, (protected, unprotected, sealed) = _envelope(token)
    headers = cbor2.loads(protected)
    assert list(headers) == ([1, 4, 5] if layout == "protected" else [1]), headers
    assert list(unprotected) == ([] if layout == "protected" else [4, 5]), unprotected
    headers.update(unprotected)
    key = keys[headers[4].hex()]
    tag_len, nonce_len = AEADS[headers[1]]
    assert headers[1] == key["alg"] and len(headers[5]) == nonce_len, headers
    secret = bytes.fromhex(key["key_hex"])
    aead = AESGCM(secret) if headers[1] == 1 else AESCCM(secret, tag_length=tag_len)
    plain = aead.decrypt(headers[5], sealed, cbor2.dumps(["Encrypt0", protected, b""]))
    claims = cbor2.loads(plain)
    return Token(headers[4], headers[5], claims, layout, headers[1], plain)
