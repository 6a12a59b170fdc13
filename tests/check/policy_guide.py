#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What stands in docs/policy-guide.md and in the pages of policies/ is what happens: files are written as they stand there,
commands are run in order, and their output is compared, to the letter but for the time and the user of this machine.

In a page, "```json NAME" is a file, "```console" holds commands ("$ ") with what they print; a line "..." stands for any
lines. With POLICY_GUIDE_WRITE set in the environment, the output is written into the pages instead.

Usage: policy_guide.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from programs import BUILD, LIMIT, SOURCE, sandbox

FENCE = re.compile(r"^```(json|console)([^\n]*)\n(.*?)^```$", re.M | re.S)
WRITES = bool(os.environ.get("POLICY_GUIDE_WRITE"))
# The guide's own commands; one that no example shows would be missed by nobody.
VERBS = ("validate", "test", "diff", "apply", "log", "show", "rollback", "export", "graph")


def shell(command):
    env = dict(os.environ, PATH=f"{BUILD}/as:{os.environ['PATH']}", ACE_STATE="store",
               ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""))  # stdbuf preloads something
    # In the order in which a terminal would show it.
    done = subprocess.run(["stdbuf", "-oL", "sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, timeout=LIMIT,
                          stdin=subprocess.DEVNULL, check=False)
    said = re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ(  | by )uid \d+( *)", r"2026-11-24T09:00:00Z\1uid 1000\2", done.stdout)
    return re.sub(r" +$", "", said, flags=re.M)


def fits(said, wanted):
    pattern = "".join(".*" if line == "...\n" else re.escape(line) for line in wanted.splitlines(True))
    return re.fullmatch(pattern, said, re.S) is not None


def console(page, text):
    """Run each command of a block; the block as it should be."""
    out, count = "", 0
    for command, wanted in re.findall(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", text, re.M):
        said = shell(command)
        assert WRITES or fits(said, wanted), f"{page}: $ {command}\n--- prints\n{said}--- the page says\n{wanted}"
        out += f"$ {command}\n" + (wanted if fits(said, wanted) else said)
        count += 1
    assert WRITES or out == text, f"{page}: a block that is no list of commands:\n{text}"
    return out, count


def play(path, needed=()):
    """All blocks of a page in their order."""
    page, counts = os.path.relpath(path, SOURCE), {"json": 0, "console": 0}

    def block(match):
        kind, name, text = match.groups()
        if kind == "json":
            json.loads(text)
            assert re.fullmatch(r" [a-z][a-z/.-]*\.json", name), f"{page}: an example without the name of its file:\n{text}"
            pathlib.Path(name.strip()).parent.mkdir(parents=True, exist_ok=True)
            pathlib.Path(name.strip()).write_text(text, encoding="utf-8")
            counts["json"] += 1
        else:
            text, count = console(page, text)
            counts["console"] += count
        return f"```{kind}{name}\n{text}```"

    before = pathlib.Path(path).read_text(encoding="utf-8")
    after = FENCE.sub(block, before)
    assert len(FENCE.findall(before)) * 2 == len(re.findall(r"^```", before, re.M)), f"{page}: a block that is neither json nor console"
    for verb in needed:
        assert f"$ acectl policy {verb}" in before, f"{page} has no example of policy {verb}"
    if WRITES and before != after:
        pathlib.Path(path).write_text(after, encoding="utf-8")
    print(f"[       OK ] {page}: {counts['json']} files, {counts['console']} commands")
    return counts


def main():
    os.mkdir("sites")
    os.chdir("sites")
    shutil.copytree(os.path.join(SOURCE, "policies"), "policies")
    sites = sorted(pathlib.Path(SOURCE, "policies").glob("*/README.md"))
    assert len(sites) >= 3, sites
    for page in sites:
        assert play(page)["console"] >= 2
    guide = pathlib.Path(SOURCE, "docs/policy-guide.md")
    os.mkdir("../guide")
    os.chdir("../guide")
    counts = play(guide, VERBS)
    assert counts["json"] >= 10 and counts["console"] >= 15, counts


if __name__ == "__main__":
    sandbox(main)
