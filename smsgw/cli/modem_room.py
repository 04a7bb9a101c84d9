"""What the command line wants of the modem driver: a port looked at, and one thing said to it (drivers/modem/bench)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from smsgw.link_verbs import UssdAnswer


class PortFacts(Protocol):
    """What was found at a port.

    device: its name. answers: whether it answers AT. holder: who has it open. trouble: why nothing more is known.
    pin: "READY", "SIM PIN", ... or what is wrong with the SIM. attempts: PIN attempts left. registered: None when
    not told. facts: words by name. memories: places of texts used, and all, by name.
    """

    @property
    def device(self) -> str: ...
    @property
    def answers(self) -> bool: ...
    @property
    def holder(self) -> str | None: ...
    @property
    def trouble(self) -> str: ...
    @property
    def pin(self) -> str: ...
    @property
    def attempts(self) -> int | None: ...
    @property
    def registered(self) -> bool | None: ...
    @property
    def facts(self) -> Mapping[str, str]: ...
    @property
    def memories(self) -> Mapping[str, tuple[int, int]]: ...


class MmsStep(Protocol):
    """One step on the way of an MMS: its name, what it is about, whether it went well, what is seen, what helps."""

    @property
    def step(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def well(self) -> bool: ...
    @property
    def says(self) -> str: ...
    @property
    def hint(self) -> str: ...


class ModemRoom(Protocol):
    """A port is named as in /dev; baudrate and flow are as in a `[[links]]` table of kind "modem"."""

    def list_ports(self, more: Iterable[str] = ()) -> list[str]:
        """The serial ports there are; more: patterns beside the usual ones."""

    def probe(self, device: str, baudrate: int = ..., flow: Any = ...) -> PortFacts:
        """Ask what is there; enters and changes nothing, and never raises for what it finds."""

    def at(self, device: str, command: str, timeout: float = ..., baudrate: int = ..., flow: Any = ...) -> list[str]:
        """The answer to one command, line by line. Raises SmsgwError."""

    def ussd(
        self,
        device: str,
        code: str,
        replies: Sequence[str] = ...,
        timeout: float = ...,
        baudrate: int = ...,
        flow: Any = ...,
    ) -> UssdAnswer:
        """What the network says to a code and to these replies. Raises SmsgwError."""

    def numbers(
        self, device: str, smsc: str | None = ..., own: str | None = ..., baudrate: int = ..., flow: Any = ...
    ) -> dict[str, str | None]:
        """The SIM's own number and its service centre's, after writing those that are given. Raises SmsgwError."""

    def config_block(self, found: Any, name: str = ...) -> str:
        """A `[[links]]` table for the modem that was found."""

    def udev_rule(self, device: str) -> str:
        """A rule that keeps ModemManager away and lets smsgw in, with a comment on where it goes."""

    def mms_check(self, config: Any, device: str | None = None) -> Sequence[MmsStep]:
        """The steps of an MMS up to the first that fails. config: the link's; device: its modem's port, if needed."""
