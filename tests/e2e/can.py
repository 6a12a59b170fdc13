#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may do what: acectl can and who-can, under the policy in force and under drafts.

    can.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, building, case, edit, says, tell
from programs import sandbox

STORE = ("--state-dir", "store")
HOURS = "techs-adjust-own-site   mon-fri 07:00–18:00 Europe/Stockholm\n"


def rights(setpoint, firmware=None):
    return (f"  POST /fw                       {firmware:6} {HOURS}" if firmware else "") + (
        f"  GET /humidity                  8h     read-climate\n"
        f"  GET PUT /setpoint              {setpoint:6} {HOURS}"
        f"  GET /temp                      8h     read-climate\n")


def in_force():
    says("thermo-101 (thermo-v2)\n" + rights("30m", "30m") + "thermo-srv (thermo-v2)\n" + rights("30m"),
         *STORE, "can", "tech-anna", err="")
    says("thermo-srv (thermo-v2)\n" + rights("10m"), *STORE, "can", "tech-anna", "thermo-srv",
         "--at", "2026-11-24T17:50:00+01:00")
    says("thermo-101 (thermo-v2)\n  GET /humidity                  8h     read-climate\n"
         "  GET /temp                      8h     read-climate\n", *STORE, "can", "tech-anna", "coap://thermo-101.b7.example",
         "--at", "2026-11-24T18:00:00+01:00")
    says("door-front (door-v1)\n  door.open (GET PUT /lock)      5m     reception-opens-front-door   until 2027-06-30T22:00:00Z\n",
         *STORE, "can", "reception-tablet")
    says("", *STORE, "can", "wallboard-2", code=1, err="wallboard-2 may do nothing\n")
    says("tech-anna, tech-bo, wallboard-1\n  GET /temp                      8h     read-climate\n",
         *STORE, "who-can", "GET", "/temp", "thermo-101")
    says("tech-anna\n  PUT /setpoint                  30m    " + HOURS, *STORE, "who-can", "PUT", "/setpoint", "thermo-101")
    says("", *STORE, "who-can", "PUT", "/setpoint", "thermo-101", "--at", "2026-11-22T12:00:00Z", code=1,
         err="nobody may do that\n")
    says("", *STORE, "can", "tech-ana", code=1, err="acectl: no client tech-ana (did you mean tech-anna?)\n"
         "  hint: acectl client list names them all\n")
    says("", *STORE, "who-can", "GET", "/temp", "thermo-110", code=1,
         err="acectl: no device thermo-110 (did you mean thermo-101?)\n  hint: acectl device list names them all\n")
    for verb in (("can", "tech-anna", "--at", "noon"), ("who-can", "get", "/temp", "thermo-101"), ("who-can", "GET", "/temp")):
        case("usage", acectl(*STORE, *verb).code == 2, verb)


def as_json():
    said = answer(*STORE, "who-can", "PUT", "/lock", "door-front")
    right = {"scope": "door.open", "grants": [{"path": "/lock", "methods": ["GET", "PUT"]}], "expires_in": 300,
             "rules": [{"id": "reception-opens-front-door", "times": "until 2027-06-30T22:00:00Z"}], "unless": []}
    case("who-can", said == {"method": "PUT", "path": "/lock", "device": "door-front", "generation": 1, "draft": False, "at": None,
                             "groups": [{"clients_count": 1, "clients": ["reception-tablet"], "rights": [right]}]}, said)
    said = answer(*STORE, "can", "tech-anna", "--at", "2026-11-24T17:50:00+01:00")
    case("can", said["at"] == "2026-11-24T16:50:00Z" and [group["devices"] for group in said["groups"]] ==
         [["thermo-101"], ["thermo-srv"]] and said["groups"][1]["rights"][1]["expires_in"] == 600, said)
    case("nothing is an answer", answer(*STORE, "can", "wallboard-2", code=1)["groups"] == [])


def drafts():
    """As if files were applied; the store stays as it is."""
    def policy(document):
        document["rules"]["all-may-load"] = {"effect": "allow", "clients": ["tag:role=technician"], "devices": ["*"],
                                             "scopes": ["firmware.load"]}

    edit("site/policy.json", policy)
    new = {"auth": {"method": "oscore", "key": "generate"}, "tags": {"role": "technician", "site": "b7"}}
    edit("site/inventory.json", lambda document: document["clients"].update({"tech-new": new}))
    edit("site/inventory.json", lambda document: document["clients"]["tech-bo"].update(enabled=False))
    load = ("who-can", "POST", "/fw", "thermo-101")
    case("before", answer(*STORE, *load)["groups"][0]["clients"] == ["tech-anna"])
    said = answer(*STORE, *load, "--policy", "site/policy.json")
    case("a policy alone", said["draft"] and [group["clients"] for group in said["groups"]] == [["tech-anna"], ["tech-bo"]], said)
    said = answer(*STORE, *load, "--policy", "site/policy.json", "--policy", "site/inventory.json")
    case("parties of the files count", [group["clients"] for group in said["groups"]] == [["tech-anna", "tech-new"]], said)
    case("one that only files have", answer(*STORE, "can", "tech-new", "thermo-101", "--policy", "site")["client"] == "tech-new")
    said = answer(*STORE, "explain", "tech-bo", "thermo-srv", "firmware.load", "--policy", "site/policy.json", code=1)
    case("explain says why the draft refuses", said["decision"] == "deny (explicit)" and "generation" not in said, said)
    said = answer(*STORE, "explain", "tech-bo", "thermo-101", "firmware.load", "--policy", "site/policy.json")
    case("explain of a draft", said["decision"] == "allow" and said["token"]["bytes"], said)
    said = answer(*STORE, "explain", "tech-new", "thermo-101", "firmware.load", "--policy", "site")
    case("explain of a client that only files have", said["decision"] == "allow", said)
    case("without the draft it is refused", acectl(*STORE, "explain", "tech-bo", "thermo-101", "firmware.load").code == 1)
    case("what was decided has its own policy", acectl(*STORE, "explain", "D-01KB2R7Q8ZJ4N0PX", "--policy", "site").code == 2)
    case("nothing was applied", acectl(*STORE, "can", "tech-new").code == 1 and len(answer(*STORE, "policy", "log")) == 1)
    edit("site/policy.json", lambda document: document["rules"]["all-may-load"].update(scopes=["firmware.laod"]))
    result = acectl(*STORE, *load, "--policy", "site/policy.json")
    case("a bad draft is told", result.code == 1 and "E104" in result.err and not result.out, result)


def large():
    """A hundred devices that are alike are one line."""
    with open("many.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "devices": {
            f"many-{n:03}": {"model": "thermo-v2", "tags": {"kind": "climate", "site": "b7"},
                             "as_key": {"kid_hex": f"{n + 16:04x}", "key": "generate"}} for n in range(120)}}, file)
    said = acectl(*STORE, "can", "wallboard-1", "--policy", "many.json")
    case("names and a count", said.out.startswith("many-000, many-001,") and "many-009 and 112 more (thermo-v2)\n" in said.out and
         said.out.count("\n") == 3, said)
    group = answer(*STORE, "can", "wallboard-1", "--policy", "many.json")["groups"][0]
    case("the count is whole", group["devices_count"] == 122 and len(group["devices"]) == 100, group)


def main():
    building("site")
    acectl(*STORE, "init")
    acectl(*STORE, "policy", "apply", "site")
    in_force()
    as_json()
    drafts()
    large()
    tell()


if __name__ == "__main__":
    sandbox(main)
