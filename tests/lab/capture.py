# SPDX-License-Identifier: Apache-2.0
"""The messages of a run as a capture for Wireshark: each party has an address, and what has no IP gets one here."""
import struct

RAW_IP = 101
COAP, HTTP = 5683, 8080
CLIENT_PORT = 49152


class Capture:
    def __init__(self, parties):
        self.parties = list(parties)
        self.sequence = {}

    def _address(self, party):
        if party not in self.parties:
            self.parties.append(party)
        number = self.parties.index(party) + 1
        return bytes([10, 0, number >> 8, number & 255])

    def packet(self, event):
        server_port = HTTP if event["transport"] == "http" else COAP
        other = event["sender"] if event["direction"] == "request" else event["receiver"]
        self._address(other)
        client_port = CLIENT_PORT + self.parties.index(other)
        ports = (client_port, server_port) if event["direction"] == "request" else (server_port, client_port)
        addresses = self._address(event["sender"]), self._address(event["receiver"])
        if event["transport"] in ("tcp", "http"):
            number, body = 6, self._tcp(event, ports)
        else:
            number, body = 17, struct.pack(">HHHH", *ports, 8 + len(event["data"]), 0) + event["data"]
        return self._ip(number, addresses, body)

    def _tcp(self, event, ports):
        flow = (event["sender"], event["receiver"], event["wire"])
        back = (event["receiver"], event["sender"], event["wire"])
        at, acked = self.sequence.get(flow, 1), self.sequence.get(back, 1)
        self.sequence[flow] = at + len(event["data"])
        return struct.pack(">HHIIBBHHH", *ports, at, acked, 5 << 4, 0x18, 65535, 0, 0) + event["data"]

    @staticmethod
    def _ip(protocol, addresses, body):
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0x4000, 64, protocol, 0, *addresses)
        total = sum(struct.unpack(">10H", head))
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        return head[:10] + struct.pack(">H", total ^ 0xFFFF) + head[12:] + body


def write(path, messages, parties):
    """What was sent, as it was sent; what a fault did to it stands in the trace."""
    capture = Capture(parties)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP))
        for event in messages:
            packet = capture.packet(event)
            whole = int(event["clock"])
            file.write(struct.pack("<IIII", whole, int((event["clock"] - whole) * 1e6), len(packet), len(packet)) + packet)
