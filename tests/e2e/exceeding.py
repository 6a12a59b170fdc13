#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live tokens follow the policy: apply tells which ones the new policy would not give, and token revoke --exceeding ends just
those. What is disabled or removed loses its tokens at once.

    exceeding.py BUILD_DIR SOURCE_DIR
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, case, edit, says, tell
from oscore_peer import POST, token_request
from programs import Daemon, free_port, sandbox
from revocation_case import ask, client_line, make_store

STORE = ("--state-dir", "store")
POLICY, INVENTORY = "policy/policy.json", "policy/inventory.json"


def states():
    """What has become of the tokens, oldest first."""
    return [token["state"] for token in answer(*STORE, "token", "list")]


def grant(line, device, scope):
    reply = ask(line, POST, "token", token_request(device, scope))
    case(f"{scope} is granted", str(reply) == "2.01", reply)


def apply(*flags):
    return answer(*STORE, "policy", "apply", "policy", *flags)


def ids_of(applied):
    return [(token["client"], token["device"], token["scope"]) for token in applied["exceeding"]["first"]]


def unchanged(anna, wallboard):
    grant(anna, "thermo-101", "climate.read climate.set")
    grant(anna, "thermo-102", "climate.read")
    grant(wallboard, "thermo-101", "climate.read")
    edit(POLICY, lambda document: document.update(description="another text"))
    edit(POLICY, lambda document: document["rules"].update(more={
        "effect": "allow", "clients": ["wallboard-1"], "devices": ["*"], "scopes": ["climate.set"]}))
    applied = apply()
    case("more rights exceed nothing", applied["exceeding"] == {"count": 0, "first": []} and applied["generation"] == 2, applied)
    case("nothing exceeds, nothing is revoked", acectl(*STORE, "token", "revoke", "--exceeding", "-y").out == "0 tokens revoked\n")


def fewer_rights():
    """climate.set is gone for technicians; the wallboard and the token that only reads are not touched."""
    edit(POLICY, lambda document: document["rules"]["techs-adjust-own-site"].update(enabled=False))
    rehearsed = apply("--dry-run")
    case("a rehearsal tells", rehearsed["exceeding"]["count"] == 1 and states() == ["live"] * 3, rehearsed)
    rehearsed = acectl(*STORE, "policy", "apply", "policy", "--dry-run").out
    case("in words", "1 live token would exceed the new policy:\n" in rehearsed, rehearsed)
    said = acectl(*STORE, "policy", "apply", "policy")
    case("apply tells", said.code == 0 and "\n1 live token exceeds the new policy:\n" in said.out and
         "  tech-anna → thermo-101  /setpoint:GET,PUT /temp:GET  until " in said.out and
         "acectl token revoke --exceeding ends it\n" in said.err, said)
    case("nothing is revoked unasked", states() == ["live"] * 3)
    case("asks first", acectl(*STORE, "token", "revoke", "--exceeding").code == 2 and states() == ["live"] * 3)
    case("not with the number of one", acectl(*STORE, "token", "revoke", "7", "--exceeding").code == 2)
    says("0 tokens revoked\n", *STORE, "token", "revoke", "--exceeding", "--client", "wallboard-1", "-y")
    case("ends it", answer(*STORE, "token", "revoke", "--exceeding", "-y") == {"tokens_revoked": 1})
    case("and no other", states() == ["revoked", "live", "live"])


def shorter():
    """Of a token that lives longer than the policy would let it."""
    edit(POLICY, lambda document: document["rules"]["read-climate"].update(lifetime="1m"))
    applied = apply()
    case("longer is more", ids_of(applied) == [("tech-anna", "thermo-102", "/temp:GET"), ("wallboard-1", "thermo-101", "/temp:GET")],
         applied)
    edit(POLICY, lambda document: document["rules"]["read-climate"].update(lifetime="2h"))
    case("a longer lifetime is none", apply()["exceeding"]["count"] == 0)


