"""Ports for programs that must be told one.

The surprise: they are below those that the kernel gives away by itself, to whoever listens at port 0 or calls somebody.
So nobody takes one between the moment it is chosen and the moment it is listened at, nor while a program that had it is
started again; and processes of tests that run at the same time begin at different places.
"""

from __future__ import annotations

import itertools
import os
import socket

FIRST, MANY = 20_000, 12_000  # the kernel's own begin at 32768
_next = itertools.count(os.getpid() * 613)


def unused() -> int:
    """A port of this machine at which nobody listens, another one each time."""
    while True:
        port = FIRST + next(_next) % MANY
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
