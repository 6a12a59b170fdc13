#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The operator's day with acectl, command by command: what is printed, as text and as JSON, and what is stored.

    acectl.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import re
import signal
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, building, case, edit, says, tell
from programs import SOURCE, Daemon, free_port, sandbox

STORE = ("--state-dir", "store")
COUNTS = "    5 clients, 3 devices, 2 models, 4 scopes, 4 rules\n"
WARNINGS = "0 errors, 2 warnings (W220 window on a clock-less device, W222 lifetimes differ on a clock-less model)"


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def session(port):
    """From nothing to credentials, as a newcomer does it."""
    uri = f"coap://127.0.0.1:{port}"
    says("created the store (generation 0) and its key-encryption key\n", *STORE, "init", "--as-uri", uri + "/token",
         err=f"next: aced --state-dir store --listen {uri} &\n")
    says("", *STORE, "status", code=3,
         err="acectl: aced is not running on store\n  hint: start it: aced --state-dir store\n")
    aced = Daemon("as/aced", *STORE, "--listen", uri, "--log-level", "error")
    says(f"aced 0.1.0 running   {uri} (oscore)   generation 0   0 clients 0 devices\n", *STORE, "status", "--wait=10")
    says(WARNINGS + COUNTS, "policy", "validate", "site/policy.json", "site/inventory.json")
    says("ok   wallboard reads temperature\n"
         "ok   anna late in the day: token ends with the window\n"
         "ok   bo is from another site\n"
         "ok   firmware in the server room is denied, climate.read survives\n"
         "ok   disabled client\n"
         "5 passed, 0 failed\n", "policy", "test", "site/policy.test.json", err="")
    says("generation 0 → 1: +5 clients +3 devices +2 models +4 scopes +4 rules +4 groups   (tests: 5 passed)\n"
         "  generated keys: 4 clients, 3 devices     imported: 1 (keys/tech-bo.key)\n"
         "effective now\n", *STORE, "policy", "apply", "site", "-m", "building 7, first cut",
         err="2 warnings; acectl policy validate shows where\n")
    says(f"aced 0.1.0 running   {uri} (oscore)   generation 1   5 clients 3 devices\n", *STORE, "status")
    says("thermo-101.json: audience, kid 01, AS key, algorithm — contains a secret, written 0600\n",
         *STORE, "device", "export", "thermo-101", "--format", "json", "-o", "thermo-101.json", err="")
    says("wallboard-1.ace: ticket, to be enrolled within 24 h, 0600\n",
         *STORE, "client", "ticket", "wallboard-1", "-o", "wallboard-1.ace", err="")
    case("files with secrets are for their owner", mode_of("thermo-101.json") == mode_of("wallboard-1.ace") == 0o600)
    result = acectl(*STORE, "explain", "tech-bo", "thermo-101", "climate.set")
    case("a refusal is explained", result.code == 1 and result.out.startswith("DENY (implicit)") and
         "same_tag site: client site=b9, device site=b7" in result.out, result)
    result = acectl(*STORE, "explain", "wallboard-1", "thermo-101", "climate.read")
    case("a grant is explained", result.code == 0 and "read-climate" in result.out, result)
    return aced


def shows():
    shown = acectl(*STORE, "client", "show", "tech-anna")
    case("client show is readable", shown.code == 0 and "tags:             role=technician site=b7\n" in shown.out and
         "method:           oscore\n" in shown.out, shown)
    by_id, by_audience = (acectl(*STORE, "device", "show", name).out
                          for name in ("thermo-101", "coap://thermo-101.b7.example"))
    case("a device is found by its audience, too", by_id == by_audience and "kid_hex=01 alg=AES-CCM-16-64-128" in by_id)
    with open("thermo-101.json", encoding="utf-8") as file:
        secret = json.load(file)["token_keys"][0]["key_hex"]
    said = "".join(acectl(*STORE, *form, *verb).out for form in ((), ("--json",)) for verb in
                   (("device", "list"), ("device", "show", "thermo-101"), ("client", "list"), ("policy", "show")))
    case("no verb prints a secret", secret not in said and "secret" not in said and "key_hex" not in said)
    says("door-front  enabled  door-v1    door-front\n"
         "thermo-101  enabled  thermo-v2  coap://thermo-101.b7.example\n"
         "thermo-srv  enabled  thermo-v2  thermo-srv\n", *STORE, "device", "list")
    result = acectl(*STORE, "policy", "show", "-q")
    with open("shown.json", "w", encoding="utf-8") as file:
        file.write(result.out)
    says("generation 1: nothing to change\n", *STORE, "policy", "apply", "shown.json")
    says("", *STORE, "-q", "policy", "apply", "shown.json")
    says("generation 1: nothing to change\n", *STORE, "-q", "policy", "apply", "shown.json", "--dry-run")
    says("", *STORE, "-q", "client", "disable", "tech-anna")
    says("", *STORE, "-q", "client", "enable", "tech-anna")
    case("what show prints is the policy in force", result.out == acectl(*STORE, "policy", "show", "1").out)
    result = acectl(*STORE, "policy", "log")
    case("the log says who, when and why", re.fullmatch(
        r"1  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ  uid \d+  building 7, first cut\n", result.out), result)


