"""Which link, and why: the longest prefix first, then the healthier link, then the preferred one.

A link that is down still gets messages when nothing better serves the prefix: they wait in its queue, and
`schedules/reroute` moves them when another link can take them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ..link import Abilities, Health, LinkState

_RANK = {
    LinkState.UP: 0,
    LinkState.DEGRADED: 1,
    LinkState.CONNECTING: 2,
    LinkState.DOWN: 2,
    LinkState.RESTING: 3,
}


@dataclass(frozen=True)
class Served:
    """What routing must know of a link: the prefixes it serves ("" is every number), how willingly, what it carries."""

    name: str
    kind: str
    prefixes: tuple[str, ...] = ("",)
    preference: int = 100
    abilities: Abilities = field(default_factory=Abilities)
    sender: str | None = None


@dataclass(frozen=True)
class Choice:
    """The link for one number, and the sentences that explain it."""

    link: Served
    trace: list[str]


class Network:
    """The links of this process and how each is now. Reading and changing are safe from any thread."""

    def __init__(self, links: Iterable[Served], now: datetime) -> None:
        self.links = {link.name: link for link in links}
        self._lock = threading.Lock()
        self._health = {name: (Health(LinkState.DOWN, "not started yet"), now) for name in self.links}

    def health(self, name: str) -> tuple[Health, datetime]:
        """How a link is, and since when it is in that state. Raises KeyError for no such link."""
        return self._health[name]

    def heard(self, name: str, health: Health, now: datetime) -> bool:
        """Take down what a driver said of its link; returns whether its state is another one than before."""
        with self._lock:
            before, since = self._health[name]
            changed = before.state is not health.state
            self._health[name] = (health, now if changed else since)
            return changed

    def choose(self, recipient: str, wanted: str | None = None, avoid: str | None = None) -> Choice | None:
        """The best link for an E.164 number or short code; None when no link serves it.

        wanted: the only link that will do. avoid: a link that must not be taken (the one that failed).
        """
        fitting: list[tuple[int, int, int, str]] = []
        for link in self.links.values():
            if link.name == avoid or (wanted is not None and link.name != wanted):
                continue
            lengths = [len(prefix) for prefix in link.prefixes if recipient.startswith(prefix)]
            if lengths:
                rank = _RANK[self._health[link.name][0].state]
                fitting.append((-max(lengths), rank, link.preference, link.name))
        if not fitting:
            return None
        fitting.sort()
        best = self.links[fitting[0][3]]
        return Choice(best, self._explain(recipient, best, fitting, wanted))

    def _explain(
        self, recipient: str, best: Served, fitting: list[tuple[int, int, int, str]], wanted: str | None
    ) -> list[str]:
        length = -fitting[0][0]
        trace = [f"link {best.name}: " + (f"serves {recipient[:length]}" if length else "serves every number")]
        if wanted is not None:
            trace[0] += ", and the sender asked for it"
        state = self._health[best.name][0].state
        trace.append(f"{best.name} is {state}")
        for _, _, _, name in fitting[1:3]:
            trace.append(f"{name} was second: {self._health[name][0].state}, preference {self.links[name].preference}")
        return trace
