#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema that editors use and acectl's own checks say the same: to each file of policies/, and to each of it with
one value replaced by something else.

    policies_schema.py SOURCE_DIR ACECTL
"""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

SOURCE, ACECTL = map(os.path.abspath, sys.argv[1:3])
# What is put in place of a value, or beside the members of an object.
OTHERS = ("x", "", 0, 5, 9, True, None, [], {}, ["iss", "iss"], ["aud"])
# Errors of shape, which is all that a schema can see.
SHAPE = {"E003", "E004", "E005", "E006"}


def places(value, path=()):
    """Every place in the token, limits, clock and scope_format settings of each model, and each as_key's alg."""
    yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, path + (name,))
    for index, element in enumerate(value if isinstance(value, list) and path[:1] == ("tests",) and len(path) < 3 else ()):
        yield from places(element, path + (index,))


def of_interest(path):
    return path[:1] == ("tests",) or (len(path) >= 3 and path[0] == "models" and path[2] != "resources") or \
        (len(path) == 4 and path[0] == "devices" and path[3] == "alg")


def mutants(document):
    for path in list(places(document)):
        if not of_interest(path):
            continue
        for other in OTHERS:
            mutant = copy.deepcopy(document)
            at = mutant
            for name in path[:-1]:
                at = at[name]
            if isinstance(at[path[-1]], dict) and other == "x":
                at[path[-1]]["unknown"] = 1
            else:
                at[path[-1]] = other
            yield "/".join(map(str, path)), mutant


def acectl_takes(path):
    said = subprocess.run([ACECTL, "policy", "validate", "--json", "--allow-unknown", path], capture_output=True, text=True,
                          timeout=60, check=False).stdout
    return not SHAPE & {problem["code"] for problem in json.loads(said)["problems"]}


def schema(name, *words):
    """One of both, which acectl prints as it stands there."""
    with open(os.path.join(SOURCE, "policies", name), encoding="utf-8") as file:
        text = file.read()
    for more in ((), ("--json",)):
        said = subprocess.run([ACECTL, "policy", "schema", *words, *more], capture_output=True, text=True, timeout=60, check=True)
        assert said.stdout == text and not said.stderr, f"acectl policy schema {words} {more} is not {name}"
    document = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def main():
    policies, tests = schema("ace-policy-1.schema.json"), schema("ace-policy-tests-1.schema.json", "tests")
    unknown = subprocess.run([ACECTL, "policy", "schema", "nothing"], capture_output=True, timeout=60, check=False)
    assert unknown.returncode == 2 and not unknown.stdout, unknown
    files = sorted(glob.glob(os.path.join(SOURCE, "policies/*/*.json")))
    assert len(files) >= 12, files
    tried = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "policy.json"), "w", encoding="utf-8") as file:
            file.write('{"format": "ace-policy/1"}')
        for path in files:
            is_tests = path.endswith(".test.json")
            validator = tests if is_tests else policies
            scratch = os.path.join(folder, "mutant.test.json" if is_tests else "mutant.json")
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
            validator.validate(document)
            if not path.endswith(("smallest-token.json", "no-clock.json", "demo/policy.test.json")):
                continue
            for where, mutant in mutants(document):
                with open(scratch, "w", encoding="utf-8") as file:
                    json.dump(mutant, file)
                by_schema, by_acectl = validator.is_valid(mutant), acectl_takes(scratch)
                assert by_schema == by_acectl, f"{path} {where}: schema {by_schema}, acectl {by_acectl}: {mutant}"
                tried, refused = tried + 1, refused + (not by_schema)
            os.unlink(scratch)
    assert tried > 300 and refused > tried / 2, (tried, refused)
    print(f"{len(files)} files, {tried} mutants, {refused} of them refused by both")


if __name__ == "__main__":
    main()
