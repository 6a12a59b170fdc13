# SPDX-License-Identifier: Apache-2.0
"""A scenario file: read, checked, and written out where it speaks of many at once."""
import copy
import fnmatch
import json
import os
import re

import jsonschema

import json_places

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "ace-lab-1.schema.json")
VERBS = ("client", "acectl", "policy", "await", "advance", "fault", "forge", "heal", "stop", "start", "restart", "power_cut", "sleep",
         "wake", "wait", "adversary", "order", "unseen", "traffic", "repeat", "each", "expect_decoded", "provision", "enroll", "unique")
SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(span):
    number, unit = SPAN.fullmatch(span).groups()
    return float(number) * UNITS[unit]


class Problem(Exception):
    """In a scenario file, at a place of it."""

    def __init__(self, path, place, message):
        super().__init__(f"{path}:{place[0]}:{place[1]}: {message}")
        self.path, self.place, self.message = path, place, message


def _schema_problems(document):
    with open(SCHEMA, encoding="utf-8") as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    for error in sorted(validator.iter_errors(document), key=lambda e: [str(part) for part in e.absolute_path]):
        error = jsonschema.exceptions.best_match([error])
        yield error.absolute_path, _words(error)


def _words(error):
    """What the schema says, for people: its messages repeat the whole value."""
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema.get("properties", {})))
        return f"unknown: {', '.join(unknown)}"
    if error.validator in ("type", "enum", "pattern", "const"):
        return f"{json.dumps(error.instance)[:60]} should be {error.validator} {json.dumps(error.validator_value)}"
    if error.validator == "required":
        return error.message
    return error.message[:160]


