"""Let routing know of the links that other nodes have, and how they are: by what they published and wrote down."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from ..gateway import Gateway
from ..link import Health, LinkState
from ..outbound.serving import over_of, served_from
from ..store.nodes import LINK, Others
from ..store.tables.types import AnyRow


class Hearing:
    """Keeps what was heard last. own: the names in this node's configuration; busy: whether something is done with a
    link here at this moment."""

    def __init__(self, gateway: Gateway, own: Collection[str], busy: Callable[[str], bool]) -> None:
        self._gateway = gateway
        self._own = own
        self._busy = busy
        self.elsewhere: dict[str, Any] = {}  # links that only other nodes have, as they published them

    def hear(self, others: Others, told: Mapping[str, AnyRow]) -> None:
        """Take over what there is. told: the rows of table `link`."""
        self._learn(others)
        network, now = self._gateway.network, self._gateway.clock()
        since = {row.name: row.until for row, _ in others.leases}
        paces: dict[str, float | None] = {}
        for name in [*network.links]:
            if name in self._gateway.senders or self._busy(name):
                continue
            row, holder = told.get(name), others.holder(LINK + name)
            if holder is None or row is None:
                why = "no node has it" if holder is None else f"node {holder} takes it over"
                network.heard(name, Health(LinkState.DOWN, why), since.get(LINK + name, now))
            else:
                network.heard(name, Health(LinkState(row.health), row.why, dict(row.facts)), row.since)
                paces[name] = (row.pace or {}).get("allowed")
        self._gateway.paces_elsewhere = paces

    def _learn(self, others: Others) -> None:
        """Links that are new, others, or gone."""
        network, now = self._gateway.network, self._gateway.clock()
        before, self.elsewhere = self.elsewhere, {}
        for row, _ in others.nodes:
            self.elsewhere |= {name: how for name, how in row.links.items() if name not in self._own}
        for name, how in self.elsewhere.items():
            if before.get(name) != how:
                network.add(served_from(name, how), now)
                self._gateway.till.zones[name] = ZoneInfo(how["zone"])
        for name in [*network.links]:
            if name not in self.elsewhere and name not in self._own and not self._busy(name):
                network.forget(name)
        others_over = {name: how["receipts_over"] for name, how in self.elsewhere.items() if how.get("receipts_over")}
        self._gateway.receipts.over = others_over | over_of(self._gateway.config)
