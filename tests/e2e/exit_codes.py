#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every verb of acectl --help, and each of its exit codes: 0 done, 1 a clean no, 2 usage, 3 nobody there, 4 no permission or
the wrong key, 5 a damaged store; each as text and with --json, and what is done with --json=lines, too.

A verb that ROWS does not have fails this test: add its row here, and its document to the table of docs/cli-json.md.

    exit_codes.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import pathlib
import re
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, case, edit, tell
from programs import SOURCE, Daemon, free_port, program, run, sandbox

NOBODY = 65534
STORE = ("--state-dir", "store")


class Row:
    """How a verb is called so that it does what it is for (done), and so that it says no (no); both are lists of words.

    store    it opens the store: without permission it is refused, a damaged one is told, a missing one is not there
    key      it needs the key-encryption key
    asks     it destroys something: without -y and without a terminal it does nothing
    live     it is done where aced runs; elsewhere nobody is there
    lines    its document is an array
    codes    of being done: doctor finds something on many machines
    damaged  what it says of a store that is none: restore puts another in its place
    """

    def __init__(self, done, no=None, store=True, key=False, asks=False, live=False, lines=False, codes=(0,), damaged=5):
        self.done, self.no, self.store, self.key = done.split(), no and no.split(), store, key
        self.asks, self.live, self.lines, self.codes, self.damaged = asks, live, lines, codes, damaged


ROWS = {
    "init": Row("", store=False),
    "status": Row("", live=True),
    "doctor": Row("", codes=(0, 1)),
    "metrics": Row("--from 127.0.0.1:METRICS", store=False, live=True),
    "policy validate": Row("site", no="broken.json", store=False),
    "policy test": Row("site", no="failing", store=False),
    "policy fmt": Row("site", no="--check unlaid.json", store=False),
    "policy apply": Row("site", no="broken.json", key=True),
    "policy diff": Row("site", no="otherwise.json"),
    "policy rollback": Row("1", no="99"),
    "policy log": Row("", lines=True),
    "policy show": Row("1", no="99"),
    "policy export": Row("", no="--generation 99"),
    "policy graph": Row("", no="broken.json"),
    "policy schema": Row("tests", store=False),
    "client list": Row("", lines=True),
    "client show": Row("wallboard-1", no="nobody"),
    "client ticket": Row("wallboard-1 -o new", no="nobody -o new", key=True),
    "client rotate-key": Row("wallboard-1 -o new", no="nobody -o new", key=True),
    "client export": Row("wallboard-1 -o new", no="nobody -o new", key=True),
    "client create": Row("wallboard-9", no="wallboard-1", key=True),
    "client enable": Row("wallboard-1", no="nobody"),
    "client disable": Row("wallboard-1", no="nobody"),
    "client tag": Row("wallboard-1 floor=2", no="nobody floor=2"),
    "client delete": Row("wallboard-1", no="nobody", asks=True),
    "device list": Row("", lines=True),
    "device show": Row("thermo-101", no="nothing"),
    "device export": Row("thermo-101 -o new", no="nothing -o new", key=True),
    "device rotate-key": Row("thermo-101", no="nothing", key=True),
    "device rotate-line": Row("thermo-101", no="nothing", key=True),
    "device create": Row("thermo-9 --model thermo-clock", no="thermo-9 --model nothing", key=True),
    "device enable": Row("thermo-101", no="nothing"),
    "device disable": Row("thermo-101", no="nothing"),
    "device tag": Row("thermo-101 floor=2", no="nothing floor=2"),
    "device delete": Row("thermo-101", no="nothing", asks=True),
    "token list": Row("", lines=True),
    "token show": Row("TOKEN", no="99"),
    "token inspect": Row("@token", no="0011", key=True),
    "token revoke": Row("TOKEN", no="99", asks=True),
    "key status": Row(""),
    "key rotate-kek": Row("", key=True),
    "backup": Row("new"),
    "restore": Row("saved", no="nowhere", key=True, asks=True, damaged=1),
    "explain": Row("wallboard-1 thermo-101 climate.read", no="wallboard-1 thermo-101 climate.set"),
    "can": Row("wallboard-1", no="nobody"),
    "completion bash": Row("", store=False),
    "who-can": Row("GET /temp thermo-101", no="DELETE /temp thermo-101"),
}


def verbs():
    """Name and synopsis of each verb of --help."""
    said = acectl("--help").out
    block = re.search(r"^verbs:\n((?:[ \t]+\S.*\n)+)", said, re.M).group(1)
    return re.findall(r"^  ([a-z][a-z-]*(?: [a-z][a-z-]*)?)((?: (?:[A-Z\[@]|\| )\S*)*)(?: |$)", block, re.M)


