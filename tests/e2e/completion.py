#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion in a real bash: its function driven word by word over all verbs and flags of --help, and a Tab at a terminal.

    completion.py BUILD_DIR SOURCE_DIR
"""
import json
import os
import pathlib
import pty
import re
import select
import shlex
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ctl_case import acectl, case, tell
from programs import BUILD, LIMIT, SOURCE, sandbox

PATH = f"{BUILD}/as:{BUILD}/client:{BUILD}/device:{os.environ['PATH']}"
BREAKS = " \t\n\"'><=;|&(:"
ENV = {name: value for name, value in os.environ.items() if not name.startswith("ACE_")}
ENV.update(PATH=PATH, ACE_STATE="store", INPUTRC="/dev/null", TERM="dumb", PS1="> ", HISTFILE="")
SITE = {"format": "ace-policy/1", "models": {"m": {"resources": {"/temp": ["GET"]}}},
        "scopes": {"read": {"/temp": ["GET"]}},
        "rules": {"r": {"effect": "allow", "clients": ["*"], "devices": ["*"], "scopes": ["read"]}},
        "clients": {name: {"auth": {"method": "oscore", "key": "generate"}} for name in ("wall-1", "wall-2", "tech-anna")},
        "devices": {name: {"model": "m", "as_key": {"kid_hex": kid, "key": "generate"}}
                    for name, kid in (("thermo-1", "01"), ("door-1", "02"))}}


def split(line):
    """Words as bash sees them: also "=" and ":" stand alone."""
    words = re.findall(r"[=:]+|[^\s=:]+", line)
    return words + [""] if not line or line[-1].isspace() else words


def script(lines):
    """What bash completes each line to: a list of candidates a line."""
    text = ["source <(acectl completion bash)", "complete -p acectl >/dev/null || exit 3"]
    for line in lines:
        words = split(line)
        text.append(f"COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; COMP_LINE={shlex.quote(line)}; "
                    "COMP_POINT=${#COMP_LINE}; _aced_complete; printf '%s\\n' \"${COMPREPLY[@]}\"; echo ==")
    done = subprocess.run(["bash", "--norc"], input="\n".join(text) + "\n", capture_output=True, text=True, timeout=LIMIT, env=ENV, check=False)
    case("bash is content", done.returncode == 0 and not done.stderr, done.stdout + done.stderr)
    return [sorted(filter(None, part.split("\n"))) for part in done.stdout.split("==\n")[:-1]]


def completes(wanted):
    """Pairs of a line and its candidates, words of one text."""
    for (line, words), got in zip(wanted.items(), script(wanted), strict=True):
        case(f"{line}[Tab]", got == sorted(words.split()), f"{got}\n--- wanted {sorted(words.split())}")


def of_help(*words):
    said = subprocess.run([*words, "--help"], capture_output=True, text=True, timeout=LIMIT, env=ENV, check=True).stdout
    block = re.search(r"^verbs:\n((?:[ \t]+\S.*\n)+)", said, re.M)
    verbs = re.findall(r"^  ([a-z][a-z-]*(?: [a-z][a-z-]*)?)(?= )", block.group(1) + " ", re.M) if block else []
    return verbs, " ".join(sorted(set(re.findall(r"^\s+(?:-\w, )?(?:    )?(--[a-z][a-z0-9-]*)", said, re.M))))


def all_verbs_and_flags():
    """What --help tells is what is offered, of all verbs of all programs."""
    wanted = {}
    for program in ("acectl", "ace-client", "ace-device", "aced"):
        verbs, flags = of_help(program)
        wanted[f"{program} --"] = flags
        if verbs:
            wanted[f"{program} "] = " ".join({verb.split()[0] for verb in verbs})
        for verb in verbs:
            if verb == "completion bash":
                continue
            wanted[f"{program} {verb} --"] = of_help(program, *verb.split())[1]
            wanted[f"{program} {verb}"] = verb.split()[-1]
            noun = verb.split()[0]
            if " " in verb:
                wanted[f"{program} {noun} "] = " ".join(other.split()[1] for other in verbs if other.split()[0] == noun)
    case("--help is understood", len(wanted) > 90, wanted)
    completes(wanted)


def values():
    pathlib.Path("site one").mkdir()
    pathlib.Path("site.json").write_text("{}", encoding="ascii")
    completes({
        "acectl device export thermo-1 --format ": "json cbor nvs-csv zephyr c-header hex",
        "acectl device export thermo-1 --format=c": "cbor c-header",
        "acectl device export thermo-1 --format=": "json cbor nvs-csv zephyr c-header hex",
        "acectl --format c": "",
        "acectl client export wall-1 --format ": "json libcoap aiocoap",
        "acectl --color ": "auto always never",
        "acectl policy graph --format m": "mermaid",
        "acectl policy schema ": "tests",
        "acectl completion ": "bash",
        "aced --log-level d": "debug",
        "ace-client get -m ": "get post put delete fetch patch ipatch",
        "acectl policy apply site.": "site.json",
        "acectl policy diff --from 1 site.": "site.json",
        "acectl explain wall-1 thermo-1 read --policy site.": "site.json",
        "acectl --state-dir store --kek site.": "site.json",
        "acectl client ticket wall-1 -o site.": "site.json",
        "ace-client enroll site.": "site.json",
        "acectl token inspect @site.": "@site.json",
        "acectl --no-such-flag client sh": "show",
        "acectl client list -q -- --": "",
    })


def ids():
    """What the store has; nothing, and no complaint, where there is none."""
    completes({
        "acectl client show ": "wall-1 wall-2 tech-anna",
        "acectl client show w": "wall-1 wall-2",
        "acectl client show wall-1": "wall-1",
        "acectl client delete -y t": "tech-anna",
        "acectl device export ": "thermo-1 door-1",
        "acectl token revoke --client ": "wall-1 wall-2 tech-anna",
        "acectl token list --device=t": "thermo-1",
        "acectl policy show ": "1 2",
        "acectl policy rollback ": "1 2",
        "acectl policy diff --from ": "1 2",
        "acectl explain wall-1 ": "thermo-1 door-1",
        "acectl can tech-anna d": "door-1",
        "acectl who-can GET /temp ": "thermo-1 door-1",
        "acectl who-can P": "POST PUT PATCH",
        "acectl --state-dir nowhere client show ": "",
        "acectl --state-dir=nowhere device show ": "",
        "acectl -q --state-dir store client show w": "wall-1 wall-2",
    })
    os.rename("store/kek", "kek")
    completes({"acectl client show w": "wall-1 wall-2"})
    os.rename("kek", "store/kek")
    os.rename("store/data.mdb", "data.mdb")
    pathlib.Path("store/data.mdb").write_bytes(os.urandom(65536))
    completes({"acectl client show w": ""})
    os.replace("data.mdb", "store/data.mdb")


def at_a_terminal():
    """bash itself splits the line, and puts in what was chosen."""
    child, terminal = pty.fork()
    if not child:
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], ENV)
    seen = ""

    def see(words):
        nonlocal seen
        until = time.monotonic() + LIMIT
        while words not in seen:
            ready, _, _ = select.select([terminal], [], [], max(0, until - time.monotonic()))
            case(f"the terminal shows {words}", bool(ready), seen)
            seen += os.read(terminal, 65536).decode(errors="replace")
        case(f"the terminal shows {words}", True)
        seen = ""

    def type_in(keys):
        os.write(terminal, keys.encode())

    type_in("source <(acectl completion bash); echo re''ady\n")
    see("ready\r\n")
    for keys, line in (("acectl cli\tsh\tte\t", "client show tech-anna"), ("acectl device export thermo-1 --fo\tnv\t", "--format nvs-csv"),
                       ("acectl device export --format=nv\t", "--format=nvs-csv"), ("acectl policy apply site\\ \t", "site\\ one/")):
        type_in(keys)
        see(line)
        type_in("\x15")
    pathlib.Path("trap$(touch sprung)").touch()
    type_in("acectl token inspect @tr\t\n")
    see("\r\n")
    type_in("echo do''ne\n")
    see("done\r\n")
    case("a name of a file is no command", not os.path.exists("sprung"))
    type_in("exit\n")
    os.close(terminal)
    os.waitpid(child, 0)


def main():
    os.mkdir("here")
    os.chdir("here")
    pathlib.Path("policy.json").write_text(json.dumps(SITE), encoding="ascii")
    case("init", acectl("--state-dir", "store", "init").code == 0)
    case("apply", acectl("--state-dir", "store", "policy", "apply", "policy.json").code == 0)
    SITE["rules"]["r"]["clients"] = ["wall-1"]
    pathlib.Path("policy.json").write_text(json.dumps(SITE), encoding="ascii")
    case("apply", acectl("--state-dir", "store", "policy", "apply", "policy.json").code == 0)
    os.unlink("policy.json")
    script_file = pathlib.Path(SOURCE, "dist/completion.bash").read_text(encoding="utf-8")
    case("what is printed is what is installed", acectl("completion", "bash").out == script_file)
    all_verbs_and_flags()
    values()
    ids()
    at_a_terminal()
    tell()


if __name__ == "__main__":
    sandbox(main)
