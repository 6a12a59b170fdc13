#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every file that README and docs/ name exists, and every relative link in them leads somewhere."""
import pathlib
import re
import sys

PATH = re.compile(r"`((?:include|port|token|oscore|coap|policy|storage|cli|as|client|device|policies|tests|docs|dist|examples|scripts)"
                  r"/[A-Za-z0-9_./-]+)`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def main():
    root = pathlib.Path(sys.argv[1])
    faults = []
    pages = [root / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    pages += sorted((root / "docs").rglob("*.md")) + sorted((root / "policies").rglob("*.md")) + [root / "port/README.md"]
    for page in filter(pathlib.Path.exists, pages):
        name = page.relative_to(root).as_posix()
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            for path in PATH.findall(line):
                if not (root / path.rstrip(".")).exists():
                    faults.append(f"{name}:{number}: `{path}` does not exist")
            for link in LINK.findall(line):
                if not (page.parent / link).exists():
                    faults.append(f"{name}:{number}: link to {link} leads nowhere")
    print("\n".join(faults) or "names hold")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
