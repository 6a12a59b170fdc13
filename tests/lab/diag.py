# SPDX-License-Identifier: Apache-2.0
"""CBOR in diagnostic notation (RFC 8949 8), with the names that ACE gives to numbers. Secrets are not shown."""
import json

import cbor2

PARAMETERS = {1: "access_token", 2: "expires_in", 4: "req_cnf", 5: "audience", 8: "cnf", 9: "scope", 10: "active", 11: "token",
              18: "client_id", 30: "error", 31: "error_description", 33: "grant_type", 38: "ace_profile", 39: "cnonce", 40: "nonce1",
              42: "nonce2", 43: "ace_client_recipientid", 44: "ace_server_recipientid"}
HINTS = {1: "AS", 2: "kid", 5: "audience", 9: "scope", 39: "cnonce"}
CLAIMS = {1: "iss", 2: "sub", 3: "aud", 4: "exp", 5: "nbf", 6: "iat", 7: "cti", 8: "cnf", 9: "scope", 38: "ace_profile", 40: "exi"}
OSC = {0: "id", 1: "version", 2: "ms", 3: "hkdf", 4: "alg", 5: "salt", 6: "contextId"}
HEADERS = {1: "alg", 4: "kid", 5: "IV"}
TRL = {0: "full_set", 1: "diff_set", 2: "cursor", 3: "more"}
METHODS = ("GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH")
SECRET = "ms"
LONG = 24  # bytes: what is longer is cut


def _bytes(value):
    text = value[:LONG].hex()
    return f"h'{text}…' ({len(value)} bytes)" if len(value) > LONG else f"h'{text}'"


def _aif(value):
    """A scope as path and methods (RFC 9237), or nothing."""
    try:
        pairs = cbor2.loads(value)
        return " ".join(f"{path}:{','.join(m for bit, m in enumerate(METHODS) if bits >> bit & 1)}" for path, bits in pairs)
    except Exception:  # any bytes may stand there
        return None


def text(value, names=None, indent=0):
    """A decoded value; names are of the numbers that are keys of its map."""
    pad = "  " * (indent + 1)
    if isinstance(value, dict):
        lines = [f"{pad}{_key(key, names)}: {_member(key, part, names, indent + 1)}" for key, part in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + "  " * indent + "}" if lines else "{}"
    if isinstance(value, (list, tuple)):
        parts = [text(part, None, indent + 1) for part in value]
        return "[" + ", ".join(parts) + "]"
    if isinstance(value, bytes):
        return _bytes(value)
    if isinstance(value, cbor2.CBORTag):
        return f"{value.tag}({text(value.value, None, indent)})"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


def _key(key, names):
    return (names or {}).get(key, json.dumps(key) if isinstance(key, str) else text(key))


def _member(key, value, names, indent):
    name = (names or {}).get(key)
    if name == SECRET and names is OSC:
        return f"hidden ({len(value)} bytes)"
    if name == "scope" and isinstance(value, bytes) and _aif(value):
        return f"<< {_aif(value)} >>"
    if name in ("cnf", "req_cnf") and isinstance(value, dict) and isinstance(value.get(4), dict):
        pad = "  " * (indent + 1)
        return "{\n" + f"{pad}osc: {text(value[4], OSC, indent + 1)}\n" + "  " * indent + "}"
    if name == "req_cnf" and isinstance(value, dict) and isinstance(value.get(3), bytes):
        return f"{{ kid: {text(value[3])} }}"
    return text(value, None, indent)
