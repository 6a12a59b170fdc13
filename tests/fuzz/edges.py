# SPDX-License-Identifier: Apache-2.0
"""Inputs made by hand: each is a good one with one thing wrong, or beyond a limit, that mutation rarely finds."""
import copy
import json

import cbor2

LONG = "x" * 200


def _edited(document, changes):
    """Copies of the document, each with one value replaced: changes are (path, value); None deletes."""
    for path, value in changes:
        new = copy.deepcopy(document)
        at = new
        for key in path[:-1]:
            at = at[key]
        if value is None:
            del at[path[-1]]
        else:
            at[path[-1]] = value
        yield new


POLICY = {
    "format": "ace-policy/1", "defaults": {"effect": "deny", "lifetime": "1h"},
    "models": {"m": {"resources": {"/t": ["GET", "PUT"]}, "scope_format": "text", "clock": "rtc",
                     "limits": {"lifetime": "24h", "scope_bytes": 64.0, "token_bytes": 256}, "token": {"omit": ["iss"]}}},
    "scopes": {"r": {"/t": ["GET"]}},
    "client_groups": {"g": {"members": ["c"], "match": {"role": ["a", "b"]}}},
    "clients": {"c": {"tags": {"role": "a"}, "auth": {"method": "oscore", "key": {"fingerprint": "sha256:0123456789abcdef"}},
                      "default_scope": "r", "default_audience": "d"}},
    "devices": {"d": {"model": "m", "audience": "d.x", "tags": {"role": "a"},
                      "as_key": {"kid_hex": "01", "key": "generate"}}},
    "rules": {"a": {"effect": "allow", "clients": ["group:g", "tag:role=a"], "devices": ["*"], "scopes": ["r"], "lifetime": "1h",
                    "when": {"time": [{"from": "00:00", "to": "24:00"}], "client_tags": {"role": ["a", "b"]},
                             "not_before": "2035-02-28T00:00:00-01:00", "same_tag": ["role"]}}},
}
WHEN = ("rules", "a", "when")


def _policy_texts():
    wrong = ["x", 5, 1.5, True, False, [], {}, "a ${b}"]
    changes = [(("description",), value) for value in wrong[1:]] + [(("models", "m", "clock"), value) for value in wrong]
    changes += [(("models", "m", "limits", "scope_bytes"), value) for value in (7, 70000, "x", 64.5, 1e300)]
    changes += [(("clients", "c", "auth", "key"), {}), (("clients", "c", "auth", "key"), {"file": "a", "fingerprint": "b"}),
                (("clients", "c", "auth", "key"), {"file": "/k"})]
    changes += [(("rules", "a", "effect"), "deny"), (("rules", "a", "scopes"), None), (("rules", "a", "scopes"), ["r", "r"]),
                (("rules", "a", "scopes"), ["r r", "", '"']), (("rules", "a", "clients"), ["tag:role", "tag:Role=a", "tag:role=a b",
                                                                                        "tag:role=\u00a0", "tag:" + "a" * 40 + "=b"])]
    changes += [(("clients", "c", "default_scope"), value) for value in ("r ", "r  r", "", "r\"", "r r", "r" * 600)]
    changes += [(("models", "m", "resources"), {path: ["GET"]}) for path in ("t", "/t?", "/\u2003", "/\u3000", "/" + LONG, "/t#")]
    changes += [(("rules", "a", "lifetime"), value) for value in ("1x", "0s", "1xs", "99999999d", "9999999d")]
    changes += [(("clients", "c", "tags"), value) for value in ({"Role": "a"}, {"role": LONG}, {"": "a"})]
    changes += [(("devices", "d", "audience"), LONG), (("devices", "d", "audience"), "\u00e9" * 100), (("clients", "c", "default_audience"), LONG),
                (("clients", "c", "auth", "key"), {"fingerprint": "sha256:xyz"}), (("rules", "a", "when"), {})]
    changes += [(WHEN + ("time",), [{"from": "24:00", "to": "24:00", "tz": "Eu rope"}]),
                (WHEN + ("time",), [{"from": "7", "to": "30:00", "tz": "Europe/Berlin", "days": ["mon", "sun"]}])]
    changes += [(WHEN + ("not_after",), value) for value in ("2035-02-30T00:00:00Z", "2035-02-01T25:00:00Z",
                                                             "2035-02-01T00:00:00+29:00", "2036-02-29T00:00:00+01:00", "soon")]
    good = json.dumps(POLICY)
    yield good
    yield good.replace('"clock": "rtc"', '"clock": null')
    for document in _edited(POLICY, changes):
        yield json.dumps(document, ensure_ascii=False)
    yield good + "\0" + good  # two files say the same names
    yield json.dumps({"format": "ace-policy/1", "models": POLICY["models"]}) + "\0" + json.dumps({"format": "ace-policy/1"})
    yield '{"format": "ace-policy/1", "a\\u0001": 1, "a\\u0001": 2}'
    yield '{"format": "ace-policy/1", "models": {}, "models": {"'
    yield '{"format": \x01}'
    yield "\xff\xfe"


