"""MMS are fetched, stored, then acknowledged; what fails is tried again, and people are told when it cannot be had."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from datetime import timedelta

import pytest
from sqlalchemy import select

from smsgw.config import MailConfig
from smsgw.errors import Conflict, NotFound
from smsgw.inbound import mms_notices
from smsgw.inbound.mms_fetching import PAUSES, TOLD_AFTER, TRIES_TO_TELL, Fetching
from smsgw.inbound.mms_unfetched import Telling, recipients_of
from smsgw.link import InboundContent
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import inbound, inbound_part
from tests.drivers.recorder import Recorder
from tests.emulators import mm1_mmsc
from tests.emulators.mm1_mmsc import HTML
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.mms_shop import CUSTOMER, MAIL, OWN, Shop, Stick


def test_an_mms_is_fetched_stored_and_only_then_acknowledged(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds())
    assert shop.fetching.serve("a") == 1
    [content] = shop.stored
    assert (content.sender, content.content.subject) == (CUSTOMER, "Počitnice")
    assert [told.kind for told in shop.mmsc.told] == ["m-notifyresp-ind"]
    assert shop.mmsc.waiting == []
    [row] = shop.rows()
    assert (row.state, row.sender, row.subject) == ("done", None, ""), "who wrote stands in the inbox, and only there"
    with shop.desk.database.reading() as conn:
        assert [push.text for push in conn.execute(select(inbound))] == [""]
        assert {push.user_data for push in conn.execute(select(inbound_part))} == {b""}
    assert shop.desk.events(row.id) == ["announce", "fetch", "acknowledge"]


def test_what_could_not_be_stored_is_not_acknowledged_and_fetched_again(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds())

    def full(link: str, content: InboundContent) -> Future[None]:
        failed: Future[None] = Future()
        failed.set_exception(OSError("the disk is full"))
        return failed

    telling = Telling(recipients_of(MAIL), lambda link: OWN)
    Fetching(shop.desk.database, shop.links, full, telling, lambda: shop.desk.now).serve("a")
    assert (shop.states(), shop.mmsc.told) == (["waiting"], [])
    assert shop.rows()[0].why == "it was fetched and could not be stored: the disk is full"
    assert shop.fetching.serve("a") == 0, "it is not fetched again and again"
    shop.desk.later(seconds=PAUSES[0])
    shop.fetching.serve("a")
    assert (shop.states(), len(shop.stored), shop.mmsc.waiting) == (["done"], 1, [])


def test_a_kill_after_the_content_was_stored_leads_to_one_content(shop: Shop) -> None:
    octets = shop.mmsc.holds()
    shop.arrives(octets)
    read = shop.links["a"].read_push(octets, shop.desk.now)
    shop.brought("a", shop.links["a"].fetch(read).inbound)  # and then it was killed
    shop.fetching.serve("a")
    assert (len(shop.stored), shop.states(), shop.mmsc.waiting) == (1, ["done"], [])


def test_a_kill_before_the_acknowledgement_leads_to_one_acknowledgement_more(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds())
    shop.mmsc.faults["post"] = ["hang up"]  # the MMSC has it, and we do not know
    shop.fetching.serve("a")
    assert shop.states() == ["fetched"]
    shop.desk.later(seconds=PAUSES[0])
    shop.fetching.serve("a")
    assert shop.states() == ["done"]
    assert len(shop.stored) == 1
    assert sum(asked.method == "GET" for asked in shop.mmsc.asked) == 1


def test_an_mmsc_that_did_not_hear_us_announces_again_and_is_told_again_without_a_fetch(shop: Shop) -> None:
    octets = shop.mmsc.holds()
    shop.arrives(octets)
    shop.fetching.serve("a")
    shop.desk.later(seconds=15)
    shop.arrives(octets, reference=8)
    assert shop.states() == ["fetched"]
    shop.fetching.serve("a")
    assert (shop.states(), len(shop.mmsc.told), len(shop.stored)) == (["done"], 2, 1)
    assert sum(asked.method == "GET" for asked in shop.mmsc.asked) == 1


def test_an_mmsc_that_never_takes_our_acknowledgement_is_left_alone_in_the_end(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds())
    shop.mmsc.faults["post"] = [500] * TRIES_TO_TELL
    for _ in range(TRIES_TO_TELL):
        assert shop.states() != ["done"]
        shop.fetching.serve("a")
        shop.desk.later(hours=1)
    [row] = shop.rows()
    assert row.state == "done"
    assert "was not told" in row.why


def test_a_fetch_that_fails_is_deferred_and_tried_again_with_longer_pauses(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds())
    shop.mmsc.faults["get"] = [HTML, mm1_mmsc.refusal("Error-transient-failure"), "hang up"]
    for pause in PAUSES[:3]:
        shop.fetching.serve("a")
        [row] = shop.rows()
        assert (row.state, row.due_at) == ("waiting", shop.desk.now + timedelta(seconds=pause))
        assert shop.fetching.serve("a") == 0, "not before its time"
        shop.desk.now = row.due_at
    shop.fetching.serve("a")
    assert shop.states() == ["done"]
    assert [(told.kind, told.get("status")) for told in shop.mmsc.told] == [
        ("m-notifyresp-ind", "Deferred"),
        ("m-acknowledge-ind", None),
    ]
    assert shop.mmsc.told[1].get("transaction-id") == "fetch-1"
    assert shop.letters() == []


def test_what_is_refused_for_good_is_given_up_with_a_letter_and_a_mark_in_the_conversation(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds(size=45_000))
    shop.mmsc.faults["get"] = [mm1_mmsc.refusal("Error-permanent-message-not-found")]
    shop.fetching.serve("a")
    [row] = shop.rows()
    assert (row.state, row.sender) == ("given_up", None)
    [letter] = shop.letters()
    assert letter.recipient == "sales@example.com"
    assert letter.subject == f"An MMS from {CUSTOMER} could not be fetched: 45 kB"
    assert "the MMSC does not have the message any more (MMS E2)" in letter.body
    assert f"smsgw modem mms-again {row.id}" in letter.body
    [mark] = shop.shown()
    assert (mark.sender, mark.recipient, mark.kind) == (CUSTOMER, OWN, "indication")
    assert mark.text.startswith("[An MMS (45 kB) could not be fetched: the MMSC does not have")


def test_what_cannot_be_fetched_until_its_time_is_over_is_given_up_and_never_silently(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds(seconds=7200))
    shop.mmsc.faults["get"] = [503] * 100
    for _ in range(20):
        shop.fetching.serve("a")
        if shop.states() == ["given_up"]:
            break
        [row] = shop.rows()
        shop.desk.now = row.due_at
    assert shop.desk.now == row.expires_at
    waits, lost = shop.letters()
    assert "could not be fetched yet" in waits.subject
    assert "its time was over before it could be fetched" in lost.body
    assert "HTTP 503" in lost.body
    assert len(shop.shown()) == 1


def test_what_expired_while_we_were_away_is_tried_once(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds(seconds=60))
    shop.desk.later(hours=2)
    shop.fetching.serve("a")
    assert shop.states() == ["done"]
    shop.arrives(shop.mmsc.holds(2, seconds=60), reference=8)
    del shop.mmsc.messages["/m/2"]
    shop.desk.later(hours=2)
    shop.fetching.serve("a")
    assert shop.states() == ["done", "given_up"]


def test_without_an_mmsc_people_are_told_at_once_while_there_is_time_to_set_one(shop: Shop) -> None:
    octets = shop.mmsc.holds()
    shop.links["a"] = Stick(shop.mmsc, mms_url=None, mms_proxy=None)
    shop.arrives(octets)
    shop.fetching.serve("a")
    [letter] = shop.letters()
    assert "has no mms_url" in letter.body
    assert "tried again until" in letter.body
    shop.links["a"] = Stick(shop.mmsc)
    shop.desk.later(seconds=PAUSES[0])
    shop.fetching.serve("a")
    assert (shop.states(), len(shop.letters())) == (["done"], 1)


def test_a_link_that_is_gone_is_named(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds())
    del shop.links["a"]
    shop.fetching.serve("a")
    [row] = shop.rows()
    assert "the link a, over which it was announced, is not there any more" in row.why


def test_people_hear_once_that_an_mms_waits(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds())
    shop.mmsc.faults["get"] = [503] * (TOLD_AFTER + 1)
    for tried in range(1, TOLD_AFTER + 2):
        shop.fetching.serve("a")
        assert len(shop.letters()) == (tried >= TOLD_AFTER)
        shop.desk.now = shop.rows()[0].due_at


def test_where_no_mailbox_is_told_of_mms_the_operators_are_and_without_mail_nobody(shop: Shop) -> None:
    for number, config, to in (
        (1, MailConfig(host="localhost", sender="s@example.com", operators=["boss@example.com"]), ["boss@example.com"]),
        (2, MailConfig(), []),
    ):
        shop.mail = config
        shop.arrives(shop.mmsc.holds(number), reference=number)
        shop.mmsc.faults["get"] = [410]
        before = len(shop.letters())
        shop.fetching.serve("a")
        assert [letter.recipient for letter in shop.letters()[before:]] == to
    assert len(shop.shown()) == 2


def test_what_was_given_up_can_be_tried_again_by_a_person(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds(seconds=60))
    shop.mmsc.faults["get"] = [410]
    shop.fetching.serve("a")
    [row] = shop.rows()
    shop.desk.later(hours=1)
    mms_notices.again(shop.desk.database.writer, row.id, "ana", shop.desk.now)
    shop.fetching.serve("a")
    assert shop.states() == ["done"]
    assert shop.stored[0].sender == CUSTOMER
    with pytest.raises(Conflict, match="is done, not given up"):
        mms_notices.again(shop.desk.database.writer, row.id, "ana", shop.desk.now)
    with pytest.raises(NotFound):
        mms_notices.again(shop.desk.database.writer, "mms_0", "ana", shop.desk.now)


def test_an_mmsc_that_cannot_be_reached_is_not_told_in_vain_that_we_fetch_later(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds())
    shop.links["a"] = Stick(shop.mmsc, mms_interface="nobearer0")
    shop.fetching.serve("a")
    [row] = shop.rows()
    assert (row.attempts, row.deferred_at) == (1, None)
    assert "nobearer0 has no address" in row.why


def test_the_part_fetches_what_is_announced_while_it_runs_and_a_link_that_hangs_holds_up_no_other(shop: Shop) -> None:
    shop.arrives(shop.mmsc.holds(1))
    shop.arrives(shop.mmsc.holds(2), reference=8, link="b")
    hangs = threading.Event()
    shop.mmsc.faults["get"] = [hangs]
    running = shop.fetching
    running.start()
    try:
        Recorder().wait(lambda: "done" in shop.states())
        assert sorted(shop.states()) == ["done", "waiting"]
        hangs.set()
        Recorder().wait(lambda: shop.states() == ["done", "done"])
        shop.arrives(shop.mmsc.holds(3), reference=9)
        running.wake()
        Recorder().wait(lambda: shop.states() == ["done"] * 3)
        assert running.alive()
    finally:
        hangs.set()
        running.stop(2e9)


def test_both_stores_go_the_whole_way(fresh_store_url: str) -> None:
    database = Database(fresh_store_url)
    schema.upgrade(database)
    with mm1_mmsc.mmsc() as mmsc:
        shop = Shop(Desk(database), mmsc, {"a": Stick(mmsc)})
        octets = mmsc.holds()
        shop.arrives(octets)
        shop.arrives(mm1_mmsc.SERVICE_INDICATION, reference=8)
        shop.arrives(mmsc.holds(2), reference=9)
        mmsc.faults["get"] = [503, 410]
        shop.fetching.serve("a")
        shop.desk.later(minutes=1)
        shop.fetching.serve("a")
        shop.arrives(octets, reference=10)
        shop.fetching.serve("a")
        assert sorted(shop.states()) == ["done", "given_up"]
        assert (len(shop.stored), len(shop.letters()), len(shop.shown())) == (1, 1, 1)
    database.close()
