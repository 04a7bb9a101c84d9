"""What the doctor sees of a link that signs in somewhere: whether the other side lets us in, and what it says if not.

The surprise: it really signs in, once and for a moment. What the network tells meanwhile is not acknowledged, so the
network says it again to the daemon. Where a daemon runs it is asked instead: see `examine_links`.
"""

from __future__ import annotations

import time
from datetime import date, timedelta

from pydantic import BaseModel

from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.cli.link import Bystander
from smsgw.cli.voice import Voice
from smsgw.config import LinkConfig
from smsgw.link import Health, LinkState, open_link

PATIENCE = 5.0  # seconds for each thing that a link waits for
LOOK = 0.02
SOON = timedelta(days=14)  # a certificate that ends so soon is worth a word
_HASTY = {"binds": 1, "outbind_listen": None, "query_sm": False}  # what one look can do without


class Mute(Bystander):
    """Listens, stores nothing, and says nothing: a finding is all that is told."""

    def __init__(self) -> None:
        super().__init__(Voice())

    def health(self, health: Health) -> None:
        """Not told: the last word counts."""


def signs_in(driver: BaseModel) -> bool:
    """Whether a driver has an account at a server: a host, and a name to say there."""
    return all(isinstance(getattr(driver, name, None), str) for name in ("host", "system_id"))


def session(what: str, link: LinkConfig, today: date, patience: float = PATIENCE) -> Finding:
    """Sign in, and tell what became of it. patience: the most that each wait of the driver may take, in seconds."""
    health = _met(link, patience)
    if health.state is LinkState.UP:
        facts = [health.facts[name] for name in ("smsc", "tls") if health.facts.get(name)]
        said = "it lets us in" + (f" ({', '.join(facts)})" if facts else "")
        if (ends := health.facts.get("certificate until", "")) and date.fromisoformat(ends) - today < SOON:
            return doubt(what, f"{said}; its certificate ends on {ends}", "ask the carrier whether a new one comes")
        if "password" in health.facts:
            return doubt(what, f"{said}; the password is {health.facts['password']}")
        return good(what, said)
    if health.state is LinkState.DEGRADED:
        return doubt(what, health.why, f"smsgw link test {link.name} shows more")
    says = health.why or "it does not say why it is not connected"
    return bad(what, says, f"correct its table in the configuration, then: smsgw link test {link.name}")


def _met(link: LinkConfig, patience: float) -> Health:
    """How the link is after its first try."""
    opened = open_link(link.name, link.kind, _hasty(link.driver, patience), Mute())
    opened.start()
    try:
        deadline = time.monotonic() + 3 * patience  # the connection, TLS, the bind
        while (health := opened.health()).state is LinkState.CONNECTING and time.monotonic() < deadline:
            time.sleep(LOOK)
        return health
    finally:
        opened.stop(time.monotonic() + 1)


def _hasty(driver: BaseModel, patience: float) -> BaseModel:
    """The driver's configuration for one short look."""
    waits = {
        name: min(getattr(driver, name), patience)
        for name in ("connect_timeout", "answer_timeout")
        if hasattr(driver, name)
    }
    less = {name: value for name, value in _HASTY.items() if hasattr(driver, name)}
    if getattr(driver, "mode", "") == "outbind":
        less.pop("outbind_listen")  # nothing else is there to look at
    return driver.model_copy(update=waits | less)
