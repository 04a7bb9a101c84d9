"""How configured links stand in routing: one that only receives is never sent anything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from smsgw.config import Config, MoneyConfig
from smsgw.errors import RefusedByPolicy
from smsgw.link import Abilities, Health, LinkState
from smsgw.money.till import Till
from smsgw.outbound.serving import network_of, served_of
from smsgw.outbound.submit import Asked
from tests.smsgw.desk import Desk

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SMPP = {"kind": "smpp", "host": "smsc.example", "system_id": "shop"}
PHONE = "+38640111222"


def config(*links: dict[str, Any]) -> Config:
    return Config.model_validate({"store": {"url": "sqlite:////nowhere/store.db"}, "links": list(links)})


def test_a_link_that_only_receives_serves_no_number_even_if_it_is_asked_for() -> None:
    made = config({"name": "in", **SMPP, "mode": "receiver"}, {"name": "out", **SMPP, "preference": 500})
    can = {"in": Abilities(sends=False), "out": Abilities()}
    network = network_of(
        made, [served_of(link, can[link.name]) for link in made.links], Till(MoneyConfig(), {}), NOON, lambda: 0.0
    )
    for name in can:
        network.heard(name, Health(LinkState.UP), NOON)
    choice = network.choose(PHONE, now=NOON)
    assert choice is not None
    assert choice.link.name == "out"
    assert network.choose(PHONE, "in", now=NOON) is None


def test_a_message_for_a_link_that_only_receives_is_not_taken(desk: Desk) -> None:
    made = config({"name": "a", **SMPP, "mode": "receiver"})
    desk.links = [served_of(made.links[0], Abilities(sends=False))]
    desk.__post_init__()
    with pytest.raises(RefusedByPolicy, match="the link a only receives") as refused:
        desk.door.submit(Asked(PHONE, "hello", "test", link="a"))
    assert refused.value.code == "no_route"
