#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A text file as a C array, with its end: embed_text.py FILE HEADER NAME."""
import pathlib
import sys

text = pathlib.Path(sys.argv[1]).read_bytes()
rows = [", ".join(str(byte) for byte in text[at:at + 24]) for at in range(0, len(text), 24)]
pathlib.Path(sys.argv[2]).write_text("/* SPDX-License-Identifier: Apache-2.0 */\nstatic const char %s[] = {\n\t%s, 0\n};\n"
                                     % (sys.argv[3], ",\n\t".join(rows)), encoding="ascii")
