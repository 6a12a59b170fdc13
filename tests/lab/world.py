# SPDX-License-Identifier: Apache-2.0
"""The system of a scenario: store, authorization server, devices, clients, proxies, and the wires between them."""
import calendar
import json
import os
import shutil
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from hub import Hub
from ports import free_port
from programs_of import LabError, Programs, fixture
from trace import Trace
from virtual_clock import Clock
from who import Who
from wires import TcpWire, UdpWire, UnixWire, unlink

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
AT_ONCE = 4


class World:
    def __init__(self, scenario, seed, build):
        self.scenario, self.seed = scenario, seed
        self.folder = tempfile.mkdtemp(prefix="ace-lab-")
        self.clock = Clock(self.path("clock"), os.path.join(build, "tests/support/libclock_shift.so"))
        self.trace, self.who, self.hub = Trace(self.clock), Who(), Hub()
        self.programs = Programs(build, self.folder, self.clock.env, self.who)
        self.keys = self.path("keys")
        self.wires, self.backs, self.jobs = {}, {}, {}
        self.policy = None
        self.hub.start()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def close(self):
        for job in self.jobs.values():
            job[0].kill()
        self.programs.end_all()
        self.hub.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- setting up ------------------------------------------------------------------------------------------------

    def build(self):
        start = self.scenario.document.get("clock", {}).get("start")
        if start:
            ahead = calendar.timegm(time.strptime(start, "%Y-%m-%dT%H:%M:%SZ")) - time.time()
            if ahead < 0:
                raise LabError(f"clock.start: {start} is in the past, and programs do not like their clock to go back")
            self.clock.ahead(ahead)
        self._lay_wires()
        self._make_store()
        self.start("as")
        for name, proxy in self.scenario.proxies.items():
            if not proxy.get("beside"):
                self.start(name)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._first_start, self.scenario.devices))
            list(pool.map(self.enroll, [name for name, client in self.scenario.clients.items() if client.get("enroll", True)]))

    def _first_start(self, device):
        self.acectl("device", "export", device, "-o", f"{device}.json")
        self.start(device)

    def _lay_wires(self):
        proxies = self.scenario.proxies
        for party in ["as", *self.scenario.devices, *proxies]:
            transport = proxies.get(party, {}).get("listen", "tcp" if proxies.get(party, {}).get("kind") == "http" else "udp")
            self.hub.call(lambda: self._lay_wire(party, transport))

    def _lay_wire(self, party, transport):
        common = (self.hub, self.trace, party, self.who)
        if transport == "unix":
            front, back = self.path(party + ".wire"), self.path(party + ".sock")
            other = next(name for name, proxy in self.scenario.proxies.items() if proxy.get("next") == party)
            self.wires[party] = UnixWire(*common, front, back, other)
            self.backs[party] = "unix:" + back
            return
        ports = free_port(), free_port()
        is_http = self.scenario.proxies.get(party, {}).get("kind") == "http"
        self.wires[party] = (UdpWire(*common, *ports) if transport == "udp" else
                             TcpWire(*common, ports, "http" if is_http else "tcp"))
        self.backs[party] = f"{transport}:127.0.0.1:{ports[1]}"

    def _make_store(self):
        scenario = self.scenario.document
        os.mkdir(self.path("policy"))
        if "policy_path" in scenario:
            folder = os.path.join(ROOT, scenario["policy_path"])
            if not os.path.isdir(folder):
                raise LabError(f"policy_path: there is no folder {folder}")
            for name in os.listdir(folder):
                if name.endswith(".json") and not name.endswith(".test.json"):
                    shutil.copy(os.path.join(folder, name), self.path("policy"))
        self.acectl("init", "--as-uri", f"coap://127.0.0.1:{self.front_port('as')}/token")
        self.apply(dict(scenario.get("policy", {})))

    def apply(self, policy):
        """Put that policy in force, with the inventory of the scenario."""
        self.policy = policy
        document = {**policy, "format": "ace-policy/1",
                    "devices": {name: self._device_record(number, device) for number, (name, device) in
                                enumerate(self.scenario.devices.items()) if not device.get("quiet")},
                    "clients": {name: self._client_record(client) for name, client in self.scenario.clients.items()
                                if not client.get("quiet")}}
        with open(self.path("policy", "lab.json"), "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        return self.acectl("policy", "apply", "policy")

    @staticmethod
    def _device_record(number, device):
        record = {"model": device["model"], "tags": device.get("tags", {}),
                  "as_key": {"kid_hex": f"{number + 1:04x}", "alg": device.get("alg", "AES-CCM-16-64-128"), "key": "generate"}}
        if "trl" in device:
            record["as_line"] = {"method": "oscore", "key": "generate"}
        return record

    @staticmethod
    def _client_record(client):
        record = {"tags": client.get("tags", {}), "auth": {"method": "oscore", "key": "generate"}}
        if "default_scope" in client:
            record["default_scope"] = client["default_scope"]
        return record

    def enroll(self, name):
        if self.scenario.clients[name].get("kind") == "web":
            self.acectl("client", "export", name, "-o", f"{name}.json")
            return
        unlink(self.path(f"{name}.ace"))
        self.acectl("client", "ticket", name, "-o", f"{name}.ace")
        done = self.programs.run(name, [self.programs.path("client/ace-client"), "--state-dir", name, "--wireshark-keys", self.keys,
                                        "-y", "enroll", f"{name}.ace"])
        if done.exit:
            raise LabError(f"{name} does not enrol: {done.err}")

    # -- programs --------------------------------------------------------------------------------------------------

    def front_port(self, party):
        return int(self.wires[party].address.rsplit(":", 1)[1])

    def acectl(self, *args):
        return self.programs.must(*self.acectl_command(*args))

    def acectl_command(self, *args):
        return [self.programs.path("as/acectl"), "--state-dir", "store", *args]

    def start(self, party):
        if party in self.programs.services:
            raise LabError(f"{party} runs already")
        if party == "as":
            command = self._aced()
        elif party in self.scenario.devices:
            command = self._device(party)
        else:
            command = self._proxy(party)
        self.trace.note("program", party=party, what="starts")
        service = self.programs.start(party, command).wait_ready()
        if any("not isolated" in line for line in service.said):
            self.trace.note("program", party=party, what="is not isolated: this system has no network namespaces for it")

    def provision(self, device):
        """With what the AS says of it now; it has no keys with clients afterwards."""
        unlink(self.path(f"{device}.json"))
        self.acectl("device", "export", device, "-o", f"{device}.json")
        self.end(device)
        self.start(device)

    def end(self, party, number=signal.SIGTERM):
        self.trace.note("program", party=party, what="loses power" if number == signal.SIGKILL else "ends")
        return self.programs.end(party, number)

    def _aced(self):
        return [self.programs.path("as/aced"), "--state-dir", "store", "--listen", "coap://" + self.backs["as"][4:], "--log-level",
                "warn", "--wireshark-keys", self.keys]

    def _device(self, name):
        device = self.scenario.devices[name]
        command = [self.programs.path("device/ace-device"), "--provision", f"{name}.json", "--listen", self.backs[name][4:],
                   "--wireshark-keys", self.keys, *device.get("flags", [])]
        for path, value in device.get("set", {}).items():
            command += ["--set", f"{path}={value}"]
        if device.get("state") or "trl" in device:
            command += ["--state-dir", f"{name}.state"]
        if "trl" in device:
            command += ["--trl", str(device["trl"])]
        if device.get("isolated"):
            beside = next(proxy for proxy, settings in self.scenario.proxies.items()
                          if settings.get("beside") and settings.get("next") == name)
            command = fixture("isolated.py", *self._proxy(beside), "--and", *command)
        return command

    def _proxy(self, name):
        proxy = self.scenario.proxies[name]
        if proxy["kind"] == "http":
            command = fixture("http_proxy.py", "--listen", self.backs[name])
            for party in proxy.get("hosts", []):
                command += ["--host", f"{party}={self.wires[party].address}"]
        else:
            if self.backs[name].startswith("unix:"):
                unlink(self.backs[name][5:])
            target = self.backs[proxy["next"]] if proxy.get("beside") else self.wires[proxy["next"]].address
            command = fixture("coap_proxy.py", "--listen", self.backs[name], "--next", target)
        if "uri_host" in proxy:
            command += ["--uri-host", proxy["uri_host"]]
        command += ["--keep", f"{name}.kept"] * proxy.get("keep", False) + ["--hostile"] * proxy.get("hostile", False)
        return command

    # -- clients ---------------------------------------------------------------------------------------------------

    def client_command(self, name, words, extra):
        client = self.scenario.clients[name]
        if client.get("kind") == "web":
            return fixture("web_app.py", "--credentials", f"{name}.json", "--state", f"{name}.state", "--wireshark-keys", self.keys,
                           "--proxy", f"http://127.0.0.1:{self.front_port(client['through'])}", *words, *extra)
        return [self.programs.path("client/ace-client"), "--state-dir", name, "--wireshark-keys", self.keys, "-B", "20", *words, *extra]

    def uri(self, client, target):
        """What a client calls NAME/PATH: a web application by name, others by the address of who stands before it."""
        party, _, path = target.partition("/")
        if self.scenario.clients[client].get("kind") == "web":
            return f"coap://{party}/{path}"
        if party not in self.wires:
            raise LabError(f"there is no {party}")
        first = self.scenario.devices.get(party, {}).get("behind", party)
        return f"coap://127.0.0.1:{self.front_port(first)}/{path}"
