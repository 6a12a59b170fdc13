#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints as C what boards run of tests/vectors: posts to authz-info, and key derivations of RFC 8613."""
import json
import pathlib

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
# The library keeps no revoked hashes and no cnonce of its own.
MODES = {"base": "MODE_BASE", "trl": "MODE_TRL", "exi-highest-expired-41": "MODE_EXI"}


def octets(text):
    escaped = "".join(f"\\x{byte:02x}" for byte in bytes.fromhex(text or ""))
    return f'{{ (const uint8_t *)"{escaped}", {len(escaped) // 4} }}'


def posts(profile):
    for case in profile["negative_authz_info"]["cases"] + profile["positive_variants"]:
        mode = case.get("mode", "base")
        if mode in MODES:
            code = int(case["expect"][0]) << 5 | int(case["expect"][2:])
            update = "true" if case.get("path") == "protected" else "false"
            yield f'\t{{ "{case["name"]}", {MODES[mode]}, {update}, {code}, {octets(case["payload"])} }},'


def derivations(cases):
    for case in cases:
        has_context = "true" if case["id_context"] is not None else "false"
        fields = ("master_secret", "master_salt", "id_context", "sender_id", "recipient_id", "sender_key", "recipient_key",
                  "common_iv")
        yield f'\t{{ {has_context}, {", ".join(octets(case[field]) for field in fields)} }},'


def main():
    profile = json.loads((VECTORS / "ace-oscore-profile.json").read_text())
    messages = {message["name"]: message for message in profile["messages"]}
    print("/* Made by tests/board/make_vectors.py. */")
    print("static const struct post posts[] = {", *posts(profile), "};", sep="\n")
    print("static const struct derivation derivations[] = {",
          *derivations(json.loads((VECTORS / "rfc8613-c-keys.json").read_text())["cases"]), "};", sep="\n")
    print(f"static const struct ace_slice first_post = {octets(messages['authz-info-request']['payload'])};")
    print(f"static const struct ace_slice first_answer = {octets(messages['authz-info-response']['payload'])};")
    print(f"static const struct ace_slice first_request = {octets(messages['oscore-first-request']['oscore_coap'])};")


if __name__ == "__main__":
    main()
