#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What systemd says of dist/: the unit is well-formed and little exposed, and the user that it names is made. What systemd
is not there for is told, and the rest is checked all the same. Exit code 77: systemd is not there at all.

    service.py BUILD_DIR SOURCE_DIR
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

EXPOSURE_MAX = 1.5  # of 10; what systemd calls OK ends at 4
BUILD, SOURCE = map(pathlib.Path, sys.argv[1:3])
UNIT = BUILD / "dist/aced.service"
SYSUSERS = SOURCE / "dist/aced.sysusers"
SYSCTL = SOURCE / "dist/aced.sysctl"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def complaints(unit):
    """Of systemd-analyze verify, about that unit: others of the machine are not ours."""
    _, said = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit))
    return [line for line in said.splitlines() if unit.name in line]


def unit_is_well_formed(folder):
    """The program need not be installed here, so the unit names one that is; and a wrong word is seen at all."""
    text = re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", UNIT.read_text(encoding="utf-8"), flags=re.M)
    unit = folder / "aced.service"
    unit.write_text(text, encoding="utf-8")
    found = complaints(unit)
    assert not found, found
    unit.write_text(text.replace("ProtectSystem=strict", "ProtectSystem=perhaps"), encoding="utf-8")
    assert complaints(unit), "systemd-analyze verify finds nothing in a wrong unit"


def unit_is_little_exposed():
    code, said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT))
    level = re.search(r"exposure level for aced.service: ([0-9.]+)", said)
    assert level, f"{code}: {said}"
    assert float(level.group(1)) <= EXPOSURE_MAX, said


def user_is_made(folder):
    """In a root of its own, which is not this machine's."""
    etc = folder / "etc"
    etc.mkdir()
    code, said = run("systemd-sysusers", f"--root={folder}", str(SYSUSERS.resolve()))
    assert code == 0, said
    user = re.search(r"^User=(\S+)$", UNIT.read_text(encoding="utf-8"), re.M).group(1)
    names = [line.split(":")[0] for line in (etc / "passwd").read_text(encoding="utf-8").splitlines()]
    assert user in names, f"the unit's user {user} is none of {names}"


def buffer_is_what_is_asked_for():
    """The unit has no capability to go above the limit, so the limit is what the program asks for."""
    asked = re.search(r"#define ACE_UDP_RECEIVE_BYTES \((\d+) << (\d+)\)",
                      (SOURCE / "include/ace_udp_server.h").read_text(encoding="utf-8"))
    limit = re.search(r"^net\.core\.rmem_max = (\d+)$", SYSCTL.read_text(encoding="utf-8"), re.M)
    assert int(limit.group(1)) == int(asked.group(1)) << int(asked.group(2)), (limit, asked)


def main():
    checked = 1
    buffer_is_what_is_asked_for()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if shutil.which("systemd-analyze"):
            unit_is_well_formed(folder)
            unit_is_little_exposed()
            checked += 2
        else:
            print("skipped: the unit, for want of systemd-analyze")
        if shutil.which("systemd-sysusers"):
            user_is_made(folder)
            checked += 1
        else:
            print("skipped: the user, for want of systemd-sysusers")
    print(f"{checked} of 4 checks of what systemd reads hold")
    return 0 if checked > 1 else 77


if __name__ == "__main__":
    sys.exit(main())
