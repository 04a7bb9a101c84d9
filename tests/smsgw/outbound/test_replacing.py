"""A text that was wrong: another is put in its place, while it waits or where its network has it; and what if not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Connection, update

from smsgw.errors import BadInput, Conflict, NotFound, RefusedByPolicy, SmsgwError
from smsgw.link import Alphabet, Link, LinkDown, LinkState, NoAnswer
from smsgw.outbound import outbox
from smsgw.outbound.gate import gate
from smsgw.outbound.redact import Redaction, redact
from smsgw.outbound.replacing import Replacing
from smsgw.outbound.rewording import Replacement
from smsgw.outbound.routing import Served
from smsgw.outbound.submit import Asked
from smsgw.store import said_before
from smsgw.store.database import Database
from smsgw.store.tables import part
from smsgw.text import parts
from smsgw.webhooks.told import message_told
from tests.smsgw.desk import Desk
from tests.smsgw.smsc_on_paper import Smsc

HOUR = timedelta(hours=1)
LONG = "0123456789" * 40  # three parts
WRONG, RIGHT = "Today only: bread for 1 EUR", "Today only: bread for 2 EUR"


class Killed(BaseException):
    """The process ends at this very point."""


def raising(problem: BaseException) -> Callable[[], None]:
    def answers() -> None:
        raise problem

    return answers


@pytest.fixture
def smsc() -> Smsc:
    return Smsc("replace")


@pytest.fixture
def desk(database: Database, smsc: Smsc) -> Desk:
    able = replace(smsc.abilities, alphabets=frozenset(Alphabet))
    return Desk(database, [Served("a", "smpp", abilities=able), Served("b", "smpp", preference=200)])


def sent(desk: Desk, text: str = WRONG, **more: Any) -> str:
    """A message that its network took, as r1."""
    id = desk.submit(text=text, **more)
    for number, wire in enumerate(desk.claim(), 1):
        desk.taken(wire, f"r{number}")
    return id


def put(desk: Desk, smsc: Smsc, id: str, text: str = RIGHT, **more: Any) -> None:
    """Ana wants this text there."""
    verb = Replacing({"a": cast(Link, smsc)}, desk.database, desk.door)
    verb.replace(Replacement(id, text, "ana", desk.now, **more))


def refused(desk: Desk, smsc: Smsc, id: str, text: str = RIGHT, **more: Any) -> SmsgwError:
    with pytest.raises(SmsgwError) as no:
        put(desk, smsc, id, text, **more)
    return no.value


def code(problem: SmsgwError) -> str:
    return problem.faults[0].code if isinstance(problem, BadInput | RefusedByPolicy) else problem.code


def said(desk: Desk, id: str) -> tuple[str, list[str], list[str]]:
    """What a message says, said before, and may say as well."""
    row = desk.row(id)
    before, asked = said_before.before(row.metadata), said_before.asked(row.metadata)
    return row.text, [one.text for one in before], [one.text for one in asked]


def lines(desk: Desk, id: str) -> list[Any]:
    """What happened to a message, oldest first."""
    with desk.database.reading() as conn:
        return outbox.events(conn, [id])


def on_the_air(desk: Desk, id: str) -> str:
    pieces = desk.parts(id)
    return parts.join([parts.Piece(Alphabet(one.alphabet), one.user_data, one.udh) for one in pieces])


# What waits


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


# What its network has


def test_the_network_puts_another_text_in_its_place(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk)
    put(desk, smsc, id)
    assert smsc.asked == [("r1", RIGHT)]
    assert said(desk, id) == (RIGHT, [WRONG], [])
    assert (desk.state(id), on_the_air(desk, id)) == ("sent", RIGHT)
    assert desk.events(id)[-2:] == ["ask_replace", "replace"]
    desk.receipt("r1")
    assert desk.state(id) == "delivered"
    assert code(refused(desk, smsc, id, WRONG)) == "already_final"


def test_what_says_it_already_is_not_asked_for(desk: Desk, smsc: Smsc) -> None:
    id, waits = sent(desk), desk.submit(text=WRONG, allow_duplicate=True)
    for one in (id, waits):
        put(desk, smsc, one, WRONG)
        assert said(desk, one) == (WRONG, [], [])
    assert smsc.asked == []


def test_the_coding_stays_whatever_the_text(desk: Desk, smsc: Smsc) -> None:
    plain, wide = sent(desk), sent(desk, text="Danes: žemlja za 1 EUR")
    assert code(refused(desk, smsc, plain, "Danes: žemlja za 2 EUR")) == "coding_differs"
    assert code(refused(desk, smsc, plain, "x" * 161)) == "text_too_long"
    put(desk, smsc, wide, "Danes: kruh za 2 EUR")
    assert [(one.alphabet, on_the_air(desk, wide)) for one in desk.parts(wide)] == [("ucs2", "Danes: kruh za 2 EUR")]
    assert desk.row(wide).encoding == "ucs2"


def test_what_is_no_text_of_one_part_stays(desk: Desk, smsc: Smsc) -> None:
    late = refused(desk, smsc, sent(desk, text=LONG))
    assert (code(late), "it has 3 parts" in str(late)) == ("cannot_replace", True)
    data = desk.submit(text="", data=b"\1\2", ports=(2948, 9200))
    assert "it is no text" in str(refused(desk, smsc, data))
    assert smsc.asked == []


def test_a_link_that_cannot_says_so(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk)
    for verbs in (Smsc("cancel"), object()):
        late = refused(desk, cast(Smsc, verbs), id)
        assert (code(late), "the network of a replaces nothing" in str(late)) == ("cannot_replace", True)
    smsc.state = LinkState.DOWN
    assert "a is not connected" in str(refused(desk, smsc, id))
    with pytest.raises(Conflict, match="there is no link a any more"):
        Replacing({}, desk.database, desk.door).replace(Replacement(id, RIGHT, "ana", desk.now))
    assert desk.events(id)[-1] == "hand_over"
    assert code(refused(desk, smsc, id, send_at=desk.now + HOUR)) == "cannot_replace"


def test_what_was_written_for_another_link_is_not_replaced_in_a_coding_that_nobody_knows(
    desk: Desk, smsc: Smsc
) -> None:
    id = sent(desk, text="Bread for 1 €")
    desk.network.links["a"] = replace(desk.network.links["a"], abilities=replace(smsc.abilities, lacks=frozenset("€")))
    assert "in a coding of its own" in str(refused(desk, smsc, id))


@pytest.mark.parametrize("problem", [Conflict("too late (ESME_RREPLACEFAIL)"), NotFound("unknown id")])
def test_what_the_network_says_against_it_is_told_and_the_first_text_stands(
    desk: Desk, smsc: Smsc, problem: SmsgwError
) -> None:
    id = sent(desk)
    smsc.answers = raising(problem)
    late = refused(desk, smsc, id)
    assert (code(late), str(problem) in str(late)) == ("cannot_replace", True)
    assert said(desk, id) == (WRONG, [], [])
    assert desk.events(id)[-2:] == ["ask_replace", "keep_text"]


def test_where_the_network_does_not_answer_either_text_may_come_until_it_does(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk)
    smsc.answers = raising(SmsgwError("did not answer replace_sm within 30 seconds", code="no_answer"))
    late = refused(desk, smsc, id)
    assert (code(late), "did not answer" in str(late)) == ("replace_unsure", True)
    assert said(desk, id) == (WRONG, [], [RIGHT])
    smsc.answers = raising(Conflict("it refuses"))
    refused(desk, smsc, id, "a third text")
    assert said(desk, id) == (WRONG, [], [RIGHT]), "a no to another text says nothing of this one"
    smsc.answers = lambda: None
    put(desk, smsc, id, WRONG)
    assert (said(desk, id), smsc.asked[-1]) == ((WRONG, [], []), ("r1", WRONG))


def test_a_crash_between_the_answer_and_our_commit_is_seen_afterwards_and_can_be_asked_again(
    desk: Desk, smsc: Smsc
) -> None:
    id = sent(desk)
    smsc.answers = raising(Killed())
    with pytest.raises(Killed):
        put(desk, smsc, id)
    assert said(desk, id) == (WRONG, [], [RIGHT])
    assert desk.row(id).state == "sent"
    last = lines(desk, id)[-1]
    assert last.event == "ask_replace"
    assert "until it says yes, either may come" in last.why
    smsc.answers = lambda: None
    put(desk, smsc, id)
    assert said(desk, id) == (RIGHT, [WRONG], [])


def test_a_receipt_that_was_quicker_than_the_answer_changes_nothing_of_it(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk)
    smsc.answers = lambda: desk.receipt("r1")
    put(desk, smsc, id)
    assert (desk.state(id), said(desk, id)) == ("delivered", (RIGHT, [WRONG], []))


def test_what_went_another_way_meanwhile_keeps_its_text(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk)

    def moves(conn: Connection, batch: list[None]) -> list[None]:
        conn.execute(update(part).values(reference="other"))
        return batch

    smsc.answers = lambda: desk.database.writer.do(moves, None)
    assert code(refused(desk, smsc, id)) == "replace_unsure"
    assert said(desk, id) == (WRONG, [], [RIGHT])
    assert desk.events(id)[-1] == "doubt_text"


def test_a_stop_is_obeyed_and_what_only_decides_when_it_goes_is_not_asked(desk: Desk, smsc: Smsc) -> None:
    id = desk.offer(text="sale")
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    hold = replace(desk.terms.rules, more={"budget": lambda *_: {0: gate.Hold(desk.now + HOUR, "no money")}})
    desk.door.terms = replace(desk.terms, rules=hold)
    put(desk, smsc, id, "better sale; STOP ends it")
    assert code(refused(desk, smsc, id, "no way out")) == "way_out_missing"
    desk.text_from("+38640111222", "STOP")
    assert code(refused(desk, smsc, id, "best sale; STOP ends it")) == "recipient_opted_out"
    assert len(smsc.asked) == 1


def test_at_a_quiet_hour_what_its_network_has_is_still_put_right(desk: Desk, smsc: Smsc) -> None:
    id = desk.offer(text="sale", expires_in=12 * 3600)
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    desk.later(hours=10)
    put(desk, smsc, id, "better sale; STOP ends it")
    assert said(desk, id)[0] == "better sale; STOP ends it"


def test_one_network_is_not_asked_for_two_texts_at_a_time(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk)
    verb = Replacing({"a": cast(Link, smsc)}, desk.database, desk.door)
    late: list[SmsgwError] = []

    def again() -> None:
        smsc.answers = lambda: None
        with pytest.raises(Conflict) as busy:
            verb.replace(Replacement(id, "a third", "bor", desk.now))
        late.append(busy.value)

    smsc.answers = again
    verb.replace(Replacement(id, RIGHT, "ana", desk.now))
    assert "is being asked this moment" in str(late[0])
    assert said(desk, id) == (RIGHT, [WRONG], [])


def test_what_is_final_or_unknown_stays(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk)
    desk.receipt("r1")
    assert code(refused(desk, smsc, id)) == "already_final"
    assert code(refused(desk, smsc, "msg_none")) == "not_found"
    assert code(refused(desk, smsc, desk.submit(text="of another"), client="shop")) == "not_found"


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
