"""Jasmin with a RabbitMQ and a Redis of its own in a folder, for the benchmark beside it.

It needs Debian's rabbitmq-server and redis-server, and a Python that has `jasmin` from PyPI (see README.md): not what a
checkout installs, for it holds old versions of half of PyPI.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"
ADMIN = ("jcliadmin", "jclipwd")
SECTIONS = {
    "smpp-server": "smpps", "smpp-server-pb": "pb", "client-management": "clients", "http-api": "http",
    "router": "router", "jcli": "jcli",
}  # fmt: skip
LOGS = (
    "smpp-server", "smpp-server-pb", "client-management", "service-smppclient", "sm-listener", "dlr", "amqp-broker",
    "http-api", "router", "deliversm-thrower", "dlr-thrower", "redis-client", "jcli",
)  # fmt: skip


class Jasmin:
    """All its programs, bound to 127.0.0.1:`smsc`; texts of phones are told to `receiver`. python: one that has it."""

    def __init__(self, python: Path, folder: Path, smsc: int, receiver: str, free_port: object) -> None:
        assert callable(free_port)
        for program in (RABBITMQ, "redis-server"):
            if shutil.which(program) is None:
                raise FileNotFoundError(f"{program} is missing: apt-get install rabbitmq-server redis-server")
        names = ("amqp", "dist", "epmd", "redis", *SECTIONS.values())
        self.ports: dict[str, int] = {name: free_port() for name in names}
        self._python, self.folder, self._smsc, self._receiver = python, folder, smsc, receiver
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def http(self) -> int:
        """The port of its HTTP API."""
        return self.ports["http"]

    def start(self) -> None:
        """Start everything and set it up: a connector, a user, routes."""
        self._rabbitmq()
        redis = ["redis-server", "--port", str(self.ports["redis"]), "--dir", str(self.folder), "--bind", "127.0.0.1"]
        self._spawn("redis", redis)
        self._wait_for("redis")
        self._daemon()
        self._set_up()

    def _rabbitmq(self) -> None:
        home = self.folder / "rabbitmq"
        home.mkdir()
        environment = {
            "HOME": str(home), "RABBITMQ_NODENAME": f"bench{self.ports['amqp']}@localhost",
            "RABBITMQ_NODE_PORT": str(self.ports["amqp"]), "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self.ports["dist"]), "RABBITMQ_MNESIA_BASE": str(home),
            "RABBITMQ_LOG_BASE": str(home), "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_PID_FILE": str(home / "pid"), "ERL_EPMD_PORT": str(self.ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }  # fmt: skip
        self._epmd = {**os.environ, **environment}
        self._spawn("rabbitmq", [RABBITMQ], environment)
        self._wait_for("amqp", 90)

    def _daemon(self) -> None:
        (spec,) = self._python.parent.parent.glob("lib/python3*/site-packages/txamqp/specs/standard/amqp0-9-1.*.xml")
        lines: list[str] = []
        for section in LOGS:
            lines += [f"[{section}]", f"log_file = {self.folder / 'jasmin.log'}", "log_level = ERROR"]
            if section in SECTIONS:
                lines += ["bind = 127.0.0.1", f"port = {self.ports[SECTIONS[section]]}"]
            if section in ("client-management", "router"):
                lines.append(f"store_path = {self.folder / 'store'}")
            if section == "amqp-broker":
                lines.append(f"spec = {spec}")
            if section in ("amqp-broker", "redis-client"):
                lines += ["host = 127.0.0.1", f"port = {self.ports['amqp' if section == 'amqp-broker' else 'redis']}"]
        (self.folder / "store").mkdir()
        config = self.folder / "jasmin.cfg"
        config.write_text("\n".join(lines) + "\n")
        program = self._python.parent / "jasmind.py"
        words = [str(self._python), str(program), "-c", str(config), "--enable-dlr-thrower", "--enable-dlr-lookup"]
        words += ["--enable-deliver-thrower", "-u", ADMIN[0], "-p", ADMIN[1]]
        places = {"ROOT_PATH": str(self.folder), "LOG_PATH": str(self.folder)}
        (self.folder / "var/run").mkdir(parents=True)
        (self.folder / "tmp").mkdir(exist_ok=True)
        self._spawn("jasmind", words, places)
        self._wait_for("jcli", 60)

    def _set_up(self) -> None:
        """What its documentation has people type into its console."""
        with socket.create_connection(("127.0.0.1", self.ports["jcli"]), 20) as console:
            self._type(console, *ADMIN)
            self._type(
                console, "smppccm -a", "cid bench", "host 127.0.0.1", f"port {self._smsc}", "username bench",
                "password x", "submit_throughput 0", "ok", "smppccm -1 bench",
                "group -a", "gid bench", "ok", "user -a", "username bench", "password bench", "gid bench", "uid bench",
                "ok", "httpccm -a", f"url {self._receiver}", "method GET", "cid told", "ok",
                "mtrouter -a", "type DefaultRoute", "connector smppc(bench)", "rate 0.0", "ok",
                "morouter -a", "type DefaultRoute", "connector http(told)", "ok",
            )  # fmt: skip

    def _type(self, console: socket.socket, *lines: str) -> None:
        for line in lines:
            console.sendall(line.encode() + b"\r\n")
            time.sleep(0.15)  # a console for people: each line has its prompt
            (self.folder / "console").open("ab").write(console.recv(65536))

    def _spawn(self, name: str, words: list[str], environment: dict[str, str] | None = None) -> None:
        with (self.folder / f"{name}.out").open("ab") as out:
            self.processes.append(
                subprocess.Popen(
                    words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                    env={**os.environ, **(environment or {})}, start_new_session=True,
                )
            )  # fmt: skip

    def _wait_for(self, name: str, patience: float = 30) -> None:
        until = time.monotonic() + patience
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.ports[name]), 1).close()
                return
            except OSError as problem:
                if self.processes[-1].poll() is not None or time.monotonic() > until:
                    words = [path.read_text(errors="replace")[-1500:] for path in self.folder.glob("*.out")]
                    raise RuntimeError(f"Jasmin's {name} did not start:\n" + "\n".join(words)) from problem
                time.sleep(0.1)

    def stop(self) -> None:
        """End everything, the daemon first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait(10)
        self.processes.clear()
        subprocess.run(["epmd", "-kill"], env=self._epmd, capture_output=True, check=False)
