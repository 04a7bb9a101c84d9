"""Stop a link of the running gateway, and start it again: what waits for it waits, or goes another way.

A link that was stopped has a new driver that is not connected, so that its device or its session is free for others.
A restart of the gateway starts it again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from .access import audit
from .errors import Conflict, NotFound
from .gateway import Gateway
from .link import Health, LinkState
from .store import nodes

WITHIN = 6.0  # seconds in which a link settles what is in flight


def stop(gateway: Gateway, name: str, by: str) -> None:
    """Stop a link: what is in flight is settled, and what is not settled in time is unsure.

    Where several nodes share the store, the one that has it stops it, and no other takes it until it is started again.
    Raises NotFound; Conflict for one that does not run here, or in time.
    """
    if gateway.holdings.several:
        _halt(gateway, name, by)
    else:
        _stop(gateway, name, by)
    _tell(gateway, name, by, "stopped")


def start(gateway: Gateway, name: str, by: str) -> None:
    """Start a link that was stopped. Raises NotFound; Conflict for one that was not."""
    if not gateway.holdings.several:
        _start(gateway, name, by)
    else:
        _known(gateway, name, gateway.network.links)
        if name not in gateway.halted:
            raise _not_stopped(name)
        gateway.database.writer.do(nodes.halt, (name, None))
        gateway.halted.discard(name)
        _look(gateway)
    _tell(gateway, name, by, "started")


def _halt(gateway: Gateway, name: str, by: str) -> None:
    """Tell all nodes that nobody is to have a link, and wait until nobody has."""
    _known(gateway, name, gateway.network.links)
    if name in gateway.halted or gateway.holdings.holder(f"link:{name}") is None:
        raise _runs_not(name)
    gateway.database.writer.do(nodes.halt, (name, by))
    until = time.monotonic() + 2 * WITHIN
    while time.monotonic() < until:
        _look(gateway)
        time.sleep(0.1)
        with gateway.database.reading() as conn:
            if nodes.others(conn).holder(f"link:{name}") is None:
                gateway.halted.add(name)
                return
    raise Conflict(f"{name} was told to stop and has not yet", hint="smsgw doctor tells which node has it")


def _look(gateway: Gateway) -> None:
    gateway.holdings.look()
    gateway.bell.ring("leases")


def _stop(gateway: Gateway, name: str, by: str) -> None:
    _known(gateway, name, gateway.senders)
    sender = gateway.senders[name]
    if not sender.started:
        raise _runs_not(name)
    configured = next(link for link in gateway.config.links if link.name == name)
    why = f"stopped by {by}"
    gateway.heard(name, Health(LinkState.DOWN, why))
    sender.stop(time.monotonic() + WITHIN)
    gateway.senders[name], gateway.links[name] = gateway.open_link(configured)
    gateway.halted.add(name)
    gateway.heard(name, Health(LinkState.DOWN, why))  # once more, for the driver had a last word
    gateway.database.writer.do(gateway.handover.recover, (name, gateway.clock()))


def _start(gateway: Gateway, name: str, by: str) -> None:
    _known(gateway, name, gateway.senders)
    sender = gateway.senders[name]
    if sender.started or name not in gateway.halted:
        raise _not_stopped(name)
    gateway.halted.discard(name)
    gateway.heard(name, Health(LinkState.CONNECTING, f"started by {by}"))
    sender.start(gateway.links[name])
    sender.wake()


def _known(gateway: Gateway, name: str, there: Mapping[str, object]) -> None:
    if name not in there:
        known = ", ".join(sorted(there)) or "none"
        raise NotFound(f"there is no link {name[:60]!r}", hint=f"there are: {known}")


def _runs_not(name: str) -> Conflict:
    return Conflict(f"{name} does not run", hint="GET /api/v1/links shows how each link is")


def _not_stopped(name: str) -> Conflict:
    return Conflict(f"{name} was not stopped", hint="GET /api/v1/links shows how each link is")


def _tell(gateway: Gateway, name: str, by: str, what: str) -> None:
    line = audit.Line(by, f"link.{what}", f"the link {name} was {what}", gateway.clock(), "link", name)
    audit.write(gateway.database.writer, line)
