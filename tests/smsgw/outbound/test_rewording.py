"""A text that was wrong, while it waits: another is put in its place in the store; and what goes with it then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from smsgw.errors import Conflict, RefusedByPolicy
from smsgw.link import Alphabet, Link, LinkDown, NoAnswer
from smsgw.outbound import outbox
from smsgw.outbound.gate import gate
from smsgw.outbound.redact import Redaction, redact
from smsgw.outbound.replacing import Replacing
from smsgw.outbound.routing import Served
from smsgw.outbound.submit import Asked
from smsgw.store.database import Database
from smsgw.webhooks.told import message_told
from tests.smsgw.desk import Desk
from tests.smsgw.smsc_on_paper import LONG, RIGHT, WRONG, Smsc, code, lines, on_the_air, put, refused, said, sent

HOUR = timedelta(hours=1)


@pytest.fixture
def smsc() -> Smsc:
    return Smsc("replace")


@pytest.fixture
def desk(database: Database, smsc: Smsc) -> Desk:
    able = replace(smsc.abilities, alphabets=frozenset(Alphabet))
    return Desk(database, [Served("a", "smpp", abilities=able), Served("b", "smpp", preference=200)])


@pytest.mark.parametrize("state", ["queued", "held"])
def test_what_waits_says_something_else_and_nobody_is_asked(desk: Desk, smsc: Smsc, state: str) -> None:
    id = desk.submit(text=WRONG, send_at=desk.now + HOUR if state == "held" else None)
    due = desk.row(id).due_at
    put(desk, smsc, id)
    assert said(desk, id) == (RIGHT, [WRONG], [])
    assert (desk.state(id), desk.row(id).due_at, smsc.asked) == (state, due, [])
    line = lines(desk, id)[-1]
    assert (line.event, line.by, line.was, line.now) == ("replace", "ana", state, state)
    assert line.why == "its text was replaced by ana before it left"
    desk.later(hours=1)
    desk.database.writer.do(desk.waiting.release, desk.now)
    [wire] = desk.claim()
    assert bytes(wire.user_data) == RIGHT.encode()


def test_it_is_cut_and_priced_anew(desk: Desk, smsc: Smsc) -> None:
    id = desk.submit(text=WRONG)
    put(desk, smsc, id, "Danes: žemlja za 2 EUR")
    assert (desk.row(id).encoding, desk.row(id).parts) == ("ucs2", 1)
    put(desk, smsc, id, LONG)
    assert (desk.row(id).encoding, desk.row(id).parts, len(desk.parts(id))) == ("gsm7", 3, 3)
    assert on_the_air(desk, id) == LONG
    assert said(desk, id)[1] == [WRONG, "Danes: žemlja za 2 EUR"]


def test_what_was_put_back_can_say_something_else_and_what_may_be_in_the_air_cannot(desk: Desk, smsc: Smsc) -> None:
    id = desk.submit(text=WRONG)
    [wire] = desk.claim()
    assert code(refused(desk, smsc, id)) == "already_sending"
    desk.failed(wire, LinkDown("away"))
    assert desk.state(id) == "queued"
    put(desk, smsc, id)
    assert on_the_air(desk, id) == RIGHT
    desk.later(minutes=10)
    first, *_ = desk.claim()
    desk.failed(first, NoAnswer("silence"))
    assert code(refused(desk, smsc, id, WRONG)) == "already_sending"


def test_of_a_long_text_whose_first_part_is_out_nothing_changes(desk: Desk, smsc: Smsc) -> None:
    id = desk.submit(text=LONG)
    first, *others = desk.claim()
    desk.taken(first, "r1")
    for wire in others:
        desk.failed(wire, LinkDown("away"))
    assert desk.state(id) == "queued"
    late = refused(desk, smsc, id)
    assert (code(late), str(late)) == ("already_sending", "some of the message may be on its way already")


def test_a_text_that_the_gate_refuses_changes_nothing(desk: Desk, smsc: Smsc) -> None:
    id = desk.offer(text="sale")
    no = refused(desk, smsc, id, "sale, and no word of how to end it")
    assert isinstance(no, RefusedByPolicy)
    assert (code(no), no.faults[0].pointer) == ("way_out_missing", "/text")
    put(desk, smsc, id, "better sale; STOP ends it")
    assert said(desk, id) == ("better sale; STOP ends it", ["sale; STOP ends it"], [])
    assert code(refused(desk, smsc, id, "")) == "text_missing"
    assert code(refused(desk, smsc, id, "x" * 1600)) == "text_too_long"
    assert code(refused(desk, smsc, id, "a\0b")) == "text_undecodable"


def test_what_the_gate_would_hold_now_waits(desk: Desk, smsc: Smsc) -> None:
    id = desk.submit(text=WRONG)
    until = desk.now + HOUR
    rules = replace(desk.terms.rules, more={"budget": lambda *_: {0: gate.Hold(until, "no money")}})
    desk.door.terms = replace(desk.terms, rules=rules)
    put(desk, smsc, id)
    row = desk.row(id)
    assert (row.state, row.why, row.due_at, row.text) == ("held", "no money", until, RIGHT)
    assert desk.events(id)[-2:] == ["replace", "hold"]


def test_what_is_held_waits_as_long_as_its_new_text_must(desk: Desk, smsc: Smsc) -> None:
    id = desk.submit(text=WRONG, send_at=desk.now + HOUR)
    until = desk.now + 3 * HOUR
    rules = replace(desk.terms.rules, more={"budget": lambda *_: {0: gate.Hold(until, "no money")}})
    desk.door.terms = replace(desk.terms, rules=rules)
    put(desk, smsc, id)
    assert (desk.state(id), desk.row(id).due_at) == ("held", until)


def test_other_times_count_while_it_waits(desk: Desk, smsc: Smsc) -> None:
    id = desk.submit(text=WRONG, send_at=desk.now + 2 * HOUR)
    put(desk, smsc, id, send_at=desk.now + HOUR, valid_until=desk.now + 3 * HOUR)
    row = desk.row(id)
    assert (row.due_at, row.valid_until) == (desk.now + HOUR, desk.now + 3 * HOUR)
    assert code(refused(desk, smsc, id, send_at=desk.now + 4 * HOUR)) == "validity_over"
    queued = desk.submit(text="another")
    put(desk, smsc, queued, send_at=desk.now + HOUR)
    assert (desk.state(queued), desk.row(queued).due_at) == ("held", desk.now + HOUR)


# What goes with it


def test_who_asks_for_the_first_text_again_gets_the_message_that_says_another_by_now(desk: Desk, smsc: Smsc) -> None:
    id = desk.submit(text=WRONG, client_ref="order-7")
    put(desk, smsc, id)
    assert desk.submit(text=WRONG, client_ref="order-7") == id
    assert desk.submit(text=RIGHT, client_ref="order-7") == id
    with pytest.raises(Conflict, match="another text"):
        desk.submit(text="a third", client_ref="order-7")


def test_what_was_said_before_is_forgotten_with_the_text_and_not_sent_again(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk, metadata={"order": "7"})
    put(desk, smsc, id)
    assert message_told(desk.row(id)._asdict())["metadata"] == {"order": "7"}, "whoever is called reads only their own"
    desk.receipt("r1")
    asked: Asked = desk.database.writer.do(lambda conn, batch: [outbox.again(conn, one, "ana") for one in batch], id)
    assert (asked.text, asked.metadata) == (RIGHT, {"order": "7", "resend_of": id})
    desk.database.writer.do(redact, Redaction(id, "ana", desk.now, {}))
    assert (said(desk, id), desk.row(id).metadata) == (("", [], []), {"order": "7"})


def test_of_many_replacements_the_first_text_and_the_newest_are_kept(desk: Desk, smsc: Smsc) -> None:
    id = desk.submit(text=WRONG)
    for number in range(30):
        put(desk, smsc, id, f"try {number}")
    _, before, _ = said(desk, id)
    assert (len(before), before[0], before[1], before[-1]) == (20, WRONG, "try 10", "try 28")


def test_it_is_offered_where_it_can_be_done(desk: Desk, smsc: Smsc) -> None:
    verb = Replacing({"a": cast(Link, smsc)}, desk.database, desk.door)

    def offered(id: str) -> bool:
        return verb.possible(desk.row(id), desk.parts(id), False)

    waits = desk.submit(text="another", link="b")
    one = sent(desk)
    assert (offered(waits), offered(one), verb.possible(desk.row(one), desk.parts(one), True)) == (True, True, False)
    desk.claim("b")
    assert not offered(waits)
    desk.receipt("r1")
    assert not offered(one)
    assert not offered(sent(desk, text=LONG))
