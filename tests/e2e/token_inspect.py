#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""acectl token inspect: a token that aced issued, taken apart in every form in which it is handed in, in each of its states, and
whatever else is handed in instead.

    token_inspect.py BUILD_DIR SOURCE_DIR
"""
import base64
import json
import os
import random
import signal
import sys

import cbor2
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, case, tell
from oscore_peer import open_token
from programs import Clock, Daemon, ctl, free_port, sandbox
from revocation_case import client_line, device_line, grant, hash_of, make_store

STORE = ("--state-dir", "store")


def inspect(*args, code=0, **options):
    result = acectl(*STORE, "token", "inspect", *args, **options)
    case(f"inspect {args[0][:40]} is answered with {code}", result.code == code, result)
    return result


def document(*args, **options):
    return json.loads(inspect("--json", *args, **options).out)


def lasting(said):
    """Without what changes with the time."""
    return {member: value for member, value in said.items() if member != "claims"}


def base64url(token):
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def all_forms_are_the_same_token(token, wanted):
    with open("raw", "wb") as raw, open("hex", "w", encoding="ascii") as text:
        raw.write(token)
        text.write("\n".join(token.hex()[at:at + 64] for at in range(0, len(token) * 2, 64)) + "\n")
    for form in (token.hex().upper(), base64url(token), base64.b64encode(token).decode(), "@raw", "@hex"):
        case(f"as {form[:20]}", lasting(document(form)) == wanted)
    with open("raw", "rb") as raw:
        case("from stdin", lasting(document("-", stdin=raw)) == wanted)


def all_is_told(token, secret, said):
    listed, = json.loads(ctl("token", "list", "--json"))
    for member in ("id", "decision", "client", "device", "hash_hex"):
        case(f"{member} as token list has it", said[member] == listed[member], said)
    case("the hash of the list", said["hash_hex"] == hash_of(token).hex())
    case("kid, key and length", (said["kid_hex"], said["key_version"], said["bytes"]) == ("01", 1, len(token)), said)
    claims = {claim["name"]: claim for claim in said["claims"]}
    case("the scope", claims["scope"]["value"] == "/temp:GET", claims)
    case("the audience", claims["aud"]["value"] == "thermo-101", claims)
    case("the cnf without its key", claims["cnf"]["value"] == "OSCORE input material", claims)
    case("alg in the headers", "/alg/ 1: " in said["headers_diagnostic"] and "61(16([<< {" in said["headers_diagnostic"], said)
    text = inspect(token.hex()).out
    for part in (said["claims_diagnostic"], said["claims_annotated"], said["headers_annotated"], "/temp:GET"):
        case("text mode has it", part in text, text)
    case("bytes are annotated", "# 9: scope\n" in text and '# text(5) "/temp"\n' in text, text)
    case("the secret is hidden", "/16 bytes, hidden/" in text and secret.hex() not in text + json.dumps(said), text)
    shown = inspect(token.hex(), "--show-secrets").out
    case("unless it is asked for", f"h'{secret.hex()}'" in shown and "hidden" not in shown, shown)


def by_device(token, wanted):
    case("its device", lasting(document(token.hex(), "--device", "thermo-101")) == wanted)
    result = inspect(token.hex(), "--device", "thermo-102", code=4)
    case("another device's key does not open it", "no key of thermo-102" in result.err and "in hex" in result.out, result)
    case("nor one that is unknown", "did you mean thermo-101?" in inspect(token.hex(), "--device", "thermo-10", code=1).err)


def another_under_its_number(token):
    """As from a store that was put back: key, IV and form are the same, and it is not the one that was recorded."""
    with open("thermo-101.json", encoding="utf-8") as file:
        secret = bytes.fromhex(json.load(file)["token_keys"][0]["key_hex"])
    opened = open_token("thermo-101.json", token)
    case("sealed as this test seals", (opened.layout, opened.alg) == ("protected", 10), opened)
    envelope = cbor2.loads(token)
    protected = envelope.value.value[0]
    plain = opened.plain.replace(b"/temp", b"/tamp")
    sealed = AESCCM(secret, tag_length=8).encrypt(opened.iv, plain, cbor2.dumps(["Encrypt0", protected, b""]))
    said = document(cbor2.dumps(cbor2.CBORTag(61, cbor2.CBORTag(16, [protected, {}, sealed]))).hex())
    case("it opens", {claim["name"]: claim["value"] for claim in said["claims"]}["scope"] == "/tamp:GET", said)
    case("it is nobody's", said["state"] == "not recorded" and not {"id", "decision", "client", "hash_hex"} & said.keys(), said)


def whatever_is_altered_stays_closed(token, secret):
    """A few of each, each a run of acectl; what reads the bytes is walked bit by bit in test_cli_diag."""
    chosen = random.Random(7)
    for bit in sorted(chosen.sample(range(8 * len(token)), 40)):
        bad = bytearray(token)
        bad[bit // 8] ^= 1 << bit % 8
        result = acectl(*STORE, "token", "inspect", bad.hex())
        case(f"bit {bit} flipped", result.code in (1, 4) and result.err.startswith("acectl: ") and
             secret.hex() not in result.out + result.err, result)
    for length in sorted(chosen.sample(range(len(token)), 20)):
        case(f"{length} bytes of it", acectl(*STORE, "token", "inspect", token[:length].hex()).code == 1)
    inspect((token + b"\0").hex(), code=1)
    for text in ("x", "!!", "d83", "~" * 10000, "00" * 50000, "9f" * 2000):
        inspect(text, code=1)
    for content in (b"", b"\xd8", b"\x81" * 2000, os.urandom(2000)):
        inspect("-", code=1, input=content, stdin=None, text=None)
    inspect("@nowhere", code=2)
    with open("/dev/zero", "rb") as zero:
        case("without end", acectl(*STORE, "token", "inspect", "-", stdin=zero).code in (1, 2))
    case("usage", acectl(*STORE, "token", "inspect").code == 2)
    shown = acectl("token", "inspect", "--help").out
    case("examples first", 0 <= shown.find("acectl token inspect @token.cwt") < shown.find("--show-secrets"), shown)


def main():
    clock, port = Clock("clock"), free_port()
    make_store(port, env=clock.env)
    aced = Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{port}", "--log-level", "error",
                  env=clock.env)
    device_line("thermo-101")
    token, lifetime = grant(client_line("tech-anna"))
    secret = open_token("thermo-101.json", token).claims[8][4][2]
    said = document(token.hex())
    case("it lives", said["state"] == "live", said)
    all_forms_are_the_same_token(token, lasting(said))
    all_is_told(token, secret, said)
    by_device(token, lasting(said))
    another_under_its_number(token)
    whatever_is_altered_stays_closed(token, secret)
    ctl("token", "revoke", str(said["id"]), "-y")
    case("revoked", document(token.hex())["state"] == "revoked")
    clock.ahead(lifetime + 1)
    environment = dict(os.environ, **clock.env)
    case("expired", document(token.hex(), env=environment)["state"] in ("expired", "not recorded"))
    case("and since when", " s ago)" in inspect(token.hex(), env=environment).out)
    case("it was ended", aced.stop(signal.SIGTERM) == 0)
    tell()
    return 0


if __name__ == "__main__":
    sandbox(main)
