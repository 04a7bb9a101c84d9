"""The inbox: who wrote, what was said, the answer, the pile."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.gateway import Gateway
from smsgw.inbound.calls import Rang
from smsgw.inbound.inbox import Arrived
from smsgw.link import Abilities, Alphabet, Call, InboundPiece
from smsgw.link_verbs import Simulated
from smsgw.outbound.submit import Asked
from smsgw.store.tables import history, inbound, message
from smsgw.text import parts
from tests.webadmin.pages.conftest import Form, Visitor

ANA, BINE = "+38640111222", "+38640111333"
HERS = f"/inbox/{ANA}"
Said = Callable[[str], str]
Within = Callable[..., Any]


@pytest.fixture
def gateway(configured: Callable[..., Gateway]) -> Gateway:
    """A gateway that reads nothing: every text waits for a person."""
    return configured(receiving={"understand": False})


def writes(gateway: Gateway, text: str, number: str = ANA) -> str:
    """A number writes; returns the id of its text."""
    [piece, *rest] = parts.split(text, Abilities(), 1)
    assert not rest
    told = InboundPiece(f"{number} {text}", number, None, piece.alphabet, piece.user_data)
    gateway.database.writer.do(gateway.inbox.take, Arrived("phones", told, gateway.clock()))
    with gateway.database.reading() as conn:
        return str(conn.scalar(select(inbound.c.id).order_by(inbound.c.id.desc()).limit(1)))


def sent(gateway: Gateway) -> list[Any]:
    """The rows of what was asked to be sent, oldest first."""
    with gateway.database.reading() as conn:
        return list(conn.execute(select(message).order_by(message.c.id)))


def state(gateway: Gateway, id: str) -> str:
    """The state of a text that came in."""
    with gateway.database.reading() as conn:
        return str(conn.scalar(select(inbound.c.state).where(inbound.c.id == id)))


def test_the_inbox_shows_who_wrote_and_what_waits(admin: Visitor, said: Said) -> None:
    writes(admin.gateway, "Do you have it?")
    page = said(admin.page("/inbox"))
    assert "+386 40 111 222" in page
    assert "Do you have it?" in page
    assert "1 text to answer" in page


def test_a_missed_call_stands_in_the_conversation_and_is_nothing_to_answer(admin: Visitor, said: Said) -> None:
    gateway = admin.gateway
    asked = writes(gateway, "Call me")
    gateway.database.writer.do(gateway.calls.take, Rang("phones", Call(ANA, gateway.clock()), gateway.clock()))
    gateway.database.writer.do(gateway.calls.take, Rang("phones", Call(BINE, gateway.clock()), gateway.clock()))
    page = said(admin.page("/inbox"))
    assert page.count("Missed call") == 2
    assert "+386 40 111 333" in page
    assert "1 text to answer" in page
    assert "They: Missed call" in said(admin.page(HERS))
    admin.send(HERS, "answer", text="In a minute")  # answers her text, which is older than her call
    assert sent(gateway)[0].reply_to == asked
    assert state(gateway, asked) == "handled"


def test_data_for_a_phone_is_told_as_such_and_not_shown(admin: Visitor, said: Said) -> None:
    push = InboundPiece("p", ANA, None, Alphabet.OCTETS, b"\x01\x06garbage", kind="data")
    admin.gateway.database.writer.do(admin.gateway.inbox.take, Arrived("phones", push, admin.gateway.clock()))
    page = said(admin.page(HERS))
    assert "Data, no text" in page
    assert "garbage" not in page
    assert "to answer" not in page


def test_an_empty_inbox_says_how_it_fills(admin: Visitor, said: Said) -> None:
    assert "Nobody has written yet. Type a text on one of the phones" in said(admin.page("/inbox"))


def test_an_answer_is_sent_as_the_answer_that_it_is(admin: Visitor) -> None:
    asked = writes(admin.gateway, "Do you have it?")
    response = admin.send(HERS, "answer", text="Yes.\r\nTwo of them.")
    assert (response.status_code, response.location) == (303, HERS)
    [row] = sent(admin.gateway)
    assert (row.recipient, row.text, row.purpose, row.reply_to) == (ANA, "Yes.\nTwo of them.", "conversational", asked)
    assert "Two of them." in admin.page(HERS)


def test_an_answer_takes_what_it_answers_off_the_pile_in_the_name_of_the_person(admin: Visitor) -> None:
    asked = writes(admin.gateway, "Do you have it?")
    admin.send(HERS, "answer", text="Yes")
    assert state(admin.gateway, asked) == "handled"
    with admin.gateway.database.reading() as conn:
        line = conn.execute(select(history).where(history.c.record_id == asked).order_by(history.c.id.desc())).first()
    assert line is not None
    assert (line.event, line.why) == ("handle", "answered by ana")
    assert line.by.startswith("acc_")


def test_a_text_that_came_while_the_person_typed_stays_on_the_pile(admin: Visitor) -> None:
    seen = writes(admin.gateway, "Do you have it?")
    form = Form(admin.page(HERS), "answer")
    later = writes(admin.gateway, "Oh, and the second part!")
    admin.post(form.action, form.fields | {"text": "Yes"})
    assert (state(admin.gateway, seen), state(admin.gateway, later)) == ("handled", "waiting")


def test_a_double_click_sends_once(admin: Visitor) -> None:
    form = Form(admin.page(HERS), "answer")
    for _ in range(2):
        assert admin.post(form.action, form.fields | {"text": "Yes"}).status_code == 303
    assert [row.text for row in sent(admin.gateway)] == ["Yes"]


def test_the_same_words_may_be_said_twice_when_they_are_meant(admin: Visitor) -> None:
    for _ in range(2):
        admin.send(HERS, "answer", text="Yes")
    assert [row.text for row in sent(admin.gateway)] == ["Yes", "Yes"]


def test_what_is_handled_without_an_answer_leaves_the_pile(admin: Visitor, said: Said) -> None:
    id = writes(admin.gateway, "Thanks!")
    assert admin.send(HERS, "done").location == HERS
    assert state(admin.gateway, id) == "handled"
    assert "to answer" not in said(admin.page(HERS))
    assert sent(admin.gateway) == []


def test_an_error_is_told_in_words_and_the_draft_stays(admin: Visitor, said: Said) -> None:
    writes(admin.gateway, "hello", "INFO")
    response = admin.send("/inbox/INFO", "answer", text="Who are you?")
    assert response.status_code == 422
    assert "is not a number we can send to" in said(response.text)
    assert 'role="alert"' in response.text
    assert ">Who are you?</textarea>" in response.text
    assert sent(admin.gateway) == []


def test_an_empty_answer_is_refused_in_words(admin: Visitor, said: Said) -> None:
    response = admin.send(HERS, "answer", text="")
    assert response.status_code == 422
    assert "The text is empty: say what to send." in said(response.text)


def test_who_said_stop_may_be_answered_for_a_day_and_then_not(admin: Visitor, clock: Any, said: Said) -> None:
    writes(admin.gateway, "STOP")
    assert "This number said STOP" in said(admin.page(HERS))
    assert admin.send(HERS, "answer", text="We are sorry to see you go.").status_code == 303
    clock.on(90_000)
    admin.get(admin.link())
    response = admin.send(HERS, "answer", text="Come back!")
    assert response.status_code == 422
    assert "only an answer to a text of theirs from the last 24 hours may go" in said(response.text)
    assert [row.text for row in sent(admin.gateway)] == ["We are sorry to see you go."]


def test_texts_stay_texts(admin: Visitor) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"
    writes(admin.gateway, evil)
    admin.send(HERS, "answer", text=evil)
    for path in ("/inbox", HERS):
        page = admin.page(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_name_of_a_sender_is_kept_in_its_place(admin: Visitor) -> None:
    writes(admin.gateway, "hello", 'A/B "<b>')
    page = admin.page("/inbox")
    assert "<b>" not in page.split("conversations")[1].split("</nav>")[0]
    link = re.findall(r'href="(/inbox/A[^"]*)"', page)[0]
    assert "hello" in admin.page(link)


def test_nobody_has_a_number_longer_than_the_store_keeps(admin: Visitor) -> None:
    assert admin.get("/inbox/" + "1" * 21).status_code == 404


def test_a_conversation_of_many_texts_goes_on_with_older_ones(admin: Visitor) -> None:
    gateway = admin.gateway
    for n in range(201):
        gateway.door.submit(Asked(ANA, f"text number {n}.", "test"))
    page = admin.page(HERS)
    assert "text number 200." in page
    assert "text number 0." not in page
    older = re.findall(r'href="([^"]*older=[^"]*)"', page)[0]
    assert "text number 0." in admin.page(older)


def test_a_page_that_did_not_change_is_not_sent_again(admin: Visitor) -> None:
    first = admin.get(HERS)
    again = admin.get(HERS, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    writes(admin.gateway, "hello")
    changed = admin.get(HERS, If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_a_text_typed_on_a_phone_changes_the_page_at_once(admin: Visitor) -> None:
    etag = admin.get("/inbox").headers["ETag"]
    link = admin.gateway.links["phones"]
    assert isinstance(link, Simulated)
    link.type_text(ANA, "hello")
    assert admin.get("/inbox", If_None_Match=etag).status_code == 200


@pytest.mark.parametrize(
    ("knobs", "told"),
    [
        ({}, "delivered"),
        ({"rejection": 1.0}, "The network refuses this part"),
        ({"receipt_delay": 600.0}, "sent"),
        ({"disconnected": True}, "waits to be sent"),
    ],
)
def test_what_became_of_an_answer_is_told_in_words(
    owner: Visitor, within: Within, said: Said, knobs: dict[str, Any], told: str
) -> None:
    link = owner.gateway.links["phones"]
    assert isinstance(link, Simulated)
    link.set_faults(knobs)
    owner.send(HERS, "answer", text="Yes")

    def texts() -> str:
        return said(owner.page(HERS).split('id="texts"')[1].split("</ol>")[0])

    within(lambda: told in texts())


def test_the_links_and_their_health_are_told_in_words(owner: Visitor, within: Within, said: Said) -> None:
    within(lambda: "phones connected" in said(owner.page("/inbox")))
    link = owner.gateway.links["phones"]
    assert isinstance(link, Simulated)
    link.set_faults({"disconnected": True})
    within(lambda: "phones not connected" in said(owner.page("/inbox")))
    assert "The connection to the simulated network is cut" in said(owner.page("/inbox"))


def cost(visitor: Visitor, text: str) -> str:
    """What the page says about a draft."""
    form = Form(visitor.page(HERS), "answer")
    response = visitor.post(f"{HERS}/cost", form.fields | {"text": text})
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize(
    ("draft", "told"),
    [
        ("", ""),
        ("hello", "1 part · room for 155 letters"),
        ("x" * 161, "2 parts · room for 145 letters"),
        ("č" + "x" * 100, "2 parts · room for 33 letters č makes it dearer. With plainer letters: 1 part. Write c"),
        ("سلام", "1 part · room for 66 letters س ل ا م makes a part hold 70 letters, not 160."),
        ("x" * 2000, "14 parts · room for 142 letters Too long: at most 10 parts are sent."),
    ],
)
def test_the_composer_tells_what_a_draft_takes_and_which_letter_costs(
    admin: Visitor, said: Said, draft: str, told: str
) -> None:
    assert said(cost(admin, draft)) == told


def test_a_draft_that_no_text_can_hold_is_told_in_words(admin: Visitor, said: Said) -> None:
    assert "parts" in said(cost(admin, "x" * 50_000))


def test_the_letters_that_cost_come_with_their_plainer_ones(admin: Visitor) -> None:
    assert 'data-swaps="[[&#34;č&#34;, &#34;c&#34;]]"' in cost(admin, "č" + "x" * 100).replace("\\u010d", "č")
