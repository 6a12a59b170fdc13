#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An attacker on the path between a client and a device: a UDP relay that keeps what it sees, and then
plays it again from an address of its own.

    on_path.py relay LISTEN_PORT DEVICE_PORT FILE   relay on loopback, append each request to FILE as hex
    on_path.py replay DEVICE_PORT FILE              send the kept token and OSCORE request again, the same request under
                                                    the context that the token opened, and a plain GET
"""
import select
import socket
import sys

OSCORE_OPTION = 9


def options(message):
    """Numbers of the options of a CoAP message, and where the payload begins."""
    at, number, numbers = 4 + (message[0] & 15), 0, []
    while at < len(message) and message[at] != 0xFF:
        delta, length = message[at] >> 4, message[at] & 15
        at += 1
        for value in ("delta", "length"):
            nibble = delta if value == "delta" else length
            if nibble == 13:
                nibble, at = message[at] + 13, at + 1
            elif nibble == 14:
                nibble, at = int.from_bytes(message[at:at + 2], "big") + 269, at + 2
            if value == "delta":
                number += nibble
            else:
                length = nibble
        numbers.append(number)
        at += length
    return numbers


def relay(listen_port, device_port, path):
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind(("127.0.0.1", listen_port))
    back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    back.connect(("127.0.0.1", device_port))
    client = None
    print("relay ready", flush=True)
    while True:
        for ready in select.select([front, back], [], [])[0]:
            if ready is front:
                data, client = front.recvfrom(2048)
                with open(path, "a", encoding="ascii") as kept:
                    kept.write(data.hex() + "\n")
                back.send(data)
            elif client:
                front.sendto(back.recv(2048), client)


def readdress(protected, kid):
    """The OSCORE request as if it were for the context with that kid: the option is the first, as it has no Uri-Host."""
    at = 4 + (protected[0] & 15)
    value = protected[at + 1:at + 1 + (protected[at] & 15)]
    value = value[:1 + (value[0] & 7)] + kid
    return protected[:at] + bytes([OSCORE_OPTION << 4 | len(value)]) + value + protected[protected.index(b"\xff", at):]


def ask(device_port, request, mid):
    """Send under a Message ID of our own, so that deduplication does not answer. Returns the answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(3)
        sock.connect(("127.0.0.1", device_port))
        sock.send(request[:2] + mid.to_bytes(2, "big") + request[4:])
        return sock.recv(2048)


def replay(device_port, path):
    with open(path, encoding="ascii") as kept:
        seen = [bytes.fromhex(line) for line in kept]
    post = next(m for m in seen if m[1] == 2 and OSCORE_OPTION not in options(m))
    protected = next(m for m in seen if OSCORE_OPTION in options(m))
    plain = bytes([0x40, 1, 0, 0, 0xB4]) + b"temp"
    posted = ask(device_port, post, 0x7001)
    kid = posted[-2:]  # {42: nonce2, 44: id}, with an id of two bytes
    results = [("the captured token, posted again", "2.01", posted),
               ("a captured request under its new context", "4.00", ask(device_port, readdress(protected, kid), 0x7002)),
               ("the captured OSCORE request, replayed", "4.01", ask(device_port, protected, 0x7003)),
               ("GET /temp in plaintext", "4.01", ask(device_port, plain, 0x7004))]
    told = [(what, wanted, f"{answer[1] >> 5}.{answer[1] & 31:02d}", len(answer)) for what, wanted, answer in results]
    for what, _, code, size in told:
        print(f"   {what:42s} → {code}  ({size} bytes)")
    return 0 if all(code == wanted for _, wanted, code, _ in told) else 1


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "relay":
        relay(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    elif len(sys.argv) == 4 and sys.argv[1] == "replay":
        sys.exit(replay(int(sys.argv[2]), sys.argv[3]))
    else:
        sys.exit(__doc__)
