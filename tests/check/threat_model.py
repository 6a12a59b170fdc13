#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/threat-model.md: each promise names at least one test, and all that it names exist, as files and as cases in them.

    threat_model.py SOURCE_DIR
"""
import pathlib
import re
import sys

PAGE = "docs/threat-model.md"
TEST = re.compile(r"`(tests/[A-Za-z0-9_./-]+?)(?::([a-z0-9_]+))?`")


def promises(text):
    """Rows of the table below its heading, with their line numbers."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            inside = line == "## What is promised"
        elif inside and line.startswith("|") and not line.startswith(("|---", "| to whom")):
            yield number, [cell.strip() for cell in line.strip("|").split("|")]


def is_run(root, path):
    """A test that no build runs shows nothing."""
    name = path.stem
    builds = [file.read_text(encoding="utf-8") for folder in ("tests", "as", "policy", "storage", "token", "coap", "cli", "port",
                                                             "oscore", "device", "client")
              for file in (root / folder).rglob("meson.build")]
    return any(re.search(rf"'{name}(?:\.py)?'", text) for text in builds)


def faults(root):
    rows = list(promises((root / PAGE).read_text(encoding="utf-8")))
    if len(rows) < 20:
        yield f"{PAGE}: {len(rows)} promises found: the table is not understood"
    for number, cells in rows:
        tests = TEST.findall(cells[-1])
        if len(cells) != 3 or not tests:
            yield f"{PAGE}:{number}: a promise without a test"
        for name, case in tests:
            path = root / name
            if not path.is_file():
                yield f"{PAGE}:{number}: {name} does not exist"
            elif case and len(re.findall(rf"\b{case}\b", path.read_text(encoding="utf-8"))) < 2:
                yield f"{PAGE}:{number}: {name} has no {case}() that it runs"
            elif not is_run(root, path):
                yield f"{PAGE}:{number}: no build runs {name}"


def main():
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "each promise has its test")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
