# SPDX-License-Identifier: Apache-2.0
"""What happened in a run, in one order: messages, steps, faults, programs, the clock, and what was expected."""
import json
import threading
import time


class Trace:
    def __init__(self, clock):
        self.clock = clock
        self.started = time.monotonic()
        self.events = []
        self.lock = threading.Lock()
        self.step = None  # number of the step that runs

    def note(self, kind, **what):
        event = {"kind": kind, "at": round(time.monotonic() - self.started, 4), "clock": self.clock.now(), "step": self.step,
                 **what}
        with self.lock:
            self.events.append(event)
        return event

    def messages(self, since=0):
        with self.lock:
            return [event for event in self.events[since:] if event["kind"] == "message"]

    def write(self, path):
        """One event a line; bytes as hex."""
        with open(path, "w", encoding="utf-8") as file:
            for event in self.events:
                file.write(json.dumps(event, default=lambda value: value.hex() if isinstance(value, bytes) else repr(value)) + "\n")
