# SPDX-License-Identifier: Apache-2.0
"""Faults of a wire: which message they hit, by index or by chance, and what becomes of it."""
import random

REORDER_S = 0.4  # what is put behind the next message waits so long for one


class Fault:
    """One fault of a scenario on one wire. Whether it hits depends on the seed and on how many messages came before, and on nothing
    else, so that a run can be repeated."""

    def __init__(self, rule, seed):
        self.rule = rule
        self.kind = rule["do"]
        self.directions = {"request": ["request"], "answer": ["answer"]}.get(rule.get("direction"), ["request", "answer"])
        self.randoms = {d: random.Random(f"{seed}/{rule['on']}/{d}/{self.kind}") for d in self.directions}
        self.seen = dict.fromkeys(self.directions, 0)
        self.hits = 0

    def strikes(self, direction):
        if direction not in self.directions or self.hits >= self.rule.get("times", 1 << 30):
            return False
        self.seen[direction] += 1
        chance = self.randoms[direction].random()  # drawn for each message, hit or not
        if "index" in self.rule:
            hit = self.seen[direction] in self.rule["index"]
        else:
            hit = chance < self.rule.get("chance", 1)
        self.hits += hit
        return hit

    def apply(self, direction, data):
        """What is sent instead, as pairs (after how many seconds, bytes); None as the time: behind the next one."""
        if self.kind == "drop":
            return []
        if self.kind == "duplicate":
            return [(0, data), (0, data)]
        if self.kind == "delay":
            return [(self.rule.get("delay_s", 0.5), data)]
        if self.kind == "reorder":
            return [(None, data)]
        return [(0, corrupt(data, self.randoms[direction], self.rule.get("where", "any")))]


def corrupt(data, rng, where="any"):
    """One bit is another; where="end" takes the last byte, which is of the payload when there is one."""
    at = len(data) - 1 if where == "end" else rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def decide(faults, direction, data):
    """All faults, in order. Returns what is sent, and which faults hit."""
    out, hit = [(0, data)], []
    for fault in faults:
        if fault.strikes(direction):
            hit.append(fault.kind)
            out = [pair for delay, part in out for pair in _put_off(delay, fault.apply(direction, part))]
    return out, hit


def _put_off(delay, pairs):
    return [(None if delay is None or more is None else delay + more, part) for more, part in pairs]
