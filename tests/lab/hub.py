# SPDX-License-Identifier: Apache-2.0
"""One thread that waits on all sockets of a run, so that what happens on them has one order."""
import heapq
import itertools
import selectors
import socket
import threading
import time


class Hub(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        self.timers, self.order = [], itertools.count()
        self.calls, self.lock = [], threading.Lock()
        self.wake_read, self.wake_write = socket.socketpair()
        self.wake_read.setblocking(False)
        self.selector.register(self.wake_read, selectors.EVENT_READ, self._woken)
        self.failure = None
        self.is_over = False

    def add(self, sock, on_ready):
        self.selector.register(sock, selectors.EVENT_READ, on_ready)

    def remove(self, sock):
        self.selector.unregister(sock)
        sock.close()

    def later(self, seconds, what):
        """From the hub's own thread."""
        heapq.heappush(self.timers, (time.monotonic() + seconds, next(self.order), what))

    def call(self, what):
        """Run in the hub's thread and wait for it; returns what it returned."""
        done, box = threading.Event(), []

        def run():
            try:
                box.append((what(), None))
            except Exception as failure:  # the caller's to handle
                box.append((None, failure))
            done.set()

        with self.lock:
            self.calls.append(run)
        self.wake_write.send(b"\0")
        while not done.wait(1):
            if self.failure or not self.is_alive():
                raise RuntimeError(f"the hub ended: {self.failure}")
        if box[0][1]:
            raise box[0][1]
        return box[0][0]

    def _woken(self):
        self.wake_read.recv(4096)
        with self.lock:
            calls, self.calls = self.calls, []
        for call in calls:
            call()

    def run(self):
        try:
            while not self.is_over:
                wait = max(0, self.timers[0][0] - time.monotonic()) if self.timers else 1
                for key, _ in self.selector.select(min(wait, 1)):
                    key.data()
                while self.timers and self.timers[0][0] <= time.monotonic():
                    heapq.heappop(self.timers)[2]()
        except Exception as failure:  # told by whoever calls next
            self.failure = failure
            raise

    def stop(self):
        self.is_over = True
        self.wake_write.send(b"\0")
        self.join(5)
