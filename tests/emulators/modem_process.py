"""A simulated modem as a program of its own, `smsgw sim modem --json`, which outlives whoever uses it.

The surprise: a line of its journal is written before the modem says a word of it, so that what a killed gateway was
told is always there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class ModemProcess:
    """One modem. folder: where its device and its journal are. faults: as `--fault` takes them."""

    def __init__(self, folder: Path, air: float = 0.0, seed: int = 0, commands: bool = False, **faults: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.journal = folder / f"journal-{seed}.jsonl"
        self._events: list[dict[str, Any]] = []
        self._read = 0
        words = ["--folder", folder / "by-id", "--air", air, "--seed", seed, *["--commands"] * commands]
        for name, value in faults.items():
            words += ["--fault", f"{name}={value}"]
        with self.journal.open("wb") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", sys.executable, "-m", "smsgw", "sim", "modem", "--json",
                 *map(str, words)],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        self.device: str = self.wait(lambda: self.events("ready"), "it does not start", 180)[0]["device"]

    def do(self, line: str) -> None:
        """Type a line to it: a text of a phone, or a fault by name."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def events(self, *names: str) -> list[dict[str, Any]]:
        """What happened so far, of these names or all."""
        with self.journal.open("rb") as file:
            file.seek(self._read)
            *whole, _ = file.read().split(b"\n")
        self._read += sum(len(raw) + 1 for raw in whole)
        self._events += [json.loads(raw) for raw in whole if raw.startswith(b"{")]
        return [one for one in self._events if not names or one["event"] in names]

    def wait(self, what: Callable[[], Any], why: str, seconds: float = 120.0) -> Any:
        """Wait until `what` returns something true; returns that. Fails with `why`."""
        until = time.monotonic() + seconds
        while not (found := what()):
            assert self.process.poll() is None, f"{why}: it ended with {self.process.returncode}"
            assert time.monotonic() < until, f"{why} within {seconds:g} s; the last that happened: {self._events[-8:]}"
            time.sleep(0.02)
        return found

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.communicate(timeout=60)
