"""Look at serial ports without a gateway: which answer AT, which modem and SIM is there, and what to configure.

Nothing is entered, sent, deleted or set but echo and error codes; a port that somebody has open is not touched.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from drivers.modem import answers
from drivers.modem.at import Modem
from drivers.modem.comms import FlowControl
from drivers.modem.holder import who_holds
from drivers.modem.library import CmeError, CommandError, SerialException, TimeoutException
from drivers.modem.ports import WHERE, port_at, ports_there
from drivers.modem.prepare import sim_facts
from drivers.modem.profiles import PROFILES
from drivers.modem.refusals import cme_error, reject_words

_SYS = Path("/sys/class/tty")


@dataclass(frozen=True, slots=True)
class PortFacts:
    """What was found at one port.

    device: the name it was asked by. answers: whether AT was answered. holder: who has it open, so that it was not
    touched. trouble: why nothing more is known, in words, or "". pin: "READY", "SIM PIN", "SIM PUK", ... or what is
    wrong with the SIM. attempts: PIN attempts left, None when not told. registered: None when not told. facts:
    manufacturer, model, revision, family, imei, imsi, iccid, signal, operator, registration, temperature, number,
    service centre, as far as told. memories: used and all places of each.
    """

    device: str
    answers: bool = False
    holder: str | None = None
    trouble: str = ""
    pin: str = ""
    attempts: int | None = None
    registered: bool | None = None
    facts: dict[str, str] = field(default_factory=dict)
    memories: dict[str, tuple[int, int]] = field(default_factory=dict)


def list_ports(where: Iterable[str] = WHERE) -> list[str]:
    """The serial ports at which a modem may be, each once, by the best name it has; likely ones first."""
    return [port.name for port in ports_there(where)]


def probe(device: str, baudrate: int = 115200, flow: FlowControl = "none") -> PortFacts:
    """Ask what is at a port. Never raises for what it finds there; takes some seconds when nothing answers."""
    port = port_at(device)
    if port is None:
        return PortFacts(device, trouble="there is no such port")
    holder = who_holds(port.node)
    if holder:
        return PortFacts(device, holder=holder, trouble=f"in use by {holder}")
    modem = Modem(device, baudrate, flow)
    try:
        modem.open()
        return _asked(device, modem)
    except (TimeoutException, CommandError):
        return PortFacts(device, trouble=f"nothing answers AT at {baudrate} bit/s")
    except (SerialException, OSError) as refusal:
        return PortFacts(device, trouble=f"it cannot be opened: {refusal}")
    finally:
        with contextlib.suppress(OSError):
            modem.close()


def at(
    device: str, command: str, timeout: float = 30.0, baudrate: int = 115200, flow: FlowControl = "none"
) -> list[str]:
    """The lines that the modem at a port answers to one command, such as AT+CSQ; the last is OK or an error.

    Raises TimeoutException when it does not answer, and SerialException or OSError when it cannot be opened.
    """
    modem = Modem(device, baudrate, flow)
    try:
        modem.open()
        return modem.write(command, timeout=timeout, parseError=False)
    finally:
        with contextlib.suppress(OSError):
            modem.close()


def _asked(device: str, modem: Modem) -> PortFacts:
    facts = modem.identity() | sim_facts(modem)
    pin = _pin(modem)
    attempts = modem.pin_attempts()
    if pin != "READY":
        return PortFacts(device, answers=True, pin=pin, attempts=attempts, facts=facts)
    stat, refused = modem.registration()
    facts |= modem.reception() | {"registration": answers.registration_words(stat)}
    if stat == 3:
        facts["registration"] = reject_words(refused)
    numbers = {"number": modem.own_number(), "service centre": modem.service_centre()}
    facts |= {fact: number for fact, number in numbers.items() if number}
    registered = None if stat is None else stat in answers.REGISTERED
    return PortFacts(
        device, True, pin=pin, attempts=attempts, registered=registered, facts=facts, memories=modem.fills()
    )


def _pin(modem: Modem) -> str:
    try:
        return modem.pin_state()
    except CmeError as refusal:
        return cme_error(refusal.code).says
    except CommandError:
        return "the modem cannot read its SIM: is there one?"


def config_block(found: PortFacts, name: str = "modem") -> str:
    """A [[links]] table for this modem, to paste into smsgw.toml; found again by its SIM, whichever port it gets."""
    lines = ["[[links]]", f'name = "{name}"', 'kind = "modem"']
    facts = found.facts
    sim = next((fact for fact in ("iccid", "imsi", "imei") if fact in facts), None)
    if sim is not None:
        lines.append(f'{sim} = "{facts[sim]}"')
    if sim is None or not found.device.startswith(("/dev/serial/", "/dev/ttyUSB", "/dev/ttyACM")):
        lines.append(f'device = "{found.device}"')
    if found.pin == "SIM PIN":
        lines.append('pin_file = "/etc/smsgw/pin"  # a file with the PIN, readable for smsgw alone')
    if "number" in facts:
        lines.append(f'number = "{facts["number"]}"')
    if found.pin == "READY" and "service centre" not in facts:
        lines.append('smsc = "+…"  # the SIM has none: ask the operator for the number of its service centre')
    said = " ".join(facts[fact] for fact in ("manufacturer", "model", "operator") if fact in facts)
    return (f"# {said}\n" if said else "") + "\n".join(lines) + "\n"


def udev_rule(found: PortFacts, sys: Path = _SYS) -> str:
    """A udev rule that keeps ModemManager and brltty away from this modem and lets smsgw open it.

    It names the USB device by vendor and product, which are read from /sys, else by its family's vendor.
    """
    vendor, product = _usb(found, sys)
    match = f'ATTRS{{idVendor}}=="{vendor}"' if vendor else f'KERNEL=="{Path(os.path.realpath(found.device)).name}"'
    if product:
        match += f', ATTRS{{idProduct}}=="{product}"'
    keep_off = 'ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1", ENV{BRLTTY_BRAILLE_DRIVER}=""'
    return (
        "# /etc/udev/rules.d/60-smsgw-modem.rules; then: udevadm control --reload && udevadm trigger\n"
        f'SUBSYSTEM=="tty", {match}, {keep_off}, GROUP="dialout", MODE="0660"\n'
    )


def _usb(found: PortFacts, sys: Path) -> tuple[str, str]:
    """The USB vendor and product behind a port, four hexadecimal digits each; empty when not known."""
    place = (sys / Path(os.path.realpath(found.device)).name / "device").resolve()
    for folder in (place, *place.parents):
        with contextlib.suppress(OSError):
            vendor, product = ((folder / name).read_text().strip() for name in ("idVendor", "idProduct"))
            if re.fullmatch("[0-9a-f]{4}", vendor) and re.fullmatch("[0-9a-f]{4}", product):
                return vendor, product
    family = found.facts.get("family", "")
    return next((profile.vendor for profile in PROFILES if profile.family == family), ""), ""
