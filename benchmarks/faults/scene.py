"""A gateway, a network, callers and phones for one fault; and a disk or a clock of its own where that needs it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.stage import Stores
from tests.flows.killing import Caller, Siege, Typist
from tests.flows.running import Running, until

from .callers import Diary, Phones, Steady
from .networks import Modem
from .strikes import Strike, faketime

# The pauses after which what is unsure is settled; all others are those that people have.
SENDING = {"unsure_wait": 12, "retry_first": 1, "retry_most": 4, "resend_unsure": "resend"}
DISK = "size=48m"
WORKS_WITHIN = 180.0
STARTS_WITHIN = 300.0  # a machine may have much else to do


class Scene:
    """One fault, so often. Use as a context manager: it runs then, and is suffered with `suffer`."""

    def __init__(self, stores: Stores, kind: str, strike: Strike, seconds: float, rounds: int, seed: int) -> None:
        self.stores, self.strike, self.seconds, self.rounds = stores, strike, seconds, rounds
        self.chance = Random(f"{seed} {strike.name}")
        self.accepts: list[float] = []  # seconds after each fault until it took a message
        self.sends: list[float] = []  # and until one that was asked for after it was with the network
        self.room: Path | None = None
        self._ends = ExitStack()
        folder = stores.folder()
        self.wire: Any = strike.network(folder, seed, rounds * 2 * (seconds + 1))
        self._ends.callback(self.wire.close)
        url = stores.url(kind)
        if strike.room:
            folder = self._disk(folder)
            url = f"sqlite:///{folder / 'store.db'}"
        self.clock = folder / "clock"
        self.clock.write_text("+0\n")
        self.gateway: Any = Running(folder / "smsgw", url, [self.wire.link()], sending=SENDING)

    def _disk(self, folder: Path) -> Path:
        """A small disk of its own in `folder`, where this may be mounted; else the folder itself."""
        room = folder / "disk"
        room.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(room)]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            return folder
        self._ends.callback(subprocess.run, ["umount", "--lazy", str(room)], check=False)
        self.room = room
        return room

    def __enter__(self) -> Scene:
        self._ends.callback(self.gateway.kill)
        try:
            self.start()
            secret = self.gateway.smsgw("key", "create", "caller").stdout.strip()
            self.siege = Siege(self.gateway, self.wire, secret, self.chance, Diary())
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def start(self) -> None:
        """Start the daemon, with its own clock if the fault needs that."""
        before = None
        if self.strike.clock:
            before = ["env", f"LD_PRELOAD={faketime()}", f"FAKETIME_TIMESTAMP_FILE={self.clock}", "FAKETIME_NO_CACHE=1",
                      "FAKETIME_DONT_FAKE_MONOTONIC=1"]  # fmt: skip
        self.gateway.start(before, STARTS_WITHIN)

    @property
    def diary(self) -> Diary:
        """What callers know."""
        book = self.siege.book
        assert isinstance(book, Diary)
        return book

    def suffer(self) -> None:
        """Load, fault, until it works again, load; so often as it was said. Then everybody is answered."""
        load = self._load()
        for _ in range(self.rounds):
            time.sleep(self.seconds)
            over = self.strike.strike(self)
            until(lambda over=over: self._works(over), WORKS_WITHIN, f"{self.strike.name}: it never worked again", 0.1)
        time.sleep(self.seconds)
        for thread in load:
            thread.ended.set()
        for thread in load:
            thread.join(60)
        self.siege.starts.append(0.0)
        self.siege.ask_again()

    def _works(self, over: float) -> bool:
        """Whether what was asked for after the fault was accepted, and is with the network; notes when."""
        numbers, answers = self.diary.since(over)
        sent = [at for to, at in self.wire.seen() if at >= over and to in numbers]
        if not (answers and sent):
            return False
        self.accepts.append(min(answers) - over)
        self.sends.append(min(sent) - over)
        return True

    def _load(self) -> list[Caller | Typist]:
        slow = isinstance(self.wire, Modem)
        callers: list[Caller | Typist] = [
            Steady(self.diary, self.gateway, self.siege.secret, Random(self.chance.random()), pause, not slow)
            for pause in ([0.8] if slow else [0.05] * 4)
        ]
        if slow:
            callers.append(Phones(self.wire, Random(self.chance.random())))
        for thread in callers:
            with contextlib.suppress(RuntimeError):
                thread.start()
        return callers
