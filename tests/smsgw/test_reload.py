"""A changed configuration under load: what did not change goes on, and nothing is lost or sent twice where it did."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from drivers.fake import read_tape
from smsgw.config import Config, Origin, load_with_origins
from smsgw.gateway import Gateway
from smsgw.link import LinkState
from smsgw.outbound.submit import Asked
from smsgw.reload import settings_after, take_over
from smsgw.store import schema
from smsgw.store.tables import message

PHONE = "+38640111222"


def configured(folder: Path, *links: dict[str, Any], **more: Any) -> Config:
    made = [{"kind": "fake", "handsets": [PHONE], "tape": str(folder / f"{one['name']}.tape")} | one for one in links]
    return Config.model_validate({"store": {"url": f"sqlite:///{folder / 'x.db'}"}, "links": made} | more)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """Two links that are up, each takes a moment for an answer."""
    made = Gateway(configured(tmp_path, {"name": "one", "delay": 0.02}, {"name": "other", "delay": 0.02}))
    schema.upgrade(made.database)
    made.start_links()
    until(lambda: all(made.network.health(name)[0].state is LinkState.UP for name in made.links))
    yield made
    made.stop_links(time.monotonic() + 60)
    made.close()


def until(seen: Any, seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def states(gateway: Gateway) -> dict[str, int]:
    with gateway.database.reading() as conn:
        return dict(conn.execute(select(message.c.state, func.count()).group_by(message.c.state)).all())


def test_a_link_that_is_changed_under_load_loses_nothing_and_sends_nothing_twice(
    gateway: Gateway, tmp_path: Path
) -> None:
    other, since = gateway.links["other"], gateway.network.health("other")[1]
    for number in range(120):
        gateway.door.submit(Asked(f"+38640{200_000 + number}", "Hello", "test", link=("one", "other")[number % 2]))
        if number == 60:
            changed = configured(
                tmp_path, {"name": "one", "delay": 0.01, "weight": 2}, {"name": "other", "delay": 0.02}
            )
            taken = take_over(gateway, changed)
            assert (taken.changed, taken.added, taken.removed, taken.waits) == (["one"], [], [], [])
    # A receipt that a simulated network still owed has gone with it: such a message stays sent.
    until(lambda: set(states(gateway)) <= {"sent", "delivered"} and sum(states(gateway).values()) == 120)
    wire = [line for name in ("one", "other") for line in read_tape(tmp_path / f"{name}.tape") if line["is"] == "part"]
    assert len(wire) == 120
    assert set(Counter(line["to"] for line in wire).values()) == {1}, "something went out twice"
    assert gateway.links["other"] is other, "a link that did not change was opened anew"
    assert gateway.network.health("other")[1] == since


def test_links_come_and_go_and_other_changes_are_named(gateway: Gateway, tmp_path: Path) -> None:
    more = configured(tmp_path, {"name": "one", "delay": 0.02}, {"name": "third"}, web={"threads": 3})
    taken = take_over(gateway, more)
    assert (taken.added, taken.removed, taken.changed) == (["third"], ["other"], [])
    assert taken.waits == ["[web] threads"]
    assert set(gateway.links) == set(gateway.senders) == set(gateway.network.links) == {"one", "third"}
    gateway.door.submit(Asked(PHONE, "Hello", "test", link="third"))
    until(lambda: states(gateway) == {"delivered": 1})
    assert take_over(gateway, more).waits == ["[web] threads"], "until a restart it is told each time"


def test_settings_are_told_as_they_are_in_force_after_a_reload_and_what_waits_for_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "smsgw.toml"
    link = '[[links]]\nname = "one"\nkind = "fake"\nhandsets = ["+38640111222"]\n'
    file.write_text(f'[web]\nthreads = 4\n[sending]\nregion = "SI"\n[log]\nlevel = "info"\n{link}')
    before = load_with_origins(file, {}).origins
    file.write_text(
        f'# moved\n[web]\nthreads = 5\n[sending]\nregion = "SI"\n[log]\nlevel = "debug"\n{link}weight = 7\n'
    )
    told = {one.key: one for one in settings_after(before, load_with_origins(file, {}).origins)}
    assert told["web.threads"] == Origin("web.threads", "4", f"{file}:2", waits="5")
    assert told["sending.region"] == Origin("sending.region", '"SI"', f"{file}:5")
    assert told["log.level"] == Origin("log.level", '"debug"', f"{file}:7")
    assert told["links[0].weight"] == Origin("links[0].weight", "7", f"{file}:12")
    file.write_text(f"[web]\nthreads = 4\n{link}")
    again = {one.key: one for one in settings_after(list(told.values()), load_with_origins(file, {}).origins)}
    assert again["web.threads"] == Origin("web.threads", "4", f"{file}:2")
    assert again["sending.region"].waits == "–"
