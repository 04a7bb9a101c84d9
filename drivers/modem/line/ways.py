"""Every way in which a simulated modem may behave, good or bad, by name; each may be changed at any time.

`smsgw sim modem --fault name=value` turns these, and the sentences here are its manual.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any

from smsgw.errors import BadInput, Fault

_SWITCH = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}


def _way(default: Any, says: str) -> Any:
    return field(default=default, metadata={"says": says})


@dataclass
class Ways:
    """See the module's docstring. Numbers are seconds, chances from 0 to 1, or how many, as their sentence says."""

    # The line
    baud: int = _way(0, "bit/s at which octets pass, both ways; 0: as fast as they can")
    noise: float = _way(0.0, "chance that junk, among it the octet E9, stands before something said")
    garbage: float = _way(0.0, "chance that one octet of something said is broken")
    silent: bool = _way(False, "does what it is told and says nothing")
    frozen: bool = _way(False, "neither reads nor says anything; after the thaw it does what was typed")
    blocked: bool = _way(False, "the port takes nothing more: who writes to it hangs")
    delay: float = _way(0.0, "seconds before each answer")
    echo_stays: bool = _way(False, "echoes what is typed whatever ATE0 says")
    prompt: str = _way("\r\n> ", "what it says when it wants the PDU")
    news_inside: bool = _way(False, "puts +CMTI and its like into the middle of answers")
    news_port: bool = _way(False, "tells +CMTI and its like at a second port (-if01) that says nothing else")
    # Sending
    air_time: float = _way(0.0, "seconds that the network takes for a text")
    swallow: int = _way(0, "how many texts are taken from now on without the answer being told; -1: all")
    cms_once: int = _way(0, "the +CMS ERROR with which the next text is refused; 0: none")
    cms_always: int = _way(0, "the +CMS ERROR with which every text is refused; 0: none")
    reports: str = _way("auto", "status reports: auto, early (before the answer of their own text), or manual")
    report_after: float = _way(0.0, "seconds until a status report comes")
    # Receiving
    tells_news: bool = _way(True, "says +CMTI and +CDSI")
    news_twice: bool = _way(False, "says each +CMTI and +CDSI twice")
    texts_twice: float = _way(0.0, "chance that the network brings a text a second time")
    memories: tuple[str, ...] = _way(("SM", "ME"), "the memories it has, such as SM,ME")
    receives_into: str = _way("ME", "the memory into which texts come")
    first_index: int = _way(1, "the number of the first place in a memory")
    slots: int = _way(20, "how many places a memory has; more texts wait in the network")
    notify_modes: tuple[str, ...] = _way(("2,1,0,2,0", "2,1,0,1,0"), "what it takes for +CNMI; / between them")
    deletes_plainly: bool = _way(False, "knows only AT+CMGD=<index>, without a flag behind it")
    service: int = _way(0, "what +CSMS? says; 1: texts handed over directly want AT+CNMA")
    # SIM, network, firmware
    attempts: str | None = _way("+CPINR", "the command that tells the PIN attempts that are left; empty: none does")
    busy: int = _way(0, "how many commands from now on are refused with SIM busy (+CME ERROR: 14)")
    signal: int = _way(21, "what +CSQ says: 0 to 31, or 99")
    cause: int = _way(0, "the reject cause that the network gives with a registration of 3 (24.008 annex G)")
    ussd: str = _way("gsm", "how answers to codes come: gsm, packed (hexadecimal septets) or ucs2")
    ussd_wants: str = _way("auto", "how codes are typed: gsm, packed (hexadecimal septets), or auto: as by its maker")
    ussd_dies: bool = _way(False, "codes are taken and never answered")
    reset_takes: float = _way(1.0, "seconds that AT+CFUN=1,1 keeps it away")
    reset_renames: bool = _way(False, "comes back under another device name after a reset")
    radio_heals: bool = _way(False, "AT+CFUN=4 and 1 brings the registration back")
    maker: str = _way("ACME", "what +CGMI says; families of modems differ")
    model: str = _way("M1", "what +CGMM says")

    @property
    def wants_packed(self) -> bool:
        """Whether codes are typed in packed septets: so do Huawei's."""
        return self.ussd_wants == "packed" or (self.ussd_wants == "auto" and self.maker.lower() == "huawei")


def sentences() -> Iterator[tuple[str, Any, str]]:
    """Every way: its name, its default, its sentence."""
    for one in fields(Ways):
        yield one.name, one.default, one.metadata["says"]


def spelled(value: Any) -> str:
    """A value as `turn` reads it."""
    if isinstance(value, tuple):
        return "/".join(value) if any("," in one for one in value) else ",".join(value)
    return value.replace("\r", "\\r").replace("\n", "\\n") if isinstance(value, str) else str(value).lower()


def turn(ways: Ways, name: str, value: str) -> None:
    """Change one way as somebody wrote it. Raises BadInput, with every name there is, or with what would do."""
    known: dict[str, Field[Any]] = {one.name: one for one in fields(Ways)}
    if name not in known:
        raise _wrong(name, f"there is no fault {name!r}; there are: {', '.join(known)}")
    try:
        setattr(ways, name, _read(known[name].default, value))
    except ValueError as wrong:
        raise _wrong(name, f"{value!r} does not do for {name}: {known[name].metadata['says']}") from wrong


def _wrong(name: str, says: str) -> BadInput:
    return BadInput([Fault(f"/{name}", "fault_invalid", says)], hint="smsgw sim modem --list-faults tells them all")


def _read(default: Any, value: str) -> Any:
    """The value in the type of the default. Raises ValueError."""
    if isinstance(default, bool):
        return _SWITCH[value.lower()] if value.lower() in _SWITCH else _refuse(value)
    if isinstance(default, int):
        return int(value)
    if isinstance(default, float):
        number = float(value)
        return number if 0 <= number < 1e6 else _refuse(value)
    if isinstance(default, tuple):
        return tuple(value.split("/" if "/" in value or value.count(",") > 1 else ","))
    return value.encode().decode("unicode_escape") if "\\" in value else value or None


def _refuse(value: str) -> Any:
    raise ValueError(value)