class Scenario:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.name = os.path.splitext(os.path.basename(path))[0]
        try:
            self.document, self.where = json_places.load(self.text)
        except json_places.NotJson as failure:
            raise Problem(path, (failure.line, failure.column), failure.message) from None
        for place, message in _schema_problems(self.document):
            raise Problem(path, self.where(place), message)
        self._expand()
        self._check_parties()
        self._check_steps(self.document["steps"], ("steps",))

    def problem(self, place, message):
        return Problem(self.path, self.where(place), message)

    # -- parties ---------------------------------------------------------------------------------------------------

    def _expand(self):
        """Members with "count" are many: NAME-1, NAME-2, ..."""
        self.many = {}  # by member, what it is one of
        self.devices = self._members("devices")
        self.clients = self._members("clients")
        self.proxies = self.document.get("proxies", {})
        names = [*self.devices, *self.clients]
        self.groups = {group: [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
                       for group, patterns in self.document.get("groups", {}).items()}

    def _members(self, kind):
        out = {}
        for name, member in self.document.get(kind, {}).items():
            if "count" not in member:
                out[name] = member
                continue
            for number in range(1, member["count"] + 1):
                one = copy.deepcopy(member)
                del one["count"]
                one["tags"] = {key: value[(number - 1) % len(value)] if isinstance(value, list) else value
                               for key, value in one.get("tags", {}).items()}
                out[f"{name}-{number}"] = one
                self.many[f"{name}-{number}"] = name
        return out

    def _check_parties(self):
        names = ["as", *self.devices, *self.clients, *self.proxies]
        for name in names:
            if names.count(name) > 1:
                raise self.problem((), f"two parties are called {name}")
        for name, proxy in self.proxies.items():
            for target in filter(None, [proxy.get("next"), *proxy.get("hosts", [])]):
                if target not in names:
                    raise self.problem(("proxies", name), f"next: there is no {target}")
        for kind in ("devices", "clients"):
            for name, member in self.document.get(kind, {}).items():
                for key in ("behind", "through"):
                    if key in member and member[key] not in self.proxies:
                        raise self.problem((kind, name, key), f"there is no proxy {member[key]}")
        for group, members in self.groups.items():
            if not members:
                raise self.problem(("groups", group), "nobody is in it")

    # -- steps -----------------------------------------------------------------------------------------------------

    def _check_steps(self, steps, path, variables=()):
        for index, step in enumerate(steps):
            place = (*path, index)
            verbs = [verb for verb in VERBS if verb in step]
            if len(verbs) != 1:
                raise self.problem(place, f"a step has one of {', '.join(VERBS)}; this one has {', '.join(verbs) or 'none'}")
            verb = verbs[0]
            if verb in ("repeat", "each"):
                names = {**step.get("pick", {}), **(step["each"] if verb == "each" else {})}
                for variable, group in names.items():
                    if group not in self.groups:
                        raise self.problem((*place, variable), f"there is no group {group}")
                self._check_steps(step["do"], (*place, "do"), (*variables, *names, "n"))
            else:
                self._check_names(step, verb, place, variables)

    def _check_names(self, step, verb, place, variables):
        kinds = {"client": self.clients, "enroll": self.clients, "provision": self.devices, "power_cut": ["as", *self.devices, *self.proxies],
                 **dict.fromkeys(("stop", "start", "restart"), ["as", *self.devices, *self.proxies]),
                 **dict.fromkeys(("sleep", "wake"), ["as", *self.devices, *self.proxies])}
        value = step[verb]
        if verb in kinds and not value.startswith("$") and value not in kinds[verb]:
            raise self.problem((*place, verb), f"there is no {value}")
        if verb == "client" and not any(key in step for key in ("get", "put", "post", "delete", "observe", "run")):
            raise self.problem(place, "what does the client do? get, put, post, delete, observe or run")
        for variable in re.findall(r"\$(\w+)", json.dumps(step)):
            if variable not in variables:
                raise self.problem(place, f"${variable} has no value here")
        self._check_can_fail(step, verb, place)

    def _check_can_fail(self, step, verb, place):
        """A step that expects nothing, or something of nobody, would always be well."""
        value = step[verb]
        if verb == "traffic" and not {"count", "min", "max"} & set(value):
            raise self.problem((*place, verb), "traffic needs count, min or max")
        if verb == "unseen" and not (value.get("texts") or value.get("secrets")):
            raise self.problem((*place, verb), "unseen needs texts or secrets")
        if "background" in step and "expect" in step:
            raise self.problem((*place, "expect"), "what runs in the background is judged by await")
        everybody = ["as", *self.devices, *self.proxies]
        key, names = {"unseen": ("by", [name for name, proxy in self.proxies.items() if proxy.get("keep")]),
                      "order": ("to", [name for name, proxy in self.proxies.items() if proxy.get("hostile")]),
                      **dict.fromkeys(("adversary", "fault", "forge"), ("on", everybody))}.get(verb, (None, ()))
        name = value.get(key, "$") if key else "$"
        if not name.startswith("$") and name not in names:
            raise self.problem((*place, verb, key), f"{name} is nobody of whom that can be asked")


def fill(step, values):
    """The step with the values of its variables."""
    if isinstance(step, str):
        return re.sub(r"\$(\w+)", lambda match: str(values[match.group(1)]), step)
    if isinstance(step, list):
        return [fill(part, values) for part in step]
    if isinstance(step, dict):
        return {name: part if name in ("pick", "each") else fill(part, values) for name, part in step.items()}
    return step


def one_line(step):
    """A step without a title, in a few words."""
    if "title" in step:
        return step["title"]
    verb = next(verb for verb in VERBS if verb in step)
    if verb == "client":
        for method in ("get", "put", "post", "delete", "observe"):
            if method in step:
                return f"{step['client']}: {method.upper()} {step[method]}"
        return f"{step['client']}: {' '.join(step['run'])}"
    value = step[verb]
    if verb == "acectl":
        return "acectl " + " ".join(value)
    return f"{verb.replace('_', ' ')} {value if isinstance(value, str) else json.dumps(value)}"[:100]
