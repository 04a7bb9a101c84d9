"""`smsgw sim modem`: a modem for people without a stick, and a far side that tests can count."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

CHECKOUT = Path(__file__).parents[3]


class Playing:
    """The command as a program of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "smsgw", "sim", "modem", "--folder", str(folder), "--json", *words],
            cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def hears(self, event: str) -> dict[str, Any]:
        """The next event of this name."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            if told["event"] == event:
                return told
        raise AssertionError(f"it ended before {event}")

    def do(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ends(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Playing]]:
    """Start it: play("--air", "0")."""
    playing: list[Playing] = []

    def start(*words: str) -> Playing:
        playing.append(Playing(tmp_path, *words))
        return playing[-1]

    yield start
    for one in playing:
        one.process.kill()
        one.process.communicate()


@pytest.mark.slow
def test_it_says_what_to_paste_brings_what_is_typed_and_goes_when_told(
    play: Callable[..., Playing], tmp_path: Path
) -> None:
    modem = play("--air", "0", "--fault", "signal=11", "--seed", "3")
    ready = modem.hears("ready")
    assert f'device = "{ready["device"]}"' in ready["block"]
    with serial.Serial(ready["device"], timeout=90) as port:
        port.write(b"ATE0\rAT+CNMI=2,1,0,2,0\rAT+CSQ\r")
        assert b"+CSQ: 11,99" in port.read_until(b"99\r\n")
        modem.do("+38640111222 Are you open?")
        assert modem.hears("typed")["text"] == "Are you open?"
        assert b"+CMTI" in port.read_until(b",1\r\n")
        modem.do("ring +38640111222")
        assert b'+CLIP: "38640111222"' in port.read_until(b",,0\r\n")
    assert modem.ends() == 0
    assert list(tmp_path.iterdir()) == []
    again = play("--seed", "3").hears("ready")
    assert again["device"] == ready["device"]


@pytest.mark.slow
def test_a_fault_that_it_does_not_know_is_told_with_all_that_there_are(play: Callable[..., Playing]) -> None:
    modem = play("--fault", "nois=1")
    said, _ = modem.process.communicate(timeout=90)
    assert "there is no fault 'nois'" in json.loads(said)["error"]["detail"]
    assert modem.process.returncode == 2
