"""After a part is sent: its network is asked what became of it, and asked to give it back; and what if it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event

from smsgw.errors import Conflict, NotFound, SmsgwError
from smsgw.link import Abilities, Health, Link, LinkState, NoAnswer, Receipt, ReceiptState, WirePart
from smsgw.outbound.asking import Asking, due
from smsgw.outbound.outbox import Cancelled
from smsgw.outbound.recall import Recall
from smsgw.outbound.receipts import Told
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import question
from tests.smsgw.desk import START, Desk

HOUR = timedelta(hours=1)
LONG = "0123456789" * 40  # three parts


class Archive:
    """A link whose network answers what the test put into it, by reference: a state, or an error."""

    def __init__(self, *verbs: str, **says: ReceiptState | SmsgwError) -> None:
        self.abilities = Abilities(optional=frozenset(verbs))
        self.says = says
        self.asked: list[str] = []
        self.state = LinkState.UP
        self.gate = threading.Event()
        self.gate.set()

    def health(self) -> Health:
        return Health(self.state)

    def query(self, reference: str, sender: str | None, to: str) -> Receipt:
        return Receipt(reference, self._said(reference), to)

    def cancel(self, reference: str, sender: str | None, to: str) -> None:
        self._said(reference)

    def replace(self, reference: str, part: WirePart) -> None:
        raise AssertionError

    def _said(self, reference: str) -> ReceiptState:
        self.asked.append(reference)
        assert self.gate.wait(120)
        said = self.says.get(reference, ReceiptState.UNKNOWN)
        if isinstance(said, SmsgwError):
            raise said
        return said


def asking(desk: Desk, network: Archive, after: timedelta | None = HOUR) -> Asking:
    """What asks over link a, whose network this is."""

    def tell(link: str, receipt: Receipt) -> Future[None]:
        return desk.database.writer.put(desk.receipts.store, Told(link, receipt, desk.now))

    return Asking({"a": cast(Link, network)}, desk.database, tell, after)


def sent(desk: Desk, *references: str, text: str = "hello") -> str:
    """A message that its network took."""
    id = desk.submit(text=text, allow_duplicate=True)
    for wire, reference in zip(desk.claim(), references, strict=True):
        desk.taken(wire, reference)
    return id


def wait(threads: list[threading.Thread]) -> int:
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive()
    return len(threads)


def test_a_network_that_is_asked_settles_what_it_never_reported(desk: Desk) -> None:
    network = Archive("query", r1=ReceiptState.DELIVERED, r2=ReceiptState.UNDELIVERABLE)
    one, two = sent(desk, "r1"), sent(desk, "r2")
    desk.later(minutes=59)
    asker = asking(desk, network)
    assert asker.ask("a", desk.now) == 0
    desk.later(minutes=2)
    assert asker.ask("a", desk.now) == 2
    assert (desk.state(one), desk.state(two)) == ("delivered", "undelivered")
    assert desk.events(one)[-1] == "deliver"


def test_all_parts_are_asked_after_and_only_those_of_which_nothing_is_known(desk: Desk) -> None:
    states = dict.fromkeys(("r1", "r3"), ReceiptState.DELIVERED)
    network = Archive("query", **states)
    id = sent(desk, "r1", "r2", "r3", text=LONG)
    desk.receipt("r2")
    desk.later(hours=1)
    assert asking(desk, network).ask("a", desk.now) == 2
    assert network.asked == ["r1", "r3"]
    assert desk.state(id) == "delivered"


def test_what_is_still_on_its_way_is_asked_after_again_and_each_pause_is_twice_as_long(desk: Desk) -> None:
    network = Archive("query", r1=ReceiptState.ENROUTE)
    id = sent(desk, "r1")
    asker, asked = asking(desk, network), []
    for hour in range(1, 9):
        desk.later(hours=1)
        asked += [hour] * asker.ask("a", desk.now)
    assert asked == [1, 2, 4, 8]
    assert desk.state(id) == "sent"
    network.says["r1"] = ReceiptState.DELIVERED
    desk.later(hours=8)
    assert asker.ask("a", desk.now) == 1
    assert desk.state(id) == "delivered"
    desk.later(hours=100)
    assert asker.ask("a", desk.now) == 0


def test_when_it_was_asked_last_is_kept_over_a_restart(desk: Desk) -> None:
    network = Archive("query", r1=ReceiptState.ENROUTE)
    sent(desk, "r1")
    desk.later(hours=1)
    assert asking(desk, network).ask("a", desk.now) == 1
    assert asking(desk, network).ask("a", desk.now) == 0


def test_a_part_that_the_network_forgot_does_not_hold_up_the_others(desk: Desk) -> None:
    network = Archive("query", r1=NotFound("unknown id"), r2=ReceiptState.DELIVERED)
    one, two = sent(desk, "r1"), sent(desk, "r2")
    desk.later(hours=1)
    assert asking(desk, network).ask("a", desk.now) == 1
    assert (desk.state(one), desk.state(two)) == ("sent", "delivered")
    with desk.database.reading() as conn:
        rows = {row.message_id: row.trouble for row in conn.execute(question.select())}
    assert rows == {one: "unknown id", two: None}


def test_a_network_that_does_not_answer_is_asked_once_and_not_a_hundred_times(desk: Desk) -> None:
    silent = SmsgwError("no answer", code="no_answer")
    network = Archive("query", r1=silent, r2=silent, r3=silent)
    for reference in ("r1", "r2", "r3"):
        sent(desk, reference)
    desk.later(hours=1)
    assert asking(desk, network).ask("a", desk.now) == 0
    assert len(network.asked) == 1


def test_an_unsure_message_is_asked_after_by_the_parts_that_have_a_reference(desk: Desk) -> None:
    network = Archive("query", r1=ReceiptState.DELIVERED)
    id = desk.submit(text=LONG)
    first, *others = desk.claim()
    desk.taken(first, "r1")
    for wire in others:
        desk.failed(wire, NoAnswer("silence"))
    assert desk.state(id) == "unsure"
    desk.later(hours=1)
    assert asking(desk, network).ask("a", desk.now) == 1
    assert network.asked == ["r1"]
    assert [part.outcome for part in desk.parts(id)] == ["delivered", None, None]
    assert desk.state(id) == "unsure"


@pytest.mark.parametrize(
    "change",
    [
        lambda network: setattr(network, "abilities", Abilities()),
        lambda network: setattr(network, "state", LinkState.DOWN),
    ],
)
def test_a_link_that_cannot_or_is_away_is_not_asked(desk: Desk, change: Callable[[Archive], None]) -> None:
    network = Archive("query", r1=ReceiptState.DELIVERED)
    sent(desk, "r1")
    desk.later(hours=1)
    change(network)
    assert asking(desk, network).begin(desk.now) == []


def test_nobody_is_asked_where_that_is_switched_off(desk: Desk) -> None:
    network = Archive("query", r1=ReceiptState.DELIVERED)
    sent(desk, "r1")
    desk.later(hours=1)
    assert asking(desk, network, None).begin(desk.now) == []


def test_a_slow_network_is_asked_by_one_thread_at_a_time(desk: Desk) -> None:
    network = Archive("query", r1=ReceiptState.DELIVERED)
    id = sent(desk, "r1")
    desk.later(hours=1)
    network.gate.clear()
    asker = asking(desk, network)
    begun = asker.begin(desk.now)
    assert asker.begin(desk.now) == []
    network.gate.set()
    assert wait(begun) == 1
    assert desk.state(id) == "delivered"
    assert asker.begin(desk.now) == [], "all was asked a moment ago"
    desk.later(minutes=1)
    assert wait(asker.begin(desk.now)) == 1


def test_all_that_is_due_is_asked_after_in_one_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smsgw.outbound.asking.BATCH", 2)
    network = Archive("query", **dict.fromkeys(("r1", "r2", "r3", "r4"), ReceiptState.DELIVERED))
    ids = [sent(desk, reference) for reference in network.says]
    desk.later(hours=1)
    assert asking(desk, network).ask("a", desk.now) == 4
    assert {desk.state(id) for id in ids} == {"delivered"}


def test_what_is_due_is_found_by_an_index_however_many_messages_have_ended(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    asked: list[tuple[str, Any]] = []
    with database.reading() as conn:
        event.listen(conn, "before_cursor_execute", lambda c, cur, sql, args, *_: asked.append((sql, args)))
        due(conn, "a", "sent", START, HOUR)
        [(sql, args)] = asked
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", args).all()
    database.close()
    assert any("ix_message_open" in row[3] for row in plan), plan


# Taking back


def recall(desk: Desk, network: Any) -> Recall:
    return Recall({"a": cast(Link, network)}, desk.database, desk.receipts)


def cancel(desk: Desk, network: Any, id: str) -> None:
    recall(desk, network).cancel(Cancelled(id, "ana", desk.now))


def refused(desk: Desk, network: Any, id: str) -> Conflict:
    with pytest.raises(Conflict) as late:
        cancel(desk, network, id)
    return late.value


def test_what_waits_is_taken_back_without_asking_anybody(desk: Desk) -> None:
    network = Archive("cancel")
    id = desk.submit()
    cancel(desk, network, id)
    assert desk.state(id) == "cancelled"
    assert network.asked == []


def test_what_its_network_gives_back_is_cancelled(desk: Desk) -> None:
    network = Archive("cancel")
    id = sent(desk, "r1", "r2", "r3", text=LONG)
    cancel(desk, network, id)
    assert desk.state(id) == "cancelled"
    assert desk.row(id).why == "cancelled by ana: the network gave all 3 parts back"
    assert network.asked == ["r1", "r2", "r3"]
    assert desk.events(id)[-1] == "recall"
    desk.receipt("r1", ReceiptState.DELETED)
    assert desk.state(id) == "cancelled"


def test_a_link_without_the_verb_says_so(desk: Desk) -> None:
    id = sent(desk, "r1")
    for network in (Archive("query"), object()):
        late = refused(desk, network, id)
        assert late.code == "cannot_recall"
        assert "gives nothing back" in str(late)
    with pytest.raises(Conflict, match="there is no link a any more"):
        Recall({}, desk.database, desk.receipts).cancel(Cancelled(id, "ana", desk.now))
    assert desk.state(id) == "sent"


def test_what_the_network_says_against_it_is_told(desk: Desk) -> None:
    network = Archive("cancel", r1=Conflict("it is delivered already (ESME_RCANCELFAIL)", hint="too late"))
    id = sent(desk, "r1")
    late = refused(desk, network, id)
    assert late.code == "cannot_recall"
    assert "ESME_RCANCELFAIL" in str(late)
    assert late.hint == "too late"
    assert desk.state(id) == "sent"


def test_a_text_of_which_some_parts_came_back_is_told_and_stays_sent_until_its_receipts(desk: Desk) -> None:
    network = Archive("cancel", r2=Conflict("it is delivered already"))
    id = sent(desk, "r1", "r2", "r3", text=LONG)
    late = refused(desk, network, id)
    assert late.code == "partly_recalled"
    assert "2 of 3 parts were taken back" in str(late)
    assert [part.outcome for part in desk.parts(id)] == ["deleted", None, "deleted"]
    assert desk.state(id) == "sent"
    desk.receipt("r2")
    assert desk.state(id) == "undelivered"


def test_a_network_that_does_not_answer_is_not_asked_for_every_part(desk: Desk) -> None:
    network = Archive("cancel", r2=SmsgwError("did not answer cancel_sm within 30 seconds", code="no_answer"))
    id = sent(desk, "r1", "r2", "r3", text=LONG)
    late = refused(desk, network, id)
    assert (late.code, network.asked) == ("partly_recalled", ["r1", "r2"])
    assert "did not answer" in str(late)


def test_a_text_of_which_the_phone_has_a_part_is_not_torn(desk: Desk) -> None:
    network = Archive("cancel")
    id = sent(desk, "r1", "r2", "r3", text=LONG)
    desk.receipt("r1")
    assert "1 of its 3 parts" in str(refused(desk, network, id))
    assert network.asked == []


def test_a_receipt_that_was_quicker_stands(desk: Desk) -> None:
    id = sent(desk, "r1")

    class Quick(Archive):
        def cancel(self, reference: str, sender: str | None, to: str) -> None:
            desk.receipt("r1")

    late = refused(desk, Quick("cancel"), id)
    assert late.code == "already_final"
    assert desk.state(id) == "delivered"


def test_what_is_being_sent_or_is_unsure_or_final_is_not_taken_back(desk: Desk) -> None:
    network = Archive("cancel")
    id = desk.submit()
    [wire] = desk.claim()
    assert refused(desk, network, id).code == "already_sending"
    desk.failed(wire, NoAnswer("silence"))
    assert refused(desk, network, id).code == "already_sending"
    desk.taken(wire, "r1")
    desk.receipt("r1")
    assert refused(desk, network, id).code == "already_final"
    with pytest.raises(NotFound):
        cancel(desk, network, "msg_none")
    assert network.asked == []


@pytest.mark.parametrize(
    ("policy", "state", "event"),
    [("expire", "expired", "expire"), ("undelivered", "undelivered", "bounce"), ("keep", "sent", "hand_over")],
)
def test_a_receipt_that_never_comes_ends_the_message_as_the_policy_says(
    desk: Desk, policy: str, state: str, event: str
) -> None:
    id = sent(desk, "r1")
    desk.waiting.missing = policy
    desk.later(hours=71)
    desk.database.writer.do(desk.waiting.expire, (desk.now, timedelta(hours=72)))
    assert desk.state(id) == "sent"
    desk.later(hours=2)
    ended = desk.database.writer.do(desk.waiting.expire, (desk.now, timedelta(hours=72)))
    assert (desk.state(id), desk.events(id)[-1]) == (state, event)
    assert ended == (0 if policy == "keep" else 1)
