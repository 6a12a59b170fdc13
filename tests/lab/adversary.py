# SPDX-License-Identifier: Apache-2.0
"""What somebody does who reads all that passes and sends what he likes, from an address of his own."""
import os
import random
import socket

import cbor2

from coap_codec import CON, Message, code_text, decode, encode, encode_body
from programs_of import LabError

ANSWER_S = 1.0
OSCORE, URI_PATH, CONTENT_FORMAT = 9, 11, 12
GET, POST = 1, 2
METHODS = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4}


class Adversary:
    def __init__(self, world):
        self.world = world
        self.mid = 0x7000

    def act(self, step, number):
        """Codes that he was answered."""
        rng = random.Random(f"{self.world.seed}/adversary/{number}")
        return getattr(self, "_" + step["do"])(step, rng)

    def _kept(self, step, which):
        """The latest messages to that party that are a post of a token, or protected, the latest last."""
        found = []
        for event in self.world.trace.messages():
            if event["wire"] != step["on"] or event["direction"] != "request" or event["transport"] != "udp" or event[
                    "sender"] == "thief":
                continue
            message = decode(event["data"])
            kind = "protected" if message.option(OSCORE) is not None else "token" if message.code == POST else "plain"
            if message.code and (which in ("any", kind)):
                found.append(message)
        if not found:
            raise LabError(f"nothing of that kind ({which}) went to {step['on']} yet")
        return found

    def _ask(self, party, message):
        """Sends it as new, so that no deduplication answers; the code of the answer, or "none"."""
        self.mid += 1
        message = Message(message.code, message.options, message.payload, CON, self.mid, os.urandom(4))
        data = encode(message)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(ANSWER_S)
            sock.connect(self.world.wires[party].target)
            self._note(party, "request", data)
            sock.send(data)
            try:
                while (answer := decode(sock.recv(2048))).token != message.token:
                    pass
            except OSError:
                return "none", None
            self._note(party, "answer", encode(answer))
            return code_text(answer.code), answer

    def _note(self, party, direction, data):
        pair = ("thief", party) if direction == "request" else (party, "thief")
        self.world.trace.note("message", wire=party, transport="udp", direction=direction, sender=pair[0], receiver=pair[1], data=data,
                              faults=[])

    def _replay(self, step, _):
        kept = self._kept(step, step.get("which", "any"))[-step.get("count", 1):]
        return [self._ask(step["on"], message)[0] for message in kept]

    def _swap_kid(self, step, rng):
        """A protected request under the name of another context."""
        message = self._kept(step, "protected")[-1]
        value = message.option(OSCORE)
        kid = bytes.fromhex(step["kid_hex"]) if "kid_hex" in step else bytes([rng.randrange(256)])
        swapped = value[:1 + (value[0] & 7)] + kid
        return [self._ask(step["on"], self._with(message, OSCORE, swapped))[0]]

    @staticmethod
    def _with(message, number, value):
        options = [(n, value if n == number else old) for n, old in message.options]
        return Message(message.code, options, message.payload)

    def _flip_bits(self, step, rng):
        """Each time another bit of the ciphertext or its tag, under a number that was not used yet."""
        message = self._kept(step, "protected")[-1]
        codes = []
        for _ in range(step.get("count", 8)):
            at = rng.randrange(len(message.payload))
            payload = message.payload[:at] + bytes([message.payload[at] ^ 1 << rng.randrange(8)]) + message.payload[at + 1:]
            codes.append(self._ask(step["on"], Message(message.code, self._fresh(message), payload))[0])
        return codes

    @staticmethod
    def _fresh(message):
        """The options with a Partial IV that is ahead, so that it is the tag that refuses and not the replay window."""
        value = message.option(OSCORE)
        length = value[0] & 7
        ahead = int.from_bytes(value[1:1 + length], "big") + 1000
        piv = ahead.to_bytes(max(length, 2), "big")
        changed = bytes([value[0] & ~7 | len(piv)]) + piv + value[1 + length:]
        return [(n, changed if n == OSCORE else old) for n, old in message.options]

    def _stolen_token(self, step, rng):
        """The token is posted as his own; then he asks under the context that it opened, whose key he does not have."""
        post = cbor2.loads(self._kept(step, "token")[-1].payload)
        token = post[1] if isinstance(post, dict) else post
        mine = {1: token, 40: rng.randbytes(8), 43: b"\x66"}
        code, answer = self._ask(step["on"], Message(POST, [(URI_PATH, b"authz-info"), (CONTENT_FORMAT, b"\x13")], cbor2.dumps(mine)))
        if code != "2.01":
            return [code]
        kid = cbor2.loads(answer.payload)[44]
        sealed = rng.randbytes(len(encode_body([(URI_PATH, b"temp")], b"")) + 9)
        guess = Message(POST, [(OSCORE, bytes([9, 0]) + kid)], sealed)
        return [code, self._ask(step["on"], guess)[0]]

    def _plain(self, step, _):
        path = [(URI_PATH, part.encode()) for part in step.get("path", "/temp").strip("/").split("/")]
        return [self._ask(step["on"], Message(METHODS[step.get("method", "GET")], path))[0]]


def forge(rule, world):
    """A rewrite for a wire: the party's 4.01 names another authorization server and audience."""
    hints = {{"AS": 1, "audience": 5, "scope": 9}[name]: value for name, value in rule.get("hints", {}).items()}

    def rewrite(direction, data):
        message = decode(data)
        if direction != "answer" or message.code != 0x81 or message.option(OSCORE) is not None:
            return None
        real = cbor2.loads(message.payload) if message.payload else {}
        message.payload = cbor2.dumps({**real, **hints})
        return encode(message)

    world.trace.note("adversary", what=f"forges the hints of {rule['on']}")
    return rewrite
