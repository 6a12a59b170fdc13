#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""acectl policy diff --replay: the requests that aced logged, decided again under a draft.

    policy_replay.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, case, edit, tell
from oscore_peer import POST, token_request
from programs import Clock, Daemon, free_port, sandbox
from revocation_case import ask, client_line, make_store

STORE = ("--state-dir", "store")
POLICY, INVENTORY = "policy/policy.json", "policy/inventory.json"
DIFF = (*STORE, "policy", "diff", "policy", "--replay", "7d")


def log(anna, wallboard):
    """Four requests that the policy decides, three of them alike, and one that it has no say in."""
    for line, device, scope, code in ((anna, "thermo-101", "climate.read climate.set", "2.01"), (wallboard, "thermo-101", "climate.read", "2.01"),
                                      (wallboard, "thermo-101", "climate.set", "4.00"), (wallboard, "thermo-101", "climate.set", "4.00"),
                                      (wallboard, "thermo-101", "climate.set", "4.00"), (wallboard, "nobody", "climate.read", "4.00")):
        reply = ask(line, POST, "token", token_request(device, scope))
        case(f"{device} {scope}", str(reply) == code, reply)


def replay(*flags, code=1, env=None):
    result = acectl("--json", *DIFF, *flags, env=env)
    case("replay", result.code == code and not result.err, result)
    return json.loads(result.out)["replay"]


def the_same():
    said = replay(code=0)
    case("nothing would go otherwise", (said["requests"], said["skipped"], said["otherwise"], said["changes"]) == (5, 1, 0, []), said)
    case("in words", re.fullmatch(r"generation 1 → draft: nobody gains or loses anything\n"
                                  r"replayed 5 requests since [-0-9T:Z]{20}: 0 would go otherwise \(1 left out: .*\)\n", acectl(*DIFF).out))


def otherwise():
    def change(document):
        document["rules"]["boards-set"] = {"effect": "allow", "clients": ["group:dashboards"], "devices": ["*"], "scopes": ["climate.set"],
                                           "lifetime": "5m"}
        document["rules"]["no-set"] = {"effect": "deny", "clients": ["tech-anna"], "devices": ["*"], "scopes": ["climate.set"]}

    edit(POLICY, change)
    said = replay()
    case("counts", (said["requests"], said["otherwise"], len(said["changes"])) == (5, 4, 2), said)
    narrowed, gained = said["changes"]
    case("less is granted", (narrowed["client"], narrowed["scope"], narrowed["count"]) == ("tech-anna", "climate.read climate.set", 1) and
         narrowed["before"] == {"outcome": "granted", "scope": "/setpoint:GET,PUT /temp:GET", "expires_in": 3600, "denied_by": None} and
         narrowed["after"] == {"outcome": "granted", "scope": "/temp:GET", "expires_in": 3600, "denied_by": None}, narrowed)
    case("alike refusals count", (gained["client"], gained["device"], gained["count"]) == ("wallboard-1", "thermo-101", 3) and
         gained["before"] == {"outcome": "refused", "scope": None, "expires_in": 0, "denied_by": None} and
         gained["after"] == {"outcome": "granted", "scope": "/setpoint:GET,PUT", "expires_in": 300, "denied_by": None}, gained)
    case("the decision is one", acectl(*STORE, "explain", gained["decision"]).code == 1)
    said = acectl(*DIFF)
    case("in words", said.code == 1 and ("\n  wallboard-1 → thermo-101  climate.set\n      refused → /setpoint:GET,PUT for 300 s\n"
                                         "      3 times, last ") in said.out, said)
    said = acectl(*DIFF, "--format", "markdown").out
    case("as a list", "\n- wallboard-1 → thermo-101  climate.set; refused → /setpoint:GET,PUT for 300 s; 3 times, last " in said, said)
    edit(POLICY, lambda document: document["rules"]["no-set"].update(scopes=["climate.read", "climate.set"]))
    said = replay()["changes"][0]
    case("a denial has a name", said["after"] == {"outcome": "refused", "scope": None, "expires_in": 0, "denied_by": "no-set"}, said)


def parties():
    """Those of the draft count."""
    edit(INVENTORY, lambda document: document["clients"]["tech-anna"].update(tags={"role": "guest"}))
    edit(INVENTORY, lambda document: document["clients"].pop("wallboard-1"))
    edit(POLICY, lambda document: document["rules"].pop("no-set"))
    edit(POLICY, lambda document: document["client_groups"]["dashboards"].update(members=["tech-anna"]))
    said = replay("--prune")["changes"]
    case("who is removed", [(one["client"], one["after"]["outcome"]) for one in said if one["client"] == "wallboard-1"] ==
         [("wallboard-1", "gone")], said)
    case("another lifetime", said[0]["client"] == "tech-anna" and said[0]["after"]["expires_in"] == 300 and
         said[0]["after"]["scope"] == said[0]["before"]["scope"], said)


def of_that_time(clock):
    clock.ahead(2 * 86400)
    result = json.loads(acectl("--json", *DIFF[:-1], "1d", env=clock.env).out)
    case("older requests do not count", result["replay"]["requests"] == 0, result["replay"])
    case("younger ones do", replay(env=clock.env)["requests"] == 5)
    for text in ("7", "d", "0d", "7w", "-1d"):
        case("usage", acectl(*STORE, "policy", "diff", "policy", f"--replay={text}").code == 2, text)


def main():
    clock, port = Clock("clock"), free_port()
    make_store(port)
    os.remove("policy/policy.test.json")
    aced = Daemon("as/aced", *STORE, "--listen", f"coap://127.0.0.1:{port}", "--log-level", "error")
    log(client_line("tech-anna"), client_line("wallboard-1"))
    case("aced ends", aced.stop(signal.SIGTERM) == 0)
    the_same()
    otherwise()
    parties()
    of_that_time(clock)
    tell()


if __name__ == "__main__":
    sandbox(main)
