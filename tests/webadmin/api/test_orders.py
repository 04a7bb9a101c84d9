"""Orders and the catalogue over the API: listed, shown, decided about, exported; and orders whole in events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.gateway import Gateway
from smsgw.inbound.orders.desk import Act
from smsgw.link import Abilities, InboundPiece
from smsgw.store.tables import history, message
from smsgw.text import parts
from smsgw.webhooks import events
from webadmin.api.catalogue_shapes import Product

ORDERS, CATALOGUE = "/api/v1/orders", "/api/v1/catalogue"
ANA, BOR = "+38640111222", "+38640333444"
SHOP = "sku,price,currency,name_en,name_sl\nNB,2.9,EUR,notebook,zvezek\nPEN,0.8,EUR,pen,svinčnik\n"


class Shop:
    """A gateway with a catalogue whose texts are read when the test says."""

    def __init__(self, gateway: Gateway, call: Any, clock: Any) -> None:
        self.gateway, self._clock, self._count = gateway, clock, 0
        assert call("POST", f"{CATALOGUE}/import", {"csv": SHOP}).said["new"] == ["NB", "PEN"]

    def hears(self, text: str, sender: str = ANA) -> None:
        """A text comes in and is read."""
        self._count += 1
        [piece] = parts.split(text, Abilities(), 1)
        come = InboundPiece(f"r{self._count}", sender, None, piece.alphabet, piece.user_data)
        self.gateway.arrived("phones", come).result(90)
        self.gateway.reading.round()
        self._clock.on(21)  # what is not understood alone has waited long enough for its rest
        self.gateway.reading.round()

    def said(self, to: str = ANA) -> list[str]:
        """What was stored to be sent to a number."""
        with self.gateway.database.reading() as conn:
            m = message.c
            return list(conn.scalars(select(m.text).where(m.recipient == to).order_by(m.id)))


@pytest.fixture
def shop(gateway: Gateway, call: Any, clock: Any) -> Shop:
    """The shop."""
    return Shop(gateway, call, clock)


def test_the_rules_stand_in_their_order_and_a_text_is_tried_on_them(shop: Shop, call: Any) -> None:
    listed = [one["name"] for one in call("GET", "/api/v1/rules").said["data"]]
    assert call("GET", "/api/v1/rules/order").said["at"] == "/api/v1/catalogue"
    assert call("GET", "/api/v1/rules/none").code == "not_found"
    assert listed == ["consent", "open_question", "order", "answer", "person"]

    def tried(text: str, **more: str) -> Any:
        return call("POST", "/api/v1/rules/test", {"text": text, **more}).said

    order = tried("2 notebooks please")
    assert (order["rule"], order["kind"], order["items"]) == ("order", "order", [{"sku": "NB", "qty": 2.0}])
    assert {"start": 2, "end": 11, "meaning": "item NB"} in order["evidence"]
    assert (tried("STOP")["rule"], tried("STOP")["consent"]) == ("consent", "stop")
    assert tried("blue moon over the hill")["rule"] == "person"
    assert tried("yes", **{"from": ANA})["rule"] == "person"
    shop.hears("2 notebooks")
    assert tried("yes", **{"from": ANA})["rule"] == "open_question"
    assert call("GET", ORDERS).said["data"][0]["status"] == "asked", "nothing was written down"


def test_an_order_is_listed_and_shown_with_its_words_and_everything_that_happened(shop: Shop, call: Any) -> None:
    shop.hears("2 notebooks and a pen")
    [listed] = call("GET", ORDERS).said["data"]
    assert (listed["number"], listed["status"], listed["from"]) == (10001, "asked", ANA)
    assert listed["total"] == {"amount": "6.6", "currency": "EUR"}
    assert [(line["sku"], line["quantity"]) for line in listed["lines"]] == [("NB", "2"), ("PEN", "1")]
    begin, end = listed["lines"][0]["spans"][0]
    assert "notebooks" in listed["words"][begin:end] or listed["words"][begin:end] == "2"
    shop.hears("yes")
    whole = call("GET", f"{ORDERS}/10001").said
    assert whole == call("GET", f"{ORDERS}/{listed['id']}").said
    assert (whole["status"], whole["proof"]["words"], whole["confirmed_revision"]) == ("confirmed", "yes", 1)
    assert [event["event"] for event in whole["events"]] == ["take", "confirm"]
    assert [one["revision"] for one in whole["revisions"]] == [1]


def test_orders_are_found_by_state_and_number_page_by_page(shop: Shop, call: Any) -> None:
    for sender in (ANA, BOR, "+38640555666"):
        shop.hears("2 notebooks", sender)
    shop.hears("no", BOR)
    assert [one["from"] for one in call("GET", f"{ORDERS}?status=cancelled").said["data"]] == [BOR]
    assert [one["number"] for one in call("GET", f"{ORDERS}?from=040+111+222").said["data"]] == [10001]
    first = call("GET", f"{ORDERS}?limit=2").said
    rest = call("GET", f"{ORDERS}?limit=2&cursor={first['next_cursor']}").said
    assert [one["number"] for one in (*first["data"], *rest["data"])] == [10003, 10002, 10001]
    assert rest["next_cursor"] is None
    assert call("GET", f"{ORDERS}?status=eaten").faults == {"/status": "unknown_value"}
    assert call("GET", f"{ORDERS}/10009").code == call("GET", f"{ORDERS}/nonsense").code == "not_found"


def test_a_person_edits_what_waits_and_the_customer_is_asked(shop: Shop, call: Any) -> None:
    shop.hears("200 notebooks")
    edit = {"lines": [{"sku": "NB", "quantity": "20"}], "why": "agreed", "revision": 1}
    told = call("POST", f"{ORDERS}/10001/edit", edit).said
    assert (told["status"], told["revision"], told["why"]) == ("asked", 2, "a person edited it: agreed")
    assert shop.said()[-1].startswith("Order 10001: 20 x notebook = 58.00 EUR.")
    assert call("POST", f"{ORDERS}/10001/edit", edit).code == "order_changed"
    shop.hears("yes")
    assert call("GET", f"{ORDERS}/10001").said["status"] == "confirmed"
    [text, _] = sorted(call("GET", "/api/v1/inbound").said["data"], key=lambda one: one["id"])
    assert text["status"] == "handled", "with the order its text is off the pile"


def test_what_is_wrong_with_an_edit_is_told_at_once(shop: Shop, call: Any) -> None:
    shop.hears("200 notebooks")
    lines = [{"sku": "XX", "quantity": "1"}, {"sku": "NB", "quantity": "0"}, {"sku": "NB", "quantity": "1"}]
    refused = call("POST", f"{ORDERS}/10001/edit", {"lines": lines})
    assert refused.faults == {
        "/lines/0/sku": "sku_unknown",
        "/lines/1/quantity": "quantity_invalid",
        "/lines/2/sku": "sku_twice",
    }
    assert call("POST", f"{ORDERS}/10001/edit", {"lines": [{"sku": "NB", "quantity": "x"}]}).status == 422


def test_a_person_accepts_rejects_asks_confirms_fulfils_and_cancels(shop: Shop, call: Any) -> None:
    shop.hears("200 notebooks")
    assert call("POST", f"{ORDERS}/10001/ask", {"text": "Really 200?"}).said["status"] == "needs_review"
    assert shop.said()[-1] == "Really 200?"
    assert call("POST", f"{ORDERS}/10001/accept", {"by_phone": True, "why": "called"}).said["status"] == "confirmed"
    assert call("GET", f"{ORDERS}/10001").said["proof"]["words"] == "called"
    assert call("POST", f"{ORDERS}/10001/fulfil", {}).said["status"] == "fulfilled"
    refused = call("POST", f"{ORDERS}/10001/cancel", {})
    assert (refused.status, refused.code) == (409, "order_state")
    shop.hears("300 notebooks", BOR)
    assert call("POST", f"{ORDERS}/10002/reject", {"quietly": True}).said["status"] == "cancelled"
    assert len(shop.said(BOR)) == 1, "only that it came"


def test_a_wish_to_change_is_accepted_or_left_without_effect(shop: Shop, call: Any) -> None:
    for sender in (ANA, BOR):
        shop.hears("2 notebooks", sender)
        shop.hears("yes", sender)
        shop.hears("make it 3 notebooks", sender)
    wish = call("GET", f"{ORDERS}/10001").said
    assert (wish["status"], wish["request"]["lines"]) == ("needs_review", [{"sku": "NB", "quantity": "3"}])
    accepted = call("POST", f"{ORDERS}/10001/accept", {}).said
    assert (accepted["status"], accepted["total"]["amount"]) == ("asked", "8.7")
    left = call("POST", f"{ORDERS}/10002/reject", {}).said
    assert (left["status"], left["total"]["amount"], left["proof"]["words"]) == ("confirmed", "5.8", "yes")


def test_orders_come_as_csv_and_no_spreadsheet_takes_words_for_a_formula(shop: Shop, call: Any) -> None:
    shop.hears("2 notebooks")
    shop.hears("yes")
    lines = call("GET", f"{ORDERS}/export").said["csv"].splitlines()
    assert lines[0].startswith("number,id,state,customer")
    assert lines[1].startswith("10001,ord_")
    assert ",NB,notebook,2,pcs,2.9,5.8,EUR,5.8,,yes" in lines[1]


def test_an_event_carries_the_order_whole(shop: Shop, gateway: Gateway, call: Any) -> None:
    shop.hears("2 notebooks")
    shop.hears("yes")
    call("POST", f"{ORDERS}/10001/fulfil", {})
    gateway.orders.take_back(Act("10001", "ana", gateway.clock()))
    with gateway.database.reading() as conn:
        lines = list(conn.execute(select(history).where(history.c.record == "order").order_by(history.c.id)))
        told = [json.loads(body) for body in events.bodies(conn, lines)]
    kinds = [(one["type"], one["data"]["again"]) for one in told]
    assert kinds[:2] == [("order.asked", False), ("order.confirmed", False)]
    assert kinds[2:] == [("order.fulfilled", False), ("order.confirmed", True)]
    assert {one["data"]["number"] for one in told} == {10001}
    assert (told[1]["data"]["was"], told[1]["data"]["by"]) == ("asked", "orders")
    assert told[1]["data"]["lines"][0]["amount"] == {"amount": "5.8", "currency": "EUR"}
    assert {"order.confirmed", "order.lapsed"} <= set(events.types_of(["order.*"]))


def test_the_catalogue_is_compared_imported_listed_exported_and_taught(shop: Shop, call: Any) -> None:
    changed = SHOP.replace("2.9", "3.1").replace("PEN", "INK")
    told = call("POST", f"{CATALOGUE}/compare", {"csv": changed}).said
    assert (told["applied"], told["new"], told["gone"]) == (False, ["INK"], ["PEN"])
    assert told["changed"] == [{"sku": "NB", "fields": {"price": ["2.9", "3.1"]}}]
    assert call("POST", f"{CATALOGUE}/import", {"csv": changed, "version": told["version"]}).said["applied"] is True
    stale = call("POST", f"{CATALOGUE}/import", {"csv": SHOP, "version": told["version"]})
    assert (stale.status, stale.code) == (409, "catalogue_changed")
    page = call("GET", f"{CATALOGUE}?limit=1").said
    assert [one["sku"] for one in page["data"]] == ["INK"]
    rest = call("GET", f"{CATALOGUE}?limit=1&cursor={page['next_cursor']}")
    assert [one["sku"] for one in rest.said["data"]] == ["NB"]
    assert 'rel="prev"' in rest.headers["Link"]
    back = call("GET", f"{CATALOGUE}?limit=1&cursor={rest.said['prev_cursor']}").said
    assert (back["data"], back["next_cursor"], back["prev_cursor"]) == (page["data"], page["next_cursor"], None)
    taught = call("POST", f"{CATALOGUE}/NB/aliases", {"words": "papirčki", "language": "sl"}).said
    assert taught["aliases"] == {"sl": ["papirčki"]}
    assert call("POST", f"{CATALOGUE}/XX/aliases", {"words": "x"}).code == "not_found"
    csv = call("GET", f"{CATALOGUE}/export").said["csv"]
    assert call("POST", f"{CATALOGUE}/compare", {"csv": csv}).said["same"] == 2
    wrong = call("POST", f"{CATALOGUE}/import", {"csv": "sku,price\nNB,abc\n"})
    assert wrong.faults == {"/2/price": "price_invalid"}


def test_a_key_needs_the_scope(shop: Shop, app: Any, caller_of: Any) -> None:
    reads = caller_of(app, "orders:read")
    assert reads("GET", ORDERS).status == 200
    assert reads("POST", f"{ORDERS}/10001/cancel", {}).code == "forbidden_scope"
    assert caller_of(app, "messages:*")("GET", ORDERS).code == "forbidden_scope"


def test_an_order_is_written_down_and_the_customers_yes_confirms_it(shop: Shop, call: Any) -> None:
    wanted = {"from": ANA, "lines": [{"sku": "NB", "quantity": "2"}], "why": "told in the shop"}
    made = call("POST", ORDERS, wanted)
    assert (made.status, made.said["status"], made.said["total"]["amount"]) == (201, "asked", "5.8")
    assert "notebook" in shop.said()[0]
    assert call("POST", ORDERS, wanted).said["code"] == "order_state"
    shop.hears("yes")
    assert call("GET", f"{ORDERS}/{made.said['id']}").said["status"] == "confirmed"


def test_an_order_agreed_by_phone_is_confirmed_and_what_is_wrong_with_one_is_told_at_once(
    shop: Shop, call: Any
) -> None:
    made = call(
        "POST", ORDERS, {"from": BOR, "lines": [{"sku": "PEN", "quantity": "1"}], "by_phone": True, "quietly": True}
    )
    assert (made.status, made.said["status"], shop.said(BOR)) == (201, "confirmed", [])
    odd = call("POST", ORDERS, {"from": ANA, "lines": [{"sku": "X", "quantity": "1"}, {"sku": "NB", "quantity": "0"}]})
    assert [one["pointer"] for one in odd.said["errors"]] == ["/lines/0/sku", "/lines/1/quantity"]
    assert call("POST", ORDERS, {"from": "nobody", "lines": [{"sku": "NB", "quantity": "1"}]}).status == 422


def test_one_product_is_put_shown_changed_and_sold_no_more(shop: Shop, call: Any) -> None:
    told = {
        "code": "7", "unit": "pack", "pack": "250 g", "price": {"amount": "3.40", "currency": "EUR"},
        "max_auto": "12", "names": {"en": "coffee", "sl": "kava"}, "aliases": {"sl": ["kofe", "kavica"], "": ["mocha"]},
    }  # fmt: skip
    made = call("PUT", f"{CATALOGUE}/KAVA", told)
    assert (made.status, made.headers["Location"]) == (201, f"{CATALOGUE}/KAVA")
    Product.model_validate(made.said, strict=False)
    seen = call("GET", f"{CATALOGUE}/KAVA")
    assert seen.said == made.said
    assert seen.said["price"] == {"amount": "3.4", "currency": "EUR"}
    assert seen.said["aliases"] == {"sl": ["kofe", "kavica"], "": ["mocha"]}
    shop.hears("2x kavica prosim")
    [order] = call("GET", ORDERS).said["data"]
    assert [(one["sku"], one["quantity"]) for one in order["lines"]] == [("KAVA", "2")]
    call("POST", f"{CATALOGUE}/KAVA/aliases", {"words": "turška", "language": "sl"})
    fewer = {"names": {"en": "coffee"}, "price": None}
    stale = call("PUT", f"{CATALOGUE}/KAVA", fewer, **{"If-Match": seen.headers["ETag"]})
    assert stale.code == "precondition_failed"  # what somebody taught is there to be seen
    again = call("PUT", f"{CATALOGUE}/KAVA", fewer)
    assert again.status == 200
    assert (again.said["price"], again.said["code"], again.said["max_auto"]) == (None, None, "50")
    assert again.said["aliases"] == {"sl": ["turška"]}
    assert call("DELETE", f"{CATALOGUE}/KAVA/aliases?words=turška&language=sl").status == 204
    assert call("DELETE", f"{CATALOGUE}/KAVA/aliases?words=turška&language=sl").code == "not_found"
    assert call("DELETE", f"{CATALOGUE}/KAVA").status == 204
    assert [one["sku"] for one in call("GET", CATALOGUE).said["data"]] == ["NB", "PEN"]
    assert call("GET", f"{CATALOGUE}/KAVA").said["active"] is False
    assert call("PUT", f"{CATALOGUE}/KAVA", fewer).said["active"] is True
    assert call("DELETE", f"{CATALOGUE}/TEA").code == call("GET", f"{CATALOGUE}/TEA").code == "not_found"


def test_what_is_wrong_with_a_product_is_told_where_it_stands(shop: Shop, call: Any) -> None:
    wrong = {"code": "a b", "price": {"amount": "x", "currency": "EURO"}, "names": {"Slovene": "kava"}, "max_auto": "0"}
    assert set(call("PUT", f"{CATALOGUE}/KAVA", wrong).faults) == {
        "/code", "/price/amount", "/names/Slovene", "/max_auto",
    }  # fmt: skip
    assert call("PUT", f"{CATALOGUE}/KAVA", {}).status == 422  # nobody could order it
    assert call("GET", f"{CATALOGUE}/KAVA").code == "not_found"
