"""Reports: what the closings say and what the rows say is the same; by everything; on paper in every language."""

from __future__ import annotations

import io
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from smsgw.errors import BadInput
from smsgw.link import ReceiptState as State
from smsgw.money import closing, exchange, facts, report_tables, report_words, reports
from smsgw.money.proof import prove
from smsgw.money.reports import DIMENSIONS, Asked
from smsgw.store.tables import address, customer, message
from tests.smsgw.money.shop import ZONE, Shop

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def ask(shop: Shop, by: str, first: date = FIRST, last: date = LAST, **only: str) -> reports.Report:
    with shop.database.reading() as conn:
        return reports.costs(conn, Asked(first, last, by, only), shop.till, shop.now)


def told(report: reports.Report) -> list[Any]:
    return sorted((line.key, *(getattr(line, name) for name in facts.MEASURES)) for line in report.lines)


def known(shop: Shop, number: str, name: str) -> None:
    """A customer with a number."""
    times = {"created_at": shop.now, "updated_at": shop.now}
    empty = {"name_key": name, "fields": {}, "folded": {}, "revision": 1}
    mine = {"customer_id": f"cus_{name}", "kind": "phone", "rank": 0, "created_at": shop.now}
    with shop.database.exclusive() as conn:
        conn.execute(customer.insert().values(id=f"cus_{name}", name=name, **empty, **times))
        conn.execute(address.insert().values(address=number, **mine))


def fortnight(shop: Shop) -> Shop:
    """Two weeks of traffic over two links, in two currencies, with answers."""
    shop.rate("a", "+386", "0.01")
    shop.rate("a", "*", "0.05", charged="delivery")
    shop.rate("b", "*", "0.02", "USD")
    known(shop, "+38640111222", "Ana")
    drawn = random.Random(7)
    for day in range(1, 15):
        shop.at(f"2026-03-{day:02} 23:30:00" if day % 3 else f"2026-03-{day:02} 00:10:00")
        ids = []
        for n in range(drawn.randint(1, 4)):
            to = drawn.choice(["+38640111222", "+38641111222", "+38971123456", "+4366411122233"])
            text = "a" * drawn.choice([10, 200])
            link = drawn.choice(["a", "b"])
            ids.append(shop.submit(to, text, link=link, allow_duplicate=True, client_ref=f"{day}-{n}"))
        shop.take_all("a")
        shop.take_all("b")
        shop.later(minutes=40)  # receipts and answers may lie on the next day
        for id in ids:
            state = drawn.choice([State.DELIVERED, State.DELIVERED, State.UNDELIVERABLE])
            shop.arrives_all(id, state, shop.row(id).link)
        if day % 4 == 0:
            shop.text_from("+38640111222", "thank you", f"n{day}")
    shop.at("2026-03-20 12:00:00")
    return shop


@pytest.fixture
def march(each_shop: Shop) -> Shop:
    """The two weeks on each engine."""
    return fortnight(each_shop)


@pytest.fixture
def once(shop: Shop) -> Shop:
    """The two weeks on SQLite."""
    return fortnight(shop)


def test_the_closings_and_the_rows_agree(march: Shop) -> None:
    raw = {by: told(ask(march, by)) for by in DIMENSIONS}
    narrow = told(ask(march, "country", link="a"))
    mixed = told(ask(march, "customer", link="a"))
    for day in range(1, 16):
        closing.close(march.database, date(2026, 3, day), ZONE, march.now)
    closing.close(march.database, date(2026, 3, 7), ZONE, march.now)  # twice is no more than once
    for by in DIMENSIONS:
        assert told(ask(march, by)) == raw[by], by
    assert told(ask(march, "country", link="a")) == narrow
    assert told(ask(march, "customer", link="a")) == mixed
    assert ask(march, "link").open_days == 5
    total = ask(march, "link").total
    assert total.messages > 20
    assert total.replies == 3