TEST = {"format": "ace-policy-tests/1", "tests": [
    {"name": "t", "now": "2035-05-10T10:00:00Z", "client": "c", "device": "d", "scope": "r", "permissions": {"/t": ["GET"]},
     "expect": {"decision": "allow", "granted": {"/t": ["GET"]}, "expires_in": 60, "rules": ["a"], "denied_by": ["b"]}}]}


def policies():
    for text in _policy_texts():
        yield text.encode("latin-1" if text == "\xff\xfe" else "utf-8")
    test = ("tests", 0)
    for document in _edited(TEST, [(("description",), "good"), (test + ("permissions",), None), (test + ("scope",), None),
                                   (test + ("now",), "2035-02-30T00:00:00Z"), (test + ("expect", "error"), "invalid_scope"),
                                   (test + ("expect", "decision"), "deny"), (("tests",), [])]):
        yield json.dumps(document).encode()


CLIENT = {"format": "ace-client/1", "client": "c", "as_uri": "coap://as/token", "expires": "2026-11-25T13:28:36Z",
          "oscore": {"master_secret_hex": "00" * 16, "master_salt_hex": "01", "sender_id_hex": "01", "recipient_id_hex": "02"},
          "revocation_list": {"path": "/revoke", "max_n": 64, "max_diff_batch": 5}}
PSK = {"identity": "c", "key_hex": "00" * 16}
DEVICE = {"format": "ace-device/1", "device": "d", "audience": "d", "issuer": "coap://as", "as_uri": "coap://as/token",
          "token_keys": [{"kid_hex": "01", "alg": 10, "key_hex": "00" * 16}, {"kid_hex": "02", "alg": 10, "key_hex": "00" * 16}],
          "resources": {"/t": ["GET", "PUT"]}, "text_scopes": {"r": {"/t": ["GET"]}}, "hint_scope": "r", "clock": "rtc",
          "as_dtls_psk": PSK, "revocation_list": CLIENT["revocation_list"]}
DEVICE_CBOR = {0: "ace-device/1", 1: "d", 2: "coap://as", 3: "d", 4: "coap://as/token", 5: [{1: 4, 2: b"\1", 3: 10, -1: bytes(16)}],
               7: {1: "d", 2: bytes(16)}, 8: [["/t", 5]], 9: [["r", [["/t", 1]]]], 10: "r", 11: True,
               12: {1: "/revoke", 2: 64, 3: 5}}


def bundles():
    line = {**CLIENT["oscore"], "sender_id_hex": "00" * 8, "recipient_id_hex": ""}
    for document in _edited(CLIENT, [(("client",), 5), (("oscore",), 5), (("oscore",), line), (("oscore",), None), (("dtls_psk",), PSK),
                                     (("oscore", "master_secret_hex"), 5), (("oscore", "master_secret_hex"), "00"),
                                     (("revocation_list", "max_n"), -1), (("revocation_list", "max_n"), "x"),
                                     (("revocation_list", "max_n"), 1), (("revocation_list", "path"), "x")]):
        yield json.dumps(document).encode()
    for document in _edited(DEVICE, [(("device",), "e"), (("as_dtls_psk",), None), (("resources",), {}), (("resources",), []),
                                     (("resources", "/t"), 5), (("resources", "/t"), ["X"]), (("text_scopes",), {}), (("text_scopes",), 5),
                                     (("hint_scope",), 5), (("clock",), "x"), (("token_keys", 1, "kid_hex"), "01"), (("token_keys",), []),
                                     (("resources",), None), (("token_keys", 0), 5)]):
        yield json.dumps(document).encode()
    many = [["/%d" % i, 1] for i in range(300)]
    for document in _edited(DEVICE_CBOR, [((1,), "e"), ((5,), DEVICE_CBOR[5] * 40), ((5, 0, 3), 70000), ((5, 0, 2), b""), ((8,), many),
                                          ((8, 0), ["/t", 1, 2]), ((9,), [["s%d" % i, [["/t", 1]]] for i in range(300)]),
                                          ((9, 0), ["r", [["/t", 1]], 3]), ((12, 2), 1 << 33), ((12, 9), 1), ((7, 9), 1), ((5, 0, 9), 1),
                                          ((13,), 1), ((1,), "a\0b"), ((6,), {2: bytes(16), 4: 10, 5: b"s", 6: b"c", 20: b"1", 21: b"2"})]):
        yield cbor2.dumps(document)
    yield cbor2.dumps({**DEVICE_CBOR, 1: "e"}) + b"\0"


def requests():
    first = {5: "d", 9: "read"}
    for more in ({4: {1: {1: 4, -1: b"k"}}}, {4: {1: {1: 2, 3: 4}}}, {4: {1: {1: "EC2"}}}, {4: {1: {1: 4}, 3: b"k"}},
                 {9: "x" * 3000}, {39: b""}, {39: bytes(200)}, {33: 2}, {33: 3}):
        yield cbor2.dumps({**first, **more})


