# SPDX-License-Identifier: Apache-2.0
"""acectl as an operator uses it: what it prints, what it returns, and that a failure changes nothing."""
import json
import os
import shutil
import subprocess
import sys

from programs import LIMIT, SOURCE, program

passed = 0


def case(title, holds, detail=""):
    """One thing that must hold; they are counted for tests/run.py."""
    global passed
    if not holds:
        sys.exit(f"FAILED: {title}\n{detail}")
    passed += 1


def tell():
    print(f"[  PASSED  ] {passed} test(s).")


class Result:
    def __init__(self, args, done):
        self.args, self.code, self.out, self.err = args, done.returncode, done.stdout, done.stderr

    def __str__(self):
        return f"$ acectl {' '.join(self.args)}\n{self.out}{self.err}exit {self.code}"


def acectl(*args, binary=None, **options):
    options = dict(dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True), **options)
    return Result(args, subprocess.run([binary or program("as/acectl"), *args], timeout=LIMIT, check=False, **options))


def says(out, *args, code=0, err=None, **options):
    """Exactly that on stdout; on stderr exactly err, unless it is None."""
    result = acectl(*args, **options)
    case(" ".join(args), (result.code, result.out) == (code, out) and err in (None, result.err),
         f"{result}\n--- wanted exit {code}\n{out}{err or ''}")


def answer(*args, code=0):
    """The document that --json prints."""
    result = acectl("--json", *args)
    case(" ".join(args) + " --json", result.code == code and not result.err, result)
    return json.loads(result.out)


def building(folder):
    """The worked policies of a whole site, and the key that their inventory asks for."""
    shutil.copytree(os.path.join(SOURCE, "policies/building"), folder)
    os.makedirs(os.path.join(folder, "keys"), exist_ok=True)
    with open(os.path.join(folder, "keys/tech-bo.key"), "w", encoding="ascii") as key:
        key.write("00112233445566778899aabbccddeeff\n")
    return folder


def edit(path, change):
    """Let change() alter the JSON document of a file."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    change(document)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
