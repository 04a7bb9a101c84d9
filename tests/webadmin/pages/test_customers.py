"""Pages of customers: found, changed, merged, forgotten; sheets compared before they are written; segments counted."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from smsgw.customers import customers, fields, groups
from smsgw.customers.customers import Wish
from smsgw.customers.fields import Field
from smsgw.customers.importing.importing import Importer
from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from tests.webadmin.pages.conftest import Form, Visitor

Said = Callable[[str], str]
SHEET = "Ime;Telefon\nAna Čopič;040111222\nBor;031555666\nCene;12\n"


def make(visitor: Visitor, **told: Any) -> str:
    gateway = visitor.gateway
    return customers.create(gateway.database.writer, Wish(told, "test", gateway.clock(), "SI"))


def test_people_are_listed_found_and_added(admin: Visitor, said: Said) -> None:
    assert "There is no customer yet" in said(admin.page("/customers"))
    added = admin.send("/customers", "new", name="Ana <Čopič>", address="040111222")
    assert added.status_code == 303
    assert "Ana &lt;Čopič&gt;" in said(admin.page(added.headers["Location"]))
    assert "+386 40 111 222" in said(admin.page("/customers?q=copic"))
    assert "Nobody is like that." in said(admin.page("/customers?q=novak"))
    assert "Ana" in said(admin.page("/customers?rule=prefix+%2B386"))
    assert "no field" in said(admin.get("/customers?rule=shoe+is+3").text)
    twice = admin.send("/customers", "new", name="Bor", address="040111222")
    assert (twice.status_code, "belongs to" in twice.text) == (422, True)


def test_several_are_put_into_a_group_or_tagged_at_once_and_it_is_taken_back(admin: Visitor, said: Said) -> None:
    group = groups.create(admin.gateway.database.writer, "Regulars", "test", admin.gateway.clock())
    ids = [make(admin, name=name, tags=tags) for name, tags in (("Ana", ["vip"]), ("Bor", []), ("Cene", ["new"]))]

    def tags() -> list[list[str]]:
        with admin.gateway.database.reading() as conn:
            return [one.tags for one in customers.many(conn, ids)]

    def members() -> int:
        with admin.gateway.database.reading() as conn:
            return int(groups.listing(conn)[0].members)

    groups.set_members(admin.gateway.database.writer, groups.Members(group, ids[:1], "test", admin.gateway.clock()))
    joined = admin.several("/customers", do="join", group=group)
    assert ("2 customers are in the group now." in said(joined.text), members()) == (True, 3)
    admin.take_back(joined)
    assert members() == 1  # who was in it before stays
    tagged = admin.several("/customers", do="tag", tag="vip")
    assert "2 customers have the tag now." in said(tagged.text)
    admin.take_back(tagged)
    assert tags() == [["vip"], [], ["new"]]
    lost = admin.several("/customers", do="untag", tag="new")
    assert tags() == [["vip"], [], []]
    admin.take_back(lost)
    assert tags() == [["vip"], [], ["new"]]
    for nothing in ({"do": "tag", "tag": " "}, {}, {"do": "join", "group": "no such"}):
        assert admin.several("/customers", **nothing).status_code in (404, 422)


def test_a_card_shows_the_past_and_keeps_changes(admin: Visitor, said: Said) -> None:
    fields.define(admin.gateway.database.writer, Field("city", "Home town", "text"), admin.gateway.clock())
    path = f"/customers/{make(admin, name='Ana', addresses=['+38640111222'])}"
    assert admin.send(path, "note", text="likes <tea>").status_code == 303
    assert "likes &lt;tea&gt;" in said(admin.page(path))
    typed = {"addresses": "+38640111222\na@b.si", "tags": "vip, new", "field.city": "Kranj", "channel": "email"}
    assert admin.send(path, "card", **typed).status_code == 303
    page = admin.page(path)
    for words in ("a@b.si", ">vip<", 'value="Kranj"', "Home town"):
        assert words in page
    stale = admin.post(path, Form(page, "card").fields | typed | {"revision": "1"})
    assert (stale.status_code, "changed meanwhile" in stale.text) == (412, True)
    wrong = admin.send(path, "card", addresses="12\nx", zone="Mars")
    assert (wrong.status_code, wrong.text.count("<li><code>") >= 2) == (422, True)


def test_the_inbox_leads_to_the_card_of_a_number_and_makes_one(admin: Visitor, said: Said) -> None:
    admin.gateway.door.submit(Asked("+38640111222", "Hello", "cli"))
    for _ in range(2):
        led = admin.send("/inbox/+38640111222", "card-of")
        assert "Hello" in said(admin.page(led.headers["Location"]))
    assert said(admin.page("/customers")).count("without a name") == 1


def test_who_may_be_one_is_offered_merged_and_parted(admin: Visitor, said: Said) -> None:
    one, other = (
        make(admin, name="Ana", addresses=["+38640111222"]),
        make(admin, name="ana", addresses=["+38640111333"]),
    )
    path = f"/customers/{one}"
    assert "Perhaps the same person" in said(admin.page(path))
    assert admin.send(path, f"merge-{other}").status_code == 303
    page = admin.page(path)
    assert "+386 40 111 333" in said(page)
    merge = page.split('id="unmerge-')[1].split('"')[0]
    assert admin.send(path, f"unmerge-{merge}").status_code == 303
    assert "+386 40 111 333" not in said(admin.page(path))


def test_only_an_administrator_who_means_it_has_a_person_forgotten(admin: Visitor, visitor: Any, said: Said) -> None:
    path = f"/customers/{make(admin, name='Ana', addresses=['+38640111222'])}"
    assert admin.get(f"{path}/copy.zip").data[:2] == b"PK"
    unsure = admin.send(path, "erase", sure="")
    assert (unsure.status_code, "Tick the box" in said(unsure.text)) == (409, True)
    clerk = visitor("agent", "bo")
    assert 'id="erase"' not in clerk.page(path)
    token = Form(clerk.page(path), "note").fields
    assert clerk.post(f"{path}/erase", token | {"sure": "yes"}).status_code == 403
    assert admin.send(path, "erase", sure="yes").status_code == 303
    assert admin.get(path).status_code == 404


@pytest.fixture
def visitor(app: Any) -> Callable[[str, str], Visitor]:
    """Somebody else at the pages, of a role."""

    def enter(role: str, name: str) -> Visitor:
        one = Visitor(app)
        one.get(one.link(role, name))
        return one

    return enter


def work(visitor: Visitor) -> None:
    worker = Importer(visitor.gateway.database)
    while worker.advance(visitor.gateway.clock):
        pass


def bring(visitor: Visitor, content: bytes, name: str = "list.csv", **typed: str) -> Any:
    form = Form(visitor.page("/customers/imports"), "sheet")
    told: dict[str, Any] = form.fields | typed | {"region": "SI", "file": (io.BytesIO(content), name)}
    return visitor.client.post(form.action, data=told, headers={"Accept": "text/html"})


def test_a_sheet_is_compared_with_a_bar_written_and_taken_back(admin: Visitor, said: Said) -> None:
    make(admin, name="Ana", addresses=["+38640111222"])
    brought = bring(admin, SHEET.encode())
    assert brought.status_code == 303
    path = brought.headers["Location"]
    assert "<progress" in admin.page(path)
    work(admin)
    page = said(admin.page(f"{path}?show=changed"))
    for words in ("waits for you", "new 1", "changed 1", "invalid 1", "Ana → Ana Čopič"):
        assert words in page, words
    assert "too few digits" in said(admin.page(f"{path}?show=invalid"))
    assert admin.send(path, "apply").status_code == 303
    assert "is being written" in said(admin.page(path))
    work(admin)
    assert "Ana Čopič" in said(admin.page("/customers"))
    assert admin.send(path, "undo").status_code == 303
    work(admin)
    assert "taken back" in said(admin.page(path))
    assert "Čopič" not in said(admin.page("/customers"))
    assert "list.csv" in said(admin.page("/customers/imports"))


def test_a_person_says_which_column_is_what(admin: Visitor, said: Said) -> None:
    content = b"Kontakt;X\n040111222;Ana\n"
    wrong = bring(admin, content, columns="Kontakt phone")
    assert (wrong.status_code, "one column a line" in wrong.text) == (422, True)
    brought = bring(admin, content, columns="Kontakt = phone\nX = name")
    work(admin)
    assert "new 1" in said(admin.page(brought.headers["Location"]))


def test_a_group_is_filled_by_hand_and_people_leave_as_a_sheet(admin: Visitor, visitor: Any, said: Said) -> None:
    path = f"/customers/{make(admin, name='Ana', addresses=['+38640111222'])}"
    admin.send("/segments", "group", group="Teachers")
    assert admin.send(path, "group", group="Teachers").status_code == 303
    assert "Teachers 1 customer" in said(admin.page("/segments"))
    assert "+38640111222" in admin.page("/customers.csv?rule=group+Teachers")
    assert admin.get("/customers.xlsx").data[:2] == b"PK"
    assert admin.send(path, "group", group="Teachers", leave="yes").status_code == 303
    assert "+38640111222" not in admin.page("/customers.csv?rule=group+Teachers")
    assert visitor("agent", "bo").get("/customers.csv").status_code == 403
    assert admin.get("/customers.pdf").status_code == 404


def test_a_sheet_that_is_none_is_told(admin: Visitor, said: Said) -> None:
    wrong = bring(admin, b"a;b\n1;2\n")
    assert (wrong.status_code, "No column is a phone" in wrong.text) == (422, True)
    assert bring(admin, b"x", "").status_code == 422


def test_a_segment_is_counted_while_it_is_typed_and_kept(admin: Visitor, said: Said) -> None:
    make(admin, name="Ana", addresses=["+38640111222"], tags=["vip"])
    token = Form(admin.page("/segments"), "segment").fields
    assert "1 customer" in said(admin.post("/segments/count", token | {"rule": "tag vip"}).text)
    assert "no field" in said(admin.post("/segments/count", token | {"rule": "shoe is 3"}).text)
    assert admin.send("/segments", "segment", name="Good ones", rule="tag vip").status_code == 303
    assert admin.send("/segments", "group", group="Teachers").status_code == 303
    page = admin.page("/segments")
    assert "Good ones" in page
    assert "Teachers" in page
    segment = page.split('id="remove-')[1].split('"')[0]
    changed = admin.send(
        f"/segments?id={segment}&name=Good&rule=tag+x&revision=1", "segment", name="Better", rule="tag x"
    )
    assert changed.status_code == 303
    assert "Better" in said(admin.page("/segments"))
    wrong = admin.send("/segments", "segment", name="Better", rule="shoe is 3")
    assert (wrong.status_code, "no field" in wrong.text.lower(), "already" in wrong.text) == (422, True, True)
    assert admin.send("/segments", f"remove-{segment}").status_code == 303
    assert "There is no segment yet." in said(admin.page("/segments"))


def test_the_pages_fit_a_phone_count_while_one_types_and_show_how_far_an_import_is(
    admin: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any]
) -> None:
    id = make(admin, name="Ana", addresses=["+38640111222", "ana@example.com"], tags=["vip"])
    site = f"http://127.0.0.1:{site_of(admin.gateway).server.port}"
    page = browser_page(width=360, dark=True)
    page.goto(site + admin.link())
    path = bring(admin, SHEET.encode()).headers["Location"]
    for where in ("/customers", f"/customers/{id}", "/customers/imports", path, "/segments"):
        page.goto(site + where)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, where
    page.fill("textarea[name=rule]", "tag vip")
    page.get_by_text("1 customer", exact=True).wait_for()
    page.goto(site + path)
    page.locator("progress").wait_for()
    work(admin)
    page.get_by_text("waits for you").wait_for()
    page.get_by_role("button", name="Write it").click()
    page.locator("progress").wait_for()
    work(admin)
    page.get_by_role("button", name="Take it back").wait_for()