def test_a_day_that_is_opened_again_is_added_up_anew(march: Shop) -> None:
    for day in range(1, 16):
        closing.close(march.database, date(2026, 3, day), ZONE, march.now)
    before = told(ask(march, "customer"))
    late = march.submit("+38640111222", "one more", link="a")  # of the 20th
    march.take_all("a")
    march.arrives_all(late)
    assert closing.reopen(march.database.writer, date(2026, 3, 3), date(2026, 3, 5)) == 3
    assert told(ask(march, "customer", last=date(2026, 3, 19))) == before
    closing.close(march.database, date(2026, 3, 4), ZONE, march.now)
    closing.reopen(march.database.writer, date(2026, 3, 15), date(2026, 3, 15))
    assert told(ask(march, "customer", last=date(2026, 3, 19))) == before


def test_a_day_that_was_closed_halfway_when_the_process_ended_is_counted_once(march: Shop) -> None:
    before = told(ask(march, "customer"))
    for day in range(1, 14):
        closing.close(march.database, date(2026, 3, day), ZONE, march.now)
    half = facts_of(march, date(2026, 3, 14))
    march.database.writer.do(closing._begin, (date(2026, 3, 14), march.now))
    piece = closing._People(date(2026, 3, 14), list(half.by_person.items())[:1])
    march.database.writer.do(closing._put_people, piece)
    assert told(ask(march, "customer")) == before
    closing.close(march.database, date(2026, 3, 14), ZONE, march.now)
    assert told(ask(march, "customer")) == before


def facts_of(shop: Shop, day: date) -> facts.Day:
    with shop.database.reading() as conn:
        return facts.of(conn, day, day, ZONE)


def test_of_many_customers_the_dearest_are_told_and_the_rest_together(march: Shop) -> None:
    for day in range(1, 15):
        closing.close(march.database, date(2026, 3, day), ZONE, march.now)
    whole = ask(march, "customer", link="a").total
    with march.database.reading() as conn:
        short = reports.costs(conn, Asked(FIRST, LAST, "customer"), march.till, march.now, most=1)
    assert [line.key for line in short.lines][1:] == [reports.REST]
    assert short.total.messages == ask(march, "link").total.messages
    assert whole.messages < short.total.messages


def test_what_is_open_is_closed_night_by_night_and_again_until_all_is_final(each_shop: Shop) -> None:
    each_shop.rate("a", "*", "0.01")
    each_shop.at("2026-03-02 10:00:00")
    id = each_shop.submit()
    each_shop.take_all()
    each_shop.at("2026-03-04 03:00:00")
    closed = []
    while (proof := each_shop.till.close_due(each_shop.database, each_shop.now)) is not None:
        assert proof.holds
        closed.append(proof.since.astimezone(ZONE).date().day)
    assert closed == [2, 3]
    assert ask(each_shop, "link").total.delivered == 0
    each_shop.arrives_all(id)
    each_shop.at("2026-03-05 02:31:00")
    while each_shop.till.close_due(each_shop.database, each_shop.now) is not None:
        pass
    assert ask(each_shop, "link").total.delivered == 1
    assert ask(each_shop, "link").open_days == 1


def test_money_that_no_rate_exchanges_is_told_and_not_added(once: Shop) -> None:
    report = ask(once, "link")
    assert "USD are not in the sums" in report.notes[0]
    told = {"currency": "EUR", "into": "USD", "worth": "1.25", "valid_from": "2026-03-10"}
    line = exchange.read_line(told, ZONE, once.now)
    exchange.store(once.database.writer, [line], once.now)
    once.read()
    dollars = report.total.others["USD"]
    again = ask(once, "link")
    assert again.notes == []
    assert again.total.amount == report.total.amount + dollars * 4 // 5


def test_cost_per_delivered_reply_and_order(once: Shop) -> None:
    total = ask(once, "link", link="a").total
    assert total.cost_per("delivered") == Decimal(total.amount) / 1_000_000 / total.delivered
    assert total.cost_per("orders") is None
    assert total.delivered_share == Decimal(total.delivered) / total.messages


