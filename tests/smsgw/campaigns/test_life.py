"""A campaign from its draft to its end: estimated, approved by whom it takes, begun by the clock, paused, stopped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from smsgw.campaigns import life, writing
from smsgw.errors import BadInput, Conflict, Forbidden
from tests.smsgw.campaigns.town import TEXT, Town


@pytest.fixture
def fresh_store_url(tmp_path: Path) -> str:
    """One engine is enough here: its neighbours ask the other one the same questions."""
    return f"sqlite:///{tmp_path / 'store.db'}"


def test_everybody_who_agreed_gets_one_message_and_the_others_are_left_out_with_why(town: Town) -> None:
    agreed, _, stopped = town.people(7), town.people(3, agreed=False), town.people(2)
    town.say(stopped, granted=False)
    id = town.started()
    town.run()
    assert sorted(row.recipient for row in town.messages(id)) == sorted(agreed)
    assert town.left_out(id) == {"consent_missing": 3, "recipient_opted_out": 2}
    assert {(row.purpose, row.category, row.priority) for row in town.messages(id)} == {("marketing", "school", 1)}
    assert town.deliver() == 7
    town.run()
    assert (town.row(id).state, town.row(id).placed) == ("finished", 7)


def test_a_campaign_that_is_not_approved_does_not_begin(town: Town) -> None:
    town.people(1)
    id = town.write()
    with pytest.raises(Conflict, match="draft"):
        life.schedule(town.database.writer, life.When(id, "ana", town.desk.now))
    town.campaigns.estimate(id, "ana", town.desk.now)
    with pytest.raises(Conflict, match="estimated"):
        life.schedule(town.database.writer, life.When(id, "ana", town.desk.now))
    town.run()
    assert town.messages(id) == []


def test_a_change_makes_it_a_draft_that_must_be_estimated_and_approved_again(town: Town) -> None:
    town.people(1)
    id = town.approved()
    wish = writing.Wish("Other", {"numbers": ["040111222"]}, "ana", town.desk.now, {"sl": TEXT}, category="school",
                        region="SI")  # fmt: skip
    writing.change(town.database, id, wish)
    row = town.row(id)
    assert (row.state, row.name, row.estimate, row.approved_by) == ("draft", "Other", None, None)
    assert row.audience == {"numbers": ["+38640111222"]}


def test_above_an_amount_it_takes_a_second_person(town: Town) -> None:
    town.people(1)
    id = town.write()
    cost = {"costs": [{"currency": "EUR", "amount": 60_000_000}]}
    life.estimated(town.database.writer, id, cost, town.row(id).changed_at, "ana", town.desk.now)
    with pytest.raises(Forbidden, match="somebody other than ana"):
        life.approve(town.database.writer, life.Approval(id, "ana", town.desk.now, above=50_000_000))
    life.approve(town.database.writer, life.Approval(id, "bojan", town.desk.now, above=50_000_000))
    assert town.row(id).approved_by == "bojan"


def test_up_to_that_amount_it_does_not(town: Town) -> None:
    town.people(1)
    id = town.write()
    cost = {"costs": [{"currency": "EUR", "amount": 50_000_000}]}
    life.estimated(town.database.writer, id, cost, town.row(id).changed_at, "ana", town.desk.now)
    life.approve(town.database.writer, life.Approval(id, "ana", town.desk.now, above=50_000_000))
    assert town.row(id).state == "approved"


def test_an_estimate_of_what_was_changed_meanwhile_is_not_kept(town: Town) -> None:
    town.people(1)
    id = town.write()
    before = town.row(id).changed_at
    town.desk.later(seconds=1)
    writing.change(town.database, id, writing.Wish("Other", {"rule": {"everybody": True}}, "ana", town.desk.now,
                                                   {"sl": TEXT}, category="school"))  # fmt: skip
    with pytest.raises(Conflict, match="while it was estimated"):
        life.estimated(town.database.writer, id, {}, before, "ana", town.desk.now)


def test_a_pause_says_how_many_had_left_and_holds_what_is_in_the_queue_from_then_on(town: Town) -> None:
    town.people(30)
    id = town.started()
    town.run()
    assert len(town.desk.claim(most=10)) == 10
    told = life.pause(town.database.writer, id, "ana", "a wrong price", town.desk.now)
    assert told == {"left": 10, "wait": 20}
    assert "10 had left, 20 wait" in town.row(id).why
    assert town.desk.claim(most=500) == []
    assert {row.state for row in town.messages(id)} == {"sending", "held"}
    town.desk.later(hours=2)
    town.database.writer.do(town.desk.waiting.release, town.desk.now)
    assert town.desk.claim(most=500) == []


def test_what_a_pause_held_goes_when_it_is_resumed(town: Town) -> None:
    town.people(30)
    id = town.started()
    town.run()
    life.pause(town.database.writer, id, "ana", "lunch", town.desk.now)
    assert town.desk.claim(most=500) == []
    town.desk.later(minutes=30)
    life.resume(town.database.writer, id, "ana", town.desk.now)
    town.database.writer.do(town.desk.waiting.release, town.desk.now)
    assert town.deliver() == 30
    town.run()
    assert town.row(id).state == "finished"


def test_what_is_not_in_the_queue_yet_stays_out_of_it_while_it_is_paused(town: Town) -> None:
    town.people(60)
    id = town.started()
    town.campaigns.step(town.desk.now)
    town.campaigns.step(town.desk.now)
    assert len(town.messages(id)) == 50
    told = life.pause(town.database.writer, id, "ana", "lunch", town.desk.now)
    assert told == {"left": 0, "wait": 60}
    town.run()
    assert len(town.messages(id)) == 50
    life.resume(town.database.writer, id, "ana", town.desk.now)
    town.run()
    assert len(town.messages(id)) == 60


def test_a_stop_ends_it_for_good_and_takes_back_what_waits(town: Town) -> None:
    town.people(60)
    id = town.started()
    town.campaigns.step(town.desk.now)
    town.campaigns.step(town.desk.now)
    sent = town.desk.claim(most=40)
    told = life.stop(town.database.writer, id, "ana", "the wrong people", town.desk.now)
    assert told == {"left": 40, "wait": 20}
    town.run()
    states = [row.state for row in town.messages(id)]
    assert (states.count("cancelled"), states.count("sending"), len(sent)) == (10, 40, 40)
    with pytest.raises(Conflict, match="stopped"):
        life.resume(town.database.writer, id, "ana", town.desk.now)


def test_it_begins_at_its_time_and_not_before(town: Town) -> None:
    town.people(3)
    id = town.approved()
    at = life.schedule(town.database.writer, life.When(id, "ana", town.desk.now, town.desk.now + timedelta(hours=3)))
    town.run()
    assert town.row(id).state == "scheduled"
    town.desk.now = at
    town.run()
    assert (town.row(id).state, len(town.messages(id))) == ("running", 3)


def test_whoever_says_stop_between_planning_and_sending_gets_nothing(town: Town) -> None:
    early, queued = town.people(5), town.people(5)
    id = town.approved()
    life.schedule(town.database.writer, life.When(id, "ana", town.desk.now))
    town.campaigns.step(town.desk.now)  # begins, and freezes
    town.say(early, granted=False)
    town.run()
    assert {row.recipient for row in town.messages(id)} == set(queued)
    assert town.left_out(id) == {"recipient_opted_out": 5}
    town.say(queued[:2], granted=False, scope="*")
    assert {part.to for part in town.desk.claim(most=100)} == set(queued[2:])


def test_a_start_that_was_missed_for_too_long_is_not_made_up(town: Town) -> None:
    town.people(3)
    id = town.started(terms={"late": 60})
    town.desk.later(minutes=61)
    town.run()
    row = town.row(id)
    assert (row.state, len(town.messages(id))) == ("finished", 0)
    assert "too long ago" in row.why


def test_nothing_leaves_after_its_time_is_over(town: Town) -> None:
    town.people(60)
    id = town.started(terms={"within": 60})
    town.campaigns.step(town.desk.now)
    town.campaigns.step(town.desk.now)
    town.desk.later(minutes=61)
    town.run()
    assert (town.row(id).state, len(town.messages(id))) == ("finished", 50)


def test_a_campaign_tells_all_its_mistakes_at_once(town: Town) -> None:
    with pytest.raises(BadInput) as wrong:
        town.write(
            name="", audience={"rule": {"tag": 3}}, category="shoes", link="c", texts={"sl": "Hi {{ firstname }}"},
            language="en", terms={"limits": {"failures": 120}},
        )  # fmt: skip
    codes = {(fault.pointer, fault.code) for fault in wrong.value.faults}
    assert codes >= {
        ("/name", "name_missing"), ("/category", "category_unknown"), ("/link", "link_unknown"),
        ("/texts", "language_missing"), ("/texts/sl", "variable_unknown"), ("/terms/limits/failures", "terms_wrong"),
    }  # fmt: skip
    assert any("did you mean first_name?" in fault.detail for fault in wrong.value.faults)
