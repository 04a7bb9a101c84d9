"""Campaigns whose links go short: what they cost, who followed which (people told from programs), which text wins."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from smsgw.campaigns import life, report, trial, winning
from smsgw.errors import BadInput
from smsgw.outbound import link_clicks, short_links
from smsgw.outbound.short_links import Click, NewLink, Shortening
from smsgw.store.tables import short_link
from tests.smsgw.campaigns.town import Town

HERE, LONG = "https://m.example.com", "https://shop.example/" + "jesen/" * 25
OFFER = {"sl": f"Zvezki: {LONG} Odjava: STOP"}
CODE = re.compile(re.escape(HERE) + "/l/(.{7})")
TRACKED = {"track_links": True}


@pytest.fixture(autouse=True)
def shortening(town: Town) -> Shortening:
    """Phones reach the gateway."""
    town.desk.door.shortening = Shortening(town.database, HERE, None)
    return town.desk.door.shortening


def follow(town: Town, text: str, human: bool = True) -> None:
    """Somebody or something follows the first link of a text."""
    with town.database.reading() as conn:
        link = short_links.get(conn, CODE.findall(text)[0])
    town.database.writer.do(short_links.followed, Click(link.id, town.desk.now, human))


def told(town: Town, id: str) -> dict[str, Any]:
    """The report of a campaign."""
    with town.database.reading() as conn:
        return report.report(conn, id)


def ended(town: Town, **more: Any) -> str:
    """A campaign all of whose messages have arrived."""
    id = town.started(**more)
    town.run()
    town.deliver()
    town.run()
    return id


def test_it_is_estimated_and_shown_with_the_short_links_that_then_go(town: Town) -> None:
    town.people(60)
    plain, tracked = town.write(texts=OFFER), town.approved(texts=OFFER, terms=TRACKED)
    town.campaigns.estimate(plain, "ana", town.desk.now)
    assert town.row(plain).estimate["parts"] == 120
    assert town.row(tracked).estimate["parts"] == 60
    shown = {one.number: one for one in trial.preview(town.database, town.desk.door, town.row(tracked), town.desk.now)}
    life.schedule(town.database.writer, life.When(tracked, "ana", town.desk.now))
    town.run()
    sent = {one.recipient: one for one in town.messages(tracked)}
    assert sum(one.parts for one in sent.values()) == 60
    assert len({CODE.findall(one.text)[0] for one in sent.values()}) == 60
    assert {number: (one.text, one.parts) for number, one in shown.items()} == {
        number: (sent[number].text, sent[number].parts) for number in shown
    }


def test_a_code_that_is_another_link_s_is_left_to_it(town: Town) -> None:
    town.people(3)
    id = town.started(texts=OFFER, terms=TRACKED)
    shown = trial.preview(town.database, town.desk.door, town.row(id), town.desk.now)
    other = town.database.writer.do(short_links.make, NewLink("https://other.example", "test", town.desk.now))
    taken = CODE.findall(shown[0].text)[0]
    town.do(
        lambda conn: conn.execute(update(short_link).where(short_link.c.id == other.id).values(code=taken)).rowcount
    )
    town.run()
    codes = {one.recipient: CODE.findall(one.text)[0] for one in town.messages(id)}
    assert [codes[one.number] == CODE.findall(one.text)[0] for one in shown] == [False, True, True]
    with town.database.reading() as conn:
        assert short_links.get(conn, taken).url == "https://other.example"
        assert {short_links.get(conn, code).url for code in codes.values()} == {LONG}


def test_the_report_tells_who_followed_which_link_and_people_from_programs(town: Town) -> None:
    town.people(3)
    id = ended(town, texts={"sl": f"{LONG} https://b.example/x STOP"}, terms=TRACKED)
    first, second, third = town.messages(id)
    town.desk.now += timedelta(days=40)  # long after its end
    for text, human in ((first.text, True), (first.text, True), (second.text, True), (third.text, False)):
        follow(town, text, human)
    came = told(town, id)
    assert came["brought"]["clicked"] == 2
    assert came["clicks"]["links"] == [
        {"url": LONG, "codes": 3, "people": 3, "bots": 1, "last": town.desk.now},
        {"url": "https://b.example/x", "codes": 3, "people": 0, "bots": 0, "last": None},
    ]
    assert {name: came["clicks"][name] for name in ("people", "bots", "addresses")} == {
        "people": 3, "bots": 1, "addresses": 2,
    }  # fmt: skip
    with town.database.reading() as conn:
        followed = report.targets(conn, id, 10, clicked=True)
        clicks = link_clicks.of_messages(conn, [one.message_id for one in report.targets(conn, id, 10)])
    assert [one.address for one in followed] == [first.recipient, second.recipient]
    assert clicks[first.id] == {"people": 2, "bots": 0, "last": town.desk.now}
    assert clicks[third.id] == {"people": 0, "bots": 1, "last": None}


def test_what_is_no_marketing_tells_how_often_and_not_who_and_each_campaign_for_itself(town: Town) -> None:
    town.people(3, agreed=False)
    notice: dict[str, Any] = {"purpose": "service", "category": None, "terms": TRACKED}
    one, other = (ended(town, texts={"sl": f"{name}: {LONG}"}, **notice) for name in ("Prva", "Druga"))
    texts = {CODE.findall(message.text)[0]: message.text for id in (one, other) for message in town.messages(id)}
    assert len(texts) == 2
    follow(town, town.messages(one)[0].text)
    assert [told(town, id)["clicks"]["people"] for id in (one, other)] == [1, 0]
    assert told(town, one)["clicks"]["links"][0]["codes"] == 1
    assert told(town, one)["brought"]["clicked"] is None
    with town.database.reading() as conn:
        assert report.targets(conn, one, 10, clicked=True) == []


def test_the_text_whose_links_more_people_followed_wins(town: Town) -> None:
    town.people(20)
    split = {"against": [{"sl": f"Druga ponudba: {LONG} STOP"}], "share": 40, "decide_after": 60, "by": "clicks"}
    id = town.started(texts=OFFER, terms={**TRACKED, "split": split})
    town.run()
    other = next(one for one in town.messages(id) if one.text.startswith("Druga"))
    for one in town.messages(id):
        follow(town, one.text, human=False)  # a scanner is no reason to win
    follow(town, other.text)
    with town.database.reading() as conn:
        assert winning.winner(conn, town.row(id)) == "b"
    assert {name: one["clicked"] for name, one in told(town, id)["variants"].items()} == {"a": 0, "b": 1}


def test_what_follows_a_campaign_has_short_links_too(town: Town) -> None:
    town.people(1)
    second = {"who": "silent", "after": 1, "texts": {"sl": f"Še danes: {LONG} STOP"}}
    id = ended(town, texts=OFFER, terms={**TRACKED, "follow_ups": [second]})
    town.desk.now += timedelta(hours=2)
    town.tick()
    [child] = town.children(id)
    assert CODE.search(town.messages(child.id)[0].text)


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"public": False}, "/terms/track_links", "no_public_url"),
        ({"terms": {**TRACKED, "shown": {"slides": [{}]}}}, "/terms", "terms_wrong"),
        ({"terms": {"split": {"against": [OFFER], "by": "clicks"}}}, "/terms/split/by", "clicks_unknown"),
        (
            {"purpose": "service", "terms": {**TRACKED, "split": {"against": [OFFER], "by": "clicks"}}},
            "/terms/split/by",
            "clicks_unknown",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused_when_it_is_written(
    town: Town, more: dict[str, Any], pointer: str, code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        town.write(**{"texts": OFFER, "terms": TRACKED, **more})
    assert [(one.pointer, one.code) for one in refused.value.faults] == [(pointer, code)]
