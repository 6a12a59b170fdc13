#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""acectl policy fmt: the same values in the same order, however they were laid out before; laid out twice nothing changes;
files that are none stay as they are, all of them.

Usage: policy_fmt.py BUILD_DIR SOURCE_DIR
"""
import glob
import json
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, answer, case, says, tell
from programs import LIMIT, SOURCE, program, sandbox


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def pairs(text):
    """The document with members in their order, and numbers as they are written."""
    return json.loads(text, object_pairs_hook=lambda members: members, parse_int=str, parse_float=str)


def scattered(text, draw):
    """The same document with other white space between all tokens."""
    out, in_string, escaped = "", False, False
    for char in text:
        if in_string:
            in_string, escaped = escaped or char != '"', char == "\\" and not escaped
            out += char
        elif not char.isspace():
            in_string = char == '"'
            gap = "".join(draw.choice(" \t\r\n") for _ in range(draw.randrange(3)))
            out += gap + char + gap if char in "{}[],:" else char
    return out


def over_standard_input(text):
    done = subprocess.run([program("as/acectl"), "policy", "fmt", "-"], input=text, capture_output=True, text=True, timeout=LIMIT,
                          check=False)
    case("exit 0", done.returncode == 0 and not done.stderr, done)
    return done.stdout


def same_values(draw):
    for path in sorted(glob.glob(os.path.join(SOURCE, "policies/*/*.json"))):
        if path.endswith(".test.json"):
            continue
        before = read(path)
        after = over_standard_input(before)
        case(f"{path} keeps its values and their order", pairs(after) == pairs(before), after)
        case(f"{path} stays as it is the second time", over_standard_input(after) == after, after)
        case(f"{path} comes out the same from other white space", over_standard_input(scattered(before, draw)) == after)
        wide = [line for line in after.splitlines() if len(line) > 120 and not line.strip().startswith('"description"')]
        case(f"{path} has no wide line", not wide, wide)


def odd_values():
    text = '{"format":"ace-policy/1","description":"a \\"b\\" \\\\ { [ , : } ]  ü","rules":{},"x":[],"n":[1.50,-0,1e3,true,null]}'
    said = over_standard_input(text)
    case("strings and numbers stay as they are written", said == """{
  "format": "ace-policy/1",
  "description": "a \\"b\\" \\\\ { [ , : } ]  ü",
  "rules": {},
  "x": [],
  "n": [
    1.50,
    -0,
    1e3,
    true,
    null
  ]
}
""", said)


def in_files():
    shutil.copytree(os.path.join(SOURCE, "policies/building"), "site")
    os.chmod("site/policy.json", 0o640)
    os.symlink("site/inventory.json", "link.json")
    before = {name: read(f"site/{name}") for name in ("policy.json", "inventory.json", "policy.test.json")}
    names = "site/inventory.json\nsite/policy.json\nsite/policy.test.json\n"
    says(names, "policy", "fmt", "--check", "site", code=1, err="")
    case("--check changes nothing", before == {name: read(f"site/{name}") for name in before})
    case("as JSON", answer("policy", "fmt", "--check", "site", code=1) == {"check": True, "changed": names.split()})
    says("", "policy", "fmt", "link.json", "-q", code=0, err="")
    case("a link stays one", os.path.islink("link.json") and read("site/inventory.json") != before["inventory.json"])
    says("site/policy.json\nsite/policy.test.json\n", "policy", "fmt", "site", err="")
    case("who may read it still may", os.stat("site/policy.json").st_mode & 0o777 == 0o640)
    case("values stay", all(pairs(read(f"site/{name}")) == pairs(text) for name, text in before.items()))
    says("", "policy", "fmt", "--check", "site", err="")
    case("as JSON when nothing is to do", answer("policy", "fmt", "site") == {"check": False, "changed": []})
    case("it means what it meant", acectl("policy", "test", "site").out.endswith("5 passed, 0 failed\n"))


def what_is_none():
    write("site/policy.json", '{"format":"ace-policy/1"}')
    write("site/broken.json", '{"format":"ace-policy/1",}')
    kept = read("site/policy.json")
    result = acectl("policy", "fmt", "site/policy.json", "site/broken.json")
    case("nothing is changed when one is broken", result.code == 1 and "broken.json:1:26: error E002" in result.err and
         "1 error, 0 warnings; nothing was changed\n" in result.err and read("site/policy.json") == kept, result)
    text = read(os.path.join(SOURCE, "policies/demo/inventory.json"))
    for cut in range(0, len(text.rstrip()), 7):
        write("cut.json", text[:cut])
        result = acectl("policy", "fmt", "cut.json")
        case(f"cut after {cut}", result.code == 1 and not result.out and read("cut.json") == text[:cut], result)
    for args in (("-", "site/policy.json"), ("site/policy.json", "-"), ("--json", "-", "-")):
        result = acectl("policy", "fmt", *args)
        case("what comes from standard input comes alone", result.code == 2 and "name no file beside -" in result.err + result.out and
             read("site/policy.json") == kept, (args, result))
    case("what is not there", acectl("policy", "fmt", "nowhere.json").code == 1)


def main():
    same_values(random.Random(7))
    odd_values()
    in_files()
    what_is_none()
    tell()


if __name__ == "__main__":
    sandbox(main)
