#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Decision records are numbered from 0001 without a gap, no number is taken twice, and each heading repeats its file's number."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
records = sorted((root / "docs/decisions").glob("*.md"))
numbers = [record.name[:4] for record in records]
faults = [] if numbers == [f"{i + 1:04}" for i in range(len(numbers))] else [f"docs/decisions: the numbers are {', '.join(numbers)}"]
for record in records:
    heading = record.read_text(encoding="utf-8").splitlines()[0]
    if not re.match(rf"# {record.name[:4]}: [A-Z]", heading):
        faults.append(f"{record.relative_to(root)}:1: \"{heading}\" should begin with \"# {record.name[:4]}: \" and a capital")
print("\n".join(faults) or f"{len(records)} decision records")
sys.exit(bool(faults))
