#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writing as the first thing: how often the AS is asked, and that a refusal has a decision id and leaves no tokens.

    first_put.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import Daemon, ctl, enroll, free_port, run, sandbox, stored

READ, WRITE = ["GET"], ["GET", "PUT"]


def model(scope_format, *paths):
    return {"resources": {path: WRITE for path in paths}, "scope_format": scope_format, "clock": "rtc",
            "limits": {"lifetime": "1h", "scope_bytes": 64, "token_bytes": 256}}


def rule(client, *scopes):
    return {"effect": "allow", "clients": [client], "devices": ["pump", "flow", "plant"], "scopes": scopes}


POLICY = {
    "format": "ace-policy/1",
    "defaults": {"effect": "deny", "lifetime": "1h"},
    "models": {"pump": model("aif", "/speed"), "flow": model("text", "/flow"), "plant": model("text", "/a", "/b")},
    "scopes": {"pump.read": {"/speed": READ}, "pump.set": {"/speed": WRITE},
               "flow.read": {"/flow": READ}, "flow.set": {"/flow": WRITE},
               "plant.read": {"/a": READ, "/b": READ}, "plant.set": {"/a": WRITE, "/b": WRITE}},
    "rules": {"readers": rule("reader", "pump.read", "flow.read", "plant.read"),
              "writers": rule("writer", "pump.set", "flow.set", "plant.set", "pump.read", "flow.read", "plant.read")},
    "clients": {name: {"auth": {"method": "oscore", "key": "generate"}} for name in ("reader", "writer")},
    "devices": {name: {"model": name, "as_key": {"kid_hex": kid, "alg": "AES-CCM-16-64-128", "key": "generate"}}
                for kid, name in (("01", "pump"), ("02", "flow"), ("03", "plant"))},
}


def put(client, uri, code=0):
    """What was said, and how often the AS was asked and the device."""
    said = run("client/ace-client", "--state-dir", client, "--explain", "put", uri, "-e", "7", code=code)
    return said, len(re.findall(r"^\d+ +POST AS", said, re.M)), len(re.findall(r"^\d+ +(?!POST AS)\S", said, re.M))


def get(client, uri):
    return run("client/ace-client", "--state-dir", client, "-q", "get", uri)


def refused(client, uri, trips):
    said, asked, _ = put(client, uri, code=1)
    assert re.search(r"decision D-[0-9A-Z]{16}", said) and asked == trips, said


def reader(pump, flow):
    """A part of what is asked for is granted, which is not the one that matters: kept once, and no more come."""
    refused("reader", pump, trips=2)
    refused("reader", pump, trips=1)
    assert len(stored()[0]) == 1
    assert get("reader", pump) == "5\n"
    refused("reader", pump, trips=1)
    count = len(stored()[0])
    refused("reader", pump, trips=1)
    assert get("reader", flow) == "5\n"
    refused("reader", flow, trips=1)
    assert len(stored()[0]) == count + 1


def without_a_file_for_keys(pump):
    """The token request is given up before it is sent: there is no answer to be wiped."""
    said = run("client/ace-client", "--state-dir", "reader", "--wireshark-keys", "nowhere/keys", "get", pump, code=2)
    assert "nowhere/keys" in said, said


def writer(pump, flow, plant):
    for uri in (pump, flow):  # probe, token, and the request
        said, asked, spoken = put("writer", uri)
        assert (asked, spoken) == (1, 3), said
        assert get("writer", uri) == "7\n"
        assert put("writer", uri)[1:] == (0, 1)
    said, asked, _ = put("writer", plant)  # names that reach further than the resource
    assert asked == 4 and "rights updated" in said, said
    assert get("writer", plant) == "7\n"


def main():
    as_port = free_port()
    with open("policy.json", "w", encoding="utf-8") as file:
        json.dump(POLICY, file)
    ctl("init", "--as-uri", f"coap://127.0.0.1:{as_port}/token")
    ctl("policy", "apply", "policy.json")
    daemons = [Daemon("as/aced", "--state-dir", "store", "--listen", f"coap://127.0.0.1:{as_port}")]
    for client in ("reader", "writer"):
        enroll(client)
    uris = []
    for device, path in (("pump", "/speed"), ("flow", "/flow"), ("plant", "/a")):
        port = free_port()
        ctl("device", "export", device, "-o", device + ".json")
        daemons.append(Daemon("device/ace-device", "--provision", device + ".json", "--listen", f"127.0.0.1:{port}",
                              "--set", f"{path}=5"))
        uris.append(f"coap://127.0.0.1:{port}{path}")
    without_a_file_for_keys(uris[0])
    reader(*uris[:2])
    writer(*uris)
    print("first_put: one trip, and refusals with a reason")


if __name__ == "__main__":
    sandbox(main)
