"""The gate's checks, each through the door, and through the release of what was held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from smsgw.customers.consent import consent
from smsgw.customers.consent import doubts as consent_doubts
from smsgw.customers.consent import suppression as consent_suppression
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.consent import SOFT, Statement
from smsgw.customers.consent.stop import withdraw
from smsgw.errors import RefusedByPolicy
from smsgw.link import Abilities
from smsgw.outbound.gate import facts as gate_facts
from smsgw.outbound.gate import gate
from smsgw.outbound.gate import rules as gate_rules
from smsgw.outbound.routing import Served
from smsgw.outbound.submit import Asked, Terms
from smsgw.store.database import Database
from smsgw.store.tables import address, customer, message, refusal
from tests.smsgw.desk import START, Desk

ANA, BINE, PARIS, MOSCOW = "+38640111222", "+38640111333", "+33612345678", "+79161234567"
DAY = timedelta(days=1)
on_both_engines = pytest.mark.parametrize("fresh_store_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def fresh_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, for a new PostgreSQL takes seconds; tests whose statements are worth it say `on_both_engines`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def ruled(database: Database, **rules: Any) -> Desk:
    return Desk(database, terms=Terms(region="SI", rules=gate.Rules(**rules)))


def refused(desk: Desk, **asked: Any) -> str:
    """The code with which the gate says no."""
    with pytest.raises(RefusedByPolicy) as no:
        desk.submit(**asked)
    return no.value.code


def offer(**more: Any) -> dict[str, Any]:
    return {"text": "Sale! STOP ends it", "purpose": "marketing", "category": "news", **more}


def act(desk: Desk, verb: Callable[[Connection], Any]) -> Any:
    return write(desk.database.writer, verb)


def known(desk: Desk, number: str, **told: Any) -> None:
    """Make a customer with this number."""

    def make(conn: Connection) -> None:
        row = {"id": f"cus_{number[1:]}", "name": "", "name_key": "", "fields": {}, "folded": {}, "revision": 1}
        conn.execute(insert(customer).values(**row, created_at=desk.now, updated_at=desk.now, **told))
        conn.execute(
            insert(address).values(address=number, customer_id=row["id"], kind="phone", rank=0, created_at=desk.now)
        )

    act(desk, make)


@on_both_engines
def test_marketing_goes_only_to_those_who_agreed_to_its_category(desk: Desk) -> None:
    assert refused(desk, text="Sale! STOP", purpose="marketing") == "category_missing"
    assert refused(desk, **offer()) == "category_unknown"
    desk.agrees(BINE)
    assert refused(desk, **offer()) == "consent_missing"
    assert refused(desk, **offer(category="bikes", to=BINE)) == "category_unknown"
    sent = desk.submit(**offer(to=BINE))
    assert desk.state(sent) == "queued"
    assert desk.row(sent).trace[-1] == "consent: statement 1 of 2026-03-01, news (form)"
    with desk.database.reading() as conn:
        kept = [(row.recipient, row.code) for row in conn.execute(select(refusal).order_by(refusal.c.id))]
    assert kept[1:3] == [(ANA, "category_unknown"), (ANA, "consent_missing")]


@on_both_engines
def test_a_stop_between_planning_and_sending_wins_wherever_the_message_is(desk: Desk) -> None:
    planned = desk.offer(send_at=START + timedelta(hours=2))
    queued = desk.offer(text="now")
    order = desk.submit(text="Your order is ready")
    desk.text_from(ANA, "STOP news")
    assert [desk.state(id) for id in (planned, queued, order)] == ["refused", "refused", "queued"]
    assert desk.row(queued).why == f"{ANA} said 'STOP news' to news on 2026-03-01"
    assert [wire.message_id for wire in desk.claim()] == [order]


def test_a_no_that_reached_only_the_ledger_is_found_at_the_claim(desk: Desk) -> None:
    id = desk.offer()
    no = Statement(ANA, False, "on the telephone", desk.now, "clerk", "t", scope="news")
    act(desk, lambda conn: consent.record(conn, [no]))
    assert desk.claim() == []
    assert desk.state(id) == "refused"


def test_a_no_of_one_number_is_a_no_of_the_person(desk: Desk) -> None:
    known(desk, ANA)
    act(
        desk,
        lambda conn: conn.execute(
            insert(address).values(
                address=BINE, customer_id=f"cus_{ANA[1:]}", kind="phone", rank=1, created_at=desk.now
            )
        ),
    )
    id = desk.offer(to=BINE)
    desk.text_from(ANA, "ODJAVA")
    assert desk.state(id) == "refused"
    assert refused(desk, to=BINE, text="hello") == "recipient_opted_out"


def test_what_may_be_a_stop_holds_offers_until_a_person_decides(desk: Desk) -> None:
    queued = desk.offer()
    desk.text_from(ANA, "ne pošiljajte mi teh smsov, sem na dopustu", "n1")
    assert desk.state(queued) == "held"
    later = desk.offer(text="more")
    assert desk.state(later) == "held"
    assert desk.state(desk.submit(text="Your order is ready")) == "queued"
    [text] = desk.texts()
    assert text.state == "waiting"
    act(desk, lambda conn: consent_doubts.decide(conn, text.id, False, "ana", desk.now))
    desk.database.writer.do(desk.waiting.release, desk.now)
    assert [desk.state(queued), desk.state(later)] == ["queued", "queued"]
    desk.text_from(ANA, "ne pošiljajte mi teh smsov!", "n2")
    act(desk, lambda conn: consent_doubts.decide(conn, desk.texts()[1].id, True, "ana", desk.now))
    assert desk.state(queued) == "refused"


def test_nothing_goes_to_the_suppressed_but_an_answer(desk: Desk) -> None:
    act(desk, lambda conn: consent_suppression.suppress(conn, [ANA], "asked by letter", "t", desk.now))
    act(desk, lambda conn: consent_suppression.suppress(conn, [BINE], "forgotten", "t", desk.now, reach="marketing"))
    assert refused(desk, to=ANA, text="order") == "suppressed"
    desk.agrees(BINE)
    assert refused(desk, **offer(to=BINE)) == "suppressed"
    desk.submit(to=BINE, text="order")
    desk.text_from(ANA, "How much?")
    [question] = desk.texts()
    desk.submit(to=ANA, text="2 euros", purpose="conversational", reply_to=question.id)
    desk.text_from(BINE, "START news", "n9")  # who comes back by their own word is back
    desk.submit(**offer(to=BINE))
    assert act(desk, lambda conn: consent_suppression.lift(conn, [ANA], "t", desk.now)) == 1
    desk.submit(to=ANA, text="order")


def test_texts_go_only_to_the_countries_that_are_named(database: Database) -> None:
    desk = ruled(database, countries=frozenset({"SI"}))
    desk.submit()
    assert refused(desk, to=PARIS) == "country_not_allowed"


def test_who_wants_mail_or_calls_gets_no_offers_as_texts(desk: Desk) -> None:
    known(desk, ANA, channel="email")
    desk.agrees()
    assert refused(desk, **offer()) == "channel_not_wanted"
    desk.submit(text="Your order is ready")


def test_a_sender_must_be_one_that_the_country_lets_in(database: Database) -> None:
    desk = ruled(database, registered=frozenset({"IE:Shop"}))
    assert refused(desk, to="+12025550123", sender="Shop") == "sender_not_allowed"
    assert refused(desk, to="+353851234567", sender="Store") == "sender_not_allowed"
    desk.submit(to="+353851234567", sender="Shop")
    desk.agrees(PARIS)
    assert refused(desk, **offer(to=PARIS, sender="+33612000000")) == "sender_not_allowed"
    desk.submit(to=PARIS, text="order", sender="+33612000000")


@pytest.mark.parametrize(
    ("text", "sender", "fine"),
    [
        ("Sale!", None, False),
        ("Sale ends this weekend, end of story", None, False),
        ("Sale! STOP to end", None, True),
        ("Razprodaja! Odjava: ODJAVA", None, True),
        ("حراج! لغو: لغو11", None, True),
        ("Sale! STOP to end", "Shop", False),
        ("Sale! End: shop.example/s", "Shop", True),
        ("Sale! Ends: call +386 1 234 5678", "Shop", True),
    ],
)
def test_marketing_must_say_how_to_end_it(database: Database, text: str, sender: str | None, fine: bool) -> None:
    desk = ruled(database)
    desk.agrees()
    if fine:
        desk.submit(**offer(text=text, sender=sender))
    else:
        assert refused(desk, **offer(text=text, sender=sender)) == "way_out_missing"


def test_marketing_may_be_kept_short(database: Database) -> None:
    desk = ruled(database, marketing_parts=1)
    desk.agrees()
    assert refused(desk, **offer(text="STOP " * 60)) == "text_too_long"


@on_both_engines
def test_nobody_gets_more_offers_than_the_caps_allow(desk: Desk) -> None:
    desk.agrees()
    for cap in (gate_facts.Cap("*", 7, 2), gate_facts.Cap("news", 1, 1)):
        act(desk, lambda conn, cap=cap: gate_rules.set_cap(conn, cap, "t", desk.now))
    first = desk.offer(text="1")
    second = desk.offer(text="2", expires_in=30 * 86400)  # one too many of news today
    assert (desk.state(first), desk.state(second)) == ("queued", "held")
    assert "the cap is 1" in desk.row(second).why
    third = desk.offer(text="3", category="bikes")  # another category: two in seven days
    assert desk.state(third) == "queued"
    assert refused(desk, **offer(text="4 STOP", category="bikes")) == "frequency_capped"  # in seven days it is too old
    desk.submit(text="Your order is ready")
    desk.later(days=1, seconds=1)
    desk.database.writer.do(desk.waiting.release, desk.now)
    assert desk.state(second) == "held"  # now the week is full
    desk.later(days=6)
    desk.database.writer.do(desk.waiting.release, desk.now)
    assert desk.state(second) == "queued"


def test_a_batch_does_not_slip_under_a_cap_together(desk: Desk) -> None:
    act(desk, lambda conn: gate_rules.set_cap(conn, gate_facts.Cap("*", 7, 2), "t", desk.now))
    desk.agrees()
    asked = [Asked(ANA, f"{n} STOP", "t", purpose="marketing", category="news", expires_in=2_000_000) for n in range(5)]
    rows = desk.door.submit_many(asked)
    assert [row.row["state"] for row in rows] == ["queued", "queued", "held", "held", "held"]  # type: ignore[union-attr]


def test_offers_wait_for_the_morning_and_come_spread_over_its_first_hour(desk: Desk) -> None:
    desk.now = datetime.fromisoformat("2026-03-02T20:30:00+00:00")
    ids = [desk.offer(to=f"+3864011{n:04}") for n in range(30)]
    due = [desk.row(id).due_at for id in ids]
    opens = datetime.fromisoformat("2026-03-03T07:00:00+00:00")
    assert {desk.state(id) for id in ids} == {"held"}
    assert min(due) >= opens
    assert max(due) < opens + timedelta(hours=1)
    assert len(set(due)) > 20
    assert "quiet hour" in desk.row(ids[0]).why
    desk.submit(text="Your order is ready")
    desk.now = opens + timedelta(hours=1)
    desk.database.writer.do(desk.waiting.release, desk.now)
    assert {desk.state(id) for id in ids} == {"queued"}


def test_the_customers_own_zone_goes_before_that_of_the_number(desk: Desk) -> None:
    desk.now = datetime.fromisoformat("2026-03-03T21:00:00+00:00")  # nine in the morning in Kamchatka
    assert desk.state(desk.offer(to=MOSCOW)) == "held"
    known(desk, MOSCOW, zone="Asia/Kamchatka")
    assert desk.state(desk.offer(to=MOSCOW, text="again")) == "queued"


def test_what_would_come_too_late_is_refused_at_once(desk: Desk) -> None:
    desk.now = datetime.fromisoformat("2026-03-02T20:30:00+00:00")
    desk.agrees()
    assert refused(desk, **offer(expires_in=3600)) == "quiet_hours"


def test_people_set_the_hours_of_a_country(desk: Desk) -> None:
    act(desk, lambda conn: gate_rules.set_hours(conn, "SI", ["Mo-Fr 08:00-20:00"], True, "t", desk.now))
    assert desk.state(desk.offer()) == "held"  # a Sunday
    act(desk, lambda conn: gate_rules.drop_hours(conn, "SI", "t", desk.now))
    assert desk.state(desk.offer(text="again")) == "queued"


def test_a_soft_opt_in_is_off_unless_the_file_says_otherwise(database: Database) -> None:
    desk = ruled(database)
    desk.agrees(basis=SOFT)
    assert refused(desk, **offer()) == "consent_missing"
    soft = ruled(database, soft_opt_in=True)
    assert soft.state(soft.submit(**offer())) == "queued"
    assert [wire.to for wire in soft.claim()] == [ANA]


def test_every_check_is_told_with_its_reason_also_after_a_refusal(desk: Desk) -> None:
    asked = Asked(ANA, "Sale!", "t", purpose="marketing", category="news", send_at=START + DAY)
    ready = desk.door.read(asked)
    with desk.database.reading() as conn:
        answers = gate.explain(conn, ready.candidate, desk.terms.rules, desk.now)
    names = [one.name for one in answers]
    order = ["country", "suppression", "stop", "consent", "channel", "sender", "text", "duplicate", "frequency"]
    assert [name for name in names if name in (*order, "budget", "hours")] == [*order, "budget", "hours"]
    said = {one.name: one.verdict for one in answers if one.verdict is not None}
    assert isinstance(said["consent"], gate.Refuse)
    assert isinstance(said["text"], gate.Refuse)
    assert isinstance(said["planned"], gate.Hold)
    decided = gate.decided(answers)
    assert isinstance(decided, gate.Refuse)
    assert decided.code == "category_unknown"
    assert all(one.duty.endswith(".") for one in answers)


def test_by_which_statement_it_may_go_is_told_before_it_is_sent(desk: Desk) -> None:
    desk.agrees()
    ready = desk.door.read(Asked(ANA, "Sale! STOP to end", "t", purpose="marketing", category="news"))
    with desk.database.reading() as conn:
        answers = {one.name: one for one in gate.explain(conn, ready.candidate, desk.terms.rules, desk.now)}
    assert answers["consent"].verdict is None
    assert "consent: statement 1 of " in str(answers["consent"].because)
    assert answers["text"].because is None


def test_marketing_is_never_kept_by_a_network_where_a_stop_would_not_reach_it(database: Database) -> None:
    keeper = Served("a", "fake", abilities=Abilities(optional=frozenset({"schedule"})))
    desk = Desk(database, links=[keeper])
    assert desk.state(desk.submit(text="order", send_at=START + DAY)) == "queued"
    assert desk.state(desk.offer(send_at=START + DAY)) == "held"


@pytest.mark.slow
def test_a_storm_of_stops_leaves_nothing_of_the_backlog_to_those_who_said_it(desk: Desk) -> None:
    numbers = [f"+3864{n:07}" for n in range(1000)]
    desk.agrees()
    yes = [Statement(one, True, "yes", desk.now, "form", "t", scope="news") for one in numbers]
    act(desk, lambda conn: consent.record(conn, yes))
    sales = ("Sale 1! STOP ends it", "Sale 2! STOP ends it")
    asked = [Asked(one, text, "t", purpose="marketing", category="news") for one in numbers for text in sales]
    desk.door.submit_many(asked)
    gone = desk.claim(most=100)
    stopping = numbers[::2]
    for place in range(0, len(stopping), 250):
        no = [Statement(one, False, "STOP", desk.now, "sms", "a") for one in stopping[place : place + 250]]
        act(desk, lambda conn, no=no: withdraw(conn, no, desk.now))
    left: list[str] = []
    while wires := desk.claim(most=500):
        left += [wire.to for wire in wires]
    assert not set(left) & set(stopping)
    assert len(gone) + len(left) + _refused(desk) == 2000


def _refused(desk: Desk) -> int:
    with desk.database.reading() as conn:
        return len(conn.execute(select(message.c.id).where(message.c.state == "refused")).all())
