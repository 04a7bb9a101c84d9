"""The command line for tests: run in this process, or as the real program beside a real daemon."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smsgw.__main__ import holder, parts, root
from smsgw.cli.office import Office
from smsgw.cli.shell import execute
from tests.flows import warm

CHECKOUT = Path(__file__).parents[3]
PHONE, OTHER_PHONE = "+38640111222", "+38640111333"


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


Smsgw = Callable[..., Said]


def config_text(folder: Path, more: str = "") -> str:
    """A configuration with two simulated phones, and a port that the system chooses."""
    return f"""
[store]
url = "sqlite:///smsgw.db"
[web]
listen = "127.0.0.1:0"
[sending]
region = "SI"
{more}
[[links]]
name = "phones"
kind = "fake"
number = "+38640111000"
handsets = ["{PHONE}", "{OTHER_PHONE}"]
tape = "{folder / "phones.tape"}"
receipt_delay = 0.05
"""


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """The configuration of a gateway that does not run."""
    path = tmp_path / "smsgw.toml"
    path.write_text(config_text(tmp_path))
    path.chmod(0o600)
    return path


@pytest.fixture
def bare_smsgw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Run a command line in this process, without a terminal, a configuration, or a home of its own."""

    def run(*args: str | Path, stdin: str = "", held_by: Callable[[str], str | None] = holder, **environ: str) -> Said:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        office = Office(parts, held_by, {"HOME": str(tmp_path)} | environ)
        status = execute(root, office, list(map(str, args)))
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return run


@pytest.fixture
def smsgw(bare_smsgw: Smsgw, config_file: Path) -> Smsgw:
    """The same with a configuration, of a gateway that does not run."""

    def run(*args: str | Path, **more: Any) -> Said:
        return bare_smsgw(*args, SMSGW_CONFIG=str(config_file), **more)

    return run


def program(*args: str | Path, **environ: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment of the real program."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SMSGW_")}
    return [sys.executable, "-m", "smsgw", *map(str, args)], kept | {"PYTHONPATH": str(CHECKOUT)} | environ


class Running:
    """The real program in the background. out, err: files with what it says."""

    def __init__(self, folder: Path, *args: str | Path, **environ: str) -> None:
        command, env = program(*args, **environ)
        self.out, self.err = folder / "out", folder / "err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                command, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    def until(self, seen: Callable[[], Any], seconds: float = 120) -> Any:
        """Wait until something is true, and return it."""
        deadline = time.monotonic() + seconds
        while not (found := seen()):
            assert self.process.poll() is None, f"it ended: {self.err.read_text()}"
            assert time.monotonic() < deadline, f"it did not happen; it says: {self.err.read_text()}"
            time.sleep(0.02)
        return found

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(120)


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the real program in a folder of the test; it is ended with the test."""
    begun: list[Running] = []

    def run(*args: str | Path, **environ: str) -> Running:
        begun.append(Running(tmp_path, *args, **environ))
        return begun[-1]

    yield run
    for each in begun:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


@dataclass
class Daemon:
    """A running gateway with two phones, and its configuration."""

    running: Running
    config: Path

    def smsgw(self, *args: str | Path, seconds: float = 120, **environ: str) -> Said:
        """Run the real program against it."""
        _, env = program(SMSGW_CONFIG=str(self.config), **environ)
        ran = warm.run([str(word) for word in args], seconds, self.config.parent, env)
        return Said(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture(scope="session", autouse=True)
def warm_ends() -> Iterator[None]:
    """What runs commands quickly ends with the tests."""
    yield
    warm.end()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A gateway that runs while the tests of a file do; it must stop cleanly when they are over."""
    folder = tmp_path_factory.mktemp("daemon")
    config = folder / "smsgw.toml"
    config.write_text(config_text(folder))
    config.chmod(0o600)
    running = Running(folder, "run", "--config", config)
    try:
        running.until((folder / "cli.url").exists)
        yield Daemon(running, config)
        assert running.end() == 0, running.err.read_text()
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