class World:
    """A store that has been of use: generations, a token, a refusal; copies of it are what verbs are tried on."""

    def __init__(self):
        self.port, self.metrics, device_port = free_port(), free_port(), free_port()
        self.made = 0
        os.mkdir("world")
        os.chdir("world")
        shutil.copytree(os.path.join(SOURCE, "policies/demo"), "site")
        edit("site/inventory.json", lambda document: document["devices"]["thermo-101"].update(
            as_line={"method": "oscore", "key": "generate"}))
        case("init", acectl(*STORE, "init", "--as-uri", f"coap://127.0.0.1:{self.port}/token").code == 0)
        case("apply", acectl(*STORE, "policy", "apply", "site").code == 0)
        self.files()
        self.aced = Daemon("as/aced", *STORE, "--listen", f"coap://127.0.0.1:{self.port}", "--log-level", "error",
                           "--metrics", f"127.0.0.1:{self.metrics}")
        case("ticket", acectl(*STORE, "client", "ticket", "wallboard-1", "-o", "ticket").code == 0)
        case("export", acectl(*STORE, "device", "export", "thermo-101", "-o", "device.json").code == 0)
        device = Daemon("device/ace-device", "--provision", "device.json", "--listen", f"127.0.0.1:{device_port}")
        run("client/ace-client", "--state-dir", "client", "enroll", "ticket")
        said = json.loads(run("client/ace-client", "--state-dir", "client", "--json", "token", "--show", "-a", "thermo-101", "-s", "climate.read"))
        pathlib.Path("token").write_text(said["access_token"], encoding="ascii")
        self.token = str(json.loads(acectl(*STORE, "token", "list", "--json").out)[0]["id"])
        case("backup", acectl(*STORE, "backup", "saved").code == 0)
        device.stop(signal.SIGTERM)
        shutil.rmtree("client")
        os.chdir("..")

    def files(self):
        """What verbs are called with, beside the policy of the store."""
        pathlib.Path("broken.json").write_text('{ "format": "ace-policy/1", "rules": oops }\n', encoding="ascii")
        pathlib.Path("unlaid.json").write_text('{"format":"ace-policy/1"}\n', encoding="ascii")
        pathlib.Path("other.key").write_bytes(bytes(32))
        policy = json.loads(pathlib.Path("site/policy.json").read_text(encoding="utf-8"))
        policy["rules"] = {}
        pathlib.Path("otherwise.json").write_text(json.dumps(policy), encoding="utf-8")
        shutil.copytree("site", "failing")
        tests = json.loads(pathlib.Path("failing/policy.test.json").read_text(encoding="utf-8"))
        tests["tests"][0]["expect"] = {"decision": "deny"}
        pathlib.Path("failing/policy.test.json").write_text(json.dumps(tests), encoding="utf-8")

    def words(self, words):
        return [word.replace("TOKEN", self.token).replace("METRICS", str(self.metrics)) for word in words]

    def folder(self):
        """A copy of it all, and the way back."""
        self.made += 1
        name = os.path.abspath(f"case-{self.made}")
        shutil.copytree("world", name, ignore=shutil.ignore_patterns("notify*"))
        return name


