"""Take over a configuration that was changed while the gateway runs: links that did not change go on undisturbed.

Only `[[links]]` and `[log]` can be changed so. What else is different is named, and waits for a restart: half of a
change that was made together would be neither the old nor the new configuration. Certificates are read again from the
files that were named at the start.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from .config import Config, LinkConfig, Origin
from .config.certificates import Shows
from .errors import BadConfig
from .gateway import Gateway, answering_of
from .link import Health, Link, LinkState
from .outbound.balances import plans_of
from .outbound.sender import Sender
from .outbound.serving import over_of, served_of
from .store import links

log = logging.getLogger(__name__)

STOP_WITHIN = 6.0  # seconds in which a link settles what is in flight
LIVE = ("links", "log")  # what is taken over without a restart


@dataclass(frozen=True)
class Taken:
    """What a reload did. waits: what is different and needs a restart, such as "[web] listen"."""

    added: list[str]
    changed: list[str]
    removed: list[str]
    waits: list[str]


def take_over(gateway: Gateway, config: Config) -> Taken:
    """Make the running gateway's links those of `config`. Raises what a driver raises that cannot be made (BadConfig);
    then nothing was changed."""
    old = {link.name: link for link in gateway.config.links if link.enabled}
    new = {link.name: link for link in config.links if link.enabled}
    removed = [name for name in old if name not in new]
    changed = [name for name in new if name in old and new[name] != old[name]]
    added = [name for name in new if name not in old]
    opened = {name: gateway.open_link(new[name]) for name in changed + added}
    for name in () if gateway.holdings.several else removed + changed:
        _stop(gateway, name, for_good=name in removed)
    waits = differences(gateway.config, config)
    gateway.config = gateway.config.model_copy(update={name: getattr(config, name) for name in LIVE})
    _tell(gateway)
    if gateway.holdings.several:
        for name in changed + added:
            gateway.network.add(served_of(new[name], opened[name][1].abilities), gateway.clock())
        gateway.holdings.reconfigured(removed + changed + added)
        return Taken(added, changed, removed, waits)
    for name in changed + added:
        _start(gateway, new[name], *opened[name])
    if removed:
        links.forget_others(gateway.database.writer, list(gateway.senders))
    return Taken(added, changed, removed, waits)


def show_again(shown: Iterable[object]) -> None:
    """Have what shows a certificate, among these, read it again; one that is wrong is told, and not used."""
    for one in shown:
        if not isinstance(one, Shows):
            continue
        try:
            if one.read_certificates():
                log.info("%s: its certificate was read again", one.name)
        except BadConfig as wrong:
            log.error("%s: %s; it goes on with the certificate that it has", one.name, "; ".join(wrong.mistakes))


def differences(old: Config, new: Config) -> list[str]:
    """Which fields differ that are not taken over, as "[web] listen"."""
    found = []
    for section in type(old).model_fields:
        before, after = getattr(old, section), getattr(new, section)
        if section not in LIVE and before != after:
            fields = type(before).model_fields
            found += [f"[{section}] {name}" for name in fields if getattr(before, name) != getattr(after, name)]
    return found


def settings_after(had: Sequence[Origin], read: Sequence[Origin]) -> list[Origin]:
    """The settings in force when `read` was taken over: what waits for a restart is as `had` says, and tells so.

    Their places in the file are those of now, where the value is the same.
    """
    now = {one.key: one for one in read}
    kept = []
    for one in had:
        if _section(one) not in LIVE:
            said = now.get(one.key, replace(one, value="–"))
            kept.append(said if said.value == one.value else replace(one, waits=said.value))
    order = list(dict.fromkeys(map(_section, read)))
    return sorted([*kept, *(one for one in read if _section(one) in LIVE)], key=lambda one: order.index(_section(one)))


def _section(one: Origin) -> str:
    return re.split(r"[.\[]", one.key, maxsplit=1)[0]


def _stop(gateway: Gateway, name: str, *, for_good: bool) -> None:
    """Routing leaves it first; what it has in flight is settled, and what is not settled in time is unsure."""
    gateway.heard(name, Health(LinkState.DOWN, "its configuration was changed"))
    sender = gateway.senders.pop(name)
    sender.stop(time.monotonic() + STOP_WITHIN)
    gateway.links.pop(name)
    if for_good:
        gateway.network.forget(name)
    gateway.database.writer.do(gateway.handover.recover, (name, gateway.clock()))
    log.info("link %s was stopped, for its configuration was changed", name)


def _start(gateway: Gateway, link: LinkConfig, sender: Sender, driver: Link) -> None:
    gateway.links[link.name] = driver
    gateway.network.add(served_of(link, driver.abilities), gateway.clock())
    gateway.heard(link.name, Health(LinkState.CONNECTING, "starting"))
    gateway.senders[link.name] = sender
    sender.start(driver)


def _tell(gateway: Gateway) -> None:
    """Those that know something of each link by its name."""
    config = gateway.config
    gateway.till.zones.clear()
    gateway.till.zones.update({link.name: ZoneInfo(link.zone) for link in config.links})
    gateway.receipts.over = over_of(config)
    gateway.calls.answering = answering_of(config)
    gateway.balances.plans = plans_of(config)
