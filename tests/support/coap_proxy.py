#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A CoAP proxy that stands for one next hop (a reverse proxy, RFC 7252 5.7.3), between UDP, streams (RFC 8323) and datagram sockets
in the file system, which are no IP. It knows nothing of what is inside: it forwards an option that it has never heard of because its
number says that it may be forwarded (RFC 7252 5.4.6), and OSCORE's is such a number.

    coap_proxy.py --listen udp:HOST:PORT|tcp:HOST:PORT|unix:PATH --next ADDRESS [--uri-host NAME] [--keep FILE] [--hostile]

--keep    it is curious: all that passes is appended to FILE, as hex
--hostile it takes orders on stdin, and tells on stderr what came of them ("done: CODE..."):
              flip request N | flip answer N    a bit of the payload of the next N of them
              replay N                          the latest N requests with a payload are sent again, as new ones
"""
import argparse
import os
import selectors
import socket
import sys
import time

from coap_codec import ACK, CON, NON, RST, Message, code_text, decode, encode, encode_frame, take_frame

URI_HOST, OBSERVE, URI_PORT = 3, 6, 7
KNOWN_UNSAFE = {URI_HOST, OBSERVE, URI_PORT, 11, 14, 15, 23, 27}
BAD_OPTION, CSM, PING, PONG = 0x82, 0xE1, 0xE2, 0xE3
ACK_AFTER_S, AGAIN_S, TRIES, KEEP_S = 1.5, 2.5, 4, 120
KEPT_MAX = 64
REPLAY_S = 1.5


class Datagrams:
    """A datagram socket: types, Message IDs, what is sent again until it is acknowledged, and what came before."""

    def __init__(self, sock, proxy, on_message):
        self.sock, self.proxy, self.on_message = sock, proxy, on_message
        self.mid = int.from_bytes(os.urandom(2), "big")
        self.unacknowledged = {}  # Message ID -> (peer, bytes, tries, when)
        self.seen = {}  # (peer, Message ID) -> [answer or None, when, acknowledged]
        proxy.selector.register(sock, selectors.EVENT_READ, self._ready)

    def _send(self, data, peer):
        try:
            self.sock.sendto(data, peer)
        except OSError:  # nobody there now; it comes again
            pass

    def _ready(self):
        try:
            data, peer = self.sock.recvfrom(65536)
            message = decode(data)
        except (OSError, IndexError, AssertionError):
            return
        if message.type in (ACK, RST):
            self.unacknowledged.pop(message.mid, None)
        if message.code == 0:
            return
        key = (peer, message.mid)
        if message.type == CON and message.code >= 32:
            self._send(encode(Message(0, type=ACK, mid=message.mid)), peer)
        if message.code < 32 or message.type in (CON, NON):
            if key in self.seen:
                if self.seen[key][0]:
                    self._send(self.seen[key][0], peer)
                return
            self.seen[key] = [None, time.monotonic(), message.type != CON or message.code >= 32]
        self.on_message((self, peer, key), message)

    def request(self, message, peer):
        self._new(message, peer, CON)

    def _new(self, message, peer, kind):
        self.mid = (self.mid + 1) & 0xFFFF
        message.type, message.mid = kind, self.mid
        data = encode(message)
        if kind == CON:
            self.unacknowledged[self.mid] = (peer, data, 1, time.monotonic())
        self._send(data, peer)

    def answer(self, message, peer, key):
        """In the acknowledgement while that is owed, else as a message of its own."""
        state = self.seen.get(key)
        if state and not state[2]:
            message.type, message.mid = ACK, key[1]
            state[0], state[2] = encode(message), True
            self._send(state[0], peer)
        else:
            self._new(message, peer, CON)

    def tick(self, now):
        for key, state in list(self.seen.items()):
            if not state[2] and now - state[1] > ACK_AFTER_S:
                state[0], state[2] = encode(Message(0, type=ACK, mid=key[1])), True
                self._send(state[0], key[0])
            elif now - state[1] > KEEP_S:
                del self.seen[key]
        for mid, (peer, data, tries, when) in list(self.unacknowledged.items()):
            if now - when < AGAIN_S * tries:
                continue
            if tries >= TRIES:
                del self.unacknowledged[mid]
                continue
            self.unacknowledged[mid] = (peer, data, tries + 1, now)
            self._send(data, peer)


class Stream:
    """A connection with CoAP messages on it."""

    def __init__(self, sock, proxy, on_message, on_end):
        self.sock, self.proxy, self.on_message, self.on_end = sock, proxy, on_message, on_end
        self.pending = bytearray()
        proxy.selector.register(sock, selectors.EVENT_READ, self._ready)
        self.send(Message(CSM))

    def send(self, message):
        try:
            self.sock.sendall(encode_frame(message))
        except OSError:
            pass  # its end is read soon

    def _ready(self):
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.proxy.selector.unregister(self.sock)
            self.sock.close()
            self.on_end(self)
            return
        self.pending.extend(data)
        while (taken := take_frame(bytes(self.pending)))[1]:
            del self.pending[:taken[1]]
            if taken[0].code == PING:
                self.send(Message(PONG, token=taken[0].token))
            elif 0 < taken[0].code < CSM:
                self.on_message((self, None, None), taken[0])

    def answer(self, message, *_):
        self.send(message)


class Proxy:
    def __init__(self, args):
        self.args = args
        self.selector = selectors.DefaultSelector()
        self.parts = []
        self.exchanges = {}  # our token -> (who asked, its token)
        self.replays = {}  # our token -> place in the answer to the order
        self.kept = []  # requests with a payload
        self.flips = {"request": 0, "answer": 0}
        self.next_stream = None
        self.counter = int.from_bytes(os.urandom(4), "big")
        kind, _, self.target = args.next.partition(":")
        self.next_kind = kind
        if kind == "udp":
            self.target = self._host_port(self.target)
            self.next_side = self._datagrams(socket.AF_INET, ("127.0.0.1", 0), self._from_next)
        elif kind == "unix":
            mine = f"{self.target}.from-{os.getpid()}"
            self.next_side = self._datagrams(socket.AF_UNIX, mine, self._from_next)
        else:
            self.target = self._host_port(self.target)
        self._listen(*args.listen.split(":", 1))

    @staticmethod
    def _host_port(text):
        host, port = text.rsplit(":", 1)
        return host, int(port)

    def _datagrams(self, family, address, on_message):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind(address)
        self.parts.append(Datagrams(sock, self, on_message))
        return self.parts[-1]

    def _listen(self, kind, where):
        if kind == "udp":
            self._datagrams(socket.AF_INET, self._host_port(where), self._from_front)
        elif kind == "unix":
            self._datagrams(socket.AF_UNIX, where, self._from_front)
        else:
            server = socket.create_server(self._host_port(where))
            self.selector.register(server, selectors.EVENT_READ,
                                   lambda: Stream(server.accept()[0], self, self._from_front, lambda _: None))

    # -- what passes -----------------------------------------------------------------------------------------------

    def _keep(self, message):
        if self.args.keep:
            with open(self.args.keep, "a", encoding="ascii") as file:
                file.write(encode(message).hex() + "\n")

    def _flip(self, direction, message):
        if self.flips[direction] and message.payload:
            self.flips[direction] -= 1
            message.payload = message.payload[:-1] + bytes([message.payload[-1] ^ 1])

    def _from_front(self, who, message):
        if not 0 < message.code < 32:
            return
        self._keep(message)
        if any(number & 2 and number not in KNOWN_UNSAFE for number, _ in message.options):
            who[0].answer(Message(BAD_OPTION, token=message.token), *who[1:])
            return
        if message.payload:
            self.kept = [*self.kept, Message(message.code, list(message.options), message.payload)][-KEPT_MAX:]
        self._flip("request", message)
        self._forward(message, who, message.token)

    def _forward(self, message, who, their_token):
        self.counter = (self.counter + 1) & 0xFFFFFFFF
        token = self.counter.to_bytes(4, "big")
        self.exchanges[token] = who, their_token
        options = [(number, value) for number, value in message.options if number not in (URI_HOST, URI_PORT)]
        if self.args.uri_host:
            options = [(URI_HOST, self.args.uri_host.encode()), *options]
        onward = Message(message.code, options, message.payload, token=token)
        if self.next_kind == "tcp":
            self._stream().send(onward)
        else:
            self.next_side.request(onward, self.target)
        return token

    def _stream(self):
        if not self.next_stream:
            try:
                sock = socket.create_connection(self.target, timeout=5)
            except OSError:
                return Nobody()
            self.next_stream = Stream(sock, self, self._from_next, self._stream_ended)
        return self.next_stream

    def _stream_ended(self, stream):
        if self.next_stream is stream:
            self.next_stream = None

    def _from_next(self, _, message):
        if message.token not in self.exchanges or message.code < 32:
            return
        who, their_token = self.exchanges[message.token]
        if message.option(OBSERVE) is None:
            del self.exchanges[message.token]
        self._keep(message)
        if who is None:
            self.replays[message.token] = code_text(message.code)
            return
        self._flip("answer", message)
        who[0].answer(Message(message.code, message.options, message.payload, token=their_token), *who[1:])

    # -- orders ----------------------------------------------------------------------------------------------------

    def _order(self):
        line = sys.stdin.readline()
        if not line:
            self.selector.unregister(sys.stdin)
            return
        words = line.split()
        if words[0] == "flip":
            self.flips[words[1]] = int(words[2])
            print("done:", file=sys.stderr, flush=True)
        elif words[0] == "replay":
            tokens = [self._forward(message, None, b"") for message in self.kept[-int(words[1]):]]
            self._until(lambda: all(token in self.replays for token in tokens), REPLAY_S)
            print("done:", *(self.replays.get(token, "none") for token in tokens), file=sys.stderr, flush=True)

    def _until(self, is_so, seconds):
        end = time.monotonic() + seconds
        while not is_so() and time.monotonic() < end:
            self._round(with_orders=False)

    def _round(self, with_orders=True):
        for key, _ in self.selector.select(0.2):
            if with_orders or key.fileobj is not sys.stdin:
                key.data()
        for part in self.parts:
            part.tick(time.monotonic())

    def run(self):
        if self.args.hostile:
            self.selector.register(sys.stdin, selectors.EVENT_READ, self._order)
        print("ready", file=sys.stderr, flush=True)
        while True:
            self._round()


class Nobody:
    """In the place of a next hop that cannot be reached: who asked asks again."""

    @staticmethod
    def send(_):
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--next", required=True)
    parser.add_argument("--uri-host")
    parser.add_argument("--keep")
    parser.add_argument("--hostile", action="store_true")
    try:
        Proxy(parser.parse_args()).run()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
