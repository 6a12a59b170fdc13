#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What acectl policy export writes changes nothing when it is applied again: for all policies that come with the project, for random
ones, and for an inventory that needs several files.

    policy_export.py BUILD_DIR SOURCE_DIR
"""
import glob
import json
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, building, case, says, tell
from programs import SOURCE, sandbox

STORE = ("--state-dir", "store")


def fresh(*paths):
    shutil.rmtree("store", ignore_errors=True)
    acectl(*STORE, "init")
    applied = acectl(*STORE, "policy", "apply", *paths, "--no-tests")
    case(f"{paths} is applied", applied.code == 0, applied)


def comes_back(title):
    """Through files and through one document, also where what is not listed would go."""
    shutil.rmtree("out", ignore_errors=True)
    generation = answer(*STORE, "policy", "log")[0]["generation"]
    nothing = f"generation {generation}: nothing to change\n"
    listed = [answer(*STORE, kind, "list") for kind in ("client", "device")]
    said = acectl(*STORE, "policy", "export", "out")
    case(f"{title}: export", said.code == 0 and "out/policy.json\n" in said.out, said)
    says(nothing, *STORE, "policy", "apply", "out")
    if any(listed):
        says(nothing, *STORE, "policy", "apply", "out", "--prune")
    with open("all.json", "w", encoding="utf-8") as file:
        file.write(acectl(*STORE, "policy", "export").out)
    says(nothing, *STORE, "policy", "apply", "all.json")
    case(f"{title}: keys are what they were", [answer(*STORE, kind, "list") for kind in ("client", "device")] == listed)
    case(f"{title}: nobody gains or loses", acectl(*STORE, "policy", "diff", "all.json", "--prune").code == 0)
    with open("out/policy.json", encoding="utf-8") as file:
        case(f"{title}: what show shows", file.read() == acectl(*STORE, "-q", "policy", "show").out)


def worked():
    for folder in ("demo", "building"):
        shutil.rmtree("site", ignore_errors=True)
        if folder == "building":
            building("site")
        else:
            shutil.copytree(os.path.join(SOURCE, "policies", folder), "site")
        fresh("site")
        comes_back(folder)
    for path in sorted(glob.glob(os.path.join(SOURCE, "policies/presets/*.json"))):
        if not path.endswith(".test.json"):
            fresh(path)
            comes_back(os.path.basename(path))


def make_random(dice):
    """A policy with all that the language has, in no particular order."""
    def some(names, most=3):
        return dice.sample(names, dice.randint(1, min(most, len(names))))

    clients, devices, sites = [f"c{n}" for n in range(12)], [f"d{n}" for n in range(12)], ["b7", "b9", "ö ü"]
    paths, methods = ["/a", "/b", "/c/d"], ["GET", "POST", "PUT", "DELETE"]
    offered = {path: some(methods, 4) for path in paths}
    scopes = {f"s{n}": {path: some(offered[path]) for path in some(paths)} for n in range(5)}
    rules = {}
    for number in range(15):
        rule = {"effect": dice.choice(["allow", "allow", "deny"]), "clients": some(clients + ["group:g", "tag:site=b7"]),
                "devices": some(devices + ["group:h", "tag:site=b9"]), "scopes": some(sorted(scopes))}
        if rule["effect"] == "allow" and dice.random() < 0.5:
            rule["lifetime"] = dice.choice(["90s", "30m", "8h"])
        if dice.random() < 0.3:
            rule["enabled"] = dice.random() < 0.5
        if dice.random() < 0.5:
            rule["when"] = {"same_tag": ["site"], "time": [{"days": some(["mon", "sun", "wed"]), "from": "07:00", "to": "18:00",
                                                            "tz": "Europe/Stockholm"}], "not_after": "2097-06-30T22:00:00Z"}
        rules[f"r{number}"] = rule
    key = {"method": "oscore", "key": "generate"}
    return {"format": "ace-policy/1", "description": "gone", "defaults": {"effect": "deny", "lifetime": "2h"},
            "models": {"m": {"resources": offered, "clock": dice.choice(["rtc", "none"])},
                       "t": {"resources": offered, "scope_format": "text", "token": {"omit": ["iat"], "salt": False}}},
            "scopes": scopes, "client_groups": {"g": {"match": {"site": some(sites)}}}, "device_groups": {"h": {"members": some(devices)}},
            "rules": rules,
            "clients": {name: {"tags": {"site": dice.choice(sites)}, "enabled": dice.random() < 0.8, "description": "\"é\\\n",
                               "default_scope": "s0", "auth": dict(key, method=dice.choice(["oscore", "dtls-psk"]))} for name in clients},
            "devices": {name: {"model": dice.choice("mt"), "tags": {"site": dice.choice(sites)}, "audience": f"coap://{name}.example",
                               "enabled": dice.random() < 0.8, "as_line": key,
                               "as_key": {"kid_hex": f"{number + 1:02x}", "alg": dice.choice(["AES-CCM-16-64-128", "A128GCM"]),
                                          "key": "generate"}} for number, name in enumerate(devices)}}


def generated():
    for seed in range(3):
        with open("random.json", "w", encoding="utf-8") as file:
            json.dump(make_random(random.Random(seed)), file)
        fresh("random.json")
        comes_back(f"random {seed}")
    acectl(*STORE, "device", "rotate-key", "d0")
    acectl(*STORE, "device", "rotate-key", "d0", "--activate")
    acectl(*STORE, "client", "ticket", "c0", "-o", "c0.ace")
    acectl(*STORE, "device", "rotate-line", "d1")
    comes_back("after rotations")


def generations():
    fresh("random.json")
    first = acectl(*STORE, "policy", "show", "-q").out
    with open("less.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "models": json.loads(first)["models"]}, file)
    acectl(*STORE, "policy", "apply", "less.json")
    case("an old one has no inventory", acectl(*STORE, "policy", "export", "--generation", "1", "--kek", "nowhere").out == first)
    case("with --json, too", answer(*STORE, "policy", "export", "--generation", "1") == json.loads(first))
    said = answer(*STORE, "policy", "export", "old", "--generation", "1")
    case("into a folder", said == {"generation": 1, "clients": 0, "devices": 0, "files": ["old/policy.json"]} and
         os.listdir("old") == ["policy.json"], said)
    says("", *STORE, "policy", "export", "--generation", "3", code=1, err="acectl: no generation 3\n  hint: acectl policy log lists them all\n")
    case("usage", acectl(*STORE, "policy", "export", "--generation", "x").code == acectl(*STORE, "policy", "export", "a", "b").code == 2)
    said = acectl(*STORE, "policy", "export", "old", "--generation", "1")
    case("files stay", said.code == 2 and "-y" in said.err, said)
    case("unless told", acectl(*STORE, "policy", "export", "old", "-y").code == 0 and sorted(os.listdir("old")) == ["inventory.json", "policy.json"])


def elsewhere():
    """Keys do not leave: another store takes no fingerprints."""
    fresh("random.json")
    acectl(*STORE, "policy", "export", "moved")
    with open("moved/inventory.json", encoding="utf-8") as file:
        text = file.read()
    case("fingerprints only", text.count('"fingerprint":"sha256:') == 36 and "generate" not in text and "key_hex" not in text)
    shutil.rmtree("store")
    acectl(*STORE, "init")
    empty = acectl(*STORE, "policy", "export")
    case("an empty store", json.loads(empty.out) == {"format": "ace-policy/1"}, empty)
    said = acectl(*STORE, "policy", "apply", "moved")
    case("a fingerprint is no key", said.code == 1 and "a fingerprint stands for a key that is not in this store" in said.err, said)


def large():
    """Each file stays below what validate and apply read."""
    tags = {f"tag-{n:02}": "x" * 57 for n in range(31)}
    with open("large.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "clients": {
            f"c{n}": {"tags": tags, "description": "y" * 500, "auth": {"method": "oscore", "key": "generate"}} for n in range(1900)}}, file)
    fresh("large.json")
    said = answer(*STORE, "policy", "export", "parts")
    case("several files", said["files"] == ["parts/inventory.json", "parts/inventory-2.json"] and said["clients"] == 1900 and
         all(os.path.getsize(name) < 8 << 20 for name in said["files"]), said)
    says("generation 0: nothing to change\n", *STORE, "policy", "apply", "parts", "--prune")


def main():
    worked()
    generated()
    generations()
    elsewhere()
    large()
    tell()


if __name__ == "__main__":
    sandbox(main)
