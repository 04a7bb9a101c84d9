"""The one door: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from smsgw.errors import BadInput, Conflict, QueueFull, RefusedByPolicy, SmsgwError
from smsgw.link import Health, LinkState
from smsgw.outbound.gate import gate
from smsgw.outbound.routing import Served
from smsgw.outbound.submit import Accepted, Asked, Terms
from smsgw.store.database import Database
from tests.smsgw.desk import Desk


def faults(refused: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_a_number_in_the_national_spelling_is_stored_in_full(desk: Desk) -> None:
    assert desk.row(desk.submit(to="040 111 222")).recipient == "+38640111222"


def test_every_mistake_is_told_at_once(desk: Desk) -> None:
    with pytest.raises(BadInput) as refused:
        desk.door.submit(Asked("abc", "", "test", sender="this name is too long", link=None))
    assert faults(refused) == [("/to", "recipient_invalid"), ("/from", "sender_invalid"), ("/text", "text_missing")]


def test_a_link_that_is_not_there_is_told_with_those_that_are(desk: Desk) -> None:
    with pytest.raises(BadInput, match="there are: a, b"):
        desk.submit(link="c")


@pytest.mark.parametrize("text", ["nul \x00 inside", "half a pair \ud83d", "\udc00"])
def test_a_text_that_no_phone_could_show_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(BadInput) as refused:
        desk.submit(text=text)
    assert faults(refused) == [("/text", "text_undecodable")]


def test_a_text_that_needs_more_parts_than_allowed_is_refused_never_cut(desk: Desk) -> None:
    with pytest.raises(BadInput, match="needs 11 parts, 10 are allowed") as refused:
        desk.submit(text="x" * 1600)
    assert faults(refused) == [("/text", "text_too_long")]
    assert desk.row(desk.submit(text="x" * 1600, max_parts=11)).parts == 11


def test_the_same_client_ref_is_the_same_message(desk: Desk) -> None:
    first = desk.submit(client_ref="order-1")
    again = desk.door.submit(Asked("+38640111222", "hello", "test", client_ref="order-1"))
    assert (again.row["id"], again.created) == (first, False)
    assert len(desk.claim()) == 1


def test_a_client_ref_for_another_text_is_refused(desk: Desk) -> None:
    desk.submit(client_ref="order-1")
    with pytest.raises(Conflict, match="order-1"):
        desk.submit(text="other", client_ref="order-1")


def test_another_client_may_use_the_same_client_ref(desk: Desk) -> None:
    desk.submit(client_ref="order-1")
    other = Asked("+38640111222", "hello", "somebody", client_ref="order-1", allow_duplicate=True)
    assert desk.door.submit(other).created


def test_a_client_ref_tried_many_times_at_once_is_one_message(desk: Desk) -> None:
    asked = Asked("+38640111222", "hello", "test", client_ref="order-1")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.door.submit(asked), range(40)))
    assert len({answer.row["id"] for answer in answers}) == 1
    assert sum(answer.created for answer in answers) == 1


def test_twins_inside_one_batch_are_one_message(desk: Desk) -> None:
    asked = Asked("+38640111222", "hello", "test", client_ref="order-1")
    first, second = desk.door.submit_many([asked, asked])
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.created, second.created) == (True, False)
    assert first.row["id"] == second.row["id"]


def test_the_same_text_to_the_same_number_is_a_slip_unless_it_is_meant(desk: Desk) -> None:
    first = desk.submit()
    with pytest.raises(RefusedByPolicy, match=first) as refused:
        desk.submit()
    assert refused.value.code == "duplicate_message"
    desk.submit(allow_duplicate=True)
    desk.submit(text="another text")
    desk.submit(to="+38640111333")
    desk.later(seconds=61)
    desk.submit()


def test_a_batch_is_answered_item_by_item(desk: Desk) -> None:
    answers = desk.door.submit_many(
        [Asked("+38640111222", "one", "t"), Asked("nonsense", "two", "t"), Asked("+38640111222", "one", "t")]
    )
    kinds = [type(answer) for answer in answers]
    assert kinds == [Accepted, BadInput, RefusedByPolicy]


def test_a_full_queue_takes_what_fits_and_says_when_to_come_back(database: Database) -> None:
    desk = Desk(database, terms=Terms(region="SI", queue_bound=3, rules=gate.Rules(0)))
    answers = desk.door.submit_many([Asked("+38640111222", f"text {n}", "t") for n in range(5)])
    assert [type(answer) for answer in answers] == [Accepted, Accepted, Accepted, QueueFull, QueueFull]
    assert isinstance(answers[4], QueueFull)
    assert answers[4].retry_after > 0
    for wire in desk.claim():
        desk.taken(wire, wire.message_id)
    desk.later(seconds=2)
    desk.submit()


def test_after_stop_nothing_goes_but_an_answer_within_a_day(desk: Desk) -> None:
    desk.text_from("+38640111222", "How much is the bread?", "n1")
    [question] = desk.texts()
    desk.text_from("+38640111222", "stop", "n2")
    with pytest.raises(RefusedByPolicy) as refused:
        desk.submit()
    assert refused.value.code == "recipient_opted_out"
    desk.submit(text="2 euros", purpose="conversational", reply_to=question.id)
    with pytest.raises(RefusedByPolicy):
        desk.submit(to="+38640111222", text="3 euros", purpose="conversational")
    desk.later(hours=25)
    with pytest.raises(RefusedByPolicy):
        desk.submit(text="4 euros", purpose="conversational", reply_to=question.id)


def test_start_opens_the_door_again(desk: Desk) -> None:
    desk.text_from("+38640111222", "STOP", "n1")
    desk.text_from("+38640111222", "START", "n2")
    desk.submit()


ROUTES = [
    Served("home", "fake", ("+386",)),
    Served("mobile", "fake", ("+38640", "+38641")),
    Served("world", "fake", ("",), 50),
]


@pytest.mark.parametrize(
    ("to", "down", "link"),
    [
        ("+38640111222", "", "mobile"),  # the longest prefix
        ("+38650111222", "", "home"),
        ("+4366411122233", "", "world"),
        ("+38640111222", "mobile", "mobile"),  # a longer prefix waits rather than go another way
    ],
)
def test_the_longest_prefix_decides(database: Database, to: str, down: str, link: str) -> None:
    desk = Desk(database, links=ROUTES)
    if down:
        desk.network.heard(down, Health(LinkState.DOWN), desk.now)
    row = desk.row(desk.submit(to=to))
    assert row.link == link
    assert any(link in sentence for sentence in row.trace)


def test_among_equals_the_healthier_then_the_preferred_link_is_taken(desk: Desk) -> None:
    assert desk.row(desk.submit(text="1")).link == "a"
    desk.network.heard("a", Health(LinkState.DOWN), desk.now)
    row = desk.row(desk.submit(text="2"))
    assert row.link == "b"
    assert row.trace == [
        "b serves every number and is up",
        "a serves it too and is down, which may pass",
    ]


def test_a_number_that_no_link_serves_is_refused_with_what_to_do(database: Database) -> None:
    desk = Desk(database, links=ROUTES[:1])
    with pytest.raises(RefusedByPolicy, match="no link serves") as refused:
        desk.submit(to="+4366411122233")
    assert refused.value.code == "no_route"
    with pytest.raises(RefusedByPolicy, match="the link home does not serve") as refused:
        desk.submit(to="+4366411122233", link=ROUTES[0].name)
    assert refused.value.code == "no_route"


def test_planned_in_the_past_means_now(desk: Desk) -> None:
    assert desk.state(desk.submit(send_at=desk.now - timedelta(hours=1))) == "queued"


def test_the_door_takes_from_many_threads_and_loses_nothing(desk: Desk) -> None:
    def send(n: int) -> str | SmsgwError:
        return desk.submit(text=f"text {n}")

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(send, range(200)))
    assert len(ids) == 200
    assert {w.message_id for w in desk.claim(most=500)} == ids


def test_a_reply_overtakes_a_campaign_unless_the_caller_says_otherwise(desk: Desk) -> None:
    campaign = desk.offer(text="sale")
    order = desk.submit(text="ready")
    reply = desk.submit(text="yes", purpose="conversational")
    urgent = desk.offer(text="urgent sale", priority=8)
    assert [w.message_id for w in desk.claim()] == [urgent, reply, order, campaign]
