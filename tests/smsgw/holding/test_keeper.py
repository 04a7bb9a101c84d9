"""Nodes of one store, in one process: who has a link, how others know of it, and how they reach it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from smsgw import switching
from smsgw.config import Config, LinkConfig
from smsgw.daemon import Daemon
from smsgw.errors import Conflict, NotFound, StoreUnreachable
from smsgw.gateway import Gateway
from smsgw.holding import keeper
from smsgw.link import Abilities, LinkState
from smsgw.outbound import sender
from smsgw.outbound.handover import Claim
from smsgw.outbound.outbox import Cancelled
from smsgw.outbound.serving import published
from smsgw.outbound.submit import Asked
from smsgw.reload import take_over
from smsgw.store import nodes
from smsgw.store.fences import Guard
from smsgw.store.tables import message, part
from smsgw.store.wake import Bell

pytestmark = [pytest.mark.slow, pytest.mark.peer]
Node = Callable[..., Gateway]


@pytest.fixture
def node(postgres_url: str, tmp_path: Path) -> Iterator[Node]:
    """Start a node: `node("alpha", "net")`, with simulated links of these names."""
    started: dict[str, Daemon] = {}

    def start(name: str, *links: str, lease: int = 120) -> Gateway:
        config = Config.model_validate(
            {
                "store": {"url": postgres_url, "state_dir": tmp_path / name},
                "node": {"name": name, "lease": lease},
                "links": [{"name": link, "kind": "fake", "delay": 0} for link in links],
            }
        )
        daemon = Daemon(Gateway(config), [])
        try:
            daemon.start()
        except StoreUnreachable:
            daemon.gateway.close()
            raise
        started[name] = daemon
        return daemon.gateway

    def stop(name: str) -> None:
        started.pop(name).stop()

    start.stop = stop  # type: ignore[attr-defined]
    yield start
    for daemon in started.values():
        daemon.stop()


def until(what: Callable[[], Any], why: str = "it did not happen") -> Any:
    deadline = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < deadline, why
        time.sleep(0.02)
    return found


def state(gateway: Gateway, id: str) -> str:
    with gateway.database.reading() as conn:
        return str(conn.scalar(select(message.c.state).where(message.c.id == id)))


def test_a_text_for_a_link_of_another_node_leaves_without_waiting_for_a_look_into_the_queue(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "IDLE", 3600.0)  # nobody looks: who is not woken sends nothing
    node("alpha", "net")
    other = node("beta")
    until(lambda: "net" in other.network.links and other.network.health("net")[0].state is LinkState.UP)
    for number in range(3):
        id = other.door.submit(Asked(f"+4915120000{number:03}", "Hello", "test")).row["id"]
        until(lambda id=id: state(other, id) in ("sent", "delivered"), "nobody woke the link")  # type: ignore[misc]


def test_what_a_node_has_goes_to_another_at_once_when_it_stops_well(node: Node) -> None:
    first, second = node("alpha", "net"), node("beta", "net")
    assert (list(first.links), list(second.links)) == (["net"], [])
    assert first.holdings.holds("clock")
    node.stop("alpha")  # type: ignore[attr-defined]
    until(lambda: "net" in second.links and second.holdings.holds("clock"), "it waits for a lease of two minutes")
    guard = second.holdings.guard("link:net")
    assert guard is not None
    assert guard.fence == 2


def test_a_node_whose_lease_was_taken_lets_go_and_its_writes_are_refused(node: Node) -> None:
    gateway = node("alpha", "net", lease=4)
    guard = gateway.senders["net"].guard
    assert guard is not None
    with gateway.database.exclusive() as conn:
        conn.execute(text("UPDATE lease SET fence = fence + 1, node = 'thief', until = until + interval '1 hour'"))
        assert not guard.stands(conn)
    until(lambda: "net" not in gateway.links and guard.lost, "it did not notice")
    assert not gateway.holdings.holds("clock")
    id = gateway.door.submit(Asked("+4915120000001", "Hello", "test")).row["id"]
    assert state(gateway, id) == "queued"
    until(lambda: gateway.holdings.holder("link:net") == "thief")


def test_a_link_that_is_stopped_at_one_node_is_taken_by_none_until_it_is_started(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switching, "WITHIN", 60.0)
    first, second = node("alpha", "net"), node("beta", "net")
    until(lambda: second.holdings.holder("link:net") == "alpha")
    switching.stop(second, "net", "Ana")
    assert (list(first.links), list(second.links)) == ([], [])
    until(lambda: first.halted == second.halted == {"net"})
    switching.start(second, "net", "Ana")
    until(lambda: [*first.links, *second.links] == ["net"], "nobody took it")


def test_what_only_the_holder_of_a_link_can_do_is_refused_elsewhere_with_the_name_of_its_node(node: Node) -> None:
    node("alpha", "net")
    other = node("beta")
    until(lambda: other.holdings.holder("link:net") == "alpha" and "net" in other.network.links)
    id = other.door.submit(Asked("+4915120000001", "Hello", "test")).row["id"]
    until(lambda: state(other, id) == "delivered")
    with other.database.exclusive() as conn:  # as if its receipt had not come yet
        conn.execute(update(message).where(message.c.id == id).values(state="sent", final_at=None))
        conn.execute(update(part).where(part.c.message_id == id).values(outcome=None, outcome_at=None))

    def refused(ask: Callable[[], Any]) -> str:
        with pytest.raises(Conflict) as said:
            ask()
        assert said.value.code == "link_elsewhere"
        return str(said.value)

    for ask in (
        lambda: other.recall.cancel(Cancelled(id, "ana", other.clock())),
        lambda: other.balances.ask("net"),
        lambda: other.balances.speaker("net"),  # whom USSD codes are given to
    ):
        assert refused(ask) == "net is at node alpha, and this is beta"
    switching.stop(other, "net", "Ana")
    until(lambda: other.halted == {"net"} and other.holdings.holder("link:net") is None)
    assert refused(lambda: other.balances.ask("net")) == "somebody stopped net"
    with pytest.raises(NotFound, match="there is no link 'nothing'"):
        other.balances.ask("nothing")


def test_two_nodes_of_one_name_are_refused(node: Node) -> None:
    node("alpha")
    with pytest.raises(StoreUnreachable, match="another node that is called alpha"):
        node("alpha")


def test_links_spread_over_nodes_that_start_together(node: Node) -> None:
    first, second = node("alpha", lease=4), node("beta", lease=4)
    for gateway in (first, second):  # as a reload would: both may have the same four
        links = [{"name": f"net{number}", "kind": "fake"} for number in range(4)]
        config = gateway.config.model_dump(exclude={"links"}) | {"links": links}
        take_over(gateway, Config.model_validate(config))
    until(lambda: len(first.links) + len(second.links) == 4, "some links are nobody's")
    assert set(first.links).isdisjoint(second.links)


def test_what_a_lost_node_had_in_the_air_is_unsure_though_nobody_takes_its_link(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "ORPHANS_EVERY", 0.1)
    gateway = node("beta", lease=4)
    link = LinkConfig.model_validate({"name": "modem", "kind": "fake"})
    lost = nodes.Me("alpha", "0.1.0", ("links",), "0017", {"modem": published(link, Abilities())}, 0.5)
    with gateway.database.exclusive() as conn:
        nodes.live(conn, lost, born=True)
        assert nodes.take(conn, lost, ["link:modem"]) == [("link:modem", 1)]
    until(lambda: "modem" in gateway.network.links, "the link of another node is not known")
    id = gateway.door.submit(Asked("+4915120000001", "Hello", "test")).row["id"]
    claimed = gateway.database.writer.do(gateway.handover.claim, Claim("modem", 10, gateway.clock()))
    assert [part.message_id for part in claimed] == [id]
    until(lambda: state(gateway, id) == "unsure", "nobody looked after what was in the air")
    assert gateway.network.health("modem")[0].why == "no node has it"


def test_what_a_client_sent_at_one_node_counts_for_the_brake_of_another(node: Node) -> None:
    first, second = node("alpha", lease=4), node("beta", lease=4)
    assert isinstance(second.bell, Bell)
    until(second.bell.hears.is_set, "the other node does not listen")
    heard: list[str] = []
    second.hears["desk"] = heard.append
    first.bell.ring("desk:somebody looks")  # to whoever wants words of this kind
    first.till.brake._passed.update({"key_1": 7})
    until(lambda: sum(count for _, count in second.till.brake._counts["key_1"]) == 7, "it was not told")
    assert not first.till.brake._counts["key_1"]
    until(lambda: heard == ["somebody looks"], "it was not passed on")


def test_a_node_that_is_frozen_while_it_renews_does_not_lock_others_out(node: Node, postgres_url: str) -> None:
    gateway = node("beta")
    frozen = keeper._quick_engine(postgres_url, 4.0)
    lost = nodes.Me("alpha", "0.1.0", ("links",), "0017", {}, 0.1)
    with gateway.database.exclusive() as conn:
        assert nodes.take(conn, lost, ["link:net"]) == [("link:net", 1)]
    held = frozen.connect()
    nodes.renew(held, lost, [Guard("link:net", 1, 0.0)])  # and here it is frozen, before it commits

    def taken() -> Any:
        with gateway.database.exclusive() as conn:
            return nodes.take(conn, nodes.Me("beta", "0.1.0", (), "0017", {}, 60.0), ["link:net"])

    assert until(taken, "the row stays locked") == [("link:net", 2)]
    held.invalidate()
    held.close()
    frozen.dispose()
