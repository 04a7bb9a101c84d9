"""Who did what, as a page."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from smsgw.access import audit, keys
from tests.webadmin.pages.conftest import Visitor


def make_key(visitor: Visitor, name: str) -> None:
    gateway = visitor.gateway
    keys.create(gateway.database.writer, keys.NewKey(name, ["messages:send"], gateway.clock()))


def lines(page: str) -> str:
    return page.split('id="lines"')[1]


def test_what_was_done_is_told_in_sentences_and_can_be_filtered(admin: Visitor, said: Callable[[str], str]) -> None:
    make_key(admin, "shop")
    page = said(admin.page("/audit"))
    assert "the command line : The key &#39;shop&#39; was made; it may messages:send." in page
    assert "ana : Logged in." in page
    only = lines(admin.page("/audit?kind=key"))
    assert "shop" in only
    assert "Logged in" not in only
    assert "shop" not in lines(admin.page("/audit?until=2001-01-01"))
    assert "shop" not in lines(admin.page("/audit?who=nobody"))
    wrong = admin.get("/audit?since=yesterday")
    assert wrong.status_code == 422
    assert "is no day" in said(wrong.text)


def test_what_strangers_typed_is_words_and_no_page(admin: Visitor) -> None:
    gateway = admin.gateway
    line = audit.Line("nobody", "login.failed", "<script>alert(1)</script>", gateway.clock(), "account", "<b>x")
    audit.write(gateway.database.writer, line)
    page = lines(admin.page("/audit"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_chain_is_looked_over_and_a_changed_line_is_named(admin: Visitor, said: Callable[[str], str]) -> None:
    make_key(admin, "shop")
    whole = said(admin.send("/audit", "verify").text)
    assert "every one fits the one before" in whole
    cut = said(admin.send("/audit", "verify", seal="00" * 32).text)
    assert "were taken away" in cut
    with admin.gateway.database.exclusive() as conn:
        conn.execute(text("UPDATE audit SET says = 'nothing' WHERE id = 2"))
    assert "Line 2 is not as it was written" in said(admin.send("/audit", "verify").text)


def test_many_lines_are_turned_over_page_by_page(admin: Visitor) -> None:
    for number in range(55):
        make_key(admin, f"shop {number}")
    newest = admin.page("/audit?kind=key")
    assert "shop 54" in newest
    assert "shop 1&#39;" not in newest
    older = newest.split('class="more"><a href="')[1].split('"')[0].replace("&amp;", "&")
    assert "kind=key" in older
    assert "&#39;shop 1&#39;" in admin.page(f"/audit{older}")
