#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Good and bad policy files, at least one for each code: acectl policy validate says exactly the codes, lines and columns that
tests/corpus/policies/expected.txt lists, and the JSON Schema, which editors use, agrees with it on what is wrong by shape.

What is wrong by shape both refuse. What a schema cannot see only acectl does: ids that are not there, what is twice, dates
that are on no calendar, and these are marked "beyond" in the list.

With POLICY_CORPUS_WRITE set in the environment, the list is written instead.

Usage: policy_corpus.py SOURCE_DIR ACECTL
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

SOURCE, ACECTL = map(os.path.abspath, sys.argv[1:3])
CORPUS = pathlib.Path(SOURCE, "tests/corpus/policies")
SHAPE = {"E003", "E004", "E005", "E006"}
TOO_LARGE = "E001-too-large.json"  # made here, for its size


def schema(name):
    document = json.loads(pathlib.Path(SOURCE, "policies", name).read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(document)


def problems_of(path):
    done = subprocess.run([ACECTL, "policy", "validate", "--json", path], capture_output=True, text=True, timeout=60, check=False)
    said = json.loads(done.stdout)
    assert done.returncode == (0 if said["valid"] else 1), f"{path}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    assert said["valid"] == (said["errors"] == 0), said
    return [(p["code"], p["line"], p["column"]) for p in said["problems"]]


def takes(schemas, path):
    """What the schema says of each file: True, False, or None when one is not JSON at all."""
    verdicts = []
    for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
        try:
            document = json.loads(file.read_bytes().decode("utf-8"))
        except ValueError:  # UnicodeDecodeError and JSONDecodeError are
            return None
        verdicts.append(schemas[file.name.endswith(".test.json")].is_valid(document))
    return all(verdicts)


def agree(name, codes, verdict):
    """One word for the list: how schema and validator stand to each other."""
    if verdict is None:
        assert "E002" in codes, f"{name}: Python cannot read it, acectl says {codes}"
        return "no-json"
    if not verdict:
        assert (SHAPE | {"E002"}) & codes, f"{name}: the schema refuses it, acectl says {codes or 'nothing'}"
        return "both"
    return "beyond" if codes else "good"


def look(schemas, path):
    problems = problems_of(path)
    word = agree(path.name, {code for code, _, _ in problems}, takes(schemas, path))
    return " ".join([path.name, word] + [f"{code}:{line}:{column}" for code, line, column in problems])


def main():
    schemas = {False: schema("ace-policy-1.schema.json"), True: schema("ace-policy-tests-1.schema.json")}
    with tempfile.TemporaryDirectory() as folder:
        large = pathlib.Path(folder, TOO_LARGE)
        with open(large, "wb") as file:
            file.truncate(33 << 20)
        problems = problems_of(large)
        lines = [" ".join([TOO_LARGE, "no-json"] + ["%s:%d:%d" % problem for problem in problems])]
    lines += [look(schemas, path) for path in sorted(CORPUS.iterdir()) if path.name != "expected.txt"]
    expected = CORPUS / "expected.txt"
    if os.environ.get("POLICY_CORPUS_WRITE"):
        expected.write_text("\n".join(lines) + "\n", encoding="utf-8")
    wanted = expected.read_text(encoding="utf-8").splitlines()
    for line in sorted(set(lines) ^ set(wanted)):
        print("says:  " if line in lines else "wanted:", line)
    assert lines == wanted, "acectl and tests/corpus/policies/expected.txt differ"
    seen = set(re.findall(r" ([EW]\d{3}):", "\n".join(lines)))
    known = set(re.findall(r'\{ "([EW]\d{3})"', pathlib.Path(SOURCE, "policy/problem.c").read_text(encoding="utf-8")))
    assert len(known) > 30 and seen == known, f"codes without a file: {sorted(known - seen)}, unknown: {sorted(seen - known)}"
    for line in lines:
        # A file's name begins with the code that it is for.
        name, _, *places = line.split(" ")
        code = re.search(r"[EW]\d{3}", name)
        assert not places if "good" in name else places and all(p.startswith(code.group()) for p in places), line
    words = [line.split(" ")[1] for line in lines]
    print(f"{len(lines)} cases of {len(known)} codes: {words.count('both')} refused by both, {words.count('beyond')} beyond the schema, "
          f"{words.count('no-json')} not JSON, {words.count('good')} good")


if __name__ == "__main__":
    main()
