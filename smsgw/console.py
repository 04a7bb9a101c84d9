"""What goes over the wires of links, kept for a while where somebody asked for it: the newest lines of each, masked.

The surprise: nothing of it is ever stored, and it ends by itself. What people wrote and what is secret does not come
here at all (see `link_verbs.WireLine`); numbers are masked before they are kept, and should a secret of the link's
configuration stand in a line all the same, it is taken out.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from .link_verbs import Tap, Traced, WireLine
from .log import masked

LINES = 500  # of each link
STAYS = timedelta(hours=1)  # what was seen can be read for so long after the end
LONGEST = 500  # letters of one field
SECRET = 5  # letters that a secret has at least to be looked for: "1234" is in every second reference
_PLAIN = frozenset((  # digits that are of no person
    "message_id", "receipted_message_id", "reference", "id", "submit date", "done date", "final_date", "TransactionID",
    "schedule_delivery_time", "validity_period",
))  # fmt: skip
_PEOPLE = frozenset(("from", "to", "source_addr", "destination_addr"))  # masked also where they are short
_WHOLE = 7  # digits of a number that is no short code


@dataclass(frozen=True, slots=True)
class Kept:
    """A line that was seen. number: counts from 1, of one link."""

    number: int
    at: datetime
    line: WireLine


@dataclass(frozen=True, slots=True)
class Look:
    """What a console shows. until: when it ends; None: it is off. last: the number of the newest line, 0 for none."""

    until: datetime | None
    lines: list[Kept]
    last: int


class Console:
    """The console of one link, through all its drivers. Safe from any thread. hide: masks the numbers in a field."""

    def __init__(self, clock: Callable[[], datetime], hide: Callable[[str, str], str]) -> None:
        self._clock = clock
        self._hide = hide
        self._lock = threading.Lock()
        self._lines: deque[Kept] = deque(maxlen=LINES)
        self._numbers = count(1)
        self._last = 0
        self._until: datetime | None = None
        self._tap: Tap | None = None
        self._secrets: tuple[str, ...] = ()

    def plug(self, tap: Tap | None, secrets: tuple[str, ...]) -> None:
        """A driver took the place of another one; None: this kind cannot be looked at."""
        with self._lock:
            if self._tap is not None:
                self._tap.tell = None
            self._tap, self._secrets = tap, secrets
            if tap is not None and self._until is not None:
                tap.tell = self._tell

    @property
    def can(self) -> bool:
        """Whether this link can be looked at."""
        return self._tap is not None

    def open(self, lasts: timedelta) -> datetime:
        """Look from now on, until what is returned: so long at least, if somebody looks already, else exactly. What
        was seen before it was off is forgotten."""
        now = self._clock()
        with self._lock:
            if self._until is None or self._until <= now:
                self._lines.clear()
                self._until = now
            self._until = max(self._until, now + lasts)
            if self._tap is not None:
                self._tap.tell = self._tell
            return self._until

    def close(self) -> None:
        """Look no longer."""
        with self._lock:
            if self._until is not None:
                self._until = min(self._until, self._clock())
            self._off()

    def look(self, after: int, most: int) -> Look:
        """The newest `most` of the lines behind number `after`, oldest first."""
        now = self._clock()
        with self._lock:
            on = self._until is not None and self._until > now
            if not on:
                self._off()
                if self._until is not None and now - self._until > STAYS:
                    self._lines.clear()
            found = [one for one in self._lines if one.number > after]
            return Look(self._until if on else None, found[-most:], self._last)

    def _off(self) -> None:
        if self._tap is not None:
            self._tap.tell = None

    def _tell(self, line: WireLine) -> None:
        """A driver's thread: keep a line, or find that the time is over."""
        now = self._clock()
        fields = {name: self._clean(name, value) for name, value in line.fields.items()}
        line = replace(line, what=self._clean("", line.what), fields=fields)
        with self._lock:
            if self._until is None or now >= self._until:
                self._off()
                return
            self._last = next(self._numbers)
            self._lines.append(Kept(self._last, now, line))

    def _clean(self, name: str, value: str) -> str:
        for secret in self._secrets:
            value = value.replace(secret, "***")
        return self._hide(name, value)[:LONGEST]


class Consoles:
    """The consoles of all links of this process, by name."""

    def __init__(self, clock: Callable[[], datetime], *, show_numbers: bool = False) -> None:
        """show_numbers: as the log does."""
        self._clock = clock
        self._hide = (lambda name, value: value) if show_numbers else hidden
        self._consoles: dict[str, Console] = {}

    def attach(self, name: str, driver: object, config: BaseModel) -> None:
        """A new driver of a link was made, with this configuration."""
        console = self._consoles.setdefault(name, Console(self._clock, self._hide))
        console.plug(driver.tap if isinstance(driver, Traced) else None, tuple(secrets_of(config)))

    def of(self, name: str) -> Console | None:
        """The console of a link; None for one that was never opened here."""
        return self._consoles.get(name)


def hidden(name: str, value: str) -> str:
    """A field as it may be shown: numbers and mail addresses masked as the log does it."""
    if name in _PLAIN:
        return value
    shown = masked(value)
    if name in _PEOPLE and shown == value and sum(letter.isdigit() for letter in value) >= _WHOLE:
        return f"***{value[-3:]}"
    return shown


def secrets_of(config: object) -> Iterator[str]:
    """What is secret in a driver's configuration, as it is written and as it stands in an address."""
    if isinstance(config, SecretStr):
        secret = config.get_secret_value()
        if len(secret) >= SECRET:
            yield from dict.fromkeys((secret, quote(secret, safe="")))
    elif isinstance(config, BaseModel):
        for name in type(config).model_fields:
            yield from secrets_of(getattr(config, name))
    elif isinstance(config, Mapping):
        for value in config.values():
            yield from secrets_of(value)
    elif isinstance(config, (list, tuple)):
        for value in config:
            yield from secrets_of(value)
