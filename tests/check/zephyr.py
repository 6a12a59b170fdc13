#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Zephyr module and the plain CMake list build and run, against what they use of Zephyr; their glue is small.

Zephyr itself is not there: tests/zephyr_stub has the functions, headers and symbols of it by the same names.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import kconfiglib
import yaml

GLUE_MAX = 60  # lines


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def configure(root, out):
    """What Zephyr does: sources Kconfig, reads prj.conf, writes .config. A name that nobody defines is a fault."""
    os.environ["ACE_MODULE"] = str(root)
    kconf = kconfiglib.Kconfig(str(root / "tests/zephyr_stub/Kconfig"), warn_to_stderr=False)
    kconf.warn_assign_undef = True
    kconf.load_config(str(root / "tests/zephyr_stub/prj.conf"))
    undefined = [name for name, symbol in kconf.syms.items() if not symbol.nodes and not name.isdigit() and
                 name not in ("n", "m", "y", "MODULES", "UNAME_RELEASE")]
    if kconf.warnings or undefined:
        sys.exit("\n".join(kconf.warnings) + " ".join(undefined))
    kconf.write_config(str(out / ".config"))
    for alg, wanted in ((0, "yy"), (1, "ny"), (10, "yn"), (30, "yn")):
        kconf.syms["ACE_RS_ALG_ONLY"].set_value(str(alg))
        got = kconf.syms["PSA_WANT_ALG_CCM"].str_value + kconf.syms["PSA_WANT_ALG_GCM"].str_value
        assert got == wanted, f"ACE_RS_ALG_ONLY={alg} wants CCM, GCM: {wanted}, not {got}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    module = yaml.safe_load((root / "zephyr/module.yml").read_text())
    for kind, name in (("cmake", "CMakeLists.txt"), ("kconfig", "")):
        assert (root / module["build"][kind] / name).exists(), kind
    lines = sum(bool(line) for path in (root / "zephyr").glob("*.c") for line in path.read_text().splitlines())
    assert lines < GLUE_MAX, f"zephyr/: {lines} lines of C, less than {GLUE_MAX} are allowed"
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        configure(root, out)
        run("cmake", "-S", root / "tests/zephyr_stub", "-B", out / "build", f"-DDOTCONFIG={out / '.config'}")
        run("cmake", "--build", out / "build", "-j2")
        said = run(out / "build/app")
        assert said == "KEYS_MAX=2 TEXT_SCOPES=0 TRL=0 ALG_ONLY=10\n", said
        run(out / "build/plain")
    print("the module builds and runs")


if __name__ == "__main__":
    main()
