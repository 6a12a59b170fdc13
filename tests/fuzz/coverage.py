#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""coverage.py LCOV FILES: share of lines that were reached in each of the FILES (a list of paths), and which were not.

Fails when it is less than MINIMUM of any. A line that several programs compiled counts as reached when one reached it.
"""
import os
import sys

MINIMUM = 95.0


def read(path):
    lines, current = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            word, _, rest = line.strip().partition(":")
            if word == "SF":
                current = lines.setdefault(os.path.normpath(rest), {})
            elif word == "DA":
                number, count = rest.split(",")[:2]
                current[int(number)] = current.get(int(number), 0) + int(count)
    return lines


def main():
    reached = read(sys.argv[1])
    bad = 0
    with open(sys.argv[2], encoding="utf-8") as file:
        wanted = file.read().split()
    for name in wanted:
        found = [lines for path, lines in reached.items() if path == name or path.endswith("/" + name)]
        lines = found[0] if found else {}
        missed = [number for number, count in sorted(lines.items()) if not count]
        share = 100.0 * (len(lines) - len(missed)) / len(lines) if lines else 0.0
        bad += share < MINIMUM
        print(f"{share:6.1f} %  {name}" + (f"  not reached: {' '.join(map(str, missed))}" if missed else ""))
    print(f"{len(wanted)} files, {bad} below {MINIMUM:.0f} %")
    return 1 if bad or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
