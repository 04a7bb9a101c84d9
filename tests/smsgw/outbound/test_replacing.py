"""A text that was wrong, where its network has it: another is put in its place there; and what if not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import Connection, update

from smsgw.errors import Conflict, NotFound, SmsgwError
from smsgw.link import Alphabet, Link, LinkState
from smsgw.outbound.gate import gate
from smsgw.outbound.redact import Redaction, redact
from smsgw.outbound.replacing import Replacing
from smsgw.outbound.rewording import Replacement
from smsgw.outbound.routing import Served
from smsgw.store.database import Database
from smsgw.store.tables import part
from tests.smsgw.desk import Desk
from tests.smsgw.smsc_on_paper import LONG, RIGHT, WRONG, Smsc, code, lines, on_the_air, put, refused, said, sent

HOUR = timedelta(hours=1)


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


def test_words_that_are_forgotten_while_the_network_answers_do_not_come_back(desk: Desk, smsc: Smsc) -> None:
    id = sent(desk)

    def forget() -> None:
        desk.receipt("r1")
        desk.database.writer.do(redact, Redaction(id, "ana", desk.now, {}))

    smsc.answers = forget
    assert code(refused(desk, smsc, id)) == "replace_unsure"
    assert (said(desk, id), on_the_air(desk, id)) == (("", [], []), "")


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
