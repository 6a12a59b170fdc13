#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No function over 60 lines, no file over 400, no banned function, an SPDX line in every source.

Functions are found by their shape: a line that starts in the first column, ends in an opening
brace on the next line, as .clang-format lays it out.
"""
import pathlib
import re
import sys

MAX_FUNCTION = 60
MAX_FILE = 400
BANNED = re.compile(r"\b(strcpy|strcat|strncpy|sprintf|vsprintf|strtok|atoi|atol|alloca|gets|mktemp|tmpnam)\s*\(")
FOLDERS = "include port token oscore coap policy storage cli as client device zephyr examples tests".split()


def functions(lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            start = number
        elif line == "}" and start is not None:
            yield start, number - start + 1
            start = None


def strip_comments(text):
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', lambda m: "\n" * m.group().count("\n"), text, flags=re.S)


def check_c(name, text):
    lines = text.splitlines()
    if len(lines) > MAX_FILE:
        yield f"{name}: {len(lines)} lines, at most {MAX_FILE}"
    for start, length in functions(lines):
        if length > MAX_FUNCTION:
            yield f"{name}:{start}: function of {length} lines, at most {MAX_FUNCTION}"
    for number, line in enumerate(strip_comments(text).splitlines(), 1):
        found = BANNED.search(line)
        if found:
            yield f"{name}:{number}: {found.group(1)} is banned"


def main():
    root = pathlib.Path(sys.argv[1])
    faults = []
    lengths = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".c", ".h", ".py", ".sh", ".build") and path.name != "meson.build":
                continue
            name = path.relative_to(root).as_posix()
            text = path.read_text(encoding="utf-8")
            if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(text.splitlines()[:3]):
                faults.append(f"{name}: no SPDX line")
            if path.suffix in (".c", ".h"):
                faults += check_c(name, text)
                if folder != "tests":
                    lengths += [length for _, length in functions(text.splitlines())]
    print("\n".join(faults) or "sizes hold")
    lengths.sort()
    if lengths:
        print(f"{len(lengths)} functions: median {lengths[len(lengths) // 2]} lines, "
              f"nine in ten at most {lengths[len(lengths) * 9 // 10]}, longest {lengths[-1]}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
