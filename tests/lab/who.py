# SPDX-License-Identifier: Apache-2.0
"""Which party a port on loopback belongs to: the kernel knows which process has it open."""
import os


def _inodes(port):
    wanted = f"0100007F:{port:04X}", f"00000000:{port:04X}"
    for table in ("udp", "tcp"):
        with open(f"/proc/net/{table}", encoding="ascii") as file:
            for line in file:
                fields = line.split()
                if len(fields) > 9 and fields[1] in wanted and fields[9] != "0":
                    yield fields[9]


def _holds(pid, links):
    folder = f"/proc/{pid}/fd"
    try:
        return any(os.readlink(f"{folder}/{fd}") in links for fd in os.listdir(folder))
    except OSError:  # it has ended, or closed one meanwhile
        return False


class Who:
    def __init__(self):
        self.parties = {}  # by process id, the latest first
        self.known = {}  # by port

    def started(self, pid, party):
        self.parties = {pid: party, **self.parties}

    def ended(self, pid):
        self.parties = {other: party for other, party in self.parties.items() if other != pid}
        self.known = {port: (owner, party) for port, (owner, party) in self.known.items() if owner != pid}

    def __call__(self, port):
        owner = self.known.get(port)
        if owner:
            return owner[1]
        links = {f"socket:[{inode}]" for inode in _inodes(port)}
        for pid, party in list(self.parties.items()):
            if links and _holds(pid, links):
                self.known[port] = (pid, party)
                return party
        return "somebody"
