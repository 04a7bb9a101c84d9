"""The SIM card of a simulated modem: its numbers, its PIN, and what becomes of wrong ones (3GPP TS 31.101)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

_number = itertools.count(1)


@dataclass
class Sim:
    """A SIM card; present as long as it is in the modem.

    pin: None when it asks for none. attempts: how many are left; 0: it asks for its PUK. stat: of +CREG. number: its
    own.
    """

    pin: str | None = None
    attempts: int = 3
    locked: bool = False
    present: bool = True
    stat: int = 1
    imsi: str = ""
    iccid: str = ""
    number: str = "+38640111222"
    centre: str = "+38640404000"
    pins_entered: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, pin: str | None = None, number: int | None = None) -> Sim:
        """A card with numbers of its own; the same ones for the same `number`."""
        one = next(_number) if number is None else number
        return cls(pin, imsi=f"29340000{one:07}", iccid=f"8938640{one:012}")

    @property
    def asks_for(self) -> str:
        """What +CPIN? says of it."""
        if not self.locked:
            return "READY"
        return "SIM PIN" if self.attempts else "SIM PUK"

    def enter(self, pin: str) -> str:
        """A PIN is typed; returns the answer."""
        self.pins_entered.append(pin)
        if pin == self.pin and self.attempts:
            self.attempts, self.locked = 3, False
            return "OK"
        self.attempts = max(0, self.attempts - 1)
        return "+CME ERROR: 16" if self.attempts else "+CME ERROR: 12"

    def unblock(self, pin: str) -> str:
        """The PUK is typed, which is taken for right, with a new PIN; returns the answer."""
        self.pin, self.attempts, self.locked = pin, 3, False
        return "OK"
