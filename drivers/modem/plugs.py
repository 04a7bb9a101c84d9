"""Notice that something was plugged in or out: by inotify (Linux) on the folders where ports appear.

The surprise: there may be no such folder yet (/dev/serial comes with the first modem), so then the nearest one above is
watched. Whoever waits must look for himself all the same, now and then: where inotify is missing or tells nothing, as
in some containers, that look is all there is.
"""

from __future__ import annotations

import ctypes
import logging
import os
import select
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

WITHOUT = 0.25  # seconds between looks where nothing tells us
WITH = 2.0  # and where inotify does

# inotify(7), <sys/inotify.h>: attributes too, for udev lets us in only after the port has appeared
_ATTRIB, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _DELETE_SELF, _ONLYDIR = 4, 0x40, 0x80, 0x100, 0x200, 0x400, 1 << 24
_NEWS = _ATTRIB | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _ONLYDIR


class Plugs:
    """See the module's docstring. patterns: of the files that are ports. `wake` is for any thread, the rest for one."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._folders = {Path(pattern).parent for pattern in patterns}
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = self._open()
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._inotify is not None:
            self._watch()  # from now on, so that nothing is missed between the first look and the first wait

    def _open(self) -> int | None:
        try:
            number = int(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        except AttributeError:
            number = -1
        if number < 0:
            log.info("there is no inotify: ports are looked for every %s s", WITHOUT)
        return number if number >= 0 else None

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a name came or went where ports are, or until `wake`."""
        watched = self._inotify is not None and self._watch()
        sources = [self._woken, *([self._inotify] if self._inotify is not None else [])]
        ready = select.poll()
        for source in sources:
            ready.register(source, select.POLLIN)
        for source, _ in ready.poll(1000 * min(seconds, WITH if watched else WITHOUT)):
            with suppress(BlockingIOError):
                while os.read(source, 65536):
                    pass

    def _watch(self) -> bool:
        """Watch every folder, or what is there of its path; one that is watched already stays so (inotify(7))."""
        there = {next(one for one in (folder, *folder.parents) if one.is_dir()) for folder in self._folders}
        added = [self._libc.inotify_add_watch(self._inotify, os.fsencode(folder), _NEWS) >= 0 for folder in there]
        return all(added)

    def wake(self) -> None:
        """Let `wait` return."""
        with suppress(OSError):
            os.write(self._wake, b"!")

    def close(self) -> None:
        """No more waiting."""
        for number in (self._inotify, self._woken, self._wake):
            if number is not None:
                with suppress(OSError):
                    os.close(number)
