# SPDX-License-Identifier: Apache-2.0
"""Whether what came of a step is what was expected."""
import fnmatch
import json


class Outcome:
    """Of a step: how its program ended, what it said, the messages that passed, and what an adversary was answered."""

    def __init__(self, exit_code=None, out="", err="", messages=(), codes=()):
        self.exit, self.out, self.err, self.messages, self.codes = exit_code, out, err, list(messages), list(codes)


def _texts(value):
    return [value] if isinstance(value, str) else value


def in_range(number, wanted):
    if isinstance(wanted, int):
        return number == wanted
    return wanted.get("min", 0) <= number <= wanted.get("max", number)


def _member(text, path):
    value = json.loads(text)
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _json(outcome, wanted):
    for path, value in wanted.items():
        try:
            got = _member(outcome.out, path)
        except (ValueError, KeyError, IndexError, TypeError) as failure:
            got = f"nothing ({failure})"
        yield f"{path} is {json.dumps(value)}", got == value, f"it is {json.dumps(got)}"


def _codes(outcome, wanted):
    if len(wanted) == 1 and wanted[0].endswith("*"):
        wanted = [wanted[0][:-1]] * max(1, len(outcome.codes))
    yield f"the answers are {' '.join(wanted)}", outcome.codes == wanted, " ".join(outcome.codes)


def check(expected, outcome):
    """Triples: what was expected, whether it is so, and what was there."""
    said = outcome.out + outcome.err
    if "exit" in expected:
        yield f"exit {expected['exit']}", outcome.exit == expected["exit"], f"exit {outcome.exit}: {said.strip()[-300:]}"
    if "output" in expected:
        got = outcome.out.rstrip("\n")
        yield f"prints \"{expected['output']}\"", got == expected["output"], f"\"{got}\" {outcome.err.strip()[-200:]}"
    for text in _texts(expected.get("says", [])):
        yield f"says \"{text}\"", text in said, said.strip()[-300:]
    for text in _texts(expected.get("says_not", [])):
        yield f"does not say \"{text}\"", text not in said, said.strip()[-300:]
    if "messages" in expected:
        count = len(outcome.messages)
        yield f"messages: {json.dumps(expected['messages'])}", in_range(count, expected["messages"]), f"{count}"
    if "bytes" in expected:
        size = sum(len(message["data"]) for message in outcome.messages)
        yield f"bytes: {json.dumps(expected['bytes'])}", in_range(size, expected["bytes"]), f"{size}"
    if "codes" in expected:
        yield from _codes(outcome, expected["codes"])
    if "codes_in" in expected:
        good = bool(outcome.codes) and all(code in expected["codes_in"] for code in outcome.codes)
        yield f"each answer is one of {' '.join(expected['codes_in'])}", good, " ".join(outcome.codes) or "none"
    yield from _json(outcome, expected.get("json", {}))


def matches(wanted, message):
    """Is it a message that a wait, traffic or expect_decoded step speaks of? message is as from decode.Decoder.tell()."""
    return (fnmatch.fnmatchcase(message["sender"], wanted.get("from", "*")) and
            fnmatch.fnmatchcase(message["receiver"], wanted.get("to", "*")) and
            ("transport" not in wanted or message["transport"] == wanted["transport"]) and
            ("protected" not in wanted or message.get("protected") == wanted["protected"]) and
            fnmatch.fnmatchcase(message.get("name", ""), wanted.get("name", "*")))
