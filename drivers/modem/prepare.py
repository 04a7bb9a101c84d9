"""From a port to a modem that is ours and unlocked: open it, wake it, ask who it is, enter the PIN at most once.

A PIN that was refused, or whose fate is unknown, is not tried again, not even after a restart or by a link that was
configured anew; and none is entered into a SIM of which we do not know that it is the configured one.
"""

from __future__ import annotations

import errno
import grp
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from drivers.modem.at import Modem
from drivers.modem.holder import who_holds
from drivers.modem.journal import Journal
from drivers.modem.ladder import Ailment
from drivers.modem.library import CmeError, CommandError, SerialException, TimeoutException
from drivers.modem.ports import Port, matches
from drivers.modem.refusals import cme_error
from smsgw.link_verbs import Tap

if TYPE_CHECKING:
    from drivers.modem import Config

ATTEMPTS_WE_LEAVE = 2  # with fewer than this we do not touch the PIN
_PIN_READY_WITHIN = 20.0  # seconds
_LOOK_AGAIN = 60.0  # seconds, at what only a person can change


@dataclass
class Trouble(Exception):
    """The modem cannot be used now.

    event: of the modem's life (`life.MOVES`). why: in words. pause: seconds until another look. ailment: what the
    ladder is climbed for, with "ail". rung: the one to climb, if that is decided already.
    """

    event: Literal["vanish", "ail", "rest"]
    why: str
    pause: float
    ailment: Ailment | None = None
    rung: str | None = None


class NotAModem(Trouble):
    """Nothing at the port answers AT."""


def open_port(
    port: Port, name: str, config: Config, listen: Callable[[Modem], None] | None = None, tap: Tap | None = None
) -> Modem:
    """Open the port and get an answer out of it.

    listen: called with the open modem before a byte is written. tap: hears what is said. Raises Trouble.
    """
    other = who_holds(port.node)
    if other:
        raise _busy(port, other)
    modem = Modem(port.name, config.baudrate, config.flow_control)
    modem.tap = tap or modem.tap
    try:
        modem.open(None if listen is None else lambda: listen(modem))
    except (TimeoutException, CommandError) as silent:
        modem.close()
        says = (
            f"nothing at {port.name} answers AT: it may be the wrong port of the modem, or the wrong baudrate"
            f" ({config.baudrate})"
        )
        raise NotAModem("ail", says, 5.0, Ailment.SILENT) from silent
    except (SerialException, OSError) as refusal:
        modem.close()
        raise _refused_by_system(port, refusal) from refusal
    return modem


def _busy(port: Port, other: str) -> Trouble:
    says = f"{port.name} is in use by {other}: stop that, one modem serves one program"
    return Trouble("vanish", says, 5.0)


def taken_by(port: Port, link: str) -> Trouble:
    """The trouble of a port that another link of ours has."""
    return Trouble("vanish", f"{port.name} is in use by [[links]] {link}: each link needs a modem of its own", 5.0)


def _refused_by_system(port: Port, refusal: OSError) -> Trouble:
    """Why the system did not let us open the port."""
    if refusal.errno in (errno.EBUSY, errno.EAGAIN):
        return _busy(port, who_holds(port.node) or "another program")
    if refusal.errno in (errno.EACCES, errno.EPERM):
        says = f"smsgw may not open {port.name}: add its user to the group {_group(port.node)}"
        return Trouble("rest", says, _LOOK_AGAIN)
    return Trouble("vanish", f"{port.name} cannot be opened: {refusal}", 2.0)


def _group(device: str) -> str:
    try:
        return grp.getgrgid(os.stat(device).st_gid).gr_name
    except (OSError, KeyError):
        return "of the device"


def identify(modem: Modem, wanted: dict[str, str]) -> tuple[dict[str, str], bool | None]:
    """Who it is, and whether it is the wanted one; None when a locked SIM does not let us know.

    May raise what Modem raises, but CommandError.
    """
    facts = modem.identity()
    facts |= sim_facts(modem)
    return facts, matches(wanted, facts)


