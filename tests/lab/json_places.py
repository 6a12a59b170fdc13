# SPDX-License-Identifier: Apache-2.0
"""JSON with the place of each value, so that a mistake can be shown where it stands."""
import json
import re
from json.decoder import scanstring

SPACE = re.compile(r"[ \t\r\n]*")
SCALAR = re.compile(r"[^\s,\]}]+")


def line_column(text, at):
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


class _Places:
    """Of a text that is JSON: where each value begins, by its path."""

    def __init__(self, text):
        self.text, self.places = text, {}
        self._value(0, ())

    def _skip(self, at):
        return SPACE.match(self.text, at).end()

    def _value(self, at, path):
        at = self._skip(at)
        self.places[path] = at
        first = self.text[at]
        if first == "{":
            return self._members(at + 1, path)
        if first == "[":
            return self._elements(at + 1, path)
        if first == '"':
            return scanstring(self.text, at + 1)[1]
        return SCALAR.match(self.text, at).end()

    def _members(self, at, path):
        at = self._skip(at)
        while self.text[at] != "}":
            name, end = scanstring(self.text, at + 1)
            at = self._value(self._skip(end) + 1, path + (name,))
            at = self._after(at)
        return at + 1

    def _elements(self, at, path):
        at, index = self._skip(at), 0
        while self.text[at] != "]":
            at = self._after(self._value(at, path + (index,)))
            index += 1
        return at + 1

    def _after(self, at):
        at = self._skip(at)
        return self._skip(at + 1) if self.text[at] == "," else at


class NotJson(Exception):
    def __init__(self, message, line, column):
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def _once(pairs):
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"\"{twice}\" stands there twice")
    return dict(pairs)


def load(text):
    """The document, and a function that gives line and column of a path in it."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as failure:
        raise NotJson(f"not JSON: {failure.msg}", failure.lineno, failure.colno) from None
    except ValueError as failure:
        twice = str(failure).split('"')[1]
        raise NotJson(str(failure), *line_column(text, text.rfind(json.dumps(twice)))) from None
    except RecursionError:
        raise NotJson("too deep", 1, 1) from None
    places = _Places(text).places

    def where(path):
        path = tuple(path)
        while path not in places:
            path = path[:-1]
        return line_column(text, places[path])

    return document, where
