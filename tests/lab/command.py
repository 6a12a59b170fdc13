# SPDX-License-Identifier: Apache-2.0
"""The command line of ace-lab."""
import argparse
import glob
import json
import os
import sys
import traceback

from programs_of import LabError
from run import run
from scenario import Problem, Scenario
from world import ROOT

SCENARIOS = os.path.join(ROOT, "tests/e2e/scenarios")
DONE, NO, USAGE, BROKEN = 0, 1, 2, 5
HELP = """examples:
ace-lab run tests/e2e/scenarios/building.json --seed 7 --out out/building
ace-lab check tests/e2e/scenarios/gas.json
ace-lab list

usage: ace-lab VERB [arguments] [flags]
runs a whole system from one scenario file: authorization server, devices, clients, proxies, faults, adversaries

verbs:
  run FILE                   run a scenario; exit 1 when an expectation does not hold
  check FILE                 check a scenario without running it; exit 1 when it is not valid
  list                       the scenarios that come with the source

flags of run:
      --seed N               what chance depends on (default: the scenario's, or 1)
      --out DIR              where to write report.html, sequence.svg, trace.jsonl, capture.pcap, keys, junit.xml
      --build DIR            where the programs were built with tests (default: build or out/gcc) [ACE_BUILD]

common flags:
  -h, --help                 show this help
      --version              show the version
  -q, --quiet                print errors only
      --json                 print JSON [ACE_JSON]

exit status: 0 done, 1 a clean no, 2 usage, 5 broken
"""


class Usage(Exception):
    pass


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Usage(message)


def parse(words):
    parser = Parser(prog="ace-lab", add_help=False, allow_abbrev=False)
    parser.add_argument("verb", nargs="?", choices=("run", "check", "list"))
    parser.add_argument("file", nargs="?")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--out")
    parser.add_argument("--build", default=os.environ.get("ACE_BUILD"))
    parser.add_argument("--json", action="store_true", default=bool(os.environ.get("ACE_JSON")))
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="store_true")
    return parser.parse_args(words)


def find_build(named):
    for folder in [named] if named else [os.path.join(ROOT, name) for name in ("build", "out/gcc")]:
        if os.path.exists(os.path.join(folder, "as/aced")) and os.path.exists(
                os.path.join(folder, "tests/support/libclock_shift.so")):
            return os.path.abspath(folder)
    raise LabError(f"no programs in {named or 'build/ or out/gcc/'}: build them with tests (meson setup build && ninja -C build)")


def tell(args, code, message, place=None):
    """An error, as people or programs read it."""
    if args and args.json:
        error = {"code": code, "message": message}
        if place:
            error.update(file=place.path, line=place.place[0], column=place.place[1], message=place.message)
        print(json.dumps({"error": error}), file=sys.stderr)
    else:
        print(f"ace-lab: {message}" if not place else message, file=sys.stderr)


def do_list(args):
    rows = []
    for path in sorted(glob.glob(os.path.join(SCENARIOS, "*.json"))):
        scenario = Scenario(path)
        rows.append({"name": scenario.name, "file": os.path.relpath(path), "title": scenario.document["title"]})
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            print(f"{row['file']:42} {row['title']}")
    return DONE


def do_check(args):
    scenario = Scenario(args.file)
    if args.json:
        print(json.dumps({"file": args.file, "valid": True, "devices": len(scenario.devices), "clients": len(scenario.clients),
                          "proxies": len(scenario.proxies)}))
    elif not args.quiet:
        print(f"{args.file}: valid, {len(scenario.devices)} devices, {len(scenario.clients)} clients, "
              f"{len(scenario.proxies)} proxies")
    return DONE


def progress(args):
    def on_result(result):
        if args.json or args.quiet and result.is_good:
            return
        print(f"{'ok  ' if result.is_good else 'FAIL'} {result.number:3} {result.title}  ({result.seconds:.1f} s)", flush=True)
        for text, good, got in result.checks:
            if not good:
                print(f"     expected: {text}\n     got:      {got}", flush=True)
        if result.error:
            print(f"     {result.error}", flush=True)
    return on_result


def do_run(args):
    scenario = Scenario(args.file)
    build = find_build(args.build)
    seed = args.seed if args.seed is not None else scenario.document.get("seed", 1)
    out = args.out or os.path.join("out", "lab", scenario.name)
    summary = run(scenario, seed, build, out, progress(args))
    if args.json:
        print(json.dumps(summary, indent=2))
    elif not args.quiet or summary["failed"]:
        print(f"{scenario.name}: {summary['passed']} passed, {summary['failed']} failed in {summary['seconds']} s, seed {seed}, "
              f"{summary['messages']} messages; {os.path.join(out, 'report.html')}")
    return NO if summary["failed"] else DONE


def main(words):
    args = None
    try:
        args = parse(words)
        if args.help:
            print(HELP, end="")
            return DONE
        if args.version:
            print("ace-lab, of the source that it stands in")
            return DONE
        if not args.verb or args.verb != "list" and not args.file or args.verb == "list" and args.file:
            raise Usage("ace-lab run FILE, ace-lab check FILE or ace-lab list; see --help")
        return {"run": do_run, "check": do_check, "list": do_list}[args.verb](args)
    except Usage as failure:
        tell(args, "usage", str(failure))
        return USAGE
    except Problem as failure:
        tell(args, "invalid", str(failure), failure)
        return NO
    except FileNotFoundError as failure:
        tell(args, "usage", f"{failure.filename}: no such file")
        return USAGE
    except (LabError, OSError) as failure:
        tell(args, "broken", str(failure))
        return BROKEN
    except Exception as failure:  # 1 would say that an expectation does not hold
        traceback.print_exc()
        tell(args, "broken", f"{type(failure).__name__}: {failure}")
        return BROKEN
