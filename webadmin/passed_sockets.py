"""Sockets that systemd holds for us and hands over as we start, so that no caller is refused: sd_listen_fds(3)."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

FIRST = 3  # SD_LISTEN_FDS_START
NAME = "web"  # FileDescriptorName= of ours; a unit that says none gives its own name


def passed(environ: MutableMapping[str, str] = os.environ) -> list[socket.socket]:
    """The sockets for the web server that were handed to this process; none when nobody did, or for another process.

    They are taken: what we start ourselves must not take them too, so the variables are gone afterwards.
    """
    count, names = environ.pop("LISTEN_FDS", ""), environ.pop("LISTEN_FDNAMES", "")
    if environ.pop("LISTEN_PID", "") != str(os.getpid()) or not count.isdigit():
        return []
    told = [*names.split(":"), *[NAME] * int(count)]
    ours = []
    for number, name in zip(range(FIRST, FIRST + int(count)), told, strict=False):
        os.set_inheritable(number, False)
        if name in (NAME, "", "unknown", "smsgw.socket"):
            one = socket.socket(fileno=number)
            one.setblocking(True)
            ours.append(one)
    return ours
