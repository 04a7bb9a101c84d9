"""What is good, doubtful or bad at a modem's port, and what repairs it; for `smsgw modem probe` and the doctor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.cli.modem_places import ModemLink
from smsgw.cli.modem_room import PortFacts
from smsgw.link import LinkState

FAINT, THIN = 3, 8  # of 31: below the first, texts fail; below the second, calls do, and texts in bad weather


def at_port(what: str, found: PortFacts, driver: Any = None) -> Iterator[Finding]:
    """Everything about a port, in the order in which it matters. driver: the link's table, when it has one."""
    if not found.answers:
        yield _deaf(what, found)
        return
    facts = found.facts
    modem = " ".join(facts[name] for name in ("manufacturer", "model", "revision") if name in facts)
    yield good(what, f"a modem answers AT: {modem or 'it does not tell which'}")
    yield from sim(what, found, driver)
    if found.pin != "READY":
        return
    yield service_centre(what, found, driver)
    yield registration(what, found)
    yield signal(what, facts)
    yield from memories(what, found)


def of_daemon(what: str, link: ModemLink) -> Iterator[Finding]:
    """What the running daemon knows of its modem."""
    port = f" at {link.port}" if link.port else ""
    if link.health not in (LinkState.UP, LinkState.DEGRADED):
        says = f"the daemon's modem{port} is {link.health or 'not heard of yet'}: {link.why}".rstrip(": ")
        yield bad(what, says, f"smsgw link test {link.name} shows what it says")
        return
    operator = ", ".join(link.facts[name] for name in ("registration", "operator") if name in link.facts)
    says = f"the daemon has its modem{port}, which is {link.health}: "
    if link.health == LinkState.UP:
        yield good(what, says + (operator or link.why))
    else:
        yield doubt(
            what, says + link.why, f"smsgw log shows its texts; smsgw link test {link.name} --to NUMBER sends one"
        )
    yield signal(what, link.facts)


def release(who: str) -> str:
    """How to make a program leave a port."""
    if who.startswith("ModemManager"):
        return "systemctl disable --now ModemManager; or keep it off this modem alone: smsgw modem udev"
    return "stop that program"


def _deaf(what: str, found: PortFacts) -> Finding:
    says = found.trouble or "nothing answers AT"
    if found.holder:
        return bad(what, says, f"end it: {release(found.holder)}")
    if "no such port" in says:
        return bad(what, says, "plug the modem in; smsgw modem list shows the ports")
    if "cannot be opened" in says:
        return bad(what, says, "usermod -aG dialout smsgw, then restart smsgw (for yourself: your name, log in anew)")
    return bad(what, says, "smsgw modem probe shows which port answers; most sticks have two that do not")


def sim(what: str, found: PortFacts, driver: Any = None) -> Iterator[Finding]:
    """The SIM is there, unlocked, and has PIN attempts to lose."""
    left, card = found.attempts, found.facts.get("iccid", "which does not tell its number")
    attempts = "" if left is None else f" ({left} PIN attempt{'' if left == 1 else 's'} left)"
    in_a_phone = "put the SIM into a phone and enter its PIN there once, correctly"
    if found.pin == "READY":
        if left is not None and left < 2:
            yield doubt(what, f"the SIM {card} is unlocked, but mind{attempts}", in_a_phone)
        else:
            yield good(what, f"the SIM {card} is unlocked{attempts}")
    elif found.pin == "SIM PIN":
        if left is not None and left < 2:
            yield bad(what, f"the SIM asks for its PIN{attempts}: smsgw does not risk the last one", in_a_phone)
        elif getattr(driver, "pin", None) is not None:
            yield good(what, f"the SIM asks for its PIN, which is configured{attempts}")
        else:
            yield doubt(what, f"the SIM asks for its PIN{attempts}", 'put pin_file = "…" into its [[links]] table')
    elif "PUK" in found.pin:
        repair = "put the SIM into a phone and enter the PUK from its card there; then put the new PIN into pin_file"
        yield bad(what, f"the SIM is blocked: it asks for {found.pin}", repair)
    else:
        yield bad(what, found.pin, "push a SIM in, contacts first; then pull the modem out and plug it in again")


def service_centre(what: str, found: PortFacts, driver: Any = None) -> Finding:
    """A text needs the number of the operator's service centre."""
    number = getattr(driver, "smsc", None) or found.facts.get("service centre")
    if number:
        return good(what, f"texts go to the service centre {number}")
    repair = 'ask the operator for it, and put smsc = "+…" into its [[links]] table'
    return bad(what, "the SIM has no number of a service centre, so no text can be sent", repair)


def registration(what: str, found: PortFacts) -> Finding:
    """The network has taken the modem in, or says why not."""
    words, operator = found.facts.get("registration", "unknown"), found.facts.get("operator", "")
    if found.registered:
        return good(what, f"registered: {words}" + (f", {operator}" if operator else ""))
    if found.registered is None:
        return doubt(what, "the modem does not tell whether it is in a network", f"smsgw modem signal {found.device}")
    repair = "check the antenna; if the network refuses, ask the operator whether the SIM is active and paid for"
    return bad(what, f"not in a network: {words}", repair)


def signal(what: str, facts: Mapping[str, str]) -> Finding:
    """The strength of the signal is enough for texts."""
    words = facts.get("signal")
    told = re.search(r"\((\d+) of 31\)", words or "")
    if told is None:
        return doubt(what, "the modem tells no signal", "check the antenna")
    if int(told[1]) < FAINT:
        return bad(what, f"signal {words}: texts fail", "move the modem or its antenna, such as to a window")
    if int(told[1]) < THIN:
        return doubt(what, f"signal {words}: weak", "move the modem or its antenna, such as to a window")
    return good(what, f"signal {words}")


def memories(what: str, found: PortFacts) -> Iterator[Finding]:
    """A memory that is full takes no text in."""
    for name, (used, places) in found.memories.items():
        if places and used >= places:
            says = f"memory {name} is full ({used} of {places}): no text comes in"
            yield doubt(what, says, "smsgw run reads its texts and deletes them")
