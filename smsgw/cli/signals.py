"""What stops a command that runs until it is told to stop, and what has it read its configuration again."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def signals(end: Callable[[], None], reload: Callable[[], None] | None = None) -> Iterator[None]:
    """While the block runs, the signals that mean "stop" have `end` called, SIGHUP `reload`; a second Ctrl-C ends us
    at once. A terminal that is closed sends SIGHUP too, and means "stop"."""
    ours = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: end if reload is None or os.isatty(0) else reload}

    def act(number: int, _frame: FrameType | None) -> None:
        if ours[signal.Signals(number)] is end:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Not here: what was interrupted may hold the very lock that it needs.
        threading.Thread(target=ours[signal.Signals(number)], name="signalled").start()

    before = {number: signal.signal(number, act) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
