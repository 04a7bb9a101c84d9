"""What the doctor sees of a link that signs in somewhere: whether the other side lets us in, and what it says if not.

The surprise: it really signs in, once and for a moment. What the network tells meanwhile is not acknowledged, so the
network says it again to the daemon. Where a daemon runs it is asked instead: see `examine_links`.
"""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import BaseModel

from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.config import LinkConfig
from smsgw.link import LinkState
from smsgw.watch.trying import PATIENCE, met

SOON = timedelta(days=14)  # a certificate that ends so soon is worth a word


def signs_in(driver: BaseModel) -> bool:
    """Whether a driver has an account at a server: a host, and a name to say there."""
    return all(isinstance(getattr(driver, name, None), str) for name in ("host", "system_id"))


def session(what: str, link: LinkConfig, today: date, patience: float = PATIENCE) -> Finding:
    """Sign in, and tell what became of it. patience: the most that each wait of the driver may take, in seconds."""
    health = met(link.name, link.kind, link.driver, patience)
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
