"""A modem's texts: the whole daemon beside gammu-smsd and smstools, each as it is delivered, at the simulated modem.

All times are the modem's own: when the network had a text, and when a text that came in was deleted, by which everyone
says that it is stored. Nothing is asked of those who are measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from benchmarks.measure import cpu_of_family, spell, table
from benchmarks.stage import ROOT, SECRET, Stores, from_tests

CUSTOMER, PHONE = "+38641000002", "+4915112345678"
PATIENCE = 90.0  # seconds, after which something is said not to have happened
SAMPLES = 3
FAULTS = {
    "pulled out for 5 s": (["unplug"], 5.0, ["plug"]),
    "frozen for 15 s": (["frozen=on"], 15.0, ["frozen=off"]),
    "says nothing for 15 s": (["silent=on"], 15.0, ["silent=off"]),
    "firmware restarted": (["restart"], 0.0, []),
    "noise 0.3 for 5 s": (["noise=0.3"], 5.0, ["noise=0"]),
    "no network for 5 s": (["registration=2"], 5.0, ["registration=1"]),
}
HEADINGS = (
    "", "msgs/min, 0 s", "CPU ms", "msgs/min, 1 s", "gap ms", "CPU ms", "picked up s", "at most", "stored s", "at most",
    "MB",
)  # fmt: skip


class Contestant(Protocol):
    """A program that serves one modem."""

    pid: int

    def queue(self, texts: list[str]) -> None:
        """Give it texts to send."""

    def close(self) -> None:
        """End it."""


class Ours:
    """The daemon, with its defaults, on SQLite."""

    def __init__(self, folder: Path, device: str) -> None:
        link = {"name": "stick", "kind": "modem", "device": device}
        self._running = from_tests("flows/running.py").Running(
            folder, f"sqlite:///{folder / 'store.db'}", [link], log={"level": "error"},
            sending={"region": "SI", "duplicate_window": 0},
        )  # fmt: skip
        self._running.start()
        subprocess.run(
            self._running.command("key", "create", "bench", "--secret", "-"),
            cwd=ROOT, input=SECRET, text=True, check=True, capture_output=True,
        )  # fmt: skip
        self.pid: int = self._running.process.pid

    def queue(self, texts: list[str]) -> None:
        """In batches of the API, over a new connection: the last one may be minutes old."""
        with closing(self._running.client(SECRET)) as client:
            for at in range(0, len(texts), 500):
                batch = [{"to": CUSTOMER, "text": text} for text in texts[at : at + 500]]
                status, answer = client.ask("POST", "/messages/batch", batch)
                assert status == 202, answer
                assert all("id" in one for one in answer["data"]), answer

    def close(self) -> None:
        """Stop it."""
        self._running.terminate()


class Theirs:
    """One of the two peers, with its defaults and without its log."""

    def __init__(self, name: str, folder: Path, device: str) -> None:
        self._programs = from_tests("peers/modem_programs.py")
        self._peer = getattr(self._programs, name)(folder, device, quick=False, log=False)
        self.pid: int = self._peer.process.pid

    def queue(self, texts: list[str]) -> None:
        """As files."""
        for text in texts:
            self._peer.queue(CUSTOMER, text)

    def close(self) -> None:
        """Stop it."""
        self._programs.end(self._peer)


class Alone:
    """Our driver without the gateway: what notes of other drivers are to be compared with."""

    def __init__(self, folder: Path, device: str) -> None:
        folder.mkdir()
        command = [sys.executable, "-m", "benchmarks.driven", device, str(folder)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True)
        self.pid: int = self._process.pid

    def queue(self, texts: list[str]) -> None:
        """As a line of JSON."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(texts) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Stop it."""
        self._process.communicate(timeout=60)


Start = Callable[[Path, str], Contestant]
CONTESTANTS: dict[str, Start] = {
    "smsgw": Ours,
    "its driver alone": Alone,
    "gammu-smsd": lambda folder, device: Theirs("GammuSmsd", folder, device),
    "smstools": lambda folder, device: Theirs("Smstools", folder, device),
}


@contextmanager
def _play(stores: Stores, start: Start, air: float) -> Iterator[tuple[Any, Contestant]]:
    """A modem and a contestant that has sent its first text."""
    folder = stores.folder()
    faults = {"memories": "SM", "receives_into": "SM", "slots": 50}
    modem = from_tests("emulators/modem_process.py").ModemProcess(folder / "line", air, **faults)
    contestant = start(folder / "it", modem.device)
    try:
        contestant.queue(["are you awake?"])
        modem.wait(lambda: modem.events("submitted"), "it never sends", PATIENCE)
        time.sleep(1)
        yield modem, contestant
    finally:
        contestant.close()
        modem.close()


def run(stores: Stores, messages: int, seconds: float) -> None:
    """Measure everybody. messages: how many are sent at most; seconds: for how long at most, with no air time."""
    rows = [_measured(stores, name, start, messages, seconds * 5) for name, start in CONTESTANTS.items()]
    table("(d) a modem: as fast as it goes, and how soon (medians of three)", HEADINGS, rows)
    programs = {name: start for name, start in CONTESTANTS.items() if start is not Alone}
    healed = {name: _healed(stores, start) for name, start in programs.items()}
    headings = ("", *(f"{name}: {what}" for name in programs for what in ("out s", "in s")))
    lines = [[fault, *(spell_wait(one) for name in programs for one in healed[name][fault])] for fault in FAULTS]
    table("(d) a modem: seconds from the end of a fault until a text is out, and one is in", headings, lines)


def spell_wait(seconds: float | None) -> str:
    """A wait, or that nothing happened."""
    return f"> {PATIENCE:.0f}" if seconds is None else spell(seconds)


