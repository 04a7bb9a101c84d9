"""Templates for people: written with variants by language, looked at while one types, and taken into campaigns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsgw.customers import customers
from smsgw.customers.customers import Wish
from smsgw.gateway import Gateway
from tests.webadmin.pages.conftest import Visitor

Said = Callable[[str], str]
TYPED = {"name": "Near <b>", "language_0": "sl", "text_0": 'Zdravo, {{ first_name|default:"vsi" }}! STOP',
         "language_1": "fa", "text_1": "سلام {{ usual }} لغو۱۱"}  # fmt: skip


@pytest.fixture
def town(admin: Visitor) -> Gateway:
    """A gateway with two customers."""
    gateway = admin.gateway
    for number, name in (("+38640111001", "Maksimilijana Novak"), ("+38640111002", "Ana")):
        told = {"name": name, "addresses": [number], "language": "sl"}
        customers.create(gateway.database.writer, Wish(told, "test", gateway.clock(), region="SI"))
    return gateway


def test_a_template_is_written_listed_changed_and_removed(admin: Visitor, said: Said, town: Gateway) -> None:
    assert "There is no template yet" in said(admin.page("/templates"))
    made = admin.send("/templates/new", "template", **TYPED)
    assert made.status_code == 303, made.text
    path = made.headers["Location"]
    listed = said(admin.page("/templates"))
    assert "Near &lt;b&gt;" in listed
    assert "sl: 1 part , fa: 1 part" in listed
    assert "Near &lt;b&gt;" in said(admin.page("/campaigns/new"))
    assert admin.send(path, "template", text_0="Zdravo! " + "zvezki " * 30 + "STOP").status_code == 303
    assert "sl: 2 parts" in said(admin.page("/templates"))
    assert admin.send(path, "remove").status_code == 303
    assert "There is no template yet" in said(admin.page("/templates"))


def test_each_language_is_shown_as_the_customer_with_the_longest_text_reads_it(
    admin: Visitor, said: Said, town: Gateway
) -> None:
    page = said(admin.page(admin.send("/templates/new", "template", **TYPED).headers["Location"]))
    assert "Zdravo, Maksimilijana! STOP" in page
    assert "no value: usual" in page  # nobody speaks Persian here, and the variable has no words for nobody


def test_mistakes_are_told_with_what_was_typed(admin: Visitor, said: Said) -> None:
    told = admin.send("/templates/new", "template", name="Near", language_0="sl", text_0="{{ first_nam }} STOP")
    assert told.status_code == 422
    page = said(told.text)
    assert "first_nam" in page
    assert "Near" in told.text
