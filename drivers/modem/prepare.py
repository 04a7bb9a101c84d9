"""From a device's name to a modem that may send: open the port, wake it, enter the PIN at most once.

A PIN that was refused, or whose fate is unknown, is not tried again by this process, not even by a link
that was configured anew: three wrong ones lock the SIM.
"""

from __future__ import annotations

import errno
import grp
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.modem.at import Modem
from drivers.modem.holder import who_holds
from drivers.modem.library import CmeError, CommandError, SerialException, TimeoutException
from drivers.modem.refusals import cme_error
from smsgw.link import LinkState

if TYPE_CHECKING:
    from drivers.modem import Config

ATTEMPTS_WE_LEAVE = 2  # with fewer than this we do not touch the PIN
_PIN_READY_WITHIN = 20.0  # seconds
_LOOK_AGAIN = 60.0  # seconds, at what only a person can change
_tried: set[tuple[str, str]] = set()  # (SIM, PIN) that were entered and not seen to be accepted


@dataclass
class Trouble(Exception):
    """The modem cannot be used now: the state of the link, why in words, and seconds until another look."""

    state: LinkState
    why: str
    rest: float


def open_port(name: str, config: Config) -> Modem:
    """Open the device and get an answer out of it. Raises Trouble."""
    device = config.device
    if not os.path.exists(device):
        says = f"there is no {device}: plug the modem in, or correct device in [[links]] {name}"
        raise Trouble(LinkState.DOWN, says, 1.0)
    other = who_holds(device)
    if other:
        raise _busy(device, other)
    modem = Modem(device, config.baudrate, config.flow_control)
    try:
        modem.open()
    except (TimeoutException, CommandError) as silent:
        modem.close()
        says = (
            f"nothing at {device} answers AT: it may be the wrong port of the modem, or the wrong baudrate"
            f" ({config.baudrate})"
        )
        raise Trouble(LinkState.DOWN, says, 5.0) from silent
    except (SerialException, OSError) as refusal:
        modem.close()
        raise _refused_by_system(device, refusal) from refusal
    return modem


def _busy(device: str, other: str) -> Trouble:
    return Trouble(LinkState.DOWN, f"{device} is in use by {other}: stop that, one modem serves one program", 5.0)


def _refused_by_system(device: str, refusal: OSError) -> Trouble:
    """Why the system did not let us open the port."""
    if refusal.errno in (errno.EBUSY, errno.EAGAIN):
        return _busy(device, who_holds(device) or "another program")
    if refusal.errno in (errno.EACCES, errno.EPERM):
        says = f"smsgw may not open {device}: add its user to the group {_group(device)}"
        return Trouble(LinkState.RESTING, says, _LOOK_AGAIN)
    return Trouble(LinkState.DOWN, f"{device} cannot be opened: {refusal}", 2.0)


def _group(device: str) -> str:
    try:
        return grp.getgrgid(os.stat(device).st_gid).gr_name
    except (OSError, KeyError):
        return "of the device"


def unlock(modem: Modem, name: str, config: Config) -> None:
    """Bring the SIM to READY. Raises Trouble, with words for a person, when it is not to be had."""
    state = _pin_state(modem)
    if state == "READY":
        return
    if state != "SIM PIN":
        raise Trouble(LinkState.RESTING, _other_lock(state), _LOOK_AGAIN)
    if config.pin is None:
        says = f"SIM asks for a PIN: put pin_file = … into [[links]] {name}"
        raise Trouble(LinkState.RESTING, says, _LOOK_AGAIN)
    attempt = modem.iccid() or config.device, config.pin.get_secret_value()
    if attempt in _tried:
        says = f"the SIM refused the PIN of [[links]] {name}: correct it; the same one is not tried again"
        raise Trouble(LinkState.RESTING, says, _LOOK_AGAIN)
    left = modem.pin_attempts()
    if left is not None and left < ATTEMPTS_WE_LEAVE:
        says = (
            f"only {left} attempt is left before the SIM locks itself: put it into a phone and enter the PIN"
            " there, or switch the PIN off"
        )
        raise Trouble(LinkState.RESTING, says, _LOOK_AGAIN)
    _enter(modem, name, attempt)


def _pin_state(modem: Modem) -> str:
    try:
        return modem.pin_state()
    except CmeError as refusal:
        rest = 5.0 if refusal.code in (13, 14) else _LOOK_AGAIN
        raise Trouble(LinkState.RESTING, cme_error(refusal.code).says, rest) from refusal
    except CommandError as refusal:
        raise Trouble(LinkState.RESTING, "the modem cannot read its SIM: is there one?", _LOOK_AGAIN) from refusal


def _other_lock(state: str) -> str:
    """Words for the other codes of +CPIN (27.007 section 8.3)."""
    if state == "SIM PUK":
        return "the SIM is locked and asks for its PUK: put it into a phone, enter PUK and a new PIN there"
    if state.startswith("PH"):
        return f"the modem is locked to another SIM or operator ({state}): it has to be unlocked by who sold it"
    if "NOT INSERTED" in state:
        return "there is no SIM in the modem"
    return f"the SIM is not ready: {state}"


def _enter(modem: Modem, name: str, attempt: tuple[str, str]) -> None:
    """Enter the PIN. It counts as tried before the first byte leaves."""
    _tried.add(attempt)
    try:
        accepted = modem.enter_pin(attempt[1])
    except TimeoutException as silent:
        says = f"the modem did not say whether the PIN of [[links]] {name} is right: it is not tried again"
        raise Trouble(LinkState.RESTING, says, _LOOK_AGAIN) from silent
    if not accepted:
        says = f"the SIM refused the PIN of [[links]] {name}: correct it; the same one is not tried again"
        raise Trouble(LinkState.RESTING, says, _LOOK_AGAIN)
    until = time.monotonic() + _PIN_READY_WITHIN
    while _pin_state(modem) != "READY":
        if time.monotonic() > until:
            raise Trouble(LinkState.RESTING, "the SIM took the PIN and is still not ready", _LOOK_AGAIN)
        time.sleep(0.5)
    _tried.discard(attempt)