def rollback(anna):
    """Back to the first policy, under which climate.set was given; then to the one without."""
    before = answer(*STORE, "policy", "log")
    said = acectl(*STORE, "policy", "rollback", "2", "--dry-run")
    case("a rehearsal", said.code == 0 and said.out.startswith("generation 5 → 2: 1 client gains, ") and
         "\ngeneration 5 → 6, as 2 was\ndry run: nothing was changed\n" in said.out, said)
    case("changes nothing", answer(*STORE, "policy", "log") == before)
    said = acectl(*STORE, "policy", "rollback", "2", "--expect", "4")
    case("somebody else came first", said.code == 1 and "generation 5 is in force, not 4" in said.err and not said.out, said)
    said = answer(*STORE, "policy", "rollback", "2", "-m", "too strict")
    case("a new generation", (said["restored"], said["generation_before"], said["generation"], said["dry_run"]) == (2, 5, 6, False) and
         said["clients_gaining"] == 1 and said["exceeding"]["count"] == 0, said)
    log = answer(*STORE, "policy", "log")
    case("history is longer, and the same", log[1:] == before and log[0]["message"] == "rollback to generation 2: too strict" and
         log[0]["sha256"] == log[-2]["sha256"], log)
    says("generation 6 → 2: nobody gains or loses anything\ngeneration 6 says the same as 2: nothing to change\n",
         *STORE, "policy", "rollback", "2", err="")
    grant(anna, "thermo-102", "climate.set")
    said = acectl(*STORE, "policy", "rollback", "5")
    case("tokens that exceed", said.code == 0 and "\ngeneration 6 → 7, as 5 was\neffective now\n1 live token exceeds the new policy:\n"
         in said.out and "tech-anna → thermo-102  /setpoint:GET,PUT" in said.out, said)
    case("are ended", answer(*STORE, "token", "revoke", "--exceeding", "-y") == {"tokens_revoked": 1})
    said = answer(*STORE, "policy", "rollback", "0", "--dry-run")
    case("to the very first", said["clients_losing"] == 2 and said["exceeding"]["count"] == 2 and said["generation"] == 8, said)
    case("which lacks the models of all devices", said["modelless"] == {"count": 2, "first": ["thermo-101", "thermo-102"]}, said)
    said = acectl(*STORE, "policy", "rollback", "0", "--dry-run")
    case("which is said", "\n2 devices have a model that the new policy lacks:\n  thermo-101\n  thermo-102\n" in said.out and
         "policy export writes what is not valid" in said.err, said)
    case("which is no rule at all", acectl(*STORE, "-q", "policy", "rollback", "0").out == "" and
         answer(*STORE, "policy", "show")["policy"] == {"format": "ace-policy/1"} and answer(*STORE, "policy", "log")[0]["generation"] == 8)
    said = answer(*STORE, "policy", "rollback", "7")
    case("and back, with all models", said["generation"] == 9 and said["modelless"] == {"count": 0, "first": []}, said)
    for args in ((), ("two",), ("99",), ("2", "--expect", "x"), ("2", "-m", "x" * 600)):
        case("refused", acectl(*STORE, "policy", "rollback", *args).code == (1 if args == ("99",) else 2), args)


def parties(anna):
    """Tags decide, too; a party that is disabled or removed holds nothing."""
    edit(INVENTORY, lambda document: document["clients"]["tech-anna"].update(tags={"role": "visitor"}))
    applied = apply()
    case("other tags", ids_of(applied) == [("tech-anna", "thermo-102", "/temp:GET")] and applied["tokens_revoked"] == 0, applied)
    edit(INVENTORY, lambda document: document["clients"]["wallboard-1"].update(enabled=False))
    applied = apply()
    case("disabled", applied["tokens_revoked"] == 1 and applied["exceeding"]["count"] == 1, applied)
    case("its token is revoked", states() == ["revoked", "live", "revoked", "revoked"])
    edit(INVENTORY, lambda document: document["clients"].pop("tech-anna"))
    rehearsed = apply("--prune", "--dry-run")
    case("a rehearsal of what is removed", rehearsed["exceeding"]["count"] == 1 and states()[1] == "live", rehearsed)
    applied = apply("--prune", "-y")
    case("removed", applied["tokens_revoked"] == 1 and applied["exceeding"]["count"] == 0, applied)
    case("all are revoked", states() == ["revoked"] * 4)
    says("", *STORE, "-q", "policy", "apply", "policy")


def main():
    port = free_port()
    make_store(port)
    os.remove("policy/policy.test.json")  # it says what the demo allows
    aced = Daemon("as/aced", *STORE, "--listen", f"coap://127.0.0.1:{port}", "--log-level", "error")
    anna, wallboard = client_line("tech-anna"), client_line("wallboard-1")
    unchanged(anna, wallboard)
    fewer_rights()
    shorter()
    rollback(anna)
    parties(anna)
    case("aced ends", aced.stop(signal.SIGTERM) == 0)
    tell()


if __name__ == "__main__":
    sandbox(main)
