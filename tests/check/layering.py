#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom. A habit leaks, so it is a test.

    include/ <- port/ token/ oscore/ coap/ <- policy/ storage/ <- cli/ <- as/ client/ device/

Siblings do not know each other; the one shared private header of the freestanding half is
token/mem.h. Third-party headers have their places too.
"""
import pathlib
import re
import sys

FREESTANDING = {"token", "oscore", "coap", "port"}
MAY_INCLUDE = {
    "include": {"include"},
    "port": {"include", "port"},
    "token": {"include", "token"},
    "oscore": {"include", "oscore"},
    "coap": {"include", "coap"},
    "policy": {"include", "policy"},
    "storage": {"include", "storage"},
    "cli": {"include", "cli"},
    "as": {"include", "policy", "storage", "cli", "as"},
    "client": {"include", "cli", "client"},
    "device": {"include", "cli", "device"},
    "zephyr": {"include", "zephyr"},
}
SHARED_PRIVATE = {"token/mem.h"}
THIRD_PARTY = {
    "lmdb.h": r"storage/",
    "jansson.h": r"policy/parse_|policy/locate|policy/canonical|policy/explain_json|as/config\.|cli/",
    "openssl/": r"port/",
    "psa/": r"port/",
    "coap3/": r"client/transport|as/coaps|cli/pdu\.",
    "microhttpd.h": r"as/metrics_http\.c",
    "seccomp.h": r"as/sandbox_calls\.c",
    "linux/landlock.h": r"as/sandbox_files\.c",
    "cbor.h": r"cli/|as/|client/",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def check_file(root, path):
    name = path.relative_to(root).as_posix()
    folder = name.split("/")[0]
    for kind, target in INCLUDE.findall(path.read_text(encoding="utf-8")):
        for header, where in THIRD_PARTY.items():
            if (target == header or header.endswith("/") and target.startswith(header)) and not re.match(where, name):
                yield f"{name}: includes <{target}>, which belongs to {where}"
        if kind == "<":
            continue
        owner = target.split("/")[0] if "/" in target else "include"
        if owner == "include" and not (root / "include" / target).exists():
            yield f"{name}: includes \"{target}\": write it with its folder"
        elif owner not in MAY_INCLUDE[folder] and target not in SHARED_PRIVATE:
            yield f"{name}: {folder}/ may not include \"{target}\""


def main():
    root = pathlib.Path(sys.argv[1])
    faults = [fault for folder in MAY_INCLUDE for path in sorted((root / folder).rglob("*.[ch]"))
              for fault in check_file(root, path)]
    print("\n".join(faults) or "layers hold")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
