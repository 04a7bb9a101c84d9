"""Whom a campaign is about, and everybody who is left out, each with why."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, insert, select

from smsgw.campaigns import freezing, life, trial
from smsgw.customers import customers, merging
from smsgw.customers.consent import consent
from smsgw.customers.consent.changes import changed
from smsgw.customers.customers import Wish
from smsgw.errors import Conflict
from smsgw.store.tables import campaign, frequency_cap, target
from tests.smsgw.campaigns.town import NOON, Town


def test_numbers_of_a_list_are_written_to_once_each(town: Town) -> None:
    known = town.people(2)
    id = town.started(
        purpose="service", category=None, audience={"numbers": [*known, "040 999 111", known[0], "+38640999111"]}
    )
    town.run()
    assert [row.recipient for row in town.messages(id)] == [*known, "+38640999111"]
    assert town.left_out(id) == {"duplicate_number": 2}


def test_a_person_with_two_numbers_in_a_list_gets_it_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "PIECE", 2)  # the second number comes in another look
    first, other = town.people(2)
    wish = Wish({"name": "Bojan", "addresses": ["+38641111111", "+38641222222"]}, "test", NOON)
    customers.create(town.database.writer, wish)
    numbers = ["+38641111111", first, other, "+38641222222"]
    id = town.started(purpose="service", category=None, audience={"numbers": numbers})
    town.run()
    assert [row.recipient for row in town.messages(id)] == numbers[:3]
    assert town.left_out(id) == {"duplicate_person": 1}


def test_a_person_who_agreed_on_the_second_number_only_gets_it_there(town: Town) -> None:
    wish = Wish({"name": "Bojan", "addresses": ["+38641111111", "+38641222222"]}, "test", NOON)
    customers.create(town.database.writer, wish)
    town.say(["+38641222222"], granted=True)
    id = town.started(audience={"numbers": ["+38641111111", "+38641222222"]})
    town.run()
    assert [row.recipient for row in town.messages(id)] == ["+38641222222"]
    assert town.left_out(id) == {"consent_missing": 1}


@pytest.mark.parametrize("kept", [0, 1])
def test_two_who_became_one_customer_while_it_ran_get_it_once(town: Town, kept: int) -> None:
    one, two = town.people(2)
    id = town.started(terms={"per_minute": 1})
    town.run()
    assert [row.recipient for row in town.messages(id)] == [one]
    with town.database.reading() as conn:
        ids = [customers.of(conn, [number])[number].id for number in (one, two)]
    wish = merging.Merge(ids[kept], ids[1 - kept], "ana", town.desk.now)
    merging.merge(town.database.writer, wish)
    town.desk.later(hours=1)
    town.run()
    assert [row.recipient for row in town.messages(id)] == [one]
    assert town.left_out(id) == {"duplicate_person": 1}


def test_without_mail_those_who_have_or_want_nothing_else_are_left_out(town: Town) -> None:
    town.people(1)
    town.people(1, channel="email")
    for told in ({"name": "Bojan", "addresses": ["bojan@example.com"]}, {"name": "Cene"}):
        customers.create(town.database.writer, Wish(told, "test", NOON))
    id = town.started()
    town.run()
    assert town.left_out(id) == {"no_number": 1, "no_mail_link": 1, "channel_not_wanted": 1}


def test_a_rule_says_who(town: Town) -> None:
    town.people(3, tags=["vip"])
    town.people(2)
    id = town.started(audience={"rule": {"tag": "vip"}})
    town.run()
    assert len(town.messages(id)) == 3
    with town.database.reading() as conn:
        assert len(conn.execute(select(target).where(target.c.campaign_id == id)).all()) == 3


def test_who_got_as_many_as_a_cap_allows_waits_or_is_left_out(town: Town) -> None:
    town.people(4)
    now = town.desk.now

    def cap(conn: Connection) -> None:
        conn.execute(insert(frequency_cap).values(category="*", days=7, most=1))
        changed(conn, "a cap", "test", now)

    town.do(cap)
    first = town.started()
    town.run()
    town.deliver()
    town.desk.later(hours=3)
    second = town.started(texts={"sl": "Drugič. STOP"})
    town.run()
    assert len(town.messages(first)) == 4
    assert town.messages(second) == []
    assert town.left_out(second) == {"frequency_capped": 4}


def test_a_yes_that_ran_out_or_was_for_something_else_is_no_yes(town: Town) -> None:
    other, ran_out, soft, good = town.people(4, agreed=False)
    said = [
        consent.Statement(other, True, "DA", NOON, "form", "test", scope="news"),
        consent.Statement(ran_out, True, "DA", NOON, "form", "test", scope="school", expires_at=NOON),
        consent.Statement(soft, True, "DA", NOON, "form", "test", scope="school", basis=consent.SOFT),
        consent.Statement(good, True, "DA", NOON, "form", "test", scope="marketing"),
    ]
    town.do(lambda conn: consent.record(conn, said))
    id = town.started()
    town.run()
    assert [row.recipient for row in town.messages(id)] == [good]
    assert town.left_out(id) == {"consent_missing": 3}


def test_a_variable_without_a_value_blocks_the_start_with_who_and_what(town: Town) -> None:
    town.people(3)
    id = town.approved(texts={"sl": "{{ first_name }}, pridite! STOP"})
    [nobody] = town.people(1, name="")
    life.schedule(town.database.writer, life.When(id, "ana", town.desk.now))
    town.run()
    row = town.row(id)
    assert (row.state, town.messages(id)) == ("draft", [])
    assert f"{nobody} has no first_name" in row.why
    town.campaigns.estimate(id, "ana", town.desk.now)
    with pytest.raises(Conflict, match="has no first_name"):
        life.approve(town.database.writer, life.Approval(id, "bojan", town.desk.now))


def test_a_start_after_one_that_was_blocked_begins_anew(town: Town) -> None:
    town.people(3)
    id = town.approved(texts={"sl": "{{ first_name }}, pridite! STOP"})
    [nobody] = town.people(1, name="")
    life.schedule(town.database.writer, life.When(id, "ana", town.desk.now))
    town.run()
    with town.database.reading() as conn:
        who = customers.of(conn, [nobody])[nobody].id
    customers.change(town.database.writer, Wish({"name": "Cene"}, "test", town.desk.now, id=who))
    town.campaigns.estimate(id, "ana", town.desk.now)
    life.approve(town.database.writer, life.Approval(id, "bojan", town.desk.now))
    life.schedule(town.database.writer, life.When(id, "ana", town.desk.now))
    town.run()
    assert len(town.messages(id)) == 4


def test_a_text_in_each_language_and_the_default_for_the_others(town: Town) -> None:
    town.people(1, language="fa")
    town.people(1, language="en-GB")
    town.people(1, language="ru")
    town.people(1, language=None)
    id = town.started(texts={"sl": "Zdravo STOP", "en": "Hello STOP", "fa": "سلام لغو۱۱"}, language="sl")
    town.run()
    assert [row.text for row in town.messages(id)] == ["سلام لغو۱۱", "Hello STOP", "Zdravo STOP", "Zdravo STOP"]


def test_a_freeze_goes_on_where_it_was_interrupted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "PIECE", 40)
    monkeypatch.setattr(freezing, "SLICE", 15)
    town.people(100)
    id = town.started()
    town.campaigns.step(town.desk.now)  # begins, and freezes the first piece
    assert town.row(id).frozen_at is None
    life.pause(town.database.writer, id, "ana", "wait", town.desk.now)
    town.run()
    assert town.row(id).frozen_at is None
    life.resume(town.database.writer, id, "ana", town.desk.now)
    town.run()
    numbers = [row.recipient for row in town.messages(id)]
    assert len(numbers) == len(set(numbers)) == 100


def test_the_preview_shows_the_longest_text_and_one_from_right_to_left(town: Town) -> None:
    town.people(30)
    town.people(1, name="Maksimilijana Aleksandra Podgoršek-Krivec")
    town.people(1, language="fa", name="مریم")
    id = town.write(texts={"sl": "Pozdravljeni, {{ name }}! STOP", "fa": "سلام {{ name }} لغو۱۱"})
    with town.database.reading() as conn:
        row = conn.execute(select(campaign).where(campaign.c.id == id)).one()
    shown = trial.preview(town.database, town.desk.door, row, town.desk.now)
    assert len(shown) == trial.SHOWN
    assert (shown[0].why, "Maksimilijana" in shown[0].text) == ("the longest", True)
    assert [one.number for one in shown if one.right_to_left] != []
    assert len({one.number for one in shown}) == trial.SHOWN
