#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run meson's tests in the given build trees, count cases, and end in "N passed, N failed".

A cmocka program counts its cases; any other program counts as one. A crash, a time-out or a
non-zero exit that no case explains adds one failure. Exit code 77 is a skip and is named.
"""
import json
import os
import re
import subprocess
import sys

CASES = re.compile(r"\[\s+(PASSED|FAILED)\s+\] (\d+) test\(s\)")
# Suites that look at the source tree or at the network give the same result in each build.
ONCE = {"check", "board"}


def run_tree(tree, first):
    command = ["meson", "test", "-C", tree, "--no-rebuild", "--print-errorlogs"]
    if not first:
        command += [arg for suite in sorted(ONCE) for arg in ("--no-suite", suite)]
    env = dict(os.environ)
    env.setdefault("ASAN_OPTIONS", "abort_on_error=1:detect_leaks=1")
    env.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
    code = subprocess.run(command, env=env, stdin=subprocess.DEVNULL).returncode
    log = os.path.join(tree, "meson-logs", "testlog.json")
    with open(log, encoding="utf-8", errors="replace") as lines:
        return code, [json.loads(line) for line in lines]


def count(test):
    text = test.get("stdout", "") + test.get("stderr", "")
    cases = CASES.findall(text)
    passed = sum(int(n) for word, n in cases if word == "PASSED")
    failed = sum(int(n) for word, n in cases if word == "FAILED")
    if test["result"] == "OK":
        return max(passed, 1), 0, 0
    if test["result"] == "SKIP":
        return 0, 0, 1
    return passed, max(failed, 1), 0


def main():
    total = [0, 0, 0]
    bad = []
    for index, tree in enumerate(sys.argv[1:]):
        code, tests = run_tree(tree, index == 0)
        sums = [sum(column) for column in zip(*map(count, tests))] or [0, 0, 0]
        if code and not sums[1]:
            sums[1] += 1
        for test in tests:
            if test["result"] not in ("OK", "SKIP"):
                bad.append(f"{tree}: {test['name']}: {test['result']}")
            elif test["result"] == "SKIP":
                print(f"skipped in {tree}: {test['name']}")
        print(f"{tree}: {sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
        total = [a + b for a, b in zip(total, sums)]
    for line in bad:
        print(f"FAILED {line}")
    print(f"{total[0]} passed, {total[1]} failed" + (f", {total[2]} skipped" if total[2] else ""))
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
