#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The freestanding half compiles for bare metal, needs few symbols, keeps no state, and its stack is bounded.

Compiles include/, token/, oscore/ and the codec in coap/ with clang for ARMv7-M, ARMv6-M and RV32 without any
C library, then checks each object: undefined symbols against an allow-list, no .data or .bss, and
the stack of each function against STACK_MAX. Sizes are printed for the record.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TARGETS = ("armv7m-none-eabi", "armv6m-none-eabi", "riscv32-unknown-elf")
SOURCES = ("token/*.c", "oscore/*.c", "coap/coap_*.c")
ALLOWED = re.compile(r"^(mem(cpy|move|set|cmp)|__aeabi_\w+|__\w+[sd]i[234]|ace_port_\w+|ace_wipe|ace_equal_ct)$")
STACK_MAX = 512  # bytes in one function
# Firmware keeps 32 keys of maps in mind, hosts more.
FLAGS = ("-DACE_CBOR_KEYS_MAX=32 -ffreestanding -nostdlibinc -std=c11 -Wall -Wextra -Werror -Os -ffunction-sections "
         "-fstack-usage -I. -Iinclude").split()


def tool(*names):
    found = next((path for path in map(shutil.which, names) if path), None)
    if not found:
        sys.exit(f"none of {', '.join(names)} is installed")
    return found


def run(*command, cwd=None):
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


def compile_all(clang, root, target, sources, out):
    faults = []
    for source in sources:
        obj = out / (source.replace("/", "_") + ".o")
        done = subprocess.run([clang, f"--target={target}", *FLAGS, "-c", source, "-o", str(obj)],
                              cwd=root, capture_output=True, text=True)
        if done.returncode:
            faults.append(f"{target}: {source} does not compile:\n{done.stderr}")
    return faults


def check_symbols(nm, objects, target):
    defined, undefined = set(), set()
    for line in run(nm, *map(str, objects)).splitlines():
        fields = line.split()
        if len(fields) >= 2 and fields[-2] in "Uwv":
            undefined.add(fields[-1])
        elif len(fields) == 3:
            defined.add(fields[-1])
            if fields[-2] in "dDbBC":
                yield f"{target}: {fields[-1]} is kept in RAM: the library has no mutable state"
    for name in sorted(undefined - defined):
        if not ALLOWED.match(name):
            yield f"{target}: needs {name}, which a platform may not have"


def check_stack(out, target):
    for usage in out.glob("*.su"):
        for line in usage.read_text().splitlines():
            where, size, kind = line.rsplit("\t", 2)
            if int(size) > STACK_MAX or kind.strip() != "static":
                yield f"{target}: {where}: {size} bytes of stack ({kind}), at most {STACK_MAX} and fixed"


def text_bytes(size, objects):
    rows = run(size, *map(str, objects)).splitlines()[1:]
    return sum(int(row.split()[0]) for row in rows)


def main():
    root = pathlib.Path(sys.argv[1])
    clang = tool("clang", "clang-14")
    nm = tool("llvm-nm", "nm", "llvm-nm-14")
    size = tool("llvm-size", "size", "llvm-size-14")
    sources = sorted(str(p.relative_to(root)) for pattern in SOURCES for p in root.glob(pattern))
    faults = []
    for target in TARGETS:
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            faults += compile_all(clang, root, target, sources, out)
            objects = sorted(out.glob("*.o"))
            if objects:
                faults += list(check_symbols(nm, objects, target)) + list(check_stack(out, target))
                print(f"{target}: {len(objects)} files, {text_bytes(size, objects)} bytes of code and constants")
    print("\n".join(faults) or "bare metal holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
