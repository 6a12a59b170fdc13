#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints tests/port/port_vectors.h: the AEAD vectors that another implementation made, as C, but for the longest."""
import json
import pathlib

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors/aead-python-cryptography.json"
LONGEST = 64


def literal(text):
    pieces = ["".join(f"\\x{byte:02x}" for byte in bytes.fromhex(text)[at:at + 24]) for at in range(0, len(text) // 2, 24)]
    return "{ (const uint8_t *)" + "\n\t  ".join(f'"{piece}"' for piece in pieces or [""]) + f", {len(text) // 2} }}"


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by make_vectors.py from tests/vectors/aead-python-cryptography.json. */")
print("static const struct vector vectors[] = {")
for case in json.loads(VECTORS.read_text())["cases"]:
    if len(case["plaintext"]) // 2 <= LONGEST:
        print(f"\t{{ {case['alg']},")
        for name in ("key", "nonce", "aad", "plaintext", "ciphertext_and_tag"):
            print(f"\t  {literal(case[name])},")
        print("\t},")
print("};")
