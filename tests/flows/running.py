"""A gateway as a program of its own, `python -m smsgw run`, and what tests do with one: ask, kill, stop, look inside.

The surprise: a test knows that a start is over when the file `cli.url` is there, which the daemon writes last.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from tests.flows import warm

ROOT = Path(__file__).resolve().parents[2]
IN_USE = 5  # the exit status when another daemon has the database
Section = Mapping[str, Any]


class Running:
    """One configuration with its folder, and the daemon that runs on it, or does not.

    links: tables of the configuration. more: further sections, such as `sending={"retry_first": 1}`.
    """

    def __init__(self, folder: Path, store: str, links: Sequence[Section], **more: Section) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.store = folder, store
        self.config = folder / "smsgw.toml"
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | warm.Copy | None = None
        self.words = ["run"]  # the command that is the daemon
        self.cold = False  # whether it is started as people start it, imports and all
        self.configure(links, **more)

    def configure(self, links: Sequence[Section], **more: Section) -> None:
        """Write the configuration anew."""
        sections: dict[str, Section] = {
            "store": {"url": self.store, "state_dir": str(self.folder), **more.pop("store", {})},
            "web": {"listen": "127.0.0.1:0", **more.pop("web", {})},
            **more,
        }
        lines = [_table(f"[{name}]", section) for name, section in sections.items()]
        lines += [_table("[[links]]", link) for link in links]
        self.config.write_text("\n".join(lines))

    def command(self, *words: str) -> list[str]:
        """The command line of `smsgw`; whoever runs it dies with the test."""
        program = [sys.executable, "-m", "smsgw", "--config", str(self.config), *words]
        return ["setpriv", "--pdeathsig=KILL", *program]

    def smsgw(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        ran = warm.run(["--config", str(self.config), *words], timeout=120)
        assert not check or ran.returncode == 0, f"smsgw {' '.join(words)}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran

    def spawn(self, before: list[str] | None = None) -> subprocess.Popen[bytes] | warm.Copy:
        """Start the daemon and do not wait for anything. before: a command that runs it, such as `prlimit`."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        self._address.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            if before or self.cold:
                command = [*(before or []), *self.command(*self.words)]
                self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            else:
                self.process = warm.start(["--config", str(self.config), *self.words], log.fileno())
        return self.process

    def start(self, before: list[str] | None = None, patience: float = 120) -> float:
        """Start the daemon and wait until everything runs; returns the seconds that it took."""
        begun = time.monotonic()
        process = self.spawn(before)
        while not self._address.exists():
            if process.poll() == IN_USE and time.monotonic() - begun < patience:
                process = self.spawn(before)  # a database server may see later than we that one was killed
            elif process.poll() is not None or time.monotonic() - begun > patience:
                raise AssertionError(f"the daemon did not start ({process.poll()}):\n{self.last_words()}")
            time.sleep(0.01)
        return time.monotonic() - begun

    @property
    def _address(self) -> Path:
        return self.folder / "cli.url"

    @property
    def port(self) -> int:
        """Where its web server listens."""
        return int(self._address.read_text().strip().rpartition(":")[2])

    @property
    def host(self) -> str:
        """And at which address."""
        return self._address.read_text().partition("://")[2].rpartition(":")[0]

    @property
    def secret(self) -> str:
        """The key of the local command line, which may do everything; another one after each start."""
        return (self.folder / "cli.key").read_text().strip()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(120)

    def terminate(self, patience: float = 120) -> tuple[int, float]:
        """SIGTERM; returns the exit status and the seconds that it took."""
        assert self.process is not None
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(patience)
        return status, time.monotonic() - begun

    def last_words(self, lines: int = 40) -> str:
        """The end of what it logged."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def client(self, secret: str | None = None) -> Client:
        """A client with a connection of its own."""
        return Client(self.port, secret or self.secret)

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection to its store, also while it is dead."""
        engine = create_engine(self.store, poolclass=NullPool)
        try:
            with engine.connect() as conn:
                yield conn
        finally:
            engine.dispose()


class Client:
    """A program that uses the HTTP API over one connection that is kept open. Not for several threads."""

    def __init__(self, port: int, secret: str, timeout: float = 120, host: str = "127.0.0.1") -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """One request under /api/v1; returns the status and the JSON of the answer.

        Raises OSError or HTTPException when there is no answer.
        """
        raw = None if body is None else json.dumps(body)
        self._connection.request(method, f"/api/v1{path}", raw, {**self._headers, **headers})
        answer = self._connection.getresponse()
        words = answer.read()
        return answer.status, json.loads(words) if words else None

    def get(self, path: str) -> Any:
        """What GET answers; fails unless it is 200."""
        status, answer = self.ask("GET", path)
        assert status == 200, (path, status, answer)
        return answer

    def send(self, to: str, text: str, **more: Any) -> str:
        """Send a text that is accepted; returns its id."""
        status, answer = self.ask("POST", "/messages", {"to": to, "text": text, **more})
        assert status == 202, (status, answer)
        return str(answer["id"])

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


BUSY = 4
AT_LEAST = 120


def until(what: Callable[[], Any], seconds: float = 10, why: str = "it did not happen", every: float = 0.05) -> Any:
    """Wait until `what` returns something that is true; returns that.

    Fails after four times `seconds`, and not before two minutes: what a quiet machine needs says little of five tests
    at a time on two cores.
    """
    patience = max(seconds * BUSY, AT_LEAST)
    deadline = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < deadline, f"{why} within {patience:g} seconds"
        time.sleep(every)
    return found


def _table(heading: str, fields: Section) -> str:
    """A table in TOML; its strings, numbers, booleans and lists of these are spelled as JSON spells them."""
    return "\n".join([heading, *(f"{key} = {json.dumps(value)}" for key, value in fields.items()), ""])


def environment(name: str, default: int) -> int:
    """A whole number from the environment, for those who want more than CI does."""
    return int(os.environ.get(name) or default)
