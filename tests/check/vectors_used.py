#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No published vector can be passed over in silence.

Files: each is loaded by a test. Groups of the profile's file that a test walks through as a whole: that test also
asserts how many entries there are, so a new one is noticed. Messages: a test names each of them, because what a
message means is more than its bytes (those are checked for all of them). The rest is listed here with the reason.
"""
import json
import pathlib
import re
import sys

PROFILE = "ace-oscore-profile"
# Group: the tests that walk through it.
WALKED = {
    "tokens": ["test_issue", "test_cwt"],
    "contexts": ["test_oscore_derive", "test_cnf"],
    "aif": ["test_aif"],
    "token_hash": ["test_token_hash"],
    "positive_variants": ["test_authz_info"],
    "negative_authz_info": ["test_authz_info"],
}
NOT_VECTORS = {
    "meta": "about the file", "selftests": "of the program that made the file", "parameters": "what the others use",
    "json_master_salt": "for JSON over HTTP, which is not spoken here",
    "http_oscore_header": "for HTTP, which is not spoken here",
    "appendix_b2_kid_context": "RFC 8613 B.2 is not used: contexts come from tokens",
}
# Messages of what is not built yet; a line goes when all of them have a test.
NOT_BUILT = {}


def sources(root):
    found = {}
    for path in sorted((root / "tests").rglob("*")):
        if path.suffix in (".c", ".h", ".py") and path.parent.name != "check":
            found[path.stem] = path.read_text(encoding="utf-8")
    return found


def walked_faults(group, entries, tests):
    for name in WALKED[group]:
        text = tests.get(name, "")
        if not re.search(rf'json_object_get\([^;]*"{group}"', text) or "foreach" not in text:
            yield f"{group}: {name} does not walk through it"
        elif not re.search(rf"assert_int_equal\([^;]+, {len(entries)}\);", text):
            yield f"{group}: {name} does not assert that there are {len(entries)}"


def is_named(name, text):
    """As a literal, or as one that is put together: "token-error-%s"."""
    return f'"{name}"' in text or any(name.startswith(start) for start in re.findall(r'"([a-z-]+-)%s"', text))


def message_faults(messages, text):
    unused = [message["name"] for message in messages if not is_named(message["name"], text)]
    for name in unused:
        if not any(re.fullmatch(pattern, name) for pattern in NOT_BUILT):
            yield f"message {name}: no test names it"
    for pattern, what in NOT_BUILT.items():
        if not any(re.fullmatch(pattern, name) for name in unused):
            yield f"{what} is tested: {pattern} is not to be listed here"


def profile_faults(profile, tests):
    for group, entries in profile.items():
        if group in WALKED:
            yield from walked_faults(group, entries["cases"] if group == "negative_authz_info" else entries, tests)
        elif group == "messages":
            yield from message_faults(entries, "\n".join(tests.values()))
        elif group not in NOT_VECTORS:
            yield f"{group}: nobody knows this group"


def main():
    root = pathlib.Path(sys.argv[1])
    tests = sources(root)
    text = "\n".join(tests.values())
    faults = [f"{path.name}: no test loads it" for path in sorted((root / "tests/vectors").glob("*.json"))
              if f'"{path.stem}"' not in text]
    profile = json.loads((root / f"tests/vectors/{PROFILE}.json").read_text(encoding="utf-8"))
    faults += profile_faults(profile, tests)
    print("\n".join(faults) or "every vector is used")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
