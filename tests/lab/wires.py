# SPDX-License-Identifier: Apache-2.0
"""Wires: everything that goes to a party goes through one, which records it and does to it what the scenario says."""
import os
import socket

import faults
from coap_codec import take_frame


class Wire:
    """To one party. transport is udp, unix (datagrams that are not IP), tcp (CoAP, RFC 8323) or http."""

    transport = None

    def __init__(self, hub, trace, party, who):
        self.hub, self.trace, self.party, self.who = hub, trace, party, who
        self.faults = []
        self.rewrites = []  # functions (direction, data) -> data or None
        self.waiting = {"request": [], "answer": []}  # what was put behind the next message
        self.held = None  # a list while the party sleeps

    def carry(self, direction, data, other, send):
        """A message from or to other, which send() would bring on its way."""
        out, hit = faults.decide(self.faults, direction, data)
        for rewrite in self.rewrites:
            changed = rewrite(direction, data)
            if changed is not None:
                out, hit = [(0, changed)], hit + ["forged"]
        sender, receiver = (other, self.party) if direction == "request" else (self.party, other)
        sent = {"sent": [part for _, part in out]} if hit and "forged" in hit + ["forged"] * ("corrupt" in hit) else {}
        event = self.trace.note("message", wire=self.party, transport=self.transport, direction=direction, sender=sender,
                                receiver=receiver, data=data, faults=hit, **sent)
        if self.held is not None and direction == "request":
            event["faults"] = hit + ["held"]
            self.held.append(lambda: self._send_all(direction, out, send))
            return
        self._send_all(direction, out, send)

    def _send_all(self, direction, out, send):
        for delay, part in out:
            if delay is None:
                self._put_behind(direction, part, send)
            elif delay:
                self.hub.later(delay, lambda part=part: send(part))
            else:
                send(part)
        if any(delay == 0 for delay, _ in out):
            waiting, self.waiting[direction] = self.waiting[direction], []
            for late in waiting:
                late()

    def _put_behind(self, direction, part, send):
        sent = []

        def late():
            if not sent:
                sent.append(True)
                send(part)

        self.waiting[direction].append(late)
        self.hub.later(faults.REORDER_S, late)

    def wake(self):
        """What was held comes now."""
        held, self.held = self.held or [], None
        for deliver in held:
            deliver()
        return len(held)


def quiet(send):
    """A peer that is not there is no fault of the wire's."""
    def sending(data):
        try:
            send(data)
        except OSError:
            pass
    return sending


class UdpWire(Wire):
    transport = "udp"

    def __init__(self, hub, trace, party, who, front_port, back_port):
        super().__init__(hub, trace, party, who)
        self.target = ("127.0.0.1", back_port)
        self.address = f"udp:127.0.0.1:{front_port}"
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", front_port))
        self.backs = {}  # by the peer's address
        hub.add(self.front, self._from_front)

    def _from_front(self):
        data, peer = self.front.recvfrom(65536)
        name = self.who(peer[1])
        back = self.backs.get(peer)
        if not back:
            back = self.backs[peer] = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM), name]
            back[0].connect(self.target)
            self.hub.add(back[0], lambda: self._from_back(back, peer))
        back[1] = name
        self.carry("request", data, name, quiet(back[0].send))

    def _from_back(self, back, peer):
        try:
            data = back[0].recv(65536)
        except OSError:  # ICMP: nobody is there
            return
        self.carry("answer", data, back[1], quiet(lambda part: self.front.sendto(part, peer)))


class UnixWire(Wire):
    """Between two datagram sockets in the file system: nothing on it has an IP address."""

    transport = "unix"

    def __init__(self, hub, trace, party, who, front_path, back_path, other):
        super().__init__(hub, trace, party, who)
        self.target, self.address, self.other = back_path, "unix:" + front_path, other
        self.front = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.front.bind(front_path)
        self.peer = None
        hub.add(self.front, self._ready)

    def _ready(self):
        data, sender = self.front.recvfrom(65536)
        if sender == self.target:
            peer = self.peer
            self.carry("answer", data, self.other, quiet(lambda part: self.front.sendto(part, peer)))
        else:
            self.peer = sender
            self.carry("request", data, self.other, quiet(lambda part: self.front.sendto(part, self.target)))


def take_http(data):
    """The first HTTP/1.1 message of a stream and its length; None and 0 until it is all there."""
    head, found, _ = data.partition(b"\r\n\r\n")
    if not found:
        return None, 0
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    end = len(head) + 4 + length
    return (data[:end], end) if len(data) >= end else (None, 0)


class TcpWire(Wire):
    """A stream, taken apart into the messages that are on it."""

    def __init__(self, hub, trace, party, who, ports, transport):
        super().__init__(hub, trace, party, who)
        self.transport = transport
        self.target = ("127.0.0.1", ports[1])
        self.address = f"tcp:127.0.0.1:{ports[0]}"
        self.front = socket.create_server(("127.0.0.1", ports[0]))
        hub.add(self.front, self._accept)

    def _accept(self):
        near, peer = self.front.accept()
        name = self.who(peer[1])
        far = socket.socket()
        try:
            far.connect(self.target)
        except OSError:
            near.close()
            return
        for source, sink, direction in ((near, far, "request"), (far, near, "answer")):
            self.hub.add(source, self._reader(source, sink, direction, name))

    def _reader(self, source, sink, direction, name):
        pending = bytearray()

        def ready():
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            if not data:
                self._close(source, sink)
                return
            pending.extend(data)
            take = take_frame if self.transport == "tcp" else take_http
            while (taken := take(bytes(pending)))[1]:
                message = bytes(pending[:taken[1]])
                del pending[:taken[1]]
                self.carry(direction, message, name, quiet(sink.sendall))
        return ready

    def _close(self, *socks):
        for sock in socks:
            if sock.fileno() >= 0:
                self.hub.remove(sock)


def unlink(path):
    if os.path.exists(path):
        os.unlink(path)
