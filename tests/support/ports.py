# SPDX-License-Identifier: Apache-2.0
"""Ports for servers of tests that run beside each other."""
import fcntl
import os
import socket
import sys
import tempfile

# Below those that the system gives to whom it does not matter, so that no client takes one between two servers.
PORTS = range(20000, 32000)
reserved = []


def _is_free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def reserve(port):
    """A port, or an address: this process's for as long as it lives, so that tests that run beside each other never share one."""
    folder = os.path.join(tempfile.gettempdir(), f"aced-test-ports-{os.getuid()}")
    os.makedirs(folder, exist_ok=True)
    mine = os.open(os.path.join(folder, str(port)), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(mine)
        return False
    reserved.append(mine)
    return True


def free_port():
    start = os.getpid() * 8 % len(PORTS)
    for step in range(len(PORTS)):
        port = PORTS[(start + step) % len(PORTS)]
        if _is_free(port) and reserve(port):
            return port
    sys.exit("no free port")
