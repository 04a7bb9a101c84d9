"""The inbox as a desk of several people: queues, whose a conversation is, later, done, and two at the same one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from smsgw.access import accounts
from smsgw.gateway import Gateway
from smsgw.inbound import conversation_desk
from smsgw.outbound.submit import Asked
from smsgw.store.tables import message
from tests.webadmin.message_pages import picture
from tests.webadmin.pages.conftest import Form, Visitor
from tests.webadmin.pages.test_inbox import ANA, BINE, HERS, sent, state, writes

Said = Callable[[str], str]
HOUR = 3600


@pytest.fixture
def gateway(configured: Callable[..., Gateway]) -> Gateway:
    """A gateway that reads nothing, of a shop in Ljubljana."""
    web = {"listen": "127.0.0.1:0", "undo_seconds": 0, "public_url": "http://shop.example"}
    return configured(receiving={"understand": False}, business={"zone": "Europe/Ljubljana"}, web=web)


@pytest.fixture
def nina(app: Flask) -> Visitor:
    """Another who answers, logged in."""
    visitor = Visitor(app)
    visitor.get(visitor.link("agent", "nina"))
    return visitor


def listed(visitor: Visitor, queue: str = "") -> list[str]:
    """The numbers in a queue."""
    page = visitor.page("/inbox" + (f"?queue={queue}" if queue else ""))
    return re.findall(r'<li id="c(\+[0-9]+)"', page)


def press(visitor: Visitor, form: str, name: str, value: str, path: str = HERS) -> Any:
    """Press a button of a form."""
    found = Form(visitor.page(path), form)
    assert f'name="{name}" value="{value}"' in visitor.page(path)
    return visitor.post(found.action, found.fields | {name: value})


def test_a_conversation_is_taken_given_on_and_given_back_and_everybody_sees_whose_it_is(
    admin: Visitor, nina: Visitor, said: Said
) -> None:
    writes(admin.gateway, "Do you have it?")
    assert (listed(nina, "nobody"), listed(nina, "mine")) == ([ANA], [])
    etag = admin.get("/inbox").headers["ETag"]
    assert nina.send(HERS, "take").location == HERS
    assert (listed(nina, "nobody"), listed(nina, "mine"), listed(nina)) == ([], [ANA], [ANA])
    assert admin.get("/inbox", If_None_Match=etag).status_code == 200  # an open page hears of it
    assert listed(admin, "mine&whose=nina") == [ANA]
    assert "nina" in said(admin.page("/inbox").split('id="conversations"')[1].split("</ol>")[0])
    assert press(admin, "assign", "to", "ana").status_code == 303
    assert (listed(nina, "mine"), listed(admin, "mine")) == ([], [ANA])
    press(nina, "assign", "to", "")
    assert listed(nina, "nobody") == [ANA]
    assert "a conversation was given to nina" in said(admin.page("/audit?kind=conversation")).lower()


def test_it_is_given_to_nobody_who_does_not_answer_customers(admin: Visitor, nina: Visitor, said: Said) -> None:
    accounts.add(admin.gateway.database.writer, "vi", "viewer", None, admin.gateway.clock())
    form = Form(nina.page(HERS), "assign")
    assert 'value="vi"' not in nina.page(HERS)
    for fields in ({"to": "vi"}, {"to": "somebody"}, {}):
        wrong = nina.post(form.action, form.fields | fields)
        assert (wrong.status_code, "There is nobody of this name" in said(wrong.text)) == (422, True)


def test_who_only_looks_decides_nothing(app: Flask, admin: Visitor) -> None:
    writes(admin.gateway, "Do you have it?")
    viewer = Visitor(app)
    viewer.get(viewer.link("viewer", "vi"))
    page = viewer.page(HERS)
    assert not re.search(r'action="/inbox/[^"]*/(assign|snooze|handled|reopen)|name="pick"|id="several"', page)
    token = re.findall(r'name="csrf_token" value="([^"]*)"', page)[0]
    for verb in ("assign", "snooze", "handled", "reopen"):
        assert viewer.post(f"{HERS}/{verb}", {"csrf_token": token, "to": "vi", "until": "hour"}).status_code == 403


def test_what_is_done_leaves_the_list_and_is_opened_again_with_what_waited(admin: Visitor, said: Said) -> None:
    id = writes(admin.gateway, "Thanks!")
    admin.send(HERS, "done")
    assert (listed(admin), listed(admin, "done"), state(admin.gateway, id)) == ([], [ANA], "handled")
    assert "Everything is done or put off." in said(admin.page("/inbox"))
    admin.send(HERS, "reopen")
    assert (listed(admin), listed(admin, "done"), state(admin.gateway, id)) == ([ANA], [], "waiting")


@pytest.mark.parametrize(("until", "hours"), [("hour", 1), ("evening", 9), ("morning", 23), ("monday", 167)])
def test_a_conversation_is_put_off_and_comes_back_by_itself(
    admin: Visitor, clock: Any, until: str, hours: int
) -> None:  # it is Monday, 23 November, 9 o'clock in the shop
    writes(admin.gateway, "Call me")
    assert press(admin, "snooze", "until", until).status_code == 303
    assert (listed(admin), listed(admin, "snoozed")) == ([], [ANA])
    etag = admin.get("/inbox").headers["ETag"]
    clock.on(hours * HOUR - 1)
    admin.get(admin.link())
    assert listed(admin, "snoozed") == [ANA]
    clock.on(1)
    assert listed(admin) == [ANA]
    assert admin.get("/inbox", If_None_Match=etag).status_code == 200


def test_an_own_time_is_by_the_clock_of_the_shop_and_a_text_ends_it_at_once(
    admin: Visitor, clock: Any, said: Said
) -> None:
    writes(admin.gateway, "Call me")
    admin.send(HERS, "snooze-until", until="2026-11-24T09:30")
    assert "until Nov 24 9:30" in said(admin.page(HERS)).replace("\u202f", " ")
    with admin.gateway.database.reading() as conn:
        how = conversation_desk.standings(conn, [ANA], clock())[ANA]
    assert how.snoozed_until is not None
    assert how.snoozed_until - clock() == timedelta(hours=24, minutes=30)
    for wrong in ("soon", "2020-01-01T08:00"):
        assert admin.send(HERS, "snooze-until", until=wrong).status_code == 422
    clock.on(1)
    writes(admin.gateway, "Never mind")
    assert listed(admin) == [ANA]


def test_several_are_done_given_away_and_put_off_at_once_and_it_is_taken_back(
    admin: Visitor, nina: Visitor, said: Said
) -> None:
    ids = [writes(admin.gateway, "hello", number) for number in (ANA, BINE)]
    admin.send(HERS, "take")
    gave = admin.several("/inbox", to="nina")
    assert "2 conversations were given to nina." in said(gave.text)
    assert set(listed(nina, "mine")) == {ANA, BINE}
    assert "It is as it was." in said(admin.take_back(gave).text)
    assert (listed(admin, "mine"), listed(admin, "nobody")) == ([ANA], [BINE])

    later = admin.several("/inbox", until="hour")
    assert "2 conversations are put off until" in said(later.text)
    assert set(listed(admin, "snoozed")) == {ANA, BINE}
    done = admin.several("/inbox?queue=snoozed", done="yes")
    assert "2 conversations are done." in said(done.text)
    assert [state(admin.gateway, id) for id in ids] == ["handled", "handled"]
    admin.take_back(done)
    assert [state(admin.gateway, id) for id in ids] == ["waiting", "waiting"]
    assert set(listed(admin, "snoozed")) == {ANA, BINE}
    assert "2 conversations are open again." in said(admin.several("/inbox?queue=snoozed", reopen="yes").text)
    assert set(listed(admin)) == {ANA, BINE}


def test_of_several_only_what_was_seen_is_done_and_what_makes_no_sense_says_so(admin: Visitor, said: Said) -> None:
    first = writes(admin.gateway, "hello")
    page = admin.page("/inbox")
    form, picks = Form(page, "several"), re.findall(r'name="pick" value="([^"]*)"', page)
    second = writes(admin.gateway, "and one more thing")
    admin.client.post(form.action, data=form.fields | {"pick": picks, "done": "yes"})
    assert [state(admin.gateway, id) for id in (first, second)] == ["handled", "waiting"]
    for told, says in (
        ({}, "Nothing is picked"), ({"pick": picks, "to": "somebody"}, "There is nobody of this name"),
        ({"pick": picks, "until": "2020-01-01T08:00"}, ""),
    ):  # fmt: skip
        wrong = admin.client.post(form.action, data=form.fields | told, headers={"Accept": "text/html"})
        assert (wrong.status_code, says in said(wrong.text)) == (422, True)


def test_the_queue_stays_beside_the_conversation(admin: Visitor) -> None:
    for number in (ANA, BINE):
        writes(admin.gateway, "hello", number)
    admin.send(HERS, "take")
    page = admin.page("/inbox?queue=mine")
    [link] = re.findall(r'id="to\+[0-9]+" href="([^"]*)"', page)
    assert link.endswith("?queue=mine")
    assert f'id="c{BINE}"' not in admin.page(link)
    assert str(admin.send(link, "done").location).endswith("?queue=mine")


def test_two_at_one_conversation_see_each_other_look_and_write(admin: Visitor, nina: Visitor, said: Said) -> None:
    writes(admin.gateway, "Do you have it?")
    assert "is looking at this" not in said(admin.page(HERS))
    etag = admin.get(HERS).headers["ETag"]
    assert "ana is looking at this" in said(nina.page(HERS))
    assert admin.get(HERS, If_None_Match=etag).status_code == 200
    assert "nina is looking at this" in said(admin.page(HERS))
    form = Form(nina.page(HERS), "answer")
    nina.post(f"{HERS}/cost", form.fields | {"text": "Yes, w"})
    assert "nina is writing" in said(admin.page(HERS))
    nina.post(f"{HERS}/leave", {"csrf_token": form.fields["csrf_token"]})
    assert "nina is" not in said(admin.page(HERS))


def test_who_answers_after_somebody_else_is_told_first_and_loses_nothing(
    admin: Visitor, nina: Visitor, said: Said
) -> None:
    writes(admin.gateway, "Do you have it?")
    form = Form(admin.page(HERS), "answer")
    nina.send(HERS, "answer", text="No, sold out")
    fields: dict[str, Any] = form.fields | {"text": "Yes", "send_at": "2026-11-24T09:00"}
    files = {"files": (BytesIO(picture()), "a.jpg")}
    told = admin.client.post(form.action, data=fields | files, headers={"Accept": "text/html"})
    assert told.status_code == 409
    assert "Nina answered while you were writing." in said(told.text)
    assert "No, sold out" in said(told.text.split('id="meanwhile"')[1].split("</ul>")[0])
    assert [row.text for row in sent(admin.gateway)] == ["No, sold out"]
    again = Form(told.text, "answer")
    assert ">Yes</textarea>" in told.text
    assert again.fields["send_at"] == "2026-11-24T09:00"
    assert re.fullmatch("[0-9a-f]{64}", again.fields["kept"])
    sent_again = admin.post(again.action, again.fields | {"text": "Yes"})
    assert sent_again.status_code == 303, said(sent_again.text)
    with admin.gateway.database.reading() as conn:
        last = conn.execute(select(message).order_by(message.c.id.desc())).first()
    assert last is not None
    assert last.state == "held"
    assert len(sent(admin.gateway)) == 2


def test_ones_own_answers_and_texts_that_went_by_themselves_are_no_collision(admin: Visitor) -> None:
    form = Form(admin.page(HERS), "answer")
    admin.send(HERS, "answer", text="One moment")
    admin.gateway.door.submit(Asked(ANA, "We are open", "answers", purpose="conversational"))
    assert admin.post(form.action, form.fields | {"text": "Yes"}).status_code == 303


@pytest.mark.peer
@pytest.mark.slow
def test_two_browsers_at_one_conversation_by_keyboard_alone(
    admin: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any]
) -> None:
    base = f"http://127.0.0.1:{site_of(admin.gateway).server.port}"
    writes(admin.gateway, "Do you have it?")
    ana, nina = browser_page(), browser_page()
    for page, link in ((ana, admin.link()), (nina, admin.link("agent", "nina"))):
        page.goto(base + link)
        page.goto(base + HERS)
        page.locator("body[data-stream=live]").wait_for()
        page.evaluate("document.body.dataset.look = 1e8")  # what comes now, the stream has told
    ana.get_by_text("nina is looking at this").wait_for()
    nina.locator("#draft").fill("No, sold out")
    ana.get_by_text("nina is writing").wait_for()
    ana.locator("#draft").fill("Yes")
    nina.keyboard.press("Control+Enter")
    ana.locator("#texts .mine", has_text="No, sold out").wait_for()
    ana.locator("#draft").focus()
    ana.keyboard.press("Control+Enter")
    ana.locator("#meanwhile", has_text="No, sold out").wait_for()
    assert ana.locator("#draft").input_value() == "Yes"
    ana.keyboard.press("Escape")
    ana.keyboard.press("a")
    ana.keyboard.press("Enter")
    nina.locator("#stands", has_text="ana").wait_for()
    ana.keyboard.press("s")
    ana.keyboard.press("Enter")
    nina.locator("#stands", has_text="until").wait_for()
    ana.keyboard.press("e")
    nina.locator("#done").wait_for()
    ana.locator("#done").wait_for()
    ana.keyboard.press("e")
    nina.locator("#reopen").wait_for()
    ana.goto(f"{base}/inbox?queue=done")
    for key in "jxe":  # to the first, pick it, open it again; then take that back
        ana.keyboard.press(key)
    nina.locator("#done").wait_for()
    ana.keyboard.press("z")
    nina.locator("#reopen").wait_for()
    nina.goto(f"{base}/help")
    ana.get_by_text("nina is").wait_for(state="detached")
