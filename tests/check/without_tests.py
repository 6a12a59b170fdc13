#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Configured without tests, as scripts/demo does on a machine that has not what they need, nothing of tests/ is built."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile


def targets_of(root):
    with tempfile.TemporaryDirectory() as tree:
        subprocess.run(["meson", "setup", tree, root, "-Dtests=disabled", "-Dman=disabled"],
                       check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "CC": "cc"})
        return json.loads(subprocess.check_output(["meson", "introspect", "--targets", tree]))


def is_of_tests(root, target):
    named = [source for part in target["target_sources"] for source in part.get("sources", [])]
    return any(root / "tests" in pathlib.Path(os.path.normpath(path)).parents for path in [target["defined_in"], *named])


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    targets = targets_of(root)
    built = [target for target in targets if target["build_by_default"]]
    bad = [target["name"] for target in built if is_of_tests(root, target)]
    for name in bad:
        print(f"{name}: is of tests/ and built with -Dtests=disabled", file=sys.stderr)
    programs = {target["name"] for target in built if target["type"] == "executable"}
    missing = {"aced", "acectl", "ace-client", "ace-device"} - programs
    if missing:
        print(f"not built with -Dtests=disabled: {', '.join(sorted(missing))}", file=sys.stderr)
    return 1 if bad or missing else 0


if __name__ == "__main__":
    sys.exit(main())
