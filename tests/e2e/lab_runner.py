#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ace-lab itself: each kind of expectation can fail, a fault does what it says and does so again with the same seed, and what is
wrong in a scenario file is told with its place.

    lab_runner.py BUILD_DIR SOURCE_DIR
"""
import copy
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import BUILD, SOURCE, sandbox

LAB = os.path.join(SOURCE, "tests/lab/ace-lab")
GET = {"client": "tech-anna", "get": "thermo-101/temp"}
DEMO = {
    "format": "ace-lab/1", "title": "the demo", "policy_path": "policies/demo",
    "devices": {"thermo-101": {"model": "thermo-clock", "quiet": True, "set": {"/temp": "21.5", "/setpoint": "20"}}},
    "clients": {"tech-anna": {"quiet": True}, "wallboard-1": {"quiet": True}},
    "proxies": {"gate": {"kind": "coap", "listen": "udp", "next": "thermo-101", "keep": True}}}


def lab(*args):
    return subprocess.run(["/usr/bin/python3", LAB, *args], capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL)


def run(name, steps, *args):
    with open(name + ".json", "w", encoding="utf-8") as file:
        json.dump({**DEMO, "steps": steps}, file)
    return lab("run", name + ".json", "--build", BUILD, "--out", name, *args)


# What leaves something to speak of: a token and a reading, and a request that a proxy saw.
FIRST = [GET, {"client": "tech-anna", "run": ["get", "uri:gate/temp"]}]
# What holds, and what must not hold when it is turned round.
HOLDS = [
    ({**GET, "expect": {"exit": 0}}, {"exit": 1}),
    ({**GET, "expect": {"output": "21.5"}}, {"output": "21.4"}),
    ({**GET, "expect": {"says": "21"}}, {"says": "22"}),
    ({**GET, "expect": {"says_not": "22"}}, {"says_not": "21"}),
    ({**GET, "expect": {"messages": 2}}, {"messages": {"min": 3}}),
    ({**GET, "expect": {"bytes": {"min": 20, "max": 99}}}, {"bytes": {"max": 19}}),
    ({"acectl": ["--json", "token", "list"], "expect": {"json": {"0.client": "tech-anna"}}}, {"json": {"0.client": "wallboard-1"}}),
    ({"adversary": {"do": "plain", "on": "thermo-101"}, "expect": {"codes": ["4.01"]}}, {"codes": ["2.05"]}),
    ({"adversary": {"do": "flip_bits", "on": "thermo-101", "count": 3}, "expect": {"codes": ["4.00*"]}}, {"codes": ["4.01*"]}),
    ({"adversary": {"do": "stolen_token", "on": "thermo-101"}, "expect": {"codes_in": ["2.01", "4.00"]}}, {"codes_in": ["2.05"]}),
]
SELF = [
    ({"traffic": {"to": "as", "name": "POST /token", "min": 1}}, {"traffic": {"to": "as", "name": "POST /token", "count": 0}}),
    ({"expect_decoded": {"from": "thermo-101", "has": "21.5"}}, {"expect_decoded": {"from": "thermo-101", "has": "21.6"}}),
    ({"expect_decoded": {"from": "as", "name": "2.01", "has": "iss"}}, {"expect_decoded": {"from": "as", "name": "2.01", "has": "nobody"}}),
    ({"unique": 1}, {"unique": 10**6}),
    ({"wait": {"to": "as", "count": 0}}, {"wait": {"to": "as", "limit": "300ms"}}),
    ({"unseen": {"by": "gate", "seen": ["temp"], "secrets": True}}, {"unseen": {"by": "gate", "texts": ["temp"]}}),
]


def each_expectation_can_fail():
    good = [copy.deepcopy(step) for step, _ in HOLDS] + [step for step, _ in SELF]
    done = run("good", [*FIRST, *good])
    assert done.returncode == 0, done.stdout + done.stderr
    bad = [{**step, "expect": turned} for step, turned in HOLDS] + [turned for _, turned in SELF]
    done = run("bad", [*FIRST, *bad], "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    summary = json.loads(done.stdout)
    assert (summary["passed"], summary["failed"]) == (len(FIRST), len(bad)), summary
    assert [failure["step"] for failure in summary["failures"]] == list(range(len(FIRST) + 1, len(FIRST) + len(bad) + 1)), summary
    suite = xml.parse("bad/junit.xml").getroot()
    assert int(suite.get("failures")) == len(bad) == len(suite.findall("testcase/failure")), suite.attrib


def what_is_left(folder):
    with open(f"{folder}/report.html", encoding="utf-8") as file:
        page = file.read()
    assert "<svg" in page and "GET /temp" in page and "access token for thermo-101" in page
    for elsewhere in ("http://www", "https://", "src=", "@import"):
        assert elsewhere not in page.replace("http://www.w3.org/2000/svg", ""), elsewhere
    assert "hidden (16 bytes)" in page  # the secret in the token is not shown


def faults(seed):
    """Which messages were hit."""
    steps = [{"fault": {"on": "thermo-101", "do": "drop", "chance": 0.3, "direction": "answer"}}, *[GET] * 4]
    done = run(f"faults-{seed}", steps, "--seed", str(seed), "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    with open(f"faults-{seed}/trace.jsonl", encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    return [bool(event["faults"]) for event in events
            if event["kind"] == "message" and event["sender"] == "thermo-101" and event["step"]][:6]


def a_seed_repeats():
    first, again, other = faults(3), faults(3), faults(4)
    assert first == again and any(first), (first, again)
    assert first != other, first


def mistakes_have_a_place():
    def told(text, code=1):
        with open("wrong.json", "w", encoding="utf-8") as file:
            file.write(text)
        done = lab("check", "wrong.json")
        assert done.returncode == code, done
        return done.stderr
    whole = json.dumps({**DEMO, "steps": [GET]}, indent=1)
    assert told(whole, 0) == ""
    assert told(whole + ",").startswith("wrong.json:"), told(whole + ",")
    unknown = whole.replace('"tech-anna",\n   "get"', '"nobody",\n   "get"')
    line = unknown[:unknown.index('"nobody"')].count("\n") + 1
    assert told(unknown).startswith(f"wrong.json:{line}:") and "there is no nobody" in told(unknown), told(unknown)
    assert "unknown: gett" in told(whole.replace('"get":', '"gett":')), told(whole.replace('"get":', '"gett":'))
    assert "a step has one of" in told(json.dumps({**DEMO, "steps": [{}]}))
    for step in ({"traffic": {"to": "as"}}, {"unseen": {"by": "gate"}}, {"unseen": {"by": "nobody", "secrets": True}},
                 {**GET, "background": "b", "expect": {"exit": 1}}, {"adversary": {"do": "plain", "on": "nobody"}},
                 {"order": {"to": "gate", "text": "replay"}}):
        assert told(json.dumps({**DEMO, "steps": [step]})), step
    assert "stands there twice" in told('{"format": "ace-lab/1", "format": "ace-lab/1"}')
    assert lab("check", "nowhere.json").returncode == 2 and lab("walk").returncode == 2


def main():
    each_expectation_can_fail()
    what_is_left("good")
    a_seed_repeats()
    mistakes_have_a_place()
    print("the laboratory can be trusted")


if __name__ == "__main__":
    sandbox(main)
