# SPDX-License-Identifier: Apache-2.0
"""The time as programs see it that run on tests/support/clock_shift.c."""
import os
import struct
import time


class Clock:
    """It goes on with the machine's and can be moved."""

    def __init__(self, path, library):
        self.path = os.path.abspath(path)
        self.seconds = 0
        with open(self.path, "wb") as shared:
            shared.write(bytes(8))
        # The sanitizer wants to be first; that this library stands before it does no harm.
        self.env = {"LD_PRELOAD": library, "CLOCK_SHIFT": self.path,
                    "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}

    def ahead(self, seconds):
        self.seconds += seconds
        with open(self.path, "r+b") as shared:  # in place: the programs have it mapped
            shared.write(struct.pack("=q", round(self.seconds * 1000)))

    def now(self):
        return time.time() + self.seconds