def documents(text):
    """The JSON documents in a text, which holds nothing else."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        document, at = decoder.raw_decode(text, at)
        found.append(document)
    return found


def is_error(text):
    found = documents(text)
    error = found[0].get("error", {}) if len(found) == 1 else {}
    return bool(error.get("code") and error.get("message")) and not set(error) - {
        "code", "message", "hint", "file", "line", "column", "pointer"}


def tries(world, title, code, verb, words, prepare=None, live=False, lines=False, first=STORE, options=None):
    """The same command as text and as JSON, each in a folder of its own; the document that --json prints, if there is one."""
    codes = code if isinstance(code, tuple) else (code,)
    printed, home = None, os.getcwd()
    for form in ((), ("--json",), ("--json=lines",)) if title == "done" else ((), ("--json",)):
        folder = os.path.join(home, "world") if live else world.folder()
        os.chdir(folder)
        try:
            if prepare:
                prepare()
            result = acectl(*form, *first, *verb.split(), *world.words(words), **options or {})
        finally:
            os.chdir(home)
            if not live:
                shutil.rmtree(folder)
        name = f"{verb}: {title} {' '.join(form)}"
        case(name, result.code in codes and "Sanitizer" not in result.err, f"{result}\n--- wanted exit {codes}")
        if not form:
            case(name + " says something", result.code == 0 or result.out or result.err.endswith("\n"), result)
            continue
        if result.out:
            found = documents(result.out)
            case(name + " is JSON", not result.err and (len(found) == 1 or lines and form[0] == "--json=lines"), result)
            if form == ("--json",):
                printed = found[0]
            elif lines:
                case(name + " is a line each", found == printed and len(found) == len(result.out.splitlines()), result)
        else:
            case(name + " is one error", result.code and is_error(result.err) and len(result.err.splitlines()) == 1, result)
    return printed


def noise():
    """A store whose pages are all of something else."""
    with open("store/data.mdb", "r+b") as file:
        file.write(os.urandom(os.path.getsize("store/data.mdb")))


def seal():
    os.chmod("store/data.mdb", 0)
    os.chmod("store", 0o555)


def somebody_else():
    """Root may do anything, so there it is another user, with a program that this one can run."""
    if os.getuid():
        return {}
    os.chmod(".", 0o755)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "binary": os.path.abspath(shutil.copy(program("as/acectl"), "."))}


def goes_wrong(world, verb, row, stranger):
    done = row.done + ["-y"] * row.asks
    if row.no:
        tries(world, "a clean no", 1, verb, row.no + ["-y"] * row.asks, lines=row.lines)
    if row.asks:
        tries(world, "is not asked", 2, verb, row.done)
    if row.live:
        tries(world, "nobody is there", 3, verb, [word.replace("METRICS", "1") for word in row.done])
    if row.store:
        tries(world, "no permission", 4, verb, done, seal, options=stranger)
        tries(world, "a damaged store", row.damaged, verb, done, noise)
        tries(world, "no store", 1, verb, done, first=("--state-dir", "nowhere"))
    if row.key:
        tries(world, "the wrong key", 4, verb, done, first=(*STORE, "--kek", "other.key"))


def misused(world, verb, synopsis, row):
    tries(world, "an unknown flag", 2, verb, row.done + ["--no-such-flag"])
    tries(world, "a flag of another verb", 2, verb, row.done + (["--coverage"] if verb == "init" else ["--as-uri", "coap://x"])
          if verb not in ("init", "client export") else row.done + ["--coverage"])
    if synopsis.strip() and not synopsis.strip().startswith("[") and verb != "policy diff":
        tries(world, "too few arguments", 2, verb, [])
    if "..." not in synopsis:
        tries(world, "too many arguments", 2, verb, ["a", "b", "c", "d"])
    for flag in ("-h", "--help"):
        said = acectl(*verb.split(), flag)
        case(f"{verb} {flag}", said.code == 0 and said.out.startswith("examples:\n") and f"usage: acectl {verb}" in said.out, said)


def described(verb, document, page):
    """All members of a document stand in its row of the page, or in that of a verb which the row names."""
    row = page[verb]
    text = row + "".join(page[other] for other in re.findall(r"`([a-z-]+(?: [a-z-]+)?)`", row) if other in page)
    for part in document if isinstance(document, list) else [document]:
        for member in part:
            case(f"docs/cli-json.md: the row of {verb} has {member}", f"`{member}`" in text, row)


def read_page():
    """The rows of docs/cli-json.md by verb."""
    page = {}
    table = pathlib.Path(SOURCE, "docs/cli-json.md").read_text(encoding="utf-8").split("| verb |")[1]  # that of acectl
    for names, text in re.findall(r"^\| (`.*?`) \| (.*) \|$", table, re.M):
        for name in re.findall(r"`([^`]+)`", names):
            page[name] = text
    return page


def main():
    found = dict(verbs())
    missing = sorted(set(found) - set(ROWS))
    case("ROWS has each verb", not missing, f"add to ROWS of tests/e2e/exit_codes.py: {', '.join(missing)}")
    case("ROWS has no other", not set(ROWS) - set(found), sorted(set(ROWS) - set(found)))
    page = read_page()
    case("docs/cli-json.md has each verb", not set(found) - set(page), f"add to the table: {sorted(set(found) - set(page))}")
    world = World()
    stranger = somebody_else()
    for verb, row in ROWS.items():
        first = STORE if verb != "init" else ("--state-dir", "other")
        document = tries(world, "done", row.codes, verb, row.done + ["-y"] * row.asks, live=row.live, lines=row.lines, first=first)
        case(f"{verb} prints a document", document is not None)
        if verb != "policy schema" and verb != "policy export":
            described(verb, document, page)
        goes_wrong(world, verb, row, stranger)
        misused(world, verb, found[verb], row)
    tries(world, "there is one", 2, "init", [])
    tries(world, "no permission", 4, "init", [], lambda: os.mkdir("sealed", 0o555), first=("--state-dir", "sealed/new"), options=stranger)
    tell()


if __name__ == "__main__":
    sandbox(main)