def applies():
    """What another set of files changes, shown before, refused when somebody was faster, and told after."""
    change = ("generation 1 → 2: ~1 client ~1 device ~1 scope +1 -1 rules\n"
              "  generated keys: 0 clients, 1 device\n")

    def policy(document):
        document["scopes"]["climate.set"] = {"/setpoint": ["PUT"]}
        document["rules"]["anna-reads"] = {"effect": "allow", "clients": ["tech-anna"], "devices": ["thermo-101"],
                                           "scopes": ["climate.read"]}
        del document["rules"]["no-firmware-in-server-room"]

    def inventory(document):
        document["clients"]["wallboard-2"]["enabled"] = True
        document["devices"]["door-front"]["as_line"] = {"method": "oscore", "key": "generate"}

    edit("site/policy.json", policy)
    edit("site/inventory.json", inventory)
    # What the site's tests say is not true any more.
    os.unlink("site/policy.test.json")
    says(change + "dry run: nothing was changed\n", *STORE, "policy", "apply", "site", "--dry-run")
    case("a dry run changes nothing", len(answer(*STORE, "policy", "log")) == 1 and
         answer(*STORE, "device", "show", "door-front")["as_line"] is None)
    says("", *STORE, "policy", "apply", "site", "--expect", "0", code=1,
         err="acectl: generation 1 is in force, not 0: somebody applied in between\n"
             "  hint: acectl policy log tells who; look, then apply again with --expect 1\n")
    says(change + "effective now\n", *STORE, "policy", "apply", "site", "--expect", "1")
    says("generation 2: nothing to change\n", *STORE, "policy", "apply", "site")
    case("a line to the AS may come later", answer(*STORE, "device", "show", "door-front")["as_line"]["key_version"] == 1)

    edit("site/inventory.json", lambda document: (document["clients"].pop("tech-bo"), document["devices"].pop("thermo-srv")))
    says("generation 2: nothing to change\n", *STORE, "policy", "apply", "site")
    result = acectl(*STORE, "policy", "apply", "site", "--prune")
    case("prune asks first", result.code == 2 and "Remove 1 client and 1 device with their keys?" in result.err and
         len(answer(*STORE, "client", "list")) == 5, result)
    says("generation 2: -1 client -1 device\neffective now\n", *STORE, "policy", "apply", "site", "--prune", "--yes")
    edit("site/inventory.json", lambda document: document.pop("devices"))
    says("generation 2: nothing to change\n", *STORE, "policy", "apply", "site/policy.json")
    case("a policy alone is checked against the store", len(answer(*STORE, "device", "list")) == 2)


