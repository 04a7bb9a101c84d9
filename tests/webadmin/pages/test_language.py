"""The language, direction, numbers and times of pages."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask

from smsgw.gateway import Gateway
from tests.webadmin.pages.conftest import Visitor
from webadmin import create_app
from webadmin.pages import language


@pytest.fixture
def persian(gateway: Gateway, tmp_path: Path) -> Visitor:
    """A visitor of pages that have a Persian catalogue, with one sentence in it."""
    catalogue = Catalog("fa")
    catalogue.add("Inbox", "صندوق ورودی")
    catalogue.add(("%(num)d part", "%(num)d parts"), ("%(num)s بخش", "%(num)s بخش"))
    catalogue.add("at least %(amount)s a message", "حداقل %(amount)s برای هر پیام")
    folder = tmp_path / "translations" / "fa" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    (folder / "messages.mo").write_bytes(compiled.getvalue())
    app = create_app(gateway)
    app.extensions["babel"].translation_directories = [str(tmp_path / "translations")]
    visitor = Visitor(app)
    visitor.get(visitor.link())
    return visitor


def test_a_page_speaks_the_language_of_the_browser_and_runs_in_its_direction(persian: Visitor) -> None:
    page = persian.get("/inbox", Accept_Language="fa-IR, fa;q=0.9, en;q=0.5").text
    assert '<html lang="fa" dir="rtl">' in page
    assert "صندوق ورودی" in page


def test_who_chose_a_language_has_it_whatever_the_browser_says(persian: Visitor) -> None:
    assert ">فارسی</button>" in persian.get("/inbox", Accept_Language="en").text
    answer = persian.client.post("/language", data={"language": "fa", "back": "/messages?to=1"})
    assert (answer.status_code, answer.location) == (303, "/messages?to=1")
    assert '<html lang="fa" dir="rtl">' in persian.get("/inbox", Accept_Language="en").text
    persian.client.post("/language", data={"language": "en", "back": "/inbox"})
    assert '<html lang="en" dir="ltr">' in persian.get("/inbox", Accept_Language="fa").text


PLACES = ("inbox", "orders", "inquiries", "answers", "messages", "customers", "campaigns", "consents", "costs", "links")


def test_the_languages_can_be_chosen_on_every_place(persian: Visitor) -> None:
    for place in PLACES:
        page = persian.get(f"/{place}").text
        assert ">فارسی</button>" in page, place
        assert ">English</button>" in page, place


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", ""])
def test_a_choice_of_language_leads_to_pages_of_ours_only(persian: Visitor, back: str) -> None:
    assert persian.client.post("/language", data={"language": "xx", "back": back}).location == "/"


def test_another_site_chooses_no_language_here(persian: Visitor) -> None:
    answer = persian.client.post("/language", data={"language": "fa"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_days_in_persian_are_those_of_the_jalali_calendar_in_persian_digits(persian: Visitor) -> None:
    with persian.client.application.test_request_context("/", headers={"Accept-Language": "fa"}):
        assert language.day_name(date(2020, 3, 20)) == "۱ فروردین ۱۳۹۹"
        assert language.digits("12 of 30") == "۱۲ of ۳۰"
    with persian.client.application.test_request_context("/", headers={"Accept-Language": "en"}):
        assert language.digits(12) == "12"


def test_numbers_in_sentences_are_in_the_digits_of_the_language_and_names_as_they_are(persian: Visitor) -> None:
    app = persian.client.application
    said = app.jinja_env.from_string(
        "{{ ngettext('%(num)d part', '%(num)d parts', 12) }}; {{ _('at least %(amount)s a message', amount='0.05') }}; "
        "{{ _('at least %(amount)s a message', amount='SIM 2') }}; {{ _('Slide %(number)d', number=3) }}"
    )
    with app.test_request_context("/", headers={"Accept-Language": "fa"}):
        assert said.render() == (
            "۱۲ بخش; حداقل ۰٫۰۵ برای هر پیام; حداقل SIM 2 برای هر پیام; Slide 3"  # the last is not translated
        )
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert said.render() == "12 parts; at least 0.05 a message; at least SIM 2 a message; Slide 3"


def test_a_day_written_in_digits_is_the_jalali_one_in_persian(persian: Visitor) -> None:
    with persian.client.application.test_request_context("/", headers={"Accept-Language": "fa"}):
        assert language.dated("2026-11-26 15:04") == "۱۴۰۵/۰۹/۰۵ ۱۵:۰۴"
        assert [language.dated(said) for said in (date(2026, 3, 21), "A1", "2026-11")] == [
            "۱۴۰۵/۰۱/۰۱",
            "A1",
            "2026-11",
        ]
    with persian.client.application.test_request_context("/", headers={"Accept-Language": "en"}):
        assert language.dated("2026-11-26 15:04") == "2026-11-26 15:04"


@pytest.mark.parametrize("wish", ["", "en", "de, fr;q=0.5", "*", "nonsense;;q=x"])
def test_a_language_that_there_is_not_becomes_english(persian: Visitor, wish: str) -> None:
    page = persian.get("/inbox", Accept_Language=wish).text
    assert '<html lang="en" dir="ltr">' in page
    assert "Inbox" in page


def test_a_page_in_another_language_is_another_page(persian: Visitor) -> None:
    etag = persian.get("/inbox", Accept_Language="en").headers["ETag"]
    assert persian.get("/inbox", Accept_Language="fa", If_None_Match=etag).status_code == 200


@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("+38640111222", "+386 40 111 222"),
        ("+989121234567", "+98 912 123 4567"),
        ("1919", "1919"),
        ("INFO", "INFO"),
        ("", ""),
    ],
)
def test_a_number_is_written_as_people_read_it(number: str, read: str) -> None:
    assert language.spoken(number) == read


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("hello", "hello"),
        ("two\nlines  and\tspaces", "two lines and spaces"),
        ("x" * 90, "x" * 90),
        ("x" * 91, "x" * 89 + "…"),
        ("x" + " " * 500 + "y", "x…"),
    ],
)
def test_a_snippet_is_the_beginning_in_one_line(text: str, beginning: str) -> None:
    assert language.snippet(text) == beginning


def test_days_have_names_while_they_are_near(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.test_request_context():
        monkeypatch.setattr(language, "today", lambda: date(2026, 3, 2))
        days = [date(2026, 3, 2), date(2026, 3, 1), date(2026, 2, 28), date(2025, 12, 31)]
        assert [language.day_name(day) for day in days] == ["Today", "Yesterday", "Feb 28", "Dec 31, 2025"]


def test_today_is_told_by_the_clock_and_other_days_by_the_date(
    app: Flask, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.test_request_context():
        now = clock()
        assert language.when(now) == language.clock(now)
        assert ":" not in language.when(datetime(2026, 11, 1, 8, 0, tzinfo=UTC))