def answers():
    osc = {8: {4: {0: b"\1", 2: bytes(16)}}}
    yield cbor2.dumps({1: b"token", 2: 60, **osc, 38: 1})
    yield cbor2.dumps({1: b"token", 2: 60, **osc, 38: 2})
    for text in ("D-0123456789ABCDEF", "see D-0123456789ABCDEF now", "D-0123456789abcdefgh", "D-X", "-" * 30):
        yield cbor2.dumps({30: 5, 31: text})
    for nonce, name in ((b"", b"\2"), (bytes(65), b"\2"), (b"n", bytes(9)), (b"n", b"\1"), (b"n", b"\2")):
        yield cbor2.dumps({42: nonce, 44: name})


IV = bytes(13)
TAG = bytes(8)
CLAIMS = {1: "coap://as.example.com", 3: "sensor-17", 4: 1767229200, 7: b"\1", 8: {4: {0: b"\0\1", 2: b"0123456789abcdef"}},
          9: cbor2.dumps([["/s/temp", 1]]), 38: 2}


def token(claims, kid=b"k1", alg=10):
    return cbor2.dumps(cbor2.CBORTag(61, cbor2.CBORTag(16, [
        cbor2.dumps({1: alg, 4: kid, 5: IV}), {}, cbor2.dumps(claims) + TAG])))


def post(claims, name=b"\x04", **how):
    return cbor2.dumps({1: token(claims, **how), 40: b"nonce-01", 43: name})


def tokens():
    sealed = cbor2.dumps(CLAIMS) + TAG
    inner = cbor2.dumps({1: 10})
    for item in ([b"", {1: 10, 4: b"k1", 5: IV}, sealed], [inner, {1: 10, 4: b"k1", 5: IV}, sealed], [inner, {4: b"k1", 5: IV}, sealed],
                 [cbor2.dumps({1: 10, 2: [1]}), {4: b"k1", 5: IV}, sealed], [inner, {4: b"k1", 5: IV[1:]}, sealed]):
        yield cbor2.dumps(item)
        yield cbor2.dumps(cbor2.CBORTag(16, item))
    yield token(CLAIMS)


def posts():
    yield post(CLAIMS)
    for change in ({3: ["a", "sensor-17"]}, {3: ["a", 5]}, {9: cbor2.dumps([["/s/temp", 1]] * 6)}, {40: 60}, {8: {3: b"\0\1"}},
                   {8: {4: {0: b"\0\1", 2: b"0123456789abcdef", 6: bytes(9)}}}, {8: {4: {0: b"\0\1", 2: b"0123456789abcdef", 4: 1}}}):
        yield post({**CLAIMS, **change})
    yield post(CLAIMS, name=bytes(8))
    yield post(CLAIMS, kid=b"k2")
    yield post(CLAIMS, kid=b"k1", alg=30)
    yield post({**CLAIMS, 2: "s" * 190})
    yield cbor2.dumps({1: b"\xd8\x3d\xd1\x80", 40: b"nonce-01", 43: b"\4"})


def device_lives(event):
    """A context, proven by a request, that is updated; then one that is over, under which a token comes."""
    request = bytes([0, 1]) + bytes.fromhex("b17304") + b"temp"
    update = post({**CLAIMS, 4: 1767229300, 8: {3: b"\0\1"}})
    proven = event(0, post(CLAIMS)) + event(3, request)
    yield proven + event(1, update)
    yield proven + event(1, update) + event(4, b"\xff" * 200) + event(1, update)


def records():
    key = [1, 10, b"k", 0, 0]
    for keys in ([key, key, key], [], [key[:4]], [key + [1]]):
        yield b"\x01" + cbor2.dumps({0: 1, 1: True, 2: "m", 5: keys, 6: 0, 7: 0, 8: 0, 10: 0})
    yield b"\x01" + cbor2.dumps({0: 2})


def blocks(event):
    def message(number, more, szx, size, code=2, path=b"a"):
        value = number << 4 | more << 3 | szx
        return b"\x40" + bytes([code, 0, number]) + b"\xb1" + path + bytes([0xd1, 3, value & 0xff]) + (b"\xff" + bytes(size) if size else b"")

    yield b"".join(event(0x40, message(i, i < 2, 2, 64 if i < 2 else 10)) for i in range(3))
    yield b"".join(event(0, message(i, 1, 2, 64)) for i in range(4))
    yield event(0, message(0, 1, 3, 128)) + event(0, message(1, 0, 3, 10))
    yield b"".join(event(peer, message(0, 1, 2, 64, path=path)) for peer, path in ((0, b"a"), (0, b"b"), (1, b"a"), (2, b"a")))


def all_of(put, event):
    for harness, inputs in (("policy", policies()), ("bundle", bundles()), ("as_request", requests()), ("answers", answers()),
                            ("token", tokens()), ("authz_info", posts()), ("device", device_lives(event)), ("records", records()),
                            ("claims", (cbor2.dumps(CLAIMS),)), ("blocks", blocks(event))):
        for data in inputs:
            put(harness, data)
