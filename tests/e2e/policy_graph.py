#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""acectl policy graph: graphviz draws what it prints, with a node for each rule and each selector; the same in Mermaid.

    policy_graph.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, building, case, tell
from programs import LIMIT, SOURCE, sandbox

STORE = ("--state-dir", "store")
SVG = "{http://www.w3.org/2000/svg}"
MERMAID = re.compile(r'  (?:classDef deny [^ ]+|[rcd]\d+(?:\["[^"\n]*"\](?::::deny)?|\(\["[^"\n]*"\]\)| (?:-->|-\.-|-\.-x) [rcd]\d+))')


def drawn(text):
    """What graphviz makes of it: texts of the nodes, and how many edges."""
    done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, timeout=LIMIT, check=False)
    case("graphviz takes it", done.returncode == 0 and not done.stderr, done.stderr + text)
    groups = {"node": [], "edge": []}
    for group in xml.etree.ElementTree.fromstring(done.stdout).iter(SVG + "g"):
        if group.get("class") in groups:
            groups[group.get("class")].append([line.text for line in group.iter(SVG + "text")])
    return groups["node"], len(groups["edge"])


def selectors(policy):
    """Nodes and edges that it must have."""
    rules = {name: rule for name, rule in policy.get("rules", {}).items() if rule.get("enabled", True)}
    nodes = {(side, name) for rule in rules.values() for side in ("clients", "devices") for name in rule[side]}
    return len(rules) + len(nodes), sum(len(rule["clients"]) + len(rule["devices"]) for rule in rules.values())


def in_mermaid(*args):
    lines = acectl(*args, "--format", "mermaid").out.splitlines()
    case("a flow chart", lines[0] == "flowchart LR" and all(MERMAID.fullmatch(line) for line in lines[1:]), "\n".join(lines))
    return lines


def worked():
    for folder in ("demo", "building"):
        path = os.path.join(SOURCE, "policies", folder)
        with open(os.path.join(path, "policy.json"), encoding="utf-8") as file:
            wanted = selectors(json.load(file))
        nodes, edges = drawn(acectl("policy", "graph", path).out)
        case(f"{folder}: all that there is", (len(nodes), edges) == wanted, (nodes, edges, wanted))
        lines = in_mermaid("policy", "graph", path)
        case(f"{folder}: the same in Mermaid", len(lines) == 2 + sum(wanted), lines)
    for label in (["technicians", "role=technician"], ["DENY no-firmware-in-server-room", "firmware.load"], ["all clients"],
                  ["techs-adjust-own-site", "climate.set, firmware.load", "same site", "mon-fri 07:00–18:00 Europe/Stockholm"]):
        case(f"{label[0]} says what it is", label in nodes, nodes)


def stored():
    acectl(*STORE, "init")
    case("nothing yet", acectl(*STORE, "policy", "graph").out.count("\n") == 4 and drawn(acectl(*STORE, "policy", "graph").out) == ([], 0))
    building("site")
    acectl(*STORE, "policy", "apply", "site")
    from_store, from_files = acectl(*STORE, "policy", "graph"), acectl("policy", "graph", "site")
    case("the policy in force", from_store.code == 0 and from_store.out == from_files.out and not from_store.err, from_store)
    said = answer(*STORE, "policy", "graph", "--format", "mermaid")
    case("as JSON", said["format"] == "mermaid" and said["graph"].splitlines() == in_mermaid(*STORE, "policy", "graph"), said)
    case("usage", acectl(*STORE, "policy", "graph", "--format", "png").code == 2)
    case("a file that is none", acectl("policy", "graph", "nowhere.json").code == 1)


def odd():
    """Labels stay labels, whatever tags are called; what is switched off is not drawn."""
    value = 'a"b\\n<i>#;`&]'
    rule = {"effect": "allow", "clients": [f"tag:k={value}"], "devices": ["group:g"], "permissions": {"/a": ["GET", "PUT"]},
            "when": {"client_tags": {"k": [value, "x"]}, "device_tags": {"l": "y"}}}
    with open("odd.json", "w", encoding="utf-8") as file:
        json.dump({"format": "ace-policy/1", "models": {"m": {"resources": {"/a": ["GET", "PUT"]}}},
                   "device_groups": {"g": {"members": ["d1", "d2", "d3", "d4", "d5", "d6"]}},
                   "rules": {"r": rule, "off": dict(rule, enabled=False)}}, file)
    said = acectl("policy", "graph", "odd.json")
    nodes, edges = drawn(said.out)
    case("text is text", edges == 2 and ["k=" + value] in nodes, nodes)
    case("many members", ["g", "d1, d2, d3, d4 and 2 more"] in nodes, nodes)
    case("conditions", ["r", "GET PUT /a", f"client k={value}|x", "device l=y"] in nodes, nodes)
    in_mermaid("policy", "graph", "odd.json")


def main():
    if not shutil.which("dot"):
        sys.exit(77)
    worked()
    stored()
    odd()
    tell()


if __name__ == "__main__":
    sandbox(main)
