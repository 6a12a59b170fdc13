# SPDX-License-Identifier: Apache-2.0
"""The steps of a scenario, one function each."""
import json
import os
import random
import signal
import time

import expect
from adversary import Adversary, forge
from decode import Decoder
from expect import Outcome
from faults import Fault
from programs_of import LabError
from scenario import VERBS, fill, one_line, seconds

WAIT_S = 20
PAUSE_S = 0.05


class Result:
    """Of one step: its number, title, what was expected, and how long it took."""

    def __init__(self, number, title):
        self.number, self.title = number, title
        self.checks, self.error = [], None
        self.seconds = 0

    @property
    def is_good(self):
        return not self.error and all(good for _, good, _ in self.checks)


def merge(target, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    out = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = merge(out.get(name), value)
    return out


class Steps:
    def __init__(self, world, on_result):
        self.world, self.on_result = world, on_result
        self.adversary = Adversary(world)
        self.decoder = Decoder(world.keys, world.folder)
        self.results = []
        self.random = random.Random(f"{world.seed}/pick")

    def run_all(self, steps, values=None):
        for step in steps:
            if "repeat" in step or "each" in step:
                self._loop(step, values or {})
            else:
                self._one(fill(step, values or {}))

    def _loop(self, step, values):
        if "each" in step:
            (variable, group), = step["each"].items()
            rounds = [{variable: member} for member in self.world.scenario.groups[group]]
        else:
            rounds = [{} for _ in range(step["repeat"])]
        for number, extra in enumerate(rounds, 1):
            picked = {name: self.random.choice(self.world.scenario.groups[group]) for name, group in step.get("pick", {}).items()}
            self.run_all(step["do"], {**values, "n": number, **extra, **picked})

    def _one(self, step):
        result = Result(len(self.results) + 1, one_line(step))
        self.results.append(result)
        self.world.trace.step = result.number
        started = time.monotonic()
        self.world.trace.note("step", title=result.title, picture=step.get("picture", True))
        try:
            result.checks = self._until(step, result.number)
        except LabError as failure:
            result.error = str(failure)
        except (OSError, KeyError, ValueError) as failure:  # the run goes on, and has its report
            result.error = f"{type(failure).__name__}: {failure}"
        result.seconds = time.monotonic() - started
        for text, good, got in result.checks:
            self.world.trace.note("expect", text=text, good=good, got=got)
        if result.error:
            self.world.trace.note("expect", text="the step can be done", good=False, got=result.error)
        self.on_result(result)

    def _until(self, step, number):
        """Once, or again until it is as expected."""
        end = time.monotonic() + seconds(step.get("within", "0s"))
        verb = next(verb for verb in VERBS if verb in step)
        while True:
            mark = len(self.world.trace.events)
            outcome = getattr(self, "_do_" + verb)(step, number)
            if isinstance(outcome, list):
                checks = outcome
            else:
                outcome = outcome or Outcome()
                outcome.messages = self.world.trace.messages(mark)
                checks = list(expect.check(step.get("expect", self._default(verb)), outcome))
            if all(good for _, good, _ in checks) or time.monotonic() >= end:
                return checks
            time.sleep(PAUSE_S * 4)

    @staticmethod
    def _default(verb):
        return {"exit": 0} if verb in ("client", "acectl", "await") else {}

    # -- clients and operators -------------------------------------------------------------------------------------

    def _do_client(self, step, _):
        world, name = self.world, step["client"]
        if "run" in step:
            words = [self._with_uris(name, word) for word in step["run"]]
        else:
            method = next(method for method in ("get", "put", "post", "delete", "observe") if method in step)
            words = [method, world.uri(name, step[method])]
        extra = (["-e", step["text"]] if "text" in step else []) + step.get("flags", [])
        process = world.programs.begin(name, world.client_command(name, words, extra))
        if "background" in step:
            world.jobs[step["background"]] = process, len(world.trace.events)
            return []
        return self._outcome(process)

    def _with_uris(self, client, word):
        return self.world.uri(client, word[4:]) if word.startswith("uri:") else word

    def _outcome(self, process):
        done = self.world.programs.finish(process)
        return Outcome(done.exit, done.out, done.err)

    def _do_await(self, step, _):
        if step["await"] not in self.world.jobs:
            raise LabError(f"nothing runs in the background under the name {step['await']}")
        return self._outcome(self.world.jobs.pop(step["await"])[0])

    def _do_acectl(self, step, _):
        return self._outcome(self.world.programs.begin("operator", self.world.acectl_command(*step["acectl"])))

    def _do_policy(self, step, _):
        return Outcome(0, self.world.apply(merge(self.world.policy, step["policy"])))

    # -- time, faults, power ---------------------------------------------------------------------------------------

    def _do_advance(self, step, _):
        self.world.clock.ahead(seconds(step["advance"]))
        self.world.trace.note("clock", ahead=step["advance"])

    def _wire(self, party):
        if party not in self.world.wires:
            raise LabError(f"there is no wire to {party}")
        return self.world.wires[party]

    def _do_fault(self, step, number):
        rule = step["fault"]
        wire = self._wire(rule["on"])
        self.world.hub.call(lambda: wire.faults.append(Fault(rule, f"{self.world.seed}/{number}")))
        self.world.trace.note("fault", rule=rule)

    def _do_forge(self, step, _):
        wire = self._wire(step["forge"]["on"])
        self.world.hub.call(lambda: wire.rewrites.append(forge(step["forge"], self.world)))

    def _do_heal(self, step, _):
        wires = self.world.wires.values() if step["heal"] == "*" else [self._wire(step["heal"])]
        for wire in wires:
            self.world.hub.call(lambda wire=wire: (wire.faults.clear(), wire.rewrites.clear()))

    def _do_stop(self, step, _):
        return Outcome(self.world.end(step["stop"]))

    def _do_start(self, step, _):
        self.world.start(step["start"])

    def _do_restart(self, step, _):
        code = self.world.end(step["restart"])
        self.world.start(step["restart"])
        return Outcome(code)

    def _do_power_cut(self, step, _):
        self.world.end(step["power_cut"], signal.SIGKILL)
        self.world.start(step["power_cut"])

    def _do_provision(self, step, _):
        self.world.provision(step["provision"])

    def _do_enroll(self, step, _):
        self.world.enroll(step["enroll"])

    def _do_sleep(self, step, _):
        wire = self._wire(step["sleep"])
        self.world.hub.call(lambda: setattr(wire, "held", wire.held or []))
        self.world.trace.note("program", party=step["sleep"], what="sleeps")

    def _do_wake(self, step, _):
        wire = self._wire(step["wake"])
        self.world.trace.note("program", party=step["wake"], what="wakes")
        self.world.hub.call(wire.wake)

    # -- what passed -----------------------------------------------------------------------------------------------

    def _matching(self, wanted, since=0):
        self.decoder.tell_all(self.world.trace.events)
        return [event for event in self.world.trace.messages(since) if expect.matches(wanted, event)]

    def _do_wait(self, step, _):
        wanted, count = step["wait"], step["wait"].get("count", 1)
        mark, end = len(self.world.trace.events), time.monotonic() + seconds(wanted.get("limit", f"{WAIT_S}s"))
        while time.monotonic() < end:
            if len(self._matching(wanted, mark)) >= count:
                return [(f"{count} messages {json.dumps(wanted)}", True, "")]
            time.sleep(PAUSE_S)
        return [(f"{count} messages {json.dumps(wanted)}", False, f"{len(self._matching(wanted, mark))} came")]

    def _do_traffic(self, step, _):
        wanted = step["traffic"]
        found = len(self._matching(wanted))
        bounds = wanted["count"] if "count" in wanted else {key: wanted[key] for key in ("min", "max") if key in wanted}
        return [(f"messages {json.dumps(wanted)}", expect.in_range(found, bounds), f"{found}")]

    def _do_expect_decoded(self, step, _):
        wanted = step["expect_decoded"]
        found = [event for event in self._matching(wanted) if wanted["has"] in event["detail"]]
        bounds = wanted["count"] if "count" in wanted else {"min": wanted.get("min", 1)}
        return [(f"\"{wanted['has']}\" in messages {json.dumps(wanted)}", expect.in_range(len(found), bounds), f"{len(found)}")]

    def _do_unique(self, step, _):
        self.decoder.tell_all(self.world.trace.events)
        twice = [nonce for nonce, contents in self.decoder.nonces.items() if len(contents) > 1]
        count = len(self.decoder.nonces)
        return [(f"at least {step['unique']} nonces were used", count >= step["unique"], f"{count}"),
                ("none came with two contents", not twice, "; ".join(" ".join(nonce) for nonce in twice[:5]))]

    def _do_adversary(self, step, number):
        self.world.trace.note("adversary", what=step["adversary"]["do"].replace("_", " ") + " on " + step["adversary"]["on"])
        return Outcome(codes=self.adversary.act(step["adversary"], number))

    def _do_order(self, step, _):
        service = self.world.programs.services[step["order"]["to"]]
        service.order(step["order"]["text"])
        codes = service.answer("done:").split()
        self.world.trace.note("adversary", what=f"{step['order']['to']}: {step['order']['text']}")
        return Outcome(codes=codes)

    def _do_unseen(self, step, _):
        rule = step["unseen"]
        with open(self.world.path(rule["by"] + ".kept"), "rb") as file:
            kept = file.read()
        lines = b"\n".join(bytes.fromhex(line) for line in kept.decode("ascii").split())
        checks = [(f"{rule['by']} saw \"{text}\"", text.encode() in lines, "it did not") for text in rule.get("seen", [])]
        checks += [(f"{rule['by']} did not see \"{text}\"", text.encode() not in lines, "it did") for text in rule.get("texts", [])]
        if rule.get("secrets"):
            secrets = self._secrets()
            seen = [secret for secret in secrets if secret in lines]
            checks.append((f"{rule['by']} saw none of {len(secrets)} keys", bool(secrets) and not seen, f"{len(seen)}"))
        return checks

    def _secrets(self):
        """Every key of the run: of contexts, of devices, of clients."""
        self.decoder.keys.read()
        secrets = set(self.decoder.keys.secrets)
        for name in os.listdir(self.world.folder):
            if name.endswith(".json"):
                with open(self.world.path(name), encoding="utf-8") as file:
                    export = json.load(file)
                secrets |= {bytes.fromhex(key["key_hex"]) for key in export.get("token_keys", [])}
        return secrets
