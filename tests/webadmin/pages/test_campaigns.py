"""Campaigns for people: written in a form, checked, approved, begun and watched; mistakes told with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, update

from smsgw.campaigns import life, templates
from smsgw.campaigns.terms import Terms
from smsgw.customers import customers, fields
from smsgw.customers.consent import categories as consent_categories
from smsgw.customers.consent import consent
from smsgw.customers.customers import Wish
from smsgw.gateway import Gateway
from smsgw.link import Health, LinkState
from smsgw.store.tables import campaign, product
from tests.webadmin.pages.conftest import Visitor
from webadmin.pages.campaigns_form import draft_of

Said = Callable[[str], str]
TEXT = 'Pozdravljeni, {{ first_name|default:"kupec" }}! Odjava: STOP'


@pytest.fixture
def town(admin: Visitor) -> Gateway:
    """A gateway with three customers, of whom two agreed, one of them with a Persian name."""
    gateway = admin.gateway
    now = gateway.clock()
    numbers = [f"+3864011100{n}" for n in range(3)]
    for number, name, language in zip(numbers, ("Ana Novak", "مریم", "Cene"), ("sl", "fa", "sl"), strict=True):
        told = {"name": name, "addresses": [number], "language": language}
        customers.create(gateway.database.writer, Wish(told, "test", now, region="SI"))

    def agree(conn: Any, batch: list[None]) -> list[None]:
        consent_categories.keep(conn, consent_categories.Category("school", {"en": "School"}), "test", now)
        said = [consent.Statement(one, True, "DA", now, "form", "test", scope="school") for one in numbers[:2]]
        consent.record(conn, said)
        return [None]

    gateway.database.writer.do(agree, None)
    gateway.network.heard("phones", Health(LinkState.UP), now)
    return gateway


def write(admin: Visitor, **more: str) -> str:
    """Write a campaign; returns the path of its page."""
    typed = {"name": "School <b>", "who": "everybody", "category": "school", "purpose": "marketing"}
    typed |= {"language_0": "sl", "text_0": TEXT, "language_1": "fa", "text_1": "سلام {{ first_name }} لغو۱۱"}
    made = admin.send("/campaigns/new", "campaign", **typed | more)
    assert made.status_code == 303, made.text
    return str(made.headers["Location"])


def test_a_campaign_is_written_checked_approved_and_begun(admin: Visitor, said: Said, town: Gateway) -> None:
    assert "No campaigns here yet" in said(admin.page("/campaigns"))
    path = write(admin)
    page = said(admin.page(path))
    assert "draft" in page
    assert "Pozdravljeni, Ana! Odjava: STOP" in page
    assert "سلام مریم لغو۱۱" in page
    assert admin.send(path, "estimate").status_code == 303
    page = said(admin.page(path))
    assert "Who gets nothing 1 never agreed to this category" in page
    assert admin.send(path, "approve").status_code == 303
    assert admin.send(path, "schedule").status_code == 303
    while town.campaigns.step(town.clock()):
        pass
    page = said(admin.page(path))
    assert "waits to be sent 2" in page
    assert admin.send(path, "pause").status_code == 303
    assert "0 had left, 2 wait" in said(admin.page(path))
    assert admin.send(path, "resume").status_code == 303
    assert admin.send(path, "stop").status_code == 303
    listed = admin.page("/campaigns?state=stopped")
    assert "School &lt;b&gt;" in listed
    assert "never agreed to this category" in said(admin.page(f"{path}/targets?left_out=consent_missing"))
    assert admin.send(path, "copy").status_code == 303


def test_mistakes_are_told_beside_what_was_typed(admin: Visitor, said: Said, town: Gateway) -> None:
    typed = {"name": "x", "who": "bougth in 3 days", "language_0": "sl", "text_0": "{{ frist_name }}"}
    refused = admin.send("/campaigns/new", "campaign", **typed)
    assert refused.status_code == 422
    assert "did you mean first_name?" in refused.text
    assert "bougth in 3 days" in refused.text


def test_what_was_written_is_changed_in_the_same_form(admin: Visitor, said: Said, town: Gateway) -> None:
    path = write(admin, budget="12.5", canary="2", per_minute="60")
    page = admin.page(f"{path}/edit")
    for value in ('value="12.5"', 'value="2"', 'value="60"', 'value="everybody"'):
        assert value in page
    typed = {"name": "Other", "who": "tag vip", "purpose": "service", "language_0": "sl", "text_0": "Zdravo"}
    assert admin.send(f"{path}/edit", "campaign", **typed).status_code == 303
    page = said(admin.page(path))
    assert "Other" in page
    assert "tag vip" in page


def test_two_texts_against_each_other_are_written_in_each_language(admin: Visitor, said: Said, town: Gateway) -> None:
    other = {"against_language_0": "sl", "against_text_0": "Drugo. STOP", "against_language_1": "FA",
             "against_text_1": "متن دیگر لغو۱۱", "share": "50", "split_by": "orders", "decide_after": "30"}  # fmt: skip
    path = write(admin, **other)
    id = path.rsplit("/", 1)[1]
    with town.database.reading() as conn:
        row = life.get(conn, id)
    texts = {"sl": "Drugo. STOP", "fa": "متن دیگر لغو۱۱"}
    assert row.texts["b"] == texts
    assert row.terms["split"] == {"against": [texts], "share": 50.0, "by": "orders", "decide_after": 30}
    draft = draft_of(row, "everybody")
    assert draft.against[:3] == [("sl", "Drugo. STOP"), ("fa", "متن دیگر لغو۱۱"), ("", "")]
    page = admin.page(f"{path}/edit")
    assert "متن دیگر لغو۱۱" in page
    assert '<option value="orders" selected>' in page
    third = {**row.terms, "split": {**row.terms["split"], "against": [texts, {"sl": "C. STOP", "fa": "ج لغو۱۱"}]}}
    for terms in (row.terms, third):
        again = Terms.model_validate(draft.terms(terms, "sl")).model_dump(mode="json")
        assert again["split"] == terms["split"]


def test_another_text_in_one_language_only_is_refused(admin: Visitor, said: Said, town: Gateway) -> None:
    typed = {"name": "x", "who": "everybody", "purpose": "marketing", "category": "school", "language_0": "sl",
             "text_0": TEXT, "language_1": "fa", "text_1": "سلام لغو۱۱", "against_text_0": "Drugo. STOP"}  # fmt: skip
    refused = admin.send("/campaigns/new", "campaign", **typed)
    assert refused.status_code == 422
    assert "ext b is not in fa" in said(refused.text)
    assert "Drugo. STOP" in refused.text


def test_what_each_text_brought_and_which_won_is_shown(admin: Visitor, said: Said, town: Gateway) -> None:
    typed = {"against_language_0": "sl", "against_text_0": "Drugo. STOP", "against_language_1": "fa",
             "against_text_1": "متن دیگر لغو۱۱", "share": "100"}  # fmt: skip
    path = write(admin, **typed)
    for step in ("estimate", "approve", "schedule"):
        assert admin.send(path, step).status_code == 303
    while town.campaigns.step(town.clock()):
        pass
    assert "What each text brought" in said(admin.page(path))
    chosen = update(campaign).where(campaign.c.id == path.rsplit("/", 1)[1]).values(winner="b")
    town.database.writer.do(lambda conn, batch: [conn.execute(chosen)], None)
    page = said(admin.page(path))
    assert "b Drugo. STOP won" in page
    assert page.count(" won ") == 1


def test_a_step_that_is_not_due_says_so(admin: Visitor, said: Said, town: Gateway) -> None:
    path = write(admin)
    fields = {"csrf_token": admin.page(path).split('name="csrf_token" value="')[1].split('"')[0]}
    refused = admin.post(f"{path}/approve", fields)
    assert refused.status_code == 409
    assert "The campaign is draft" in said(refused.text)


def test_a_test_that_the_gate_refuses_says_why(admin: Visitor, said: Said, town: Gateway) -> None:
    path = write(admin)
    assert admin.send(path, "test", to="+38640111000").status_code == 303
    refused = admin.send(path, "test", to="+38640111002")
    assert "never agreed" in refused.text


def test_the_pages_fit_a_phone_in_the_dark(
    admin: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any], town: Gateway
) -> None:
    path = write(admin)
    admin.send(path, "estimate")
    site = site_of(admin.gateway)
    page = browser_page(width=360, dark=True)
    page.goto(f"http://127.0.0.1:{site.server.port}{admin.link()}")
    for where in ("/campaigns", "/campaigns/new", path):
        page.goto(f"http://127.0.0.1:{site.server.port}{where}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, where


def test_birthdays_offers_and_second_texts_are_written_in_the_form(admin: Visitor, said: Said, town: Gateway) -> None:
    now = town.clock()
    fields.define(town.database.writer, fields.Field("birthday", "Birthday", "date"), now)
    assert "Birthday" in said(admin.page("/campaigns/new"))
    told = said(admin.send("/campaigns/new", "campaign", name="Gift", offer="1 A4").text)
    assert "what the text calls it" in told
    rows = [
        {"sku": sku, "names": {"en": sku}, "unit": "pcs", "max_auto": 5, "active": True, "changed_at": now}
        for sku in ("A4", "PEN")
    ]
    town.database.writer.do(lambda conn, batch: [conn.execute(insert(product), rows)], None)
    more = {"date_field": "birthday", "yearly": "yes", "days": "-3", "at": "10:30", "until": "2030-12-31",
            "zone": "Europe/Ljubljana", "offer": "1 A4 A4 notebook\n2 PEN Blue pen", "offer_hours": "48",
            "follow_who_0": "unreached", "follow_after_0": "6", "follow_text_0_0": "Once more. STOP"}  # fmt: skip
    path = write(admin, **more)
    with town.database.reading() as conn:
        row = life.get(conn, path.rsplit("/", 1)[1])
    terms = row.terms
    assert terms["relative"] == {"field": "birthday", "days": -3, "yearly": True, "at": "10:30:00",
                                 "zone": "Europe/Ljubljana", "until": "2030-12-31"}  # fmt: skip
    assert [one["label"] for one in terms["offer"]["choices"]] == ["A4 notebook", "Blue pen"]
    assert terms["follow_ups"] == [{"who": "unreached", "after": 6, "texts": {"sl": "Once more. STOP"}}]
    again = draft_of(row, "everybody").terms(terms, row.language)
    assert Terms.model_validate(again).model_dump(mode="json") == terms


def test_a_series_passes_holidays_and_a_renewal_comes_once(admin: Visitor, town: Gateway) -> None:
    fields.define(town.database.writer, fields.Field("renewal", "Renewal", "date"), town.clock())
    rule = {"repeat": "FREQ=WEEKLY;BYDAY=TU;COUNT=10", "first": "2026-12-01T09:00", "holidays": "si"}
    for typed in (rule, {"date_field": "renewal", "yearly": "", "days": "-30", "at": "10:30", "until": "2030-12-31"}):
        path = write(admin, **typed)
        with town.database.reading() as conn:
            row = life.get(conn, path.rsplit("/", 1)[1])
        if row.kind == "recurring":
            assert row.terms["repeat"]["holidays"] == "SI"
        else:
            assert row.terms["relative"]["yearly"] is False
        again = draft_of(row, "everybody").terms(row.terms, row.language)
        assert Terms.model_validate(again).model_dump(mode="json") == row.terms


def test_a_second_text_to_a_template_is_in_its_language(admin: Visitor, town: Gateway) -> None:
    wish = templates.Wish("Near", {"sl": "Zdravo! STOP"}, "ana", town.clock())
    id = templates.create(town.database.writer, wish)
    path = write(
        admin, template=id, text_0="", text_1="", follow_text_0_0="Še enkrat. STOP", against_text_0="Drugo. STOP"
    )
    with town.database.reading() as conn:
        row = life.get(conn, path.rsplit("/", 1)[1])
    assert row.terms["follow_ups"][0]["texts"] == {"sl": "Še enkrat. STOP"}
    assert row.texts["b"] == {"sl": "Drugo. STOP"}


def test_several_second_texts_in_several_languages_are_written_and_changed(admin: Visitor, town: Gateway) -> None:
    first = {"follow_who_0": "silent", "follow_after_0": "24", "follow_text_0_0": "Še velja. STOP",
             "follow_language_0_1": "FA", "follow_text_0_1": "هنوز هست. لغو۱۱"}  # fmt: skip
    second = {"follow_who_1": "unreached", "follow_after_1": "48", "follow_language_1_0": "sl",
              "follow_text_1_0": "Zadnjič. STOP"}  # fmt: skip
    path = write(admin, **first, **second)
    page = admin.page(f"{path}/edit")
    assert "هنوز هست. لغو۱۱" in page
    assert "Zadnjič. STOP" in page

    def terms() -> dict[str, Any]:
        with town.database.reading() as conn:
            row = life.get(conn, path.rsplit("/", 1)[1])
        again = draft_of(row, "everybody").terms(row.terms, row.language)
        assert Terms.model_validate(again).model_dump(mode="json") == row.terms
        return dict(row.terms)

    assert terms()["follow_ups"] == [
        {"who": "silent", "after": 24, "texts": {"sl": "Še velja. STOP", "fa": "هنوز هست. لغو۱۱"}},
        {"who": "unreached", "after": 48, "texts": {"sl": "Zadnjič. STOP"}},
    ]
    typed = {"name": "Other", "who": "everybody", "purpose": "service", "language_0": "sl", "text_0": "Zdravo"}
    emptied = dict.fromkeys(("follow_text_0_0", "follow_text_0_1"), "")
    assert admin.send(f"{path}/edit", "campaign", **typed, **first | emptied, **second).status_code == 303
    assert [one["who"] for one in terms()["follow_ups"]] == ["unreached"]


def test_a_second_text_without_the_language_of_everybody_is_told(admin: Visitor, said: Said, town: Gateway) -> None:
    more = {"follow_language_0_0": "fa", "follow_text_0_0": "هنوز هست. لغو۱۱"}
    refused = admin.send("/campaigns/new", "campaign", name="x", who="everybody", category="school",
                         language_0="sl", text_0=TEXT, **more)  # fmt: skip
    assert refused.status_code == 422
    assert "no text in sl" in said(refused.text)
    assert "هنوز هست. لغو۱۱" in refused.text
