"""Stop a link of the running gateway, and start it again: what waits for it waits, or goes another way.

A link that was stopped has a new driver that is not connected, so that its device or its session is free for others.
A restart of the gateway starts it again.
"""

from __future__ import annotations

import time

from .access import audit
from .errors import Conflict, NotFound
from .gateway import Gateway, with_folder
from .link import Health, LinkState, open_link
from .outbound.pace import Pace
from .outbound.sender import Sender

WITHIN = 6.0  # seconds in which a link settles what is in flight


def stop(gateway: Gateway, name: str, by: str) -> None:
    """Stop a link: what is in flight is settled, and what is not settled in time is unsure.

    Raises NotFound; Conflict for one that does not run here.
    """
    sender = _sender(gateway, name)
    if not sender.started:
        raise Conflict(f"{name} does not run", hint="GET /api/v1/links shows how each link is")
    configured = next(link for link in gateway.config.links if link.name == name)
    why = f"stopped by {by}"
    gateway.heard(name, Health(LinkState.DOWN, why))
    sender.stop(time.monotonic() + WITHIN)
    fresh = Sender(name, gateway)
    fresh.pace = Pace(configured.rate, time.monotonic(), configured.burst)
    driver = with_folder(configured.driver, gateway.config.store.folder)
    gateway.links[name] = open_link(name, configured.kind, driver, fresh)
    gateway.senders[name] = fresh
    gateway.halted.add(name)
    gateway.heard(name, Health(LinkState.DOWN, why))  # once more, for the driver had a last word
    gateway.database.writer.do(gateway.handover.recover, (name, gateway.clock()))
    _tell(gateway, name, by, "stopped")


def start(gateway: Gateway, name: str, by: str) -> None:
    """Start a link that was stopped. Raises NotFound; Conflict for one that was not."""
    sender = _sender(gateway, name)
    if sender.started or name not in gateway.halted:
        raise Conflict(f"{name} was not stopped", hint="GET /api/v1/links shows how each link is")
    gateway.halted.discard(name)
    gateway.heard(name, Health(LinkState.CONNECTING, f"started by {by}"))
    sender.start(gateway.links[name])
    sender.wake()
    _tell(gateway, name, by, "started")


def _sender(gateway: Gateway, name: str) -> Sender:
    if name not in gateway.senders:
        known = ", ".join(sorted(gateway.senders)) or "none"
        raise NotFound(f"there is no link {name[:60]!r}", hint=f"there are: {known}")
    return gateway.senders[name]


def _tell(gateway: Gateway, name: str, by: str, what: str) -> None:
    line = audit.Line(by, f"link.{what}", f"the link {name} was {what}", gateway.clock(), "link", name)
    audit.write(gateway.database.writer, line)
