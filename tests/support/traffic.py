# SPDX-License-Identifier: Apache-2.0
"""A client that asks over and over, and the device that it asks: what is changed meanwhile must not make a request fail."""
import os
import signal
import threading

from programs import Daemon, ctl, run

CLIENT = ("client/ace-client", "--state-dir")
PAUSE = 0.04  # a device takes 50 unprotected posts a second, and 25 when tokens did not open: never more, on any machine


class Traffic:
    """A client that asks for a token and uses it, over and over; it is held while the device restarts."""

    def __init__(self, client, uri):
        self.client, self.uri = client, uri
        self.asked, self.failure = 0, None
        self.may_ask, self.is_over = threading.Lock(), threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def ask(self):
        while not self.is_over.wait(PAUSE) and not self.failure:
            with self.may_ask:
                try:
                    assert run(*CLIENT, self.client, "-q", "--fresh", "get", self.uri) == "21.5\n"
                    self.asked += 1
                except AssertionError as failure:
                    self.failure = failure

    def some_more(self, number=1):
        """Until so many further requests were answered."""
        wanted = self.asked + number
        while self.asked < wanted and not self.failure:
            self.is_over.wait(0.02)
        assert not self.failure, self.failure

    def end(self):
        self.is_over.set()
        self.thread.join()
        assert not self.failure, self.failure


class Device:
    def __init__(self, port):
        self.args = ("device/ace-device", "--provision", "thermo.json", "--listen", f"127.0.0.1:{port}", "--set", "/temp=21.5")
        self.uri = f"coap://127.0.0.1:{port}/temp"
        self.provision()
        self.daemon = Daemon(*self.args)

    @staticmethod
    def provision():
        if os.path.exists("thermo.json"):
            os.unlink("thermo.json")
        ctl("device", "export", "thermo-101", "-o", "thermo.json")

    def restart(self):
        """With what the AS says now; it has no tokens afterwards."""
        self.provision()
        assert self.daemon.stop(signal.SIGTERM) == 0
        self.daemon = Daemon(*self.args)
