#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where each requirement is met and which test shows it.

docs/requirements.psv says what is asked, docs/conformance.psv what became of it, a row for each:

    id|built|file:function, ...|test file:case, ...
    id|not-built|why|              only what is optional
    id|not-applicable|why|         there is nothing here that it could apply to

This check holds the two together, looks for every file, function and case that is named, and compares
docs/conformance.md, which is made of them.

    conformance.py SOURCE_DIR [--write]
"""
import pathlib
import re
import sys

ROLES = {"AS": "Authorization server", "C": "Client", "RS": "Resource server"}
STATUS = ("built", "not-built", "not-applicable")
DATA, PAGE = "docs/conformance.psv", "docs/conformance.md"
HEAD = """# Conformance

What became of the {total} requirements of [requirements.psv](requirements.psv), which come from RFC 9200, 9201, 9203, 9237,
9770, 8392, 8613, 8747, 9052, 9053, 7662, 6749 and 9175. This page is made from [conformance.psv](conformance.psv) by
`tests/check/conformance.py`; the same script checks that each function and test that is named exists, and that no
requirement of the OSCORE profile goes without a test. Change the data, then run `tests/check/conformance.py . --write`.

Profile: *yes* applies to the OSCORE profile, *opt* applies when the feature is built, *no* is framework text outside of it.

| role | requirements | built | not built | not applicable |
|---|---|---|---|---|
"""


def read(path, fields):
    rows = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            row = line.split("|")
            if len(row) < fields or row[0] in rows:
                sys.exit(f"{path}:{number}: not {fields} fields, or {row[0]} a second time")
            rows[row[0]] = row[1:]
    return rows


class Tree:
    """Source files, read once."""

    def __init__(self, root):
        self.root, self.texts = root, {}

    def text(self, path):
        if path not in self.texts:
            file = self.root / path
            self.texts[path] = file.read_text(encoding="utf-8") if file.is_file() else None
        return self.texts[path]

    def fault_of(self, place, is_test):
        path, _, name = place.partition(":")
        text = self.text(path)
        if text is None:
            return f"{path} does not exist"
        if is_test and not re.fullmatch(r"tests/(unit/test_\w+\.c|e2e/\w+\.py)", path):
            return f"{path} is no test"
        if path.endswith(".py"):
            found = re.search(rf"^def {name}\(", text, re.M) and (name == "main" or len(re.findall(rf"\b{name}\b", text)) > 1)
        elif is_test:  # defined, and run
            found = re.search(rf"^static void {name}\(void \*\*state\)", text, re.M) and \
                re.search(rf"\b{name}\b", text[text.rindex("int main("):])
        else:
            found = re.search(rf"^[a-z_][^;=\n]*\b{name}\([^;]*$", text, re.M)
        return None if name and found else f"{path} has no {name or 'name behind it'}"


def places(column):
    return [place for place in column.split(", ") if place]


def row_faults(tree, requirement, row):
    role, level, profile = requirement[:3]
    status, where, tests = row
    if status not in STATUS:
        yield f"{status} is none of {', '.join(STATUS)}"
    elif status == "built":
        if not places(where) or not places(tests):
            yield "built, but without a function or without a test"
        for column, is_test in ((where, False), (tests, True)):
            yield from filter(None, (tree.fault_of(place, is_test) for place in places(column)))
    elif not where or tests:
        yield f"{status} wants a reason, and no test"
    elif status == "not-built" and profile == "yes" and level != "MAY" and role in ROLES:
        yield "the OSCORE profile asks for it"


def faults(tree, requirements, rows):
    for number in requirements.keys() - rows.keys():
        yield f"{number}: not in {DATA}"
    for number in rows.keys() - requirements.keys():
        yield f"{number}: not in docs/requirements.psv"
    for number in requirements.keys() & rows.keys():
        for fault in row_faults(tree, requirements[number], rows[number]):
            yield f"{number}: {fault}"


def cell(column):
    return "<br>".join(f"`{place}`" for place in places(column))


def page(requirements, rows):
    text = HEAD.format(total=len(requirements))
    for role, name in ROLES.items():
        counts = [sum(1 for number, row in rows.items() if requirements[number][0] == role and row[0] == status)
                  for status in STATUS]
        text += f"| {name} | {sum(counts)} | {' | '.join(map(str, counts))} |\n"
    for role, name in ROLES.items():
        text += f"\n## {name}\n\n| id | level | profile | what | source | where | test |\n|---|---|---|---|---|---|---|\n"
        for number, (of, level, profile, what, source, *_) in requirements.items():
            if of != role:
                continue
            status, where, tests = rows[number]
            shown = (cell(where), cell(tests)) if status == "built" else (f"{status.replace('-', ' ')}: {where}", "")
            text += f"| {number} | {level} | {profile} | {what} | {source} | {shown[0]} | {shown[1]} |\n"
    return text


def main():
    root = pathlib.Path(sys.argv[1])
    requirements, rows = read(root / "docs/requirements.psv", 7), read(root / DATA, 4)
    found = sorted(faults(Tree(root), requirements, rows))
    if not found:
        wanted = page(requirements, rows)
        if sys.argv[2:] == ["--write"]:
            (root / PAGE).write_text(wanted, encoding="utf-8")
        elif (root / PAGE).read_text(encoding="utf-8") != wanted:
            found.append(f"{PAGE} is stale: tests/check/conformance.py . --write")
    print("\n".join(found) or f"{sum(row[0] == 'built' for row in rows.values())} of {len(rows)} requirements are built")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
