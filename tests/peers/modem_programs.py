"""gammu, gammu-smsd and smstools as programs at a serial port, each behind the same few verbs.

They are Debian's packages; who lacks one is told which.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Protocol

_PACKAGES = {"gammu": "gammu", "gammu-smsd": "gammu-smsd", "smsd": "smstools"}


def needs(program: str) -> str:
    """Where a program is. Fails, and says what to install, when it is not there."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/bin")
    assert path, f"{program} is missing: apt-get install -y {_PACKAGES[program]}"
    return path


class Peer(Protocol):
    """A daemon that serves one modem."""

    process: subprocess.Popen[bytes]
    folder: Path

    def queue(self, to: str, text: str) -> None:
        """Give it a text to send."""

    def received(self) -> dict[str, float]:
        """The texts that it stored, and when (time.time)."""

    def last_words(self) -> str:
        """The end of what it logged."""


class GammuSmsd:
    """gammu-smsd with its service of files. quick: polls each second; else as it is delivered."""

    def __init__(self, folder: Path, device: str, quick: bool = True, log: bool = True) -> None:
        self.folder = folder
        for name in ("inbox", "outbox", "sent", "error"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        pauses = "commtimeout = 1\nreceivefrequency = 1\nstatusfrequency = 0\nloopsleep = 1\n" if quick else ""
        (folder / "smsdrc").write_text(
            f"[gammu]\ndevice = {device}\nconnection = at\n"
            f"[smsd]\nservice = files\nlogfile = {folder / 'log' if log else '/dev/null'}\n"
            f"debuglevel = {255 if log else 0}\n{pauses}inboxformat = standard\n"
            f"inboxpath = {folder}/inbox/\noutboxpath = {folder}/outbox/\n"
            f"sentsmspath = {folder}/sent/\nerrorsmspath = {folder}/error/\n"
        )
        self._count = 0
        self.process = _run([needs("gammu-smsd"), "-c", str(folder / "smsdrc")], folder)

    def queue(self, to: str, text: str) -> None:
        """Give it a text to send."""
        self._count += 1
        new = self.folder / f"new-{self._count}"
        new.write_text(text)
        new.rename(
            self.folder / "outbox" / f"OUTA{20260101 + self._count // 86400}_{_clock(self._count)}_00_{to}_s.txt"
        )

    def received(self) -> dict[str, float]:
        """The texts that it stored."""
        return {path.read_text(): path.stat().st_mtime for path in (self.folder / "inbox").iterdir()}

    def last_words(self) -> str:
        """The end of what it logged."""
        return _tail(self.folder / "log")


def _clock(number: int) -> str:
    return f"{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}"


class Smstools:
    """smsd of smstools. quick: looks each second; else each 10, as it is delivered."""

    def __init__(self, folder: Path, device: str, quick: bool = True, log: bool = True) -> None:
        self.folder = folder
        boxes = ("outgoing", "checked", "failed", "incoming", "sent")
        for name in boxes:
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "smsd.conf").write_text(
            f"devices = GSM1\nlogfile = {folder}/log\nloglevel = {7 if log else 2}\n"
            + "".join(f"{name} = {folder}/{name}\n" for name in boxes)
            + f"infofile = {folder}/info\npidfile = {folder}/pid\n"
            + f"delaytime = {1 if quick else 10}\ndelaytime_mainprocess = 1\n"
            + f"[GSM1]\ndevice = {device}\nincoming = yes\nrtscts = no\nbaudrate = 115200\nmemory_start = 1\n"
        )
        self._count = 0
        self.process = _run([needs("smsd"), f"-c{folder / 'smsd.conf'}", "-t"], folder)

    def queue(self, to: str, text: str) -> None:
        """Give it a text to send."""
        self._count += 1
        new = self.folder / f"new-{self._count}"
        new.write_text(f"To: {to.removeprefix('+')}\n\n{text}")
        new.rename(self.folder / "outgoing" / f"out-{self._count:06}")

    def received(self) -> dict[str, float]:
        """The texts that it stored."""
        files = list((self.folder / "incoming").iterdir())
        return {path.read_text(errors="replace").partition("\n\n")[2]: path.stat().st_mtime for path in files}

    def last_words(self) -> str:
        """The end of what it logged."""
        return _tail(self.folder / "log")


def _run(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )


def end(peer: Peer) -> None:
    """Stop it, and what it started."""
    peer.process.terminate()
    try:
        peer.process.wait(90)
    except subprocess.TimeoutExpired:
        subprocess.run(["pkill", "-KILL", "-P", str(peer.process.pid)], check=False)  # smsd's child has the modem
        peer.process.kill()
        peer.process.wait(90)
    time.sleep(0.1)


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-25:]) if path.exists() else "it logged nothing"
