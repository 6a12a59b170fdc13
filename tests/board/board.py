#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The device library on emulated microcontrollers.

  board.py BOARD       the proof (tests/board/proof.c) on mps2-an385 (Cortex-M3) or mps2-an386 (Cortex-M4)
  board.py --figures -DNAME=VALUE...
                       instructions and stack (tests/board/figures.c) on both with these macros, as JSON
"""
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOARDS = {"mps2-an385": "cortex-m3", "mps2-an386": "cortex-m4"}
LIBRARY = ("token/*.c", "oscore/*.c", "coap/coap_*.c")
SUPPORT = ["tests/support/rs_fixture.c", "tests/support/port_fake.c", "tests/port/port_conformance.c",
           "tests/board/start.c", "tests/board/soft_crypto.c", "tests/board/soft_sha256.c"]
FLAGS = ("-std=c11 -mthumb -ffreestanding -ffunction-sections -fdata-sections -Wall -Wextra -Werror "
         "-I. -Iinclude -Itests/support -Itests/port -Itests/board -Itests/board/shim").split()
CONFIG = ["-DACE_OSCORE_KEY_MAX=16", "-DACE_CBOR_KEYS_MAX=32"]
WRAPS = [f"-Wl,--wrap=port_fake_real_{name}" for name in ("open", "seal", "hmac", "sha256")]


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def build(core, program, config, out):
    """The library with -Os, as firmware has it; all else is fast instead."""
    library = sorted(str(path.relative_to(ROOT)) for pattern in LIBRARY for path in ROOT.glob(pattern))
    (out / "board_vectors.h").write_text(run("python3", "tests/board/make_vectors.py"))

    def compile_one(source):
        obj = out / (source.replace("/", "_") + ".o")
        level = "-Os" if source in library else "-O2"
        run("arm-none-eabi-gcc", *FLAGS, level, f"-I{out}", *config, f"-mcpu={core}", "-c", source, "-o", str(obj))
        return str(obj)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(compile_one, library + SUPPORT + [f"tests/board/{program}.c"]))
    run("arm-none-eabi-gcc", "-mthumb", f"-mcpu={core}", "-nostartfiles", "-Wl,--gc-sections", "-Ttests/board/board.ld",
        *(WRAPS if program == "figures" else []), *objects, "-lc", "-lgcc", "-o", str(out / "elf"))
    return out / "elf"


def emulate(board, elf, *options):
    """Exit code and what it printed; a board that hangs is ended by meson."""
    return subprocess.run(["qemu-system-arm", "-M", board, "-nographic", "-monitor", "none", "-serial", "none",
                           "-semihosting-config", "enable=on,target=native", *options, "-kernel", str(elf)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def prove(board):
    with tempfile.TemporaryDirectory() as folder:
        done = emulate(board, build(BOARDS[board], "proof", CONFIG, pathlib.Path(folder)))
    print(done.stdout, end="")
    return done.returncode


def figures(config):
    """{core: {call: {"instructions", "crypto", "stack"}}}"""
    result = {}
    for board, core in BOARDS.items():
        with tempfile.TemporaryDirectory() as folder:
            done = emulate(board, build(core, "figures", config, pathlib.Path(folder)), "-icount", "shift=6")
        if done.returncode:
            sys.exit(done.stdout)
        lines = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("figure ")]
        result[core] = {call: dict(zip(("instructions", "crypto", "stack"), map(int, numbers))) for call, *numbers in lines}
    return result


def main():
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed")
    if sys.argv[1] == "--figures":
        print(json.dumps(figures(sys.argv[2:] or CONFIG), indent=1))
        return 0
    return prove(sys.argv[1])


if __name__ == "__main__":
    sys.exit(main())
