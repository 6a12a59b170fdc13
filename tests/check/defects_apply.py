#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every defect of tests/defects still fits the code, says what it breaks, and names tests that exist.

tests/defects/run.sh shows that those tests notice. When code near a defect changes, put the same defect into the new
code; one that has become impossible goes.
"""
import os
import pathlib
import re
import subprocess
import sys

FEWEST = 50


def faults_of(root, patch):
    text = patch.read_text(encoding="utf-8")
    said = re.fullmatch(r"Defect: [^\n]+\.\nTests: ([a-z0-9_ ]+)\n\n(diff --git .*)", text, re.DOTALL)
    if not said:
        return ["must begin with Defect:, Tests: and an empty line"]
    faults = [f"no test {name}" for name in said.group(1).split() if not (root / f"tests/unit/{name}.c").exists()]
    # As a plain directory: a clean clone, a tarball and a copy inside another repository are all the same.
    env = dict(os.environ, GIT_CEILING_DIRECTORIES=str(root.parent), GIT_DIR="/nonexistent")
    done = subprocess.run(["git", "apply", "--check", patch], cwd=root, env=env, capture_output=True, text=True)
    return faults + (done.stderr.splitlines() if done.returncode else [])


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    patches = sorted((root / "tests/defects").glob("*.patch"))
    faults = [f"{patch.name}: {fault}" for patch in patches for fault in faults_of(root, patch)]
    if len(patches) < FEWEST:
        faults.append(f"only {len(patches)} defects")
    print("\n".join(faults) or f"{len(patches)} defects fit")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
