"""Clients come in by their keys, submit through the one door, and ask about what is theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from smsgw.access import keys, smpp_clients
from smsgw.access.smpp_clients import Terms
from smsgw.clients.reception import TRIES, TRIES_OF_A_NAME, Reception
from smsgw.customers.consent import categories, consent
from smsgw.customers.consent.consent import Statement
from smsgw.errors import (
    BadInput,
    Forbidden,
    QueueFull,
    RefusedByPolicy,
    SmsgwError,
    Unauthenticated,
)
from smsgw.link import Alphabet, ReceiptState
from smsgw.listener import Address, Knock
from smsgw.store.tables import api_key
from tests.smsgw.desk import START, Desk

Bind = Callable[..., Any]
OURS = Address("38640111000")  # a number that can be answered


def refusal(future: Any) -> SmsgwError:
    problem = future.exception(90)
    assert isinstance(problem, SmsgwError), problem
    return problem


def knock(pair: tuple[str, str], address: str = "127.0.0.1", sends: bool = True) -> Knock:
    return Knock(*pair, address, sends=sends, receives=True)


def test_what_is_submitted_is_a_message_of_the_key_as_the_api_shows_it(bind: Bind, desk: Desk, key: str) -> None:
    id = bind().take("Grüße", priority=8)
    row = desk.row(id)
    assert (row.client, row.state, row.text, row.recipient, row.sender) == (
        key,
        "queued",
        "Grüße",
        "+38640111222",
        "Shop",
    )
    assert row.priority == 8
    assert desk.woken == ["a"]


def test_the_answer_comes_after_the_commit(bind: Bind, desk: Desk) -> None:
    bound = bind()
    futures = [bound.send(f"number {number}") for number in range(20)]
    for future in futures:
        assert desk.state(future.result(90).id) == "queued"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"to": "123456789012345678"}, "recipient_invalid"),
        ({"sender": Address("a name that is too long")}, "sender_invalid"),
        ({"valid_until": START - timedelta(seconds=1)}, "validity_over"),
    ],
)
def test_what_is_wrong_is_told_and_not_stored(bind: Bind, desk: Desk, wrong: dict[str, Any], code: str) -> None:
    problem = refusal(bind().send(**wrong))
    assert isinstance(problem, BadInput)
    assert [fault.code for fault in problem.faults] == [code]
    assert desk.woken == []


def test_a_number_that_said_stop_is_refused_by_the_same_gate(bind: Bind, desk: Desk) -> None:
    desk.text_from("+38640111222", "STOP")
    problem = refusal(bind().send())
    assert isinstance(problem, RefusedByPolicy)
    assert problem.code == "recipient_opted_out"


@pytest.mark.parametrize(
    ("written", "recipient"),
    [
        ("+38640111222", "+38640111222"),
        ("38640111222", "+38640111222"),  # international without its plus, as most clients write
        ("040111222", "+38640111222"),
        ("4915112345678", "+4915112345678"),
    ],
)
def test_a_number_is_understood_as_clients_write_it(bind: Bind, desk: Desk, written: str, recipient: str) -> None:
    assert desk.row(bind().take(to=written)).recipient == recipient


def test_time_and_validity_and_purpose_are_the_doors(bind: Bind, desk: Desk) -> None:
    at = START + timedelta(hours=1)
    row = desk.row(bind().take(deliver_at=at, valid_until=at + timedelta(minutes=5), service="otp"))
    assert (row.state, row.due_at, row.valid_until, row.purpose) == ("held", at, at + timedelta(minutes=5), "otp")


def test_a_client_may_only_send_as_whom_its_terms_name(bind: Bind, desk: Desk) -> None:
    bound = bind(senders=("Shop", "+38640111000"))
    assert desk.row(bound.take()).sender == "Shop"
    assert desk.row(bound.take("other", sender=Address("38640111000"))).sender == "+38640111000"
    assert desk.row(bound.take("third", sender=None)).sender == "Shop"
    problem = refusal(bound.send("fourth", sender=Address("Bank")))
    assert isinstance(problem, BadInput)
    assert problem.faults[0].code == "sender_not_allowed"


def test_data_keeps_its_octets_and_its_ports(bind: Bind, desk: Desk) -> None:
    udh = b"\6\5\4\x0b\x84\x23\xf0"
    id = bind().take(alphabet=Alphabet.OCTETS, user_data=bytes(range(100)), udh=udh)
    [part] = desk.parts(id)
    assert (part.alphabet, bytes(part.user_data), bytes(part.udh)) == ("octets", bytes(range(100)), udh)
    assert desk.row(id).encoding == "data"
    assert desk.claim()[0].user_data == bytes(range(100))


def test_several_numbers_are_several_messages_under_one_name(bind: Bind, desk: Desk, asks: Any) -> None:
    answer = bind().give(asks.one("hello", "+38640111222", "+38640111333", "12345678901234567890"))
    assert [place for place, _ in answer.refused] == [2]
    first, second = desk.claim()
    assert (first.message_id, first.to, second.to) == (answer.id, "+38640111222", "+38640111333")
    assert desk.row(second.message_id).metadata["smpp"]["ids"] == [answer.id]


def test_the_name_of_several_is_that_of_the_first_that_is_taken(bind: Bind, reception: Reception, asks: Any) -> None:
    bound = bind()
    answer = bound.give(asks.one("hello", "12345678901234567890", "+38640111222"))
    assert [place for place, _ in answer.refused] == [0]
    assert reception.query(bound.guest, answer.id).result(90).state is ReceiptState.ENROUTE


def test_when_all_of_several_are_refused_the_whole_is(bind: Bind, asks: Any) -> None:
    with pytest.raises(BadInput):
        bind().give(asks.one("hello", "1234567890123456789", "12345678901234567890"))


def test_more_than_its_rate_is_throttled_over_all_its_connections(bind: Bind, reception: Reception) -> None:
    one = bind(pace=5)
    other = bind()
    taken = [one.send(f"a {number}") for number in range(3)] + [other.send(f"b {number}") for number in range(20)]
    problems = [future.exception(90) for future in taken]
    refused = [problem for problem in problems if problem is not None]
    assert 10 <= len(refused) <= 18
    assert {problem.code for problem in refused if isinstance(problem, QueueFull)} == {"rate_limited"}
    assert reception.counts["submits_throttled"] == len(refused)


def test_a_full_queue_is_told_and_nothing_is_stored(desk: Desk, key: str, asks: Any) -> None:
    narrow = Desk(desk.database, terms=replace(desk.terms, queue_bound=1))
    reception = Reception(narrow.database, narrow.door, lambda: narrow.now)
    pair = smpp_clients.create(desk.database.writer, "shop", Terms())
    guest = reception.enter(knock(pair)).result(90)
    first, second = reception.submit(guest, [asks.one(text, "+38640111222") for text in ("one", "two")])
    assert first.exception(90) is None
    assert refusal(second).code == "queue_full"
    assert len(desk.claim()) == 1
    reception.close()


def test_the_same_text_again_is_a_duplicate_on_the_same_connection(bind: Bind) -> None:
    bound = bind()
    bound.take()
    assert refusal(bound.send()).code == "duplicate_message"


def test_after_a_lost_connection_a_text_said_again_gets_the_answer_that_was_lost(bind: Bind, desk: Desk) -> None:
    first = bind()
    id = first.take()
    first.leave()
    again = bind()
    assert again.take() == id
    assert len(desk.claim()) == 1
    desk.later(seconds=61)
    assert again.take() != id  # the guard's time is over: it is a new text


def test_a_client_that_may_repeat_itself_does(bind: Bind) -> None:
    bound = bind(allow_duplicates=True)
    assert bound.take() != bound.take()


def test_a_wrong_password_and_a_missing_scope_and_a_foreign_network_are_told_apart(
    reception: Reception, desk: Desk, key: str
) -> None:
    system_id, password = smpp_clients.create(desk.database.writer, "shop", Terms(networks=("10.0.0.0/8",)))
    assert isinstance(refusal(reception.enter(knock((system_id, "wrong")))), Unauthenticated)
    assert refusal(reception.enter(knock((system_id, password)))).code == "ip_not_allowed"
    _, secret = keys.create(desk.database.writer, keys.NewKey("reader", ["messages:read"], START))
    assert refusal(reception.enter(knock(("reader", secret)))).code == "forbidden_scope"
    assert reception.enter(knock(("reader", secret), sends=False)).result(90).name == "reader"


def test_too_many_wrong_passwords_from_one_address_are_throttled_there_alone(
    reception: Reception, desk: Desk, key: str
) -> None:
    pair = smpp_clients.create(desk.database.writer, "shop", Terms())
    for _ in range(TRIES):
        assert isinstance(refusal(reception.enter(knock((pair[0], "wrong"), "192.0.2.1"))), Unauthenticated)
    assert refusal(reception.enter(knock(pair, "192.0.2.1"))).code == "rate_limited"
    assert reception.enter(knock(pair, "192.0.2.2")).result(90).name == "shop"
    assert reception.counts["binds_refused"] == TRIES
    assert reception.counts["binds_throttled"] == 1


def test_many_wrong_passwords_for_one_name_lock_out_strangers_but_not_its_own_place(
    reception: Reception, desk: Desk, key: str
) -> None:
    pair = smpp_clients.create(desk.database.writer, "shop", Terms())
    reception.leave(reception.enter(knock(pair, "192.0.2.200")).result(90))
    for number in range(TRIES_OF_A_NAME):
        refusal(reception.enter(knock((pair[0], "wrong"), f"192.0.2.{number}")))
    assert refusal(reception.enter(knock(pair, "192.0.2.100"))).code == "rate_limited"
    assert reception.enter(knock(pair, "192.0.2.200")).result(90).name == "shop"


def test_a_client_is_bound_at_most_as_often_as_its_terms_say(bind: Bind, reception: Reception) -> None:
    first = bind(binds=1)
    with pytest.raises(Forbidden, match="bound 1 times"):
        bind()
    first.leave()
    bind()
    assert [here.client.name for here in reception.bound()] == ["shop"]


def test_a_client_whose_key_is_revoked_is_parted_from(bind: Bind, reception: Reception, desk: Desk) -> None:
    told: list[str] = []
    bound = bind()
    here = reception.bound()[0]
    here.knock = replace(here.knock, dismiss=told.append)
    assert reception.dismiss_revoked() == 0
    keys.revoke(desk.database.writer, "shop", desk.now)
    assert reception.dismiss_revoked() == 1
    assert told == ["its key was revoked"]
    assert isinstance(refusal(bound.send()), Unauthenticated)
    assert reception.bound() == []


def test_what_a_key_of_a_category_submits_is_marketing_and_needs_that_consent(bind: Bind, desk: Desk) -> None:
    def offers(conn: Connection, batch: list[None]) -> list[None]:
        conn.execute(update(api_key).values(category="school"))
        categories.keep(conn, categories.Category("school", {"en": "School"}), "test", START)
        yes = Statement("+38640111222", True, "DA", START, "form", "test", scope="school")
        consent.record(conn, [yes])
        return [None]

    desk.database.writer.do(offers, None)
    bound = bind()
    row = desk.row(bound.take("Zvezki so cenejši. STOP", sender=OURS))
    assert (row.purpose, row.category) == ("marketing", "school")
    no = refusal(bound.send("Zvezki so cenejši. STOP", "+38640111333", sender=OURS))
    assert isinstance(no, RefusedByPolicy)
    assert no.faults[0].code == "consent_missing"
    row = desk.row(bound.take("Your order is here", "+38640111333", service="SVC"))
    assert (row.purpose, row.category) == ("service", None)
    long = bound.pieces("Zvezki " * 30 + "STOP", to="+38640111333", sender=OURS)
    refusals = [bound.reception.submit(bound.guest, [piece])[0].exception(90) for piece in long]
    assert isinstance(refusals[-1], RefusedByPolicy)
