"""MMS that are announced: in pieces, twice, over two links, and never as a text; what else comes as a push."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.inbound import mms_notices
from smsgw.link import Alphabet, InboundPiece
from smsgw.store.tables import part, receipt
from tests.emulators import mm1_mmsc
from tests.smsgw.inbound.mms_shop import CUSTOMER, OWN, Shop


@pytest.mark.parametrize("order", list(permutations(range(3)))[::2], ids=str)
def test_pieces_in_any_order_are_one_mms_that_waits_and_no_text_in_the_inbox(shop: Shop, order: Any) -> None:
    octets = shop.mmsc.holds()
    assert len(mm1_mmsc.pieces(octets, most=32)) == 3
    for number in order:
        assert shop.states() == []
        shop.arrives(octets, [number])
        shop.arrives(octets, [number], name="again")  # each comes twice
    assert shop.states() == ["waiting"]
    assert shop.shown() == []
    [text] = shop.desk.texts()
    assert (text.kind, text.state) == ("data", "ignored")


def test_two_senders_at_once_with_the_same_series_number_are_two(shop: Shop) -> None:
    first, second = shop.mmsc.holds(1), shop.mmsc.holds(2)
    for number in range(3):
        shop.arrives(first, [number])
        udh, data = mm1_mmsc.pieces(second, most=32)[number]
        other = InboundPiece(f"o{number}", "+38640000009", OWN, Alphabet.OCTETS, data, udh, kind="data")
        shop.desk.arrives(other)
    assert shop.states() == ["waiting", "waiting"]


def test_what_is_announced_again_or_over_another_link_is_counted_and_nothing_else(shop: Shop) -> None:
    octets = shop.mmsc.holds()
    shop.arrives(octets)
    shop.desk.later(minutes=1)
    shop.arrives(octets, reference=8)
    shop.arrives(octets, reference=9, link="b")
    [row] = shop.rows()
    assert (row.copies, row.link) == (3, "b")  # it is fetched where it was announced last


def test_an_mmsc_that_counts_on_announces_the_same_mms_and_is_answered_under_its_newest_name(shop: Shop) -> None:
    octets = shop.mmsc.holds()
    shop.arrives(octets)
    shop.fetching.serve("a")
    shop.arrives(octets.replace(b"txn-1", b"txn-9"), reference=8)
    shop.fetching.serve("a")
    assert (shop.states(), len(shop.stored)) == (["done"], 1)
    assert [told.get("transaction-id") for told in shop.mmsc.told] == ["txn-1", "txn-9"]


@pytest.mark.parametrize(("days", "size"), [(3, 4000), (0, 5000)], ids=["later", "larger"])
def test_a_place_that_an_mmsc_uses_again_is_another_mms(shop: Shop, days: int, size: int) -> None:
    shop.arrives(shop.mmsc.holds(size=4000))
    shop.fetching.serve("a")
    shop.desk.later(days=days)
    again = shop.mmsc.holds(size=size).replace(b"txn-1", b"txn-2")
    shop.mmsc.messages["/m/1"] = mm1_mmsc.retrieve_conf("M9@mmsc", "+38641000003")
    shop.arrives(again, reference=8)
    shop.fetching.serve("a")
    assert (shop.states(), [one.sender for one in shop.stored]) == (["done", "done"], [CUSTOMER, "+38641000003"])


def test_a_piece_that_comes_after_the_rest_was_given_out_still_makes_an_mms(shop: Shop) -> None:
    octets = shop.mmsc.holds()
    shop.arrives(octets, [0, 2])
    shop.desk.later(hours=25)
    shop.desk.database.writer.do(shop.desk.inbox.release_incomplete, (shop.desk.now, shop.desk.now))
    assert shop.states() == []
    with shop.desk.database.reading() as conn:
        assert [row.says for row in mms_notices.pushes(conn, 9)] == ["1 of its pieces never came: it cannot be read"]
    shop.arrives(octets, [1])
    assert shop.states() == ["waiting"]


def test_other_pushes_are_in_their_log_and_nowhere_else(shop: Shop) -> None:
    shop.arrives(mm1_mmsc.SERVICE_INDICATION)
    shop.arrives(b"\x01\x06garbage", reference=8)
    with shop.desk.database.reading() as conn:
        logged = mms_notices.pushes(conn, 10)
    assert [(row.content_type, row.application) for row in logged] == [
        ("", None),
        ("application/vnd.wap.sic", "wml.ua"),
    ]
    assert logged[1].octets == mm1_mmsc.SERVICE_INDICATION
    assert (shop.states(), shop.shown()) == ([], [])


def test_a_delivery_report_that_comes_as_a_push_settles_the_message(shop: Shop) -> None:
    id = shop.desk.submit(CUSTOMER)
    [wire] = shop.desk.claim()
    shop.desk.taken(wire, "S1@mmsc")
    shop.arrives(mm1_mmsc.delivery_ind("S1@mmsc", "Retrieved"))
    shop.arrives(mm1_mmsc.read_orig_ind("S1@mmsc"), reference=8)
    assert shop.desk.state(id) == "delivered"
    with shop.desk.database.reading() as conn:
        said = list(conn.scalars(select(receipt.c.said).order_by(receipt.c.id)))
    assert said == ["the phone fetched it", "read"]


def test_a_phone_that_cannot_show_mms_is_told_of_by_its_error(shop: Shop) -> None:
    id = shop.desk.submit(CUSTOMER)
    [wire] = shop.desk.claim()
    shop.desk.taken(wire, "S1@mmsc")
    shop.arrives(mm1_mmsc.delivery_ind("S1@mmsc", "Unrecognised"))
    with shop.desk.database.reading() as conn:
        [outcome] = conn.execute(select(part.c.outcome, part.c.error).where(part.c.message_id == id))
    assert tuple(outcome) == ("undeliverable", "Unrecognised")


def test_a_time_in_a_thousand_years_is_a_month(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds(seconds=10**10))
    assert shop.rows()[0].expires_at == shop.desk.now + mms_notices.LONGEST