def _measured(stores: Stores, name: str, start: Start, messages: int, seconds: float) -> list[str]:
    with _play(stores, start, 0.0) as (modem, contestant):
        quick, quick_cpu, _ = _rate(modem, contestant, messages, seconds)
    with _play(stores, start, 1.0) as (modem, contestant):
        slow, slow_cpu, gap = _rate(modem, contestant, 12, 60.0, air=1.0)
        picked = sorted(_picked_up(modem, contestant, number) for number in range(SAMPLES))
        stored = sorted(_stored(modem, number) for number in range(SAMPLES))
        memory = _resident(contestant.pid)
    figures = (
        quick,
        quick_cpu,
        slow,
        gap,
        slow_cpu,
        picked[SAMPLES // 2],
        picked[-1],
        stored[SAMPLES // 2],
        stored[-1],
    )
    return [name, *(spell(one) for one in (*figures, memory))]


def _rate(modem: Any, contestant: Contestant, messages: int, seconds: float, air: float = 0.0) -> tuple[float, ...]:
    """Messages a minute, CPU milliseconds of each, and the idle gap between two in milliseconds."""
    before = len(modem.events("submitted"))
    cpu = cpu_of_family(contestant.pid)
    contestant.queue([f"text {number}" for number in range(messages)])
    until = time.monotonic() + seconds

    def sent() -> list[float]:
        return [one["at"] for one in modem.events("submitted")[before:]]

    modem.wait(lambda: sent() or time.monotonic() > until + PATIENCE, "nothing is sent", PATIENCE * 2)
    until = sent()[0] + seconds
    while len(sent()) < messages and time.monotonic() < until:
        time.sleep(0.05)
    at = sent()
    cpu = cpu_of_family(contestant.pid) - cpu
    each = (at[-1] - at[0]) / (len(at) - 1)
    _empty(modem, messages + before)
    return 60 / each, cpu * 1000 / len(at), (each - air) * 1000


def _empty(modem: Any, expected: int) -> None:
    """Wait until what was queued is sent, or nothing more is for a while: those who were stopped by the clock go on."""
    while len(modem.events("submitted")) < expected:
        before = len(modem.events("submitted"))
        time.sleep(5)
        if len(modem.events("submitted")) - before < 20:
            return


def _picked_up(modem: Any, contestant: Contestant, number: int) -> float:
    """Seconds from giving it a text until the modem has it."""
    time.sleep(3.3 + number)
    text, begun = f"wake up {time.monotonic()}", time.monotonic()
    contestant.queue([text])
    return _when(modem, "submitted", lambda one: one["text"] == text) - begun - 0.5  # half of the air time


def _stored(modem: Any, number: int) -> float:
    """Seconds from a text's arrival until it is deleted from the modem."""
    time.sleep(3.3 + number)
    typed = len(modem.events("typed"))
    modem.do(f"{PHONE} somebody writes {number}")
    modem.wait(lambda: len(modem.events("typed")) > typed, "nobody writes")
    (at,) = modem.wait(lambda: _deleted(modem), "it is not stored", PATIENCE)
    return float(at - modem.events("typed")[-1]["at"])


def _deleted(modem: Any) -> list[float]:
    """When the last text that a phone sent was deleted from the modem; reports do not count."""
    pdus = next(iter(modem.events("typed")[-1:]), {"pdus": []})["pdus"]
    return [one["at"] for one in modem.events("deleted") if one["pdu"] in pdus]


def _when(modem: Any, event: str, which: Callable[[Any], bool]) -> float:
    found = modem.wait(lambda: [one for one in modem.events(event) if which(one)], f"no {event}", PATIENCE)
    return float(found[0]["at"])


def _healed(stores: Stores, start: Start) -> dict[str, tuple[float | None, float | None]]:
    """For every fault: seconds until a text that was queued meanwhile is out, and one that comes then is in."""
    return {fault: _healing(stores, start, fault) for fault in FAULTS}


def _healing(stores: Stores, start: Start, fault: str) -> tuple[float | None, float | None]:
    begins, lasts, ends = FAULTS[fault]
    with _play(stores, start, 0.1) as (modem, contestant):
        for line in begins:
            modem.do(line)
        time.sleep(lasts / 2)
        contestant.queue([fault])
        time.sleep(lasts / 2)
        for line in ends:
            modem.do(line)
        ended = time.monotonic()
        modem.do(f"{PHONE} are you back?")
        out = _within(lambda: [one["at"] for one in modem.events("submitted") if one["text"] == fault])
        into = _within(lambda: _deleted(modem))
    after = [None if at is None else max(0.0, at - ended) for at in (out, into)]
    return after[0], after[1]


def _within(what: Callable[[], list[float]]) -> float | None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := what():
            return found[0]
        time.sleep(0.05)
    return None


def _resident(pid: int) -> float:
    """Megabytes that a process has in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def soak(stores: Stores, messages: int, steps: int = 4) -> None:
    """How much memory the daemon has after so many texts out, and as many in tenths: it should not grow."""
    rows = []
    with _play(stores, Ours, 0.0) as (modem, contestant):
        for step in range(1, steps + 1):
            count = messages // steps
            rate, cpu, _ = _rate(modem, contestant, count, 3600.0)
            for number in range(count // 10):
                modem.do(f"{PHONE} text {step} {number}")
            modem.wait(lambda n=count // 10 * step: len(modem.events("deleted")) >= n, "texts are left", 600)
            figures = (rate, cpu, _resident(contestant.pid))
            rows.append([f"{step * count:,} out, {count // 10 * step:,} in", *map(spell, figures)])
            print("  ".join(rows[-1]), flush=True)  # the whole takes half an hour
    table("(d) a modem: memory of the daemon", ("", "msgs/min, 0 s", "CPU ms", "MB"), rows)
