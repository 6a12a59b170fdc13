#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who gains and who loses what: acectl policy diff between files and the policy in force, and between generations, as text, JSON
and Markdown.

    policy_diff.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, building, case, edit, says, tell
from programs import sandbox

STORE = ("--state-dir", "store")
DIFF = (*STORE, "policy", "diff")
POLICY, INVENTORY = "site/policy.json", "site/inventory.json"
HOURS = "techs-adjust-own-site   mon-fri 07:00–{}:00 Europe/Stockholm\n"


def same():
    says("generation 1 → draft: nobody gains or loses anything\n", *DIFF, "site", err="")
    says("generation 1 → 1: nobody gains or loses anything\n", *DIFF, "--from", "1", err="")
    said = answer(*DIFF, POLICY)
    case("nothing", said == {"before": {"generation": 1, "draft": False}, "after": {"generation": None, "draft": True},
                             "rules": {"added": [], "changed": [], "removed": []}, "clients_gaining": 0, "clients_losing": 0,
                             "clients_changing": 0, "devices": 0, "changes": []}, said)
    edit(POLICY, lambda document: document["rules"].update(nobody={
        "effect": "allow", "clients": ["wallboard-2"], "devices": ["*"], "scopes": ["climate.set"]}))
    says("generation 1 → draft: nobody gains or loses anything\nrules: +nobody\n", *DIFF, "site")
    edit(POLICY, lambda document: document["rules"].pop("nobody"))


def draft():
    def change(document):
        rules = document["rules"]
        rules["all-may-load"] = {"effect": "allow", "clients": ["tag:role=technician"], "devices": ["*"], "scopes": ["firmware.load"]}
        rules["read-climate"]["lifetime"] = "1h"
        rules["techs-adjust-own-site"]["when"]["time"][0]["to"] = "16:00"
        rules["no-set"] = {"effect": "deny", "clients": ["tech-anna"], "devices": ["thermo-srv"], "scopes": ["climate.set"]}
        del rules["reception-opens-front-door"]

    edit(POLICY, change)
    says("generation 1 → draft: 1 client gains, 2 lose, 3 have other times or lifetimes, at 3 devices\n"
         "rules: +all-may-load  +no-set  ~read-climate  -reception-opens-front-door  ~techs-adjust-own-site\n"
         "reception-tablet → door-front (door-v1)\n"
         "-  door.open (GET PUT /lock)      5m     reception-opens-front-door   until 2027-06-30T22:00:00Z\n"
         "tech-anna → thermo-101 (thermo-v2)\n"
         "~  POST /fw                       30m    all-may-load, " + HOURS.format(16) +
         "     was                          30m    " + HOURS.format(18) +
         "~  GET PUT /setpoint              30m    " + HOURS.format(16) +
         "     was                          30m    " + HOURS.format(18) +
         "tech-anna, tech-bo, wallboard-1 → thermo-101, thermo-srv (thermo-v2)\n"
         "~  GET /humidity                  1h     read-climate\n"
         "     was                          8h     read-climate\n"
         "~  GET /temp                      1h     read-climate\n"
         "     was                          8h     read-climate\n"
         "tech-anna → thermo-srv (thermo-v2)\n"
         "-  GET PUT /setpoint              30m    " + HOURS.format(18) +
         "     denied by no-set\n"
         "tech-bo → thermo-101 (thermo-v2)\n"
         "+  POST /fw                       1h     all-may-load\n", *DIFF, POLICY, code=1, err="")
    said = answer(*DIFF, POLICY, code=1)
    case("rules", said["rules"] == {"added": ["all-may-load", "no-set"], "changed": ["read-climate", "techs-adjust-own-site"],
                                    "removed": ["reception-opens-front-door"]}, said)
    case("counts", [said[name] for name in ("clients_gaining", "clients_losing", "clients_changing", "devices")] == [1, 2, 3, 3])
    denied = said["changes"][3]
    case("a loss says who denies it", denied["rights"][0]["change"] == "lost" and denied["rights"][0]["denied_by"] == ["no-set"] and
         denied["clients"]["ids"] == ["tech-anna"] and denied["model"] == "thermo-v2", denied)
    changed = said["changes"][2]["rights"][0]
    case("a change says what was", changed["right"]["expires_in"] == 3600 and changed["before"]["expires_in"] == 28800, changed)
    case("--format json is --json", json.loads(acectl(*DIFF, POLICY, "--format", "json").out) == said)


def markdown():
    said = acectl(*DIFF, POLICY, "--format", "markdown")
    lines = said.out.splitlines()
    case("a heading and a table", said.code == 1 and lines[0] == "### Policy: generation 1 → draft" and
         lines[4:6] == ["| | clients | devices | right | lifetime | by |", "|---|---|---|---|---|---|"], said)
    case("a row a right", "| gained | `tech-bo` | `thermo-101` | `POST /fw` | 3600 s | `all-may-load` |" in lines and
         "| **lost** | `tech-anna` | `thermo-srv` | `GET PUT /setpoint` | 1800 s | `techs-adjust-own-site`, denied by `no-set` |"
         in lines, said)
    case("each row has its cells", all(line.count("|") == 7 for line in lines[4:]), said)
    case("no difference", acectl(*DIFF, "--to", "1", "--format", "markdown").out ==
         "### Policy: generation 1 → 1\n\nnobody gains or loses anything.\n")


