"""An account at an SMSC that speaks SMPP 3.4: bind, keep alive, a window of submits, receipts and texts back.

The surprise: smpplib makes the small PDUs of the session only; the stream and all the others are ours (see `pdu`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from drivers.smpp.config import Config
from drivers.smpp.esme import Esme
from smsgw.link import Events, Link

__all__ = ["Config", "open_link"]


def open_link(
    name: str,
    config: Config,
    events: Events,
    *,
    now: Callable[[], float] = time.monotonic,
    chance: Callable[[], float] = random.random,
) -> Link:
    """A link that connects when started. now: a steady clock in seconds; chance: numbers in [0, 1) for
    jitter.
    """
    return Esme(name, config, events, now, chance)