def sim_facts(modem: Modem) -> dict[str, str]:
    """The SIM's numbers, as far as it tells them now."""
    told = {"imsi": modem.imsi(), "iccid": modem.iccid()}
    return {fact: number for fact, number in told.items() if number}


def locked(modem: Modem) -> bool:
    """Whether the SIM asks for its PIN. Raises Trouble when it is not to be used otherwise."""
    state = _pin_state(modem)
    if state not in ("READY", "SIM PIN"):
        raise Trouble("rest", _other_lock(state), _LOOK_AGAIN)
    return state == "SIM PIN"


def unlock(modem: Modem, name: str, config: Config, journal: Journal, sim: str) -> None:
    """Enter the PIN, if that may be done. Raises Trouble, with words for a person, when it may not or is refused.

    sim: what the SIM is remembered by.
    """
    if config.pin is None:
        says = f"SIM asks for a PIN: put pin_file = … into [[links]] {name}"
        raise Trouble("rest", says, _LOOK_AGAIN)
    pin = config.pin.get_secret_value()
    if journal.tried(sim, pin):
        says = f"the SIM refused the PIN of [[links]] {name}: correct it; the same one is not tried again"
        raise Trouble("rest", says, _LOOK_AGAIN)
    left = modem.pin_attempts()
    if left is not None and left < ATTEMPTS_WE_LEAVE:
        says = (
            f"only {left} attempt is left before the SIM locks itself: put it into a phone and enter the PIN"
            " there, or switch the PIN off"
        )
        raise Trouble("rest", says, _LOOK_AGAIN)
    _enter(modem, name, journal, sim, pin)


def _pin_state(modem: Modem) -> str:
    try:
        return modem.pin_state()
    except CmeError as refusal:
        pause = 5.0 if refusal.code in (13, 14) else _LOOK_AGAIN
        raise Trouble("rest", cme_error(refusal.code).says, pause) from refusal
    except CommandError as refusal:
        raise Trouble("rest", "the modem cannot read its SIM: is there one?", _LOOK_AGAIN) from refusal


def _other_lock(state: str) -> str:
    """Words for the other codes of +CPIN (27.007 section 8.3)."""
    if state == "SIM PUK":
        return (
            "the SIM is locked and asks for its PUK: put it into a phone, enter the PUK (8 digits, on the letter that"
            " the SIM came with, or from the operator) and a new PIN there, then write the new PIN into pin_file;"
            " ten wrong PUKs end the SIM for good"
        )
    if state.startswith("PH"):
        return f"the modem is locked to another SIM or operator ({state}): it has to be unlocked by who sold it"
    if "NOT INSERTED" in state:
        return "there is no SIM in the modem"
    return f"the SIM is not ready: {state}"


def _enter(modem: Modem, name: str, journal: Journal, sim: str, pin: str) -> None:
    """Enter the PIN. It counts as tried before the first byte leaves, and on disk."""
    try:
        journal.try_pin(sim, pin)
    except OSError as refusal:
        says = f"the PIN is not entered, for it could not be written down that it was tried: {refusal}"
        raise Trouble("rest", says, _LOOK_AGAIN) from refusal
    try:
        accepted = modem.enter_pin(pin)
    except TimeoutException as silent:
        says = f"the modem did not say whether the PIN of [[links]] {name} is right: it is not tried again"
        raise Trouble("rest", says, _LOOK_AGAIN) from silent
    if not accepted:
        says = f"the SIM refused the PIN of [[links]] {name}: correct it; the same one is not tried again"
        raise Trouble("rest", says, _LOOK_AGAIN)
    until = time.monotonic() + _PIN_READY_WITHIN
    while _pin_state(modem) != "READY":
        if time.monotonic() > until:
            raise Trouble("rest", "the SIM took the PIN and is still not ready", _LOOK_AGAIN)
        time.sleep(0.5)
    journal.pin_is_right(sim, pin)
