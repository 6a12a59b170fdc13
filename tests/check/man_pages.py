#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every verb and flag that a program's --help prints stands in its man page, and the page names no others; every
member of aced's configuration stands in aced(8), and every code of a problem of policies in acectl(8).

    man_pages.py SOURCE-ROOT PROGRAM...
"""
import pathlib
import re
import subprocess
import sys

FLAG = re.compile(r"^\s+(?:-(\w), |    )--([a-z][a-z0-9-]*)", re.M)
LETTER = re.compile(r"^\s+-(\w)(?:\s|,)", re.M)
# A page says *--name* and *-x*; *=* and a value may follow within the bold.
IN_PAGE = re.compile(r"\*(--?[A-Za-z][a-z0-9-]*)")


def help_of(program, *words):
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout + done.stderr


def verbs_of(text):
    """Names of the verbs: the lines under "verbs:", up to the arguments, which are in capitals."""
    block = re.search(r"^verbs:\n((?:[ \t]+\S.*\n)+)", text, re.M)
    verbs = []
    for line in block.group(1).splitlines() if block else ():
        name = re.match(r"  ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)(?= [A-Z\[]|  |$)", line)
        if name:
            verbs.append(name.group(1))
    return verbs


def flags_of(text):
    flags = set()
    for letter, name in FLAG.findall(text):
        flags.add("--" + name)
        if letter:
            flags.add("-" + letter)
    return flags | {"-" + letter for letter in LETTER.findall(text)}


def check(root, program):
    name = pathlib.Path(program).name
    pages = sorted((root / "dist").glob(name + ".*.scd"))
    if len(pages) != 1:
        yield f"{name}: {len(pages)} man pages in dist/, there must be one"
        return
    page = pages[0].read_text(encoding="utf-8")
    text = help_of(program)
    verbs = verbs_of(text)
    flags = flags_of(text)
    if not flags or ("VERB" in text and not verbs):
        yield f"{name}: --help is not understood"
    for verb in verbs:
        flags |= flags_of(help_of(program, *verb.split()))
        if f"*{verb}*" not in page:
            yield f"{pages[0].name}: verb \"{verb}\" is missing"
    named = set(IN_PAGE.findall(page))
    yield from (f"{pages[0].name}: flag {flag} is missing" for flag in sorted(flags - named))
    yield from (f"{pages[0].name}: {flag} is no flag of {name}" for flag in sorted(named - flags))


def check_config(root):
    """The members that as/config.c reads, against aced.8."""
    members = re.findall(r'^\t{ "([a-z_]+)", "', (root / "as/config.c").read_text(encoding="utf-8"), re.M)
    page = (root / "dist/aced.8.scd").read_text(encoding="utf-8")
    if not members:
        yield "as/config.c: no member found"
    yield from (f"aced.8.scd: configuration member {name} is missing" for name in members
                if not re.search(rf"\*(?:[a-z_]+\.)?{name}(?:\.[a-z_]+)?\*", page))


def check_codes(root):
    """The codes of policy/problem.c, against acectl.8, in both directions."""
    codes = set(re.findall(r'^\t{ "([EW]\d{3})", "', (root / "policy/problem.c").read_text(encoding="utf-8"), re.M))
    page = (root / "dist/acectl.8.scd").read_text(encoding="utf-8")
    said = set(re.findall(r"^\*([EW]\d{3})\*$", page, re.M))
    if not codes:
        yield "policy/problem.c: no code found"
    yield from (f"acectl.8.scd: {code} is missing" for code in sorted(codes - said))
    yield from (f"acectl.8.scd: {code} is no code of policy/problem.c" for code in sorted(said - codes))


def main():
    root = pathlib.Path(sys.argv[1])
    faults = [fault for program in sys.argv[2:] for fault in check(root, program)]
    faults += [*check_config(root), *check_codes(root)]
    print("\n".join(faults) or "man pages hold")
    return 1 if faults or len(sys.argv) < 3 else 0


if __name__ == "__main__":
    sys.exit(main())
