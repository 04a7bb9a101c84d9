"""The pages of inquiries and surveys: the queue, one of them with its forms, and results as charts and tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from schedules import surveys as clock
from smsgw.inbound.inquiries import inquiries
from smsgw.inbound.inquiries.inquiries import Asks
from smsgw.inbound.surveys import surveys
from smsgw.inbound.surveys.surveys import NewSurvey, Question, Start
from smsgw.store.tables import inbound, participant, survey_answer
from tests.smsgw.inbound.counter import store_text, text_row
from tests.webadmin.conftest import PHONE
from tests.webadmin.pages.conftest import Form, Visitor

Said = Callable[[str], str]


@pytest.fixture
def asked(admin: Visitor) -> str:
    """An inquiry that a text opened."""
    return collect(admin, "n1")


def collect(admin: Visitor, reference: str) -> str:
    gateway = admin.gateway
    now, writer = gateway.clock(), gateway.database.writer
    row = text_row("how do I <pay>?", PHONE, now, reference)
    writer.do(store_text, (row, now))
    told = Asks((row["id"],), PHONE, "payment", "en", now, "nothing answers it by itself")
    return writer.do(lambda conn, batch: [inquiries.collect(conn, one, gateway.promise) for one in batch], told)


def test_the_queue_shows_what_waits_and_until_when(admin: Visitor, said: Said, asked: str) -> None:
    page = said(admin.page("/inquiries"))
    assert "payment normal" in page
    assert "Nothing answers it by itself." in page
    assert "overdue" not in page
    assert "No inquiry is like that." in said(admin.page("/inquiries?state=closed"))


def test_one_is_answered_once_and_closed_with_it(admin: Visitor, said: Said, asked: str) -> None:
    place = f"/inquiries/{asked}"
    html = admin.page(place)
    assert "how do I &lt;pay&gt;?" in html
    form = Form(html, "answer")
    for _ in range(2):
        sent = admin.client.post(form.action, data=form.fields | {"text": "By card.", "closing": "solved"})
        assert sent.status_code == 303
    page = said(admin.page(place))
    assert "We By card." in page
    assert "Closed solved" in page
    assert 'id="answer"' not in admin.page(place)


def test_it_is_given_to_somebody_and_closed_without_an_answer(admin: Visitor, said: Said, asked: str) -> None:
    place = f"/inquiries/{asked}"
    form = Form(admin.page(place), "assign")
    admin.client.post(form.action, data=form.fields | {"to": "Maja", "priority": "urgent", "topic": "returns"})
    page = said(admin.page("/inquiries?whose=Maja"))
    assert "returns urgent Maja" in page
    form = Form(admin.page(place), "close")
    assert admin.client.post(form.action, data=form.fields | {"reason": "tired"}).status_code == 422
    assert admin.client.post(form.action, data=form.fields | {"reason": "duplicate"}).status_code == 303
    assert "the same as another" in said(admin.page(place))


def test_several_are_given_away_or_closed_at_once_and_it_is_taken_back(admin: Visitor, said: Said, asked: str) -> None:
    def state_of_text() -> str:
        with admin.gateway.database.reading() as conn:
            return str(conn.scalar(select(inbound.c.state)))

    gave = admin.several("/inquiries", to="Maja")
    assert "1 inquiry was given to Maja." in said(gave.text)
    assert "Maja" in said(admin.page("/inquiries").split('id="rows"')[1])
    admin.take_back(gave)
    assert "Maja" not in admin.page("/inquiries").split('id="rows"')[1]
    assert admin.several("/inquiries", close="yes", reason="tired").status_code == 422
    closed = admin.several("/inquiries", close="yes", reason="spam")
    assert "1 inquiry is closed." in said(closed.text)
    assert (asked in admin.page("/inquiries"), state_of_text()) == (False, "handled")
    admin.take_back(closed)
    assert (asked in admin.page("/inquiries"), state_of_text()) == (True, "waiting")
    page = admin.page("/inquiries")  # of two that are picked one is closed by somebody else: the other one is done
    form = Form(page, "several")
    told = form.fields | {"pick": ["inq_unknown", asked], "close": "yes", "reason": "spam"}
    partly = admin.client.post(form.action, data=told, headers={"Accept": "text/html"})
    assert partly.status_code == 404
    assert "1 inquiry is closed." in said(partly.text)
    assert "inq_unknown" in said(partly.text)
    assert asked in partly.text.split('id="undo-several"')[1]
    collect(admin, "n2")  # she asks again
    assert admin.take_back(closed).status_code == 409


def test_what_was_misread_is_corrected_and_approved(admin: Visitor, said: Said, asked: str) -> None:
    form = Form(admin.page(f"/inquiries/{asked}"), "correct")
    assert admin.client.post(form.action, data=form.fields | {"words": "pay"}).status_code == 422
    assert admin.client.post(form.action, data=form.fields | {"meant": "account"}).status_code == 303
    html = admin.page("/corrections")
    page = said(html)
    assert "inquiry/account" in page
    assert "0 of 30 labels are approved" in page
    [id] = [line.split('"')[0] for line in html.split('id="decide-')[1:]]
    decide = Form(html, f"decide-{id}")
    assert admin.client.post(decide.action, data=decide.fields | {"approve": "yes"}).status_code == 303
    assert "1 of 30 labels" in said(admin.page("/corrections?state=approved"))
    assert admin.client.post(decide.action, data=decide.fields | {"approve": "no"}).status_code == 409


def test_a_topic_gets_its_words_and_is_switched_by_an_admin(admin: Visitor, said: Said) -> None:
    form = Form(admin.page("/answers"), "words")
    wrong = form.fields | {"topic": "hours", "language": "en", "text": "{{ our }}"}
    refused = admin.client.post(form.action, data=wrong)
    assert (refused.status_code, "did you mean hours?" in refused.text) == (422, True)
    assert admin.client.post(form.action, data=wrong | {"text": "Come {{ hours }}."}).status_code == 303
    form = Form(admin.page("/answers"), "switch")
    assert admin.client.post(form.action, data=form.fields | {"topic": "hours", "state": "live"}).status_code == 422
    done = form.fields | {"topic": "hours", "state": "live", "why": "we know it"}
    assert admin.client.post(form.action, data=done).status_code == 303
    page = said(admin.page("/answers"))
    assert "opening hours goes out by itself We know it. 0 0 – en Come {{ hours }}." in page


def test_a_clerk_sees_the_answers_and_switches_nothing(stranger: Visitor) -> None:
    stranger.get(stranger.link("agent", "bor"))
    page = stranger.page("/answers")
    assert 'id="switch"' not in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    told = {"csrf_token": token[1], "topic": "hours", "state": "live", "why": "x"}
    refused = stranger.post("/answers/switch", told)
    assert (refused.status_code, "Your role does not include this" in refused.text) == (403, True)


def test_the_texts_of_a_month_are_read_again(admin: Visitor, said: Said) -> None:
    gateway = admin.gateway
    row = text_row("2 pens please", PHONE, gateway.clock(), "n7")
    row |= {"understood_as": "inquiry", "explanation": {"kind": "inquiry", "topic": "hours"}}
    gateway.database.writer.do(store_text, (row, gateway.clock()))
    assert "were read" not in said(admin.page("/replay"))
    page = said(admin.page("/replay?days=30"))
    assert "1 text was read" in page
    assert "1 would be understood otherwise" in page
    assert "inquiry hours" in page


def test_an_empty_answer_says_what_is_missing(admin: Visitor, asked: str) -> None:
    form = Form(admin.page(f"/inquiries/{asked}"), "answer")
    refused = admin.client.post(form.action, data=form.fields | {"text": " "})
    assert refused.status_code == 422
    assert "There is nothing in the text" in refused.text


def test_a_form_of_another_site_is_not_believed(admin: Visitor, asked: str) -> None:
    assert admin.client.post(f"/inquiries/{asked}/close", data={"reason": "solved"}).status_code == 403


def test_a_survey_shows_its_answers_as_a_chart_and_a_table(admin: Visitor, said: Said) -> None:
    gateway = admin.gateway
    now, writer = gateway.clock(), gateway.database.writer
    how = Question("scale", {"en": "How was it?"}, 1, 5)
    id = surveys.draft(writer, NewSurvey("After", [how], now + timedelta(days=1), "ana", now))
    surveys.start(writer, Start(id, [PHONE], "ana", now))
    clock.run(gateway, now)
    assert "After running" in said(admin.page("/surveys"))
    html = admin.page(f"/surveys/{id}")
    assert "How was it?" in html
    assert "0 answers" in html
    assert '<svg class="chart"' not in html
    with gateway.database.reading() as conn:
        [person] = conn.scalars(select(participant.c.id))
    given = {
        "participant_id": person,
        "position": 1,
        "value": 4,
        "words": "4",
        "inbound_id": "in",
        "at": now,
        "times": 1,
    }
    writer.do(lambda conn, batch: [conn.execute(insert(survey_answer).values(**one)) for one in batch], given)
    html = admin.page(f"/surveys/{id}")
    assert '<svg class="chart"' in html
    assert "<title>4: 1</title>" in html
    assert "1 answer, mean 4.00" in said(html)
    assert admin.client.get(f"/surveys/{id}.csv").text.startswith("number,at,question")
