# SPDX-License-Identifier: Apache-2.0
"""One run: the world is built, the steps are done, and what is left of it is written down."""
import os
import shutil
import time
import xml.etree.ElementTree as xml

import capture
import report
import sequence
from steps import Steps
from world import World


def write_junit(path, scenario, results, duration):
    suite = xml.Element("testsuite", name=scenario.name, tests=str(len(results)), time=f"{duration:.2f}",
                        failures=str(sum(not result.is_good for result in results)))
    for result in results:
        case = xml.SubElement(suite, "testcase", classname=scenario.name, name=f"{result.number} {result.title}",
                              time=f"{result.seconds:.2f}")
        bad = [f"expected: {text}\ngot: {got}" for text, good, got in result.checks if not good]
        bad += [result.error] if result.error else []
        if bad:
            xml.SubElement(case, "failure", message=bad[0].splitlines()[0]).text = "\n".join(bad)
    xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def summarize(scenario, seed, world, steps, duration):
    results = steps.results
    return {"scenario": scenario.name, "title": scenario.document["title"], "seed": seed, "seconds": round(duration, 1),
            "passed": sum(result.is_good for result in results), "failed": sum(not result.is_good for result in results),
            "messages": len(world.trace.messages()),
            "failures": [{"step": result.number, "title": result.title, "error": result.error,
                          "expected": [text for text, good, _ in result.checks if not good]}
                         for result in results if not result.is_good]}


def write_all(out, scenario, world, steps, summary):
    os.makedirs(out, exist_ok=True)
    steps.decoder.tell_all(world.trace.events)
    world.trace.write(os.path.join(out, "trace.jsonl"))
    capture.write(os.path.join(out, "capture.pcap"), world.trace.messages(), ["as", *scenario.clients, *scenario.proxies, *scenario.devices])
    if os.path.exists(world.keys):
        shutil.copyfile(world.keys, os.path.join(out, "keys"))
    write_junit(os.path.join(out, "junit.xml"), scenario, steps.results, summary["seconds"])
    picture = sequence.draw(scenario, world.trace.events)
    with open(os.path.join(out, "sequence.svg"), "w", encoding="utf-8") as file:
        file.write(picture)
    with open(os.path.join(out, "report.html"), "w", encoding="utf-8") as file:
        file.write(report.page(scenario, summary, steps.results, world.trace.events, picture))


def run(scenario, seed, build, out, on_result):
    """Returns a summary; out has report.html and the rest."""
    started = time.monotonic()
    world = World(scenario, seed, build)
    try:
        world.build()
        steps = Steps(world, on_result)
        steps.run_all(scenario.document["steps"])
        summary = summarize(scenario, seed, world, steps, time.monotonic() - started)
        write_all(out, scenario, world, steps, summary)
        return summary
    finally:
        world.close()