def parties():
    """An inventory decides, too."""
    def change(document):
        document["clients"]["tech-bo"]["tags"]["site"] = "b7"
        document["clients"]["wallboard-1"]["enabled"] = False
        document["clients"]["wallboard-9"] = {"auth": {"method": "oscore", "key": "generate"}}

    edit(INVENTORY, change)
    said = answer(*DIFF, INVENTORY, code=1)
    case("tags and switches", [(one["clients"]["ids"], one["devices"]["ids"], one["clients"]["after"], [row["change"] for row in one["rights"]])
                               for one in said["changes"]] ==
         [(["tech-bo"], ["thermo-101"], "active", ["gained"]), (["tech-bo"], ["thermo-101", "thermo-srv"], "active", ["gained"]),
          (["wallboard-1"], ["thermo-101", "thermo-srv"], "disabled", ["lost", "lost"])], said)
    case("why", "wallboard-1 (now disabled) → thermo-101, thermo-srv (thermo-v2)\n" in acectl(*DIFF, INVENTORY).out)
    edit(INVENTORY, lambda document: document["devices"]["door-front"].update(enabled=False))
    shut = [one for one in answer(*DIFF, INVENTORY, code=1)["changes"] if one["devices"]["ids"] == ["door-front"]]
    case("a device is switched off", shut and all((one["devices"]["before"], one["devices"]["after"], one["clients"]["after"]) ==
                                                  ("active", "disabled", "active") for one in shut), shut)
    edit(INVENTORY, lambda document: document["devices"].pop("door-front"))
    edit(INVENTORY, lambda document: document["clients"].pop("tech-anna"))
    case("what is not listed stays", answer(*DIFF, INVENTORY, code=1) == said)
    said = acectl(*DIFF, INVENTORY, "--prune").out
    case("unless it is pruned", "reception-tablet → door-front (gone) (door-v1)\n" in said and "\ntech-anna (gone) → " in said, said)
    edit(INVENTORY, lambda document: document["devices"]["thermo-101"].update(enabled=False))
    edit(INVENTORY, lambda document: document["devices"].pop("thermo-srv"))
    lost = {tuple(one["devices"]["ids"]): one["devices"]["after"] for one in answer(*DIFF, INVENTORY, "--prune", code=1)["changes"]
            if one["clients"]["ids"] == ["wallboard-1"]}
    case("switched off and gone are two things", lost == {("thermo-101",): "disabled", ("thermo-srv",): "absent"}, lost)


def generations():
    acectl(*STORE, "policy", "apply", POLICY, "--no-tests")
    forth, back = answer(*DIFF, "--from", "1", "--to", "2", code=1), answer(*DIFF, "--to", "1", code=1)
    case("forth and back", forth["clients_gaining"] == back["clients_losing"] == 1 and
         forth["before"] == back["after"] == {"generation": 1, "draft": False}, (forth, back))
    case("files against an old one", answer(*DIFF, POLICY, "--from", "1", code=1)["changes"] == forth["changes"])
    case("nothing was there at first", acectl(*DIFF, "--from", "0").out.startswith("generation 0 → 2: 3 clients gain, at 2 devices\n"))
    says("", *DIFF, "--to", "9", code=1, err="acectl: no generation 9\n  hint: acectl policy log lists them all\n")
    for flags in ((), ("site", "--to", "1"), ("--to", "last"), ("--prune", "--to", "1"), ("site", "--format", "yaml")):
        case("usage", acectl(*DIFF, *flags).code == 2, flags)
    edit(POLICY, lambda document: document["rules"]["all-may-load"].update(scopes=["firmware.laod"]))
    said = acectl(*DIFF, POLICY)
    case("a bad draft is told", said.code == 1 and "E104" in said.err and not said.out, said)
    case("a store must be there", acectl("--state-dir", "nowhere", "policy", "diff", "--to", "1").code == 1)


def many():
    """Alike parties are told by what they have in common."""
    with open("many.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "clients": {
            f"guest-{n:03}": {"tags": {"role": "guest", "floor": str(n % 2)}, "auth": {"method": "oscore", "key": "generate"}}
            for n in range(40)}}, file)
    acectl(*STORE, "policy", "apply", "many.json")
    with open("guests.json", "w", encoding="utf-8") as file:
        policy = answer(*STORE, "policy", "show")["policy"]
        policy["rules"]["guests"] = {"effect": "allow", "clients": ["tag:role=guest"], "devices": ["thermo-101"], "scopes": ["climate.read"],
                                     "when": {"client_tags": {"floor": "1"}}}
        json.dump(policy, file)
    said = acectl(*DIFF, "guests.json").out
    case("a selector", "tag:floor=1 (20 clients) → thermo-101 (thermo-v2)\n" in said, said)
    group = answer(*DIFF, "guests.json", code=1)["changes"][0]["clients"]
    case("and ids", group["selector"] == "tag:floor=1" and group["count"] == 20 and group["ids"][1] == "guest-003", group)


def main():
    building("site")
    acectl(*STORE, "init")
    acectl(*STORE, "policy", "apply", "site")
    same()
    draft()
    markdown()
    parties()
    generations()
    many()
    tell()


if __name__ == "__main__":
    sandbox(main)