def speaks_json():
    status = answer(*STORE, "status")
    case("status", status["running"] is True and status["generation"] == 2 and status["clients"] == 4 and status["pid"], status)
    tested = answer("policy", "test", os.path.join(SOURCE, "policies/building"))
    case("test", (tested["passed"], tested["failed"], tested["rules"], tested["unreached"]) ==
         (5, 0, 4, ["reception-opens-front-door"]) and all(test["passed"] for test in tested["tests"]), tested)
    verdict = answer("policy", "validate", "shown.json", "--allow-unknown")
    case("validate", verdict["valid"] and verdict["errors"] == 0 and verdict["counts"]["rules"] == 4, verdict)
    done = answer(*STORE, "policy", "apply", "shown.json", "--allow-unknown", "--dry-run")
    case("apply", (done["dry_run"], done["generation_before"], done["generation"]) == (True, 2, 3) and
         done["rules"] == {"added": 1, "changed": 0, "removed": 1} and done["keys"]["imported"] == 0, done)
    log = answer(*STORE, "policy", "log")
    case("log", [entry["generation"] for entry in log] == [2, 1] and log[1]["message"] == "building 7, first cut", log)
    shown = answer(*STORE, "policy", "show", "1")
    case("show", shown["sha256"] == log[1]["sha256"] and shown["policy"]["format"] == "ace-policy/1", shown)
    case("show 0", answer(*STORE, "policy", "show", "0") == {"generation": 0, "policy": {"format": "ace-policy/1"}})
    client = answer(*STORE, "client", "show", "wallboard-1")
    case("client", client["key_version"] == 2 and client["ticket_expires"] and client["tags"] == {}, client)
    case("clients", client in answer(*STORE, "client", "list"))
    lines = acectl(*STORE, "device", "list", "--json=lines").out.splitlines()
    case("one device a line", [json.loads(line)["id"] for line in lines] == ["door-front", "thermo-101"], lines)
    case("ACE_JSON", json.loads(acectl(*STORE, "device", "list", env=dict(os.environ, ACE_JSON="1")).out)[1] ==
         json.loads(lines[1]))
    ticket = answer(*STORE, "client", "ticket", "wallboard-2", "-o", "wallboard-2.ace")
    case("ticket", ticket["file"] == "wallboard-2.ace" and ticket["client"] == "wallboard-2" and ticket["expires"], ticket)
    case("export", answer(*STORE, "device", "export", "door-front", "--format", "cbor", "-o", "door.cbor") ==
         {"device": "door-front", "file": "door.cbor", "format": "cbor"})
    for verb, enabled, changed in (("disable", False, True), ("disable", False, False), ("enable", True, True)):
        case(verb, answer(*STORE, "client", verb, "tech-anna") ==
             {"client": "tech-anna", "enabled": enabled, "changed": changed, "tokens_revoked": 0})
    case("explain", answer(*STORE, "explain", "wallboard-1", "thermo-101", "climate.set", code=1)["decision"] ==
         "deny (implicit)")
    case("init", answer("--state-dir", "second", "init") == {
        "state_dir": "second", "generation": 0, "issuer": "coap://127.0.0.1:5683",
        "as_uri": "coap://127.0.0.1:5683/token"})


def exports():
    """The forms that other people's clients read say the same."""
    case("json", answer(*STORE, "client", "export", "tech-anna", "-o", "anna.json")["format"] == "json")
    says("map.json: credentials map of tech-anna; tech-anna.oscore/secret.json: its secret, 0600 — aiocoap wants to run "
         "in that folder\n", *STORE, "client", "export", "tech-anna", "--format", "aiocoap", "-o", "map.json")
    case("libcoap", answer(*STORE, "client", "export", "tech-anna", "--format", "libcoap", "-o", "anna.conf"))
    with open("anna.json", encoding="utf-8") as plain, open("map.json", encoding="utf-8") as credentials, \
            open("tech-anna.oscore/secret.json", encoding="utf-8") as secret, open("anna.conf", encoding="utf-8") as text:
        plain, credentials, secret, text = json.load(plain)["oscore"], json.load(credentials), json.load(secret), text.read()
    case("the map names the directory", [entry["oscore"]["contextfile"] for entry in credentials.values()] ==
         ["tech-anna.oscore/"], credentials)
    case("aiocoap's secret is the client's", secret["secret_hex"] == plain["master_secret_hex"] and
         secret["salt_hex"] == plain["master_salt_hex"] and secret["sender-id_hex"] == plain["sender_id_hex"] and
         secret["recipient-id_hex"] == plain["recipient_id_hex"], secret)
    case("libcoap's secret is the client's", plain["master_secret_hex"] in text, text)
    case("the directory is private", mode_of("tech-anna.oscore") == 0o700 and
         mode_of("tech-anna.oscore/secret.json") == 0o600)
    result = acectl(*STORE, "client", "export", "tech-anna", "--format", "aiocoap", "-o", "map2.json")
    case("another context's directory is not touched", result.code == 2 and not os.path.exists("map2.json"), result)
    result = acectl(*STORE, "client", "export", "wallboard-1", "--format", "aiocoap", "-o", "map.json")
    case("no directory without its map", result.code == 2 and not os.path.exists("wallboard-1.oscore"), result)


def main():
    building("site")
    aced = session(free_port())
    shows()
    applies()
    speaks_json()
    exports()
    case("aced ends when told", aced.stop(signal.SIGTERM) == 0)
    says("", *STORE, "status", code=3)
    tell()


if __name__ == "__main__":
    sandbox(main)
