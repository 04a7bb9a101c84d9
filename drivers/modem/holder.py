"""Who else has a serial port open, found in /proc (Linux): two programs at one modem steal each other's bytes."""

from __future__ import annotations

import os
from pathlib import Path


def who_holds(device: str, proc: Path = Path("/proc")) -> str | None:
    """Another process that has the device open, as "ModemManager (process 812)", or None when none is seen.

    Without root, processes of other users cannot be looked into: None does not mean that there is none.
    """
    wanted = os.path.realpath(device)
    for process in proc.glob("[0-9]*"):
        if process.name != str(os.getpid()) and _has_open(process, wanted):
            return f"{_name(process)} (process {process.name})"
    return None


def _has_open(process: Path, wanted: str) -> bool:
    try:
        return any(os.readlink(entry) == wanted for entry in (process / "fd").iterdir())
    except OSError:  # it ended, or it is somebody else's
        return False


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(errors="replace").strip()
    except OSError:
        return "another program"
