"""The nightly proof: it holds whatever happened, and is loud about a single entry that is wrong."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from smsgw.link import ReceiptState as State
from smsgw.link import RejectedForGood, RejectedForNow
from smsgw.money import networks, proof
from smsgw.outbound.balances import asked
from smsgw.store.database import Database
from smsgw.store.tables import balance, cost_entry, plan_use
from tests.smsgw.desk import START
from tests.smsgw.money.shop import Shop, emptied

DAY = timedelta(days=1)


def prove(shop: Shop) -> proof.Proof:
    with shop.database.reading() as conn:
        return proof.prove(conn, shop.till.plans, START - DAY, shop.now + DAY)


def test_a_day_with_everything_in_it_agrees(each_shop: Shop) -> None:
    each_shop.rate("a", "*", "0.0123", minimum="0.02", round_up_to="0.01", failed="0.001")
    each_shop.rate("b", "*", "0.03", charged="delivery")
    each_shop.later(minutes=5)
    lost, there, elsewhere = (
        each_shop.submit(),
        each_shop.submit("+38641111222", "a" * 200),
        each_shop.submit("+38651111222"),
    )
    wires = each_shop.claim("a", 2 + 1)
    for wire in wires:
        if wire.message_id == elsewhere:
            each_shop.failed(wire, RejectedForGood("not here", "11"))
        else:
            each_shop.taken(wire, f"{wire.message_id}-{wire.position}")
    each_shop.take_all()
    each_shop.take_all("b")
    each_shop.arrives_all(lost, State.UNDELIVERABLE)
    each_shop.arrives_all(there)
    if each_shop.row(elsewhere).link == "b":
        each_shop.arrives_all(elsewhere, link="b")
    found = prove(each_shop)
    assert found.holds, found.differences
    assert found.booked == found.counted
    assert found.entries == len(each_shop.entries())


def test_an_entry_that_is_missing_is_told(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.later(minutes=5)
    id = shop.submit()
    shop.sends(id)
    with shop.database.exclusive() as conn:
        conn.execute(delete(cost_entry))
    found = prove(shop)
    assert [(one.message_id, one.says) for one in found.differences] == [
        (id, "the link took 1 parts, and 0 are booked")
    ]
    shop.database.writer.do(proof.tell, (found, shop.now))
    [(kind, why)] = shop.told()
    assert (kind, "the link took 1 parts" in why) == ("proof.wrong", True)


def test_an_entry_that_is_there_twice_or_says_another_sum_is_told(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.later(minutes=5)
    shop.sends(shop.submit())
    [entry] = shop.entries()
    with shop.database.exclusive() as conn:
        conn.execute(update(cost_entry).values(amount=9_999))
    assert "0.009999 EUR is booked, and its rate says 0.01" in prove(shop).differences[0].says
    with shop.database.exclusive() as conn:
        conn.execute(update(cost_entry).values(amount=10_000))
        values = {key: value for key, value in entry._mapping.items() if key != "id"}
        conn.execute(cost_entry.insert().values(values))
    assert "2 parts are booked, and the link took 1" in prove(shop).differences[0].says


def test_a_bundle_that_counted_wrong_is_told(each_shop: Shop) -> None:
    each_shop.plan(units="10", name="M")
    each_shop.sends(each_shop.submit())
    assert prove(each_shop).holds
    with each_shop.database.exclusive() as conn:
        conn.execute(update(plan_use).values(used=7))
    assert "M says that 7 parts are used" in prove(each_shop).differences[0].says


def test_a_rate_that_came_afterwards_for_an_earlier_day_charges_nothing_that_was(shop: Shop) -> None:
    shop.sends(shop.submit())
    shop.later(minutes=5)
    shop.rate("a", "*", "0.01")
    assert prove(shop).holds


def test_texts_that_came_in_and_questions_are_counted_again_too(each_shop: Shop) -> None:
    each_shop.rate("a", "*", "0.005", kind="inbound")
    each_shop.rate("a", "*", "0.02", kind="ussd")
    each_shop.later(minutes=5)
    each_shop.text_from("+38640111222", "hello?")
    with each_shop.database.exclusive() as conn:
        conn.execute(balance.insert().values(link="a", at=each_shop.now, said="2 EUR"))
        each_shop.till.books.asked(conn, [asked("a", each_shop.now)], each_shop.now)
    found = prove(each_shop)
    assert (found.holds, found.entries, found.others, found.booked) == (True, 2, 2, {"EUR": 25_000})
    text, question = each_shop.entries()
    with each_shop.database.exclusive() as conn:
        conn.execute(update(cost_entry).where(cost_entry.c.id == text.id).values(amount=4_999))
        conn.execute(delete(cost_entry).where(cost_entry.c.id == question.id))
    found = prove(each_shop)
    assert [(one.message_id, one.says) for one in found.differences] == [
        (text.message_id, "0.004999 EUR is booked, and its rate says 0.005"),
        (question.message_id, "there are 1 parts, and 0 are booked"),
    ]
    assert (found.booked, found.counted) == ({"EUR": 4_999}, {"EUR": 25_000})


def test_a_text_that_came_in_is_booked_once(shop: Shop) -> None:
    shop.rate("a", "*", "0.005", kind="inbound")
    shop.later(minutes=5)
    shop.text_from("+38640111222", "hello?")
    [entry] = shop.entries()
    with shop.database.exclusive() as conn:
        conn.execute(cost_entry.insert().values({k: v for k, v in entry._mapping.items() if k != "id"}))
    assert prove(shop).differences[0].says == "2 parts are booked, and there are 1"


def test_a_number_s_network_counts_in_the_proof_as_it_did_when_it_was_booked(shop: Shop) -> None:
    networks.store(shop.database.writer, networks.read_csv("prefix,network,name\n+38640,29340,Sky\n"), shop.now)
    shop.rate("a", "*", "0.05", charged="delivery")
    shop.rate("a", "*", "0.02", network="29340")
    shop.later(minutes=5)
    id = shop.submit("+38640111222")
    shop.sends(id)
    shop.arrives_all(id)
    assert prove(shop).holds, prove(shop).differences
    with shop.database.exclusive() as conn:
        conn.execute(delete(cost_entry))
    assert prove(shop).differences[0].says == "the link took 1 parts, and 0 are booked"


_FATES = st.sampled_from(["deliver", "bounce", "refuse", "later", "silent", "crash"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fates=st.lists(st.tuples(_FATES, st.integers(1, 4)), min_size=1, max_size=8), data=st.data())
def test_whatever_becomes_of_messages_the_books_agree_with_the_parts(
    on_sqlite: Database, fates: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Refused and tried elsewhere, put off, lost in a crash, failed after it was taken: booked once for each try."""
    emptied(on_sqlite)
    shop = Shop(on_sqlite)
    shop.rate("a", "*", "0.01", failed=data.draw(st.sampled_from(["", "0.002"])))
    shop.rate("b", "*", "0.02", charged=data.draw(st.sampled_from(["submit", "delivery"])))
    shop.now += timedelta(hours=1)
    ids = [shop.submit(f"+386401112{n:02}", "a" * (150 * parts), allow_duplicate=True, on_unsure="resend")
           for n, (_, parts) in enumerate(fates)]  # fmt: skip
    fate = dict(zip(ids, (name for name, _ in fates), strict=True))
    for _ in range(4):
        for link in ("a", "b"):
            for wire in shop.claim(link, 100):
                mine = fate.get(wire.message_id, "deliver")
                if mine == "refuse" and link == "a" and wire.position == 1:
                    shop.failed(wire, RejectedForGood("no", "11"), link)
                elif mine == "later" and link == "a" and wire.position == 1:
                    fate[wire.message_id] = "deliver"
                    shop.failed(wire, RejectedForNow("busy", "88"), link)
                elif mine != "crash":
                    shop.taken(wire, f"{link}-{wire.message_id}-{wire.position}-{shop.now.timestamp()}", link)
            if "crash" in fate.values():  # the process ends here, and the next one begins
                shop.database.writer.do(shop.handover.recover, (link, shop.now))
                fate = {id: "deliver" if name == "crash" else name for id, name in fate.items()}
        shop.later(minutes=10)
    for id in ids:
        row = shop.row(id)
        if row.state == "sent" and fate[id] in ("deliver", "bounce"):
            state = State.DELIVERED if fate[id] == "deliver" else State.UNDELIVERABLE
            shop.arrives_all(id, state, row.link)
            shop.arrives_all(id, state, row.link)  # told twice
    found = prove(shop)
    assert found.holds, found.differences
    entries = shop.entries()
    tries = [(entry.message_id, entry.link, entry.event) for entry in entries if entry.event in ("submit", "delivery")]
    assert len(tries) == len(set(tries))
