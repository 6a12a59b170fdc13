#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A mixed fleet: devices that want their tokens in different forms, served by one aced. The presets of policies/presets
as they are, then every layout with every algorithm. Each token is opened in Python, then taken by an ace-device.

    fleet.py BUILD_DIR SOURCE_DIR
"""
import glob
import json
import os
import shutil
import signal
import sys

import cbor2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from oscore_peer import Line, open_token
from programs import SOURCE, Daemon, aced_start, ctl, free_port, run, sandbox

ISS, SUB, AUD, EXP, IAT, CTI, CNF, SCOPE, PROFILE, EXI = 1, 2, 3, 4, 6, 7, 8, 9, 38, 40
ACCESS_TOKEN, EXPIRES_IN, CNF_PARAM, SCOPE_PARAM, ERROR, DESCRIPTION = 1, 2, 8, 9, 30, 31
OSC_ID, OSC_MS, OSC_SALT = 0, 2, 5
INVALID_SCOPE = 6
ALGS = {"AES-CCM-16-64-128": 10, "AES-CCM-16-128-128": 30, "AES-CCM-16-128-256": 31, "A128GCM": 1}
LAYOUTS = ("protected", "rfc8392", "bare")
OMITTED = {"iss": ISS, "sub": SUB, "iat": IAT}
MATRIX_CLIENT = "matrix-client"


def matrix():
    """Each layout with each algorithm: one model a layout, one device each."""
    models, devices = {}, {}
    for layout in LAYOUTS:
        models["matrix-" + layout] = {"resources": {"/temp": ["GET"]}, "clock": "rtc", "token": {"layout": layout}}
        for alg, number in ALGS.items():
            devices[f"{layout}-{number}"] = {"model": "matrix-" + layout, "as_key": {
                "kid_hex": f"{LAYOUTS.index(layout):02x}{number:02x}", "alg": alg, "key": "generate"}}
    return {"format": "ace-policy/1", "models": models, "devices": devices, "scopes": {"matrix": {"/temp": ["GET"]}},
            "clients": {MATRIX_CLIENT: {"auth": {"method": "oscore", "key": "generate"}}},
            "rules": {"matrix": {"effect": "allow", "clients": [MATRIX_CLIENT], "devices": sorted(devices),
                                 "scopes": ["matrix"]}}}


class Fleet:
    """What the files say, and the programs that serve it."""

    def __init__(self, files):
        self.parts = {}
        for path in files:
            with open(path, encoding="utf-8") as file:
                for section, members in json.load(file).items():
                    if isinstance(members, dict):
                        self.parts.setdefault(section, {}).update(members)
        for device in self.parts["devices"]:
            ctl("device", "export", device, "-o", device + ".json")
        self.lines = {}

    def line(self, client):
        if client not in self.lines:
            ctl("client", "export", client, "-o", client + ".json")
            self.lines[client] = Line(client + ".json")
        return self.lines[client]

    def audience(self, device):
        return self.parts["devices"][device].get("audience", device)

    def model(self, device):
        return self.parts["models"][self.parts["devices"][device]["model"]]


def aif(permissions):
    bits = {"GET": 1, "POST": 2, "PUT": 4, "DELETE": 8, "FETCH": 16}
    return cbor2.dumps([[path, sum(bits[m] for m in methods)] for path, methods in sorted(permissions.items())])


def check_claims(fleet, client, device, answer, token):
    """The claims are those that the model asks for, in ascending order; what is in the answer fits them."""
    model = fleet.model(device)
    settings, has_clock = model.get("token", {}), model["clock"] == "rtc"
    claims = token.claims
    left_out = {OMITTED[name] for name in settings.get("omit", [])}
    wanted = {ISS, SUB, AUD, EXP if has_clock else EXI, IAT, CTI, CNF, SCOPE, PROFILE} - left_out
    assert list(claims) == sorted(wanted), (device, claims)
    assert cbor2.dumps(claims) == token.plain, device  # shortest heads
    assert claims[AUD] == fleet.audience(device) and claims[PROFILE] == 2
    assert SUB in left_out or claims[SUB] == client
    assert not (IAT not in left_out and has_clock) or claims[EXP] - claims[IAT] == answer[EXPIRES_IN]
    assert has_clock or claims[EXI] == answer[EXPIRES_IN]
    assert has_clock or (claims[CTI][:-4] == claims[AUD].encode() and len(claims[CTI]) == len(claims[AUD]) + 4)
    assert list(claims[CNF]) == [4] and claims[CNF] == answer[CNF_PARAM], device
    osc = claims[CNF][4]
    assert list(osc) == [OSC_ID, OSC_MS] + [OSC_SALT] * settings.get("salt", True), (device, osc)
    assert len(osc[OSC_MS]) == 16 and len(osc[OSC_ID]) == settings.get("id_bytes", 6), (device, osc)


def check_token(fleet, client, device, scope, granted):
    """Ask, and open what comes; granted is the scope claim that must be in it."""
    answer, _ = fleet.line(client).ask(cbor2.dumps({5: fleet.audience(device), 9: scope}))
    assert str(answer) == "2.01", (device, answer)
    answer = cbor2.loads(answer.payload)
    token = open_token(device + ".json", answer[ACCESS_TOKEN])
    alg = fleet.parts["devices"][device]["as_key"].get("alg", "AES-CCM-16-64-128")
    assert (token.layout, token.alg) == (fleet.model(device)["token"]["layout"], ALGS[alg]), (device, token)
    check_claims(fleet, client, device, answer, token)
    assert token.claims[SCOPE] == granted, (device, token.claims[SCOPE])
    assert answer.get(SCOPE_PARAM, scope) == granted, (device, answer)
    limit = fleet.model(device).get("limits", {}).get("token_bytes", 1024)
    assert len(answer[ACCESS_TOKEN]) <= limit, (device, len(answer[ACCESS_TOKEN]))
    return answer[ACCESS_TOKEN]


def get(fleet, client, device, path):
    """By the tools, from the hints to the value."""
    port = free_port()
    served = Daemon("device/ace-device", "--provision", device + ".json", "--listen", f"127.0.0.1:{port}",
                    "--set", f"{path}=21.5")
    if not os.path.exists(client + ".ace"):
        ctl("client", "ticket", client, "-o", client + ".ace")
        run("client/ace-client", "--state-dir", client, "enroll", client + ".ace")
    said = run("client/ace-client", "--state-dir", client, "-q", "get", f"coap://127.0.0.1:{port}{path}")
    assert said == "21.5\n", (device, said)
    assert served.stop(signal.SIGTERM) == 0


def presets_give_what_they_say(fleet):
    both = {"/temp": ["GET"], "/setpoint": ["GET", "PUT"]}
    check_token(fleet, "revocable-reader", "revocable-1", aif(both), aif(both))
    check_token(fleet, "no-clock-reader", "no-clock-1", aif({"/temp": ["GET"]}), aif({"/temp": ["GET"]}))
    check_token(fleet, "plain-headers-reader", "plain-headers-1", aif({"/temp": ["GET"]}), aif({"/temp": ["GET"]}))
    check_token(fleet, "named-scopes-reader", "named-scopes-1", "lock.use", "lock.use")
    check_token(fleet, "smallest-token-reader", "smallest-token-1", "r", "r")
    for device in fleet.parts["devices"]:
        if device.startswith(tuple(LAYOUTS)):
            continue
        model = fleet.parts["devices"][device]["model"]
        get(fleet, model + "-reader", device, next(iter(fleet.model(device)["resources"])))


def scopes_come_in_the_form_that_the_device_reads(fleet):
    """Names where AIF is wanted, AIF where names are, and less than what was asked, in both forms."""
    temp, setpoint = aif({"/temp": ["GET"]}), aif({"/setpoint": ["GET", "PUT"]})
    check_token(fleet, "revocable-reader", "revocable-1", "revocable.read", temp)
    check_token(fleet, "revocable-reader", "revocable-1", "revocable.set nothing", setpoint)
    check_token(fleet, "revocable-reader", "revocable-1", aif({"/temp": ["GET", "PUT"], "/else": ["GET"]}), temp)
    check_token(fleet, "named-scopes-reader", "named-scopes-1", "lock.use lock.log", "lock.use")
    check_token(fleet, "named-scopes-reader", "named-scopes-1", aif({"/lock": ["GET", "PUT"], "/log": ["FETCH"]}), "lock.use")
    check_token(fleet, "named-scopes-auditor", "named-scopes-1", "lock.log lock.use", "lock.log")
    # Firmware maps a name as a whole: of a name that is not granted whole, nothing is.
    answer, _ = fleet.line("named-scopes-reader").ask(cbor2.dumps({5: "named-scopes-1", 9: aif({"/lock": ["GET"]})}))
    assert (str(answer), cbor2.loads(answer.payload)[ERROR]) == ("4.00", INVALID_SCOPE), answer
    # What is left out comes from the client's record.
    answer, _ = fleet.line("named-scopes-reader").ask(cbor2.dumps({}))
    answer = cbor2.loads(answer.payload)
    token = open_token("named-scopes-1.json", answer[ACCESS_TOKEN])
    assert (token.claims[AUD], token.claims[SCOPE]) == ("named-scopes-1", "lock.use")
    assert answer[SCOPE_PARAM] == "lock.use", answer


def limit_token(model, length):
    path = f"policy/{model}.json"
    with open(path, encoding="utf-8") as file:
        preset = json.load(file)
    preset["models"][model]["limits"]["token_bytes"] = length
    with open(path, "w", encoding="utf-8") as file:
        json.dump(preset, file)
    ctl("policy", "apply", "policy")


def what_explain_says_is_what_comes(fleet):
    """The form, and the size to the byte; and a token that gets too long is refused with a reason that can be looked up."""
    for device, settings in fleet.parts["devices"].items():
        model = settings["model"]
        client, scope = (MATRIX_CLIENT, "matrix") if model.startswith("matrix-") else {
            "revocable": ("revocable-reader", "revocable.read"), "named-scopes": ("named-scopes-reader", "lock.use"),
            "smallest-token": ("smallest-token-reader", "r")}.get(model, (model + "-reader", model + ".read"))
        said = json.loads(ctl("explain", client, device, scope, "--json"))["token"]
        answer, _ = fleet.line(client).ask(cbor2.dumps({5: fleet.audience(device), 9: scope}))
        token = cbor2.loads(answer.payload)[ACCESS_TOKEN]
        form = fleet.model(device)["token"]
        assert said["bytes"] == len(token), (device, said, len(token))
        assert (said["layout"], said["alg"]) == (form["layout"], settings["as_key"]["alg"]), said
        assert said["salt"] == form.get("salt", True) and set(said["omitted"]) == set(form.get("omit", [])), said

    both = {"/setpoint": ["GET", "PUT"], "/temp": ["GET"]}
    length = len(check_token(fleet, "revocable-reader", "revocable-1", aif(both), aif(both)))
    limit_token("revocable", length - 1)
    warned = {problem["code"]: problem["message"] for problem in
              json.loads(ctl("policy", "apply", "policy", "--dry-run", "--json"))["problems"]}
    assert f" is {length + 2} bytes" in warned["W211"], warned  # numbers grow by a byte in 2032
    answer, _ = fleet.line("revocable-reader").ask(cbor2.dumps({5: fleet.audience("revocable-1"), 9: aif(both)}))
    refusal = cbor2.loads(answer.payload)
    assert (str(answer), refusal[ERROR]) == ("4.00", INVALID_SCOPE), answer
    for question in ((refusal[DESCRIPTION],), ("revocable-reader", "revocable-1", "revocable.read revocable.set")):
        said = json.loads(ctl("explain", *question, "--json", code=1))
        assert (said["reason"], said["error"]) == ("token-too-long", "invalid_scope"), said
        assert (said["token"]["bytes"], said["token"]["bytes_max"]) == (length, length - 1), said
        text = ctl("explain", *question, code=1)
        assert text.startswith("DENY (token too long)") and "omit iat, omit iss, omit sub, no salt" in text, text
    check_token(fleet, "revocable-reader", "revocable-1", aif({"/temp": ["GET"]}), aif({"/temp": ["GET"]}))
    limit_token("revocable", 256)


def every_layout_goes_with_every_algorithm(fleet):
    devices = [f"{layout}-{number}" for layout in LAYOUTS for number in ALGS.values()]
    for device in devices:
        check_token(fleet, MATRIX_CLIENT, device, aif({"/temp": ["GET"]}), aif({"/temp": ["GET"]}))
    for device in devices:
        get(fleet, MATRIX_CLIENT, device, "/temp")


def main():
    port = free_port()
    files = [path for path in sorted(glob.glob(os.path.join(SOURCE, "policies/presets/*.json"))) if not path.endswith(".test.json")]
    assert len(files) == 5, files
    os.mkdir("policy")
    for path in files:
        shutil.copy(path, "policy")
    with open("policy/matrix.json", "w", encoding="utf-8") as file:
        json.dump(matrix(), file)
    ctl("init", "--as-uri", f"coap://127.0.0.1:{port}/token")
    ctl("policy", "apply", "policy")
    aced = aced_start(port)
    fleet = Fleet(sorted(glob.glob("policy/*.json")))
    # The lines in Python come first: a ticket replaces a client's key.
    scopes_come_in_the_form_that_the_device_reads(fleet)
    what_explain_says_is_what_comes(fleet)
    presets_give_what_they_say(fleet)
    every_layout_goes_with_every_algorithm(fleet)
    assert aced.stop(signal.SIGTERM) == 0
    print("the fleet is served")


if __name__ == "__main__":
    sandbox(main)
