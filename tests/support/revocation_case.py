# SPDX-License-Identifier: Apache-2.0
"""What the scripts about revoked tokens share: a store, lines to aced for a device and for clients, and tokens."""
import base64
import hashlib
import json
import os
import shutil

import cbor2

from oscore_peer import ECHO, POST, Line, token_request
from programs import SOURCE, ctl

URI_QUERY = 15


def make_store(port, more_clients=(), env=None):
    """The demo's, thermo-101 has a line to aced, and there are further clients without tags."""
    folder = shutil.copytree(os.path.join(SOURCE, "policies/demo"), "policy")
    path = os.path.join(folder, "inventory.json")
    with open(path, encoding="utf-8") as file:
        inventory = json.load(file)
    inventory["devices"]["thermo-101"]["as_line"] = {"method": "oscore", "key": "generate"}
    inventory["clients"].update({name: {"auth": {"method": "oscore", "key": "generate"}} for name in more_clients})
    with open(path, "w", encoding="utf-8") as file:
        json.dump(inventory, file)
    ctl("init", "--as-uri", f"coap://127.0.0.1:{port}/token", env=env)
    ctl("policy", "apply", folder, env=env)


def client_line(client):
    ctl("client", "export", client, "-o", client + ".json")
    return Line(client + ".json")


def device_line(device):
    ctl("device", "export", device, "-o", device + ".json")
    with open(device + ".json", encoding="utf-8") as file:
        export = json.load(file)
    with open(device + "-line.json", "w", encoding="utf-8") as file:
        json.dump({"client": device, "as_uri": export["as_uri"], "oscore": export["as_oscore"]}, file)
    return Line(device + "-line.json")


def ask(line, code, path, body=b"", query=""):
    options = [(URI_QUERY, part.encode()) for part in query.split("&") if part]
    answer = line.exchange(line.protect(code, path, body, options))
    if answer.option(ECHO) is not None:
        answer = line.exchange(line.protect(code, path, body, options + [(ECHO, answer.option(ECHO))]))
    return answer


def grant(line):
    answer = ask(line, POST, "token", token_request("thermo-101", "climate.read"))
    assert str(answer) == "2.01", answer
    answer = cbor2.loads(answer.payload)
    return answer[1], answer[2]


def hash_of(token):
    text = base64.urlsafe_b64encode(token).rstrip(b"=")
    return b"\1" + hashlib.sha256(text).digest()