def test_a_customer_is_told_by_name_and_a_stranger_by_number(once: Shop) -> None:
    names = {line.key: line.name for line in ask(once, "customer").lines}
    assert names["cus_Ana"] == "Ana"
    assert names["+38641111222"] == "+38641111222"


def test_what_each_customer_came_to_by_link_adds_up_to_the_whole(march: Shop) -> None:
    march.rate("a", "*", "0.005", kind="inbound")
    march.text_from("+38640111222", "and one that costs", "last")
    measures = ("messages", "parts", "delivered", "planned", "amount", "replies")
    whole = ask(march, "customer")
    for line in whole.lines:
        mine = ask(march, "link", customer=line.key).total
        assert [getattr(mine, name) for name in measures] == [getattr(line, name) for name in measures], line.key
    assert whole.total.replies


@pytest.mark.parametrize("language", report_words.LANGUAGES)
@pytest.mark.parametrize("shape", list(report_tables.FORMATS))
def test_a_report_is_written_in_every_language(language: str, shape: str) -> None:
    line = reports.Line("=SI", "=cmd|' /C calc'!A0", 10, 12, 8, 1, 1_500_000, 1_234_560, 2, 1)
    report = reports.Report(Asked(FIRST, LAST, "client", {"link": ""}), "EUR", [line], line, 0, [])
    made = report_tables.written(report, shape, language, datetime(2026, 4, 1, tzinfo=UTC))
    if shape == "csv":
        text = made.decode()
        assert text.startswith("\ufeff") == (language != "en")
        assert ";" in text if language in ("sl", "ru", "de", "hr", "it") else "," in text
        assert "'=cmd" in text
        assert ("1,23456" if language not in ("en", "fa") else "1.23456") in text
    elif shape == "pdf":
        assert made.startswith(b"%PDF-")
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(made)).active
        assert sheet is not None
        cells = list(sheet.iter_rows(values_only=True))
        assert cells[-2][1:5] == (10, 12, 8, 0.8)
        assert cells[-1][0] == report_words.word("total", language)
        assert sheet.freeze_panes == f"A{len(cells) - 1}"
        assert bool(sheet.sheet_view.rightToLeft) == (language == "fa")


def test_what_cannot_be_asked_is_told_at_once() -> None:
    with pytest.raises(BadInput) as wrong:
        reports.read_asked({"since": "2026-03-02", "until": "2026-03-01", "by": "mood"}, LAST)
    assert [fault.pointer for fault in wrong.value.faults] == ["/until", "/by"]
    asked = reports.read_asked({"month": "2026-02", "by": "client", "link": "a"}, LAST)
    assert (asked.first, asked.last, asked.only) == (date(2026, 2, 1), date(2026, 2, 28), {"link": "a"})


def test_the_proof_of_all_that_holds(once: Shop) -> None:
    with once.database.reading() as conn:
        begin, end = facts.span(FIRST, FIRST + timedelta(days=20), ZONE)
        found = prove(conn, once.till.plans, begin, end)
    assert found.holds, found.differences


def test_mms_and_mails_are_told_apart_from_texts(shop: Shop) -> None:
    shop.rate("a", "*", "0.05")
    shop.at("2026-03-03 12:00:00")
    ids = [shop.submit("+38640111222", f"text {n}", link="a") for n in range(3)]
    shop.take_all("a")
    with shop.database.exclusive() as conn:
        conn.execute(message.update().where(message.c.id == ids[0]).values(encoding="mms"))
    both = [("mms", 1), ("sms", 2)]
    assert [(line.key, line.messages) for line in sorted(ask(shop, "kind").lines, key=lambda line: line.key)] == both
    closing.close(shop.database, date(2026, 3, 3), ZONE, shop.now + timedelta(days=1))
    assert [(line.key, line.messages) for line in sorted(ask(shop, "kind").lines, key=lambda line: line.key)] == both
    assert ask(shop, "link", kind="mms").total.amount == 50_000
