#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs commands beside each other in a network namespace of their own, where there is no way out but sockets in the file system.

    isolated.py COMMAND... [--and COMMAND...]...

Where the system allows no namespaces it says so ("not isolated") and runs them all the same. It is to be ended as a group of processes.
"""
import ctypes
import fcntl
import itertools
import os
import signal
import socket
import struct
import subprocess
import sys

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def unshare():
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", 0)
        flags, = struct.unpack_from("h", fcntl.ioctl(sock, SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def main():
    commands = [list(part) for is_border, part in itertools.groupby(sys.argv[1:], lambda word: word == "--and") if not is_border]
    if not commands:
        sys.exit(__doc__)
    if unshare():
        loopback_up()
    else:
        print("not isolated", file=sys.stderr, flush=True)
    children = [subprocess.Popen(command) for command in commands]

    signal.signal(signal.SIGTERM, lambda *_: None)  # who ends this ends the group; here it waits for the others
    codes = [child.wait() for child in children]
    sys.exit(next((code for code in codes if code), 0))


if __name__ == "__main__":
    main()
