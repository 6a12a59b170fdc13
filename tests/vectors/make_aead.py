#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print tests/vectors/aead-python-cryptography.json: AEAD results of an implementation that is not ours.

Run: /usr/bin/python3 tests/vectors/make_aead.py > tests/vectors/aead-python-cryptography.json
Inputs come from SHA-256 of a label, so that the file is the same each time."""
import hashlib
import json

from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM

ALGORITHMS = [(1, 16, 12, 16), (10, 16, 13, 8), (30, 16, 13, 16), (31, 32, 13, 16)]
LENGTHS = [(0, 0), (0, 20), (1, 0), (15, 1), (16, 16), (17, 33), (64, 255), (1000, 21)]


def octets(label, length):
    out = b""
    while len(out) < length:
        out += hashlib.sha256(f"{label}/{len(out)}".encode()).digest()
    return out[:length]


cases = []
for alg, key_len, nonce_len, tag_len in ALGORITHMS:
    for text_len, aad_len in LENGTHS:
        label = f"alg {alg}, text {text_len}, aad {aad_len}"
        key, nonce = octets(label + " key", key_len), octets(label + " nonce", nonce_len)
        aad, text = octets(label + " aad", aad_len), octets(label + " text", text_len)
        aead = AESGCM(key) if alg == 1 else AESCCM(key, tag_length=tag_len)
        cases.append({"id": label, "alg": alg, "key": key.hex(), "nonce": nonce.hex(), "aad": aad.hex(),
                      "plaintext": text.hex(), "ciphertext_and_tag": aead.encrypt(nonce, text, aad).hex()})
print(json.dumps({"source": "python3-cryptography, by tests/vectors/make_aead.py", "cases": cases}, indent=1))
