"""Sockets that systemd holds for us and hands over as we start, so that no caller is refused: sd_listen_fds(3)."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

FIRST = 3  # SD_LISTEN_FDS_START
WEB, SMPP = "web", "smpp"  # FileDescriptorName= of ours
UNNAMED = ("", "unknown", "smsgw.socket")  # a unit that says none gives its own name: ours is the web server's

_held: list[tuple[str, socket.socket]] = []  # handed over, and not taken yet


def passed(name: str, port: int | None = None, environ: MutableMapping[str, str] = os.environ) -> list[socket.socket]:
    """The sockets of that name that were handed to this process, and are its caller's from now on; mostly none.

    port: only those at this port. What we start ourselves must not take them too, so the variables are gone afterwards.
    """
    _held.extend(_handed(environ))
    ours = [one for one in _held if one[0] == name and port in (None, one[1].getsockname()[1])]
    _held[:] = [one for one in _held if one not in ours]
    return [held for _, held in ours]


def _handed(environ: MutableMapping[str, str]) -> list[tuple[str, socket.socket]]:
    count, names = environ.pop("LISTEN_FDS", ""), environ.pop("LISTEN_FDNAMES", "")
    if environ.pop("LISTEN_PID", "") != str(os.getpid()) or not count.isdigit():
        return []
    told = [*names.split(":"), *[WEB] * int(count)]
    found = []
    for number, name in zip(range(FIRST, FIRST + int(count)), told, strict=False):
        os.set_inheritable(number, False)
        named = WEB if name in UNNAMED else name
        if named in (WEB, SMPP):
            one = socket.socket(fileno=number)
            one.setblocking(True)
            found.append((named, one))
    return found
