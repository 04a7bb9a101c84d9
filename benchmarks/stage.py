"""What the benchmarks play on: stores of both kinds, the real daemon, the sink, and the load, each its own process.

The gateway as a program and the private PostgreSQL are those of the tests, loaded from their files.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.load import Job
from benchmarks.measure import cpu_of_family

ROOT = Path(__file__).resolve().parents[1]
SECRET = "benchmark-0123456789-abcdef-0123456789"


@cache
def from_tests(path: str) -> Any:
    """A module of the tests by its path: they are no package."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{Path(path).stem}", ROOT / "tests" / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Stores:
    """New, empty stores of both kinds in folders that vanish. Use as a context manager."""

    def __init__(self, kinds: list[str]) -> None:
        """kinds: among "sqlite" and "postgresql"; the server is started at its first use."""
        self.kinds = kinds
        self._ends = ExitStack()
        self._server: Any = None
        self._count = 0

    def __enter__(self) -> Stores:
        build = ROOT / "build"  # not /tmp, which may be memory: what is measured is a disk
        build.mkdir(exist_ok=True)
        self._folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=build)))
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    @property
    def server(self) -> Any:
        """The private PostgreSQL server (tests/conftest.py, Postgres)."""
        if self._server is None:
            self._server = from_tests("conftest.py").Postgres()
            self._ends.callback(self._server.remove)
        return self._server

    def folder(self) -> Path:
        """A new folder on the disk that is measured."""
        self._count += 1
        made = self._folder / str(self._count)
        made.mkdir()
        return made

    def url(self, kind: str) -> str:
        """The URL of a new, empty store."""
        folder = self.folder()
        if kind == "sqlite":
            return f"sqlite:///{folder / 'store.db'}"
        name = f"bench_{self._count}"
        with self.server.connect() as admin:
            admin.execute(f"CREATE DATABASE {name}")
        return str(self.server.url(name))

    def cpu(self, kind: str) -> float:
        """CPU seconds that the server of this kind of store has used; SQLite has none."""
        return 0.0 if kind == "sqlite" else cpu_of_family(self.server._process.pid)


class Smsc:
    """The sink as a process."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sink", *options],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def ask(self, word: str) -> dict[str, Any]:
        """`progress` or `report`: see benchmarks.sink.Sink."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    @property
    def receipts(self) -> bool:
        """Whether it sends any."""
        return "--no-receipts" not in self.options

    def wait_for_end(self, messages: int) -> None:
        """Wait until so many have come as far as they will come here."""
        self.wait_for("wire", messages)
        if self.receipts:
            self.wait_for("final", messages)

    def wait_for(self, what: str, messages: int, patience: float = 20) -> int:
        """Wait until so many are on the wire ("wire") or final ("final"); returns how many are when nothing more
        comes for `patience` seconds.
        """
        before, changed = -1, time.monotonic()
        while (now := int(self.ask("progress")[what])) < messages:
            if now != before:
                before, changed = now, time.monotonic()
            elif time.monotonic() - changed > patience:
                break
            time.sleep(0.05)
        return now

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


@contextmanager
def smsc(*options: str) -> Iterator[Smsc]:
    """A sink for a block."""
    sink = Smsc(*options)
    try:
        yield sink
    finally:
        sink.close()


@contextmanager
def gateway(
    stores: Stores, kind: str, port: int, window: int = 100, url: str | None = None, known: bool = False
) -> Iterator[Any]:
    """The daemon (tests/flows/running.py, Running) with one SMPP link to `port` and the key `SECRET`.

    url: of a store that is there already; known: that one has the key.
    """
    link = {
        "name": "carrier",
        "kind": "smpp",
        "host": "127.0.0.1",
        "port": port,
        "system_id": "bench",
        "window": window,
    }
    running = from_tests("flows/running.py").Running(
        stores.folder(), url or stores.url(kind), [link], sending={"sender": "+491700000000"}, log={"level": "warning"}
    )
    running.start()
    try:
        if not known:
            subprocess.run(
                running.command("key", "create", "bench", "--secret", "-"),
                cwd=ROOT, input=SECRET, text=True, check=True, capture_output=True,
            )  # fmt: skip
        yield running
    finally:
        if running.process.poll() is None:
            running.terminate()
        if words := running.last_words(10).strip():
            print(f"the daemon said at last:\n{words}")


def load(job: Job) -> dict[str, Any]:
    """Run a job in a process of its own. Raises RuntimeError when a request was not answered with 202."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT, input=json.dumps(asdict(job)) + "\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise RuntimeError(f"the load broke: {ran.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(ran.stdout)
    if told["refused"]:
        raise RuntimeError(f"requests were refused: {told['refused']}")
    return told
