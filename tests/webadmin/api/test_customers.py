"""Customers over the API: cards, timelines, merges, segments, imports and rights, with their scopes and revisions."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest

from smsgw.access import keys
from smsgw.customers.importing.importing import Importer
from smsgw.gateway import Gateway
from tests.webadmin.conftest import Answer, Caller, Clock
from webadmin.api.customers_shapes import Group

API = "/api/v1"


def make(call: Caller, **told: Any) -> dict[str, Any]:
    answer = call("POST", f"{API}/customers", told)
    assert answer.status == 201, answer.body
    assert answer.headers["Location"] == f"{API}/customers/{answer.said['id']}"
    card: dict[str, Any] = answer.said
    return card


def test_a_card_is_made_changed_as_told_and_guarded_by_its_etag(call: Caller) -> None:
    card = make(call, name="Ana", addresses=["+386 40 111 222", "a@b.si"], tags=["vip"])
    assert card["addresses"][0] == {"address": "+38640111222", "kind": "phone", "country": "SI"}
    path = f"{API}/customers/{card['id']}"
    shown = call("GET", path)
    assert shown.headers["ETag"] == '"1"'
    changed = call("PATCH", path, {"language": "sl", "tags": None}, if_match='"1"')
    assert (changed.status, changed.said["language"], changed.said["tags"]) == (200, "sl", [])
    assert changed.headers["ETag"] == '"2"'
    for tag in ('"1"', '"soon"', 'W/"2"'):
        late = call("PATCH", path, {"language": "en"}, if_match=tag)
        assert (late.status, late.code) == (412, "precondition_failed"), tag
    assert call("PATCH", path, {"name": None}, if_match="*").said["name"] == ""
    assert call("GET", f"{API}/customers/cus_x").status == 404


def test_every_mistake_of_a_card_is_told_with_its_pointer(call: Caller) -> None:
    make(call, name="Ana", addresses=["+38640111222"])
    answer = call("POST", f"{API}/customers", {"addresses": ["12", "+38640111222"], "zone": "Mars"})
    assert answer.faults == {"/addresses/0": "recipient_invalid", "/zone": "zone_invalid"}
    assert call("POST", f"{API}/customers", {"addresses": ["+38640111222"]}).faults == {"/addresses/0": "address_taken"}
    assert call("POST", f"{API}/customers", {"nme": "Ana"}).faults == {"/nme": "unknown_field"}


def test_customers_are_listed_in_pages_and_found(call: Caller) -> None:
    ids = [make(call, name=f"Čop {place}", addresses=[f"+3864011120{place}"])["id"] for place in range(5)]
    first = call("GET", f"{API}/customers?limit=3&q=cop")
    second = call("GET", f"{API}/customers?limit=3&q=cop&cursor={first.said['next_cursor']}")
    assert [one["id"] for one in (*first.said["data"], *second.said["data"])] == ids[::-1]
    assert second.said["next_cursor"] is None
    rule = quote('name is "cop 3" or prefix +38640111204')
    assert [one["id"] for one in call("GET", f"{API}/customers?rule={rule}").said["data"]] == [ids[4], ids[3]]
    assert call("GET", f"{API}/customers?rule=shoe").faults == {"/rule": "rule_wrong"}


def test_who_looked_is_written_down(call: Caller, gateway: Gateway) -> None:
    card = make(call, name="Ana")
    call("GET", f"{API}/customers/{card['id']}")
    gateway.database.writer.do(lambda conn, batch: batch, None)
    looked = call("GET", f"{API}/customers/{card['id']}/accesses").said["data"]
    assert [one["what"] for one in looked] == ["seen"]


def test_the_timeline_tells_what_was_said_and_noted(call: Caller) -> None:
    card = make(call, name="Ana", addresses=["+38640111222"])
    call.send(to="+38640111222", text="hello Ana")
    assert call("POST", f"{API}/customers/{card['id']}/notes", {"text": "likes tea"}).status == 201
    path = f"{API}/customers/{card['id']}/timeline"
    first = call("GET", f"{path}?limit=1").said
    rest = call("GET", f"{path}?limit=1&cursor={first['next_cursor']}").said
    kinds = {one["kind"]: one["text"] for one in (*first["data"], *rest["data"])}
    assert kinds == {"note": "likes tea", "message": "hello Ana"}
    assert [one["kind"] for one in call("GET", f"{path}?kinds=note").said["data"]] == ["note"]
    assert call("GET", f"{path}?kinds=shoes").status == 422
    assert call("GET", f"{path}?cursor=x").faults == {"/cursor": "cursor_invalid"}


def test_the_timeline_goes_back_as_well_as_on(call: Caller, clock: Clock) -> None:
    card = make(call, name="Ana", addresses=["+38640111222"])
    for n in range(3):
        clock.on(60)
        assert call("POST", f"{API}/customers/{card['id']}/notes", {"text": f"note {n}"}).status == 201
        told = {"address": "+38640111222", "statement": "granted", "words": f"yes {n}", "source": "paper"}
        assert call("POST", f"{API}/consents", told).status == 200
    path = f"{API}/customers/{card['id']}/timeline?limit=2"
    pages = [call("GET", path)]
    assert pages[0].said["prev_cursor"] is None
    while (on := _links(pages[-1])).get("next"):
        pages.append(call("GET", on["next"]))
    told = [one["id"] or one["at"] for page in pages for one in page.said["data"]]
    assert len(told) == len(set(told)) == len(call("GET", f"{path}00").said["data"]) > 5
    clock.on(60)  # what comes meanwhile moves nothing
    assert call("POST", f"{API}/customers/{card['id']}/notes", {"text": "late"}).status == 201
    for earlier, later in zip(pages[-2::-1], pages[:0:-1], strict=True):
        back = call("GET", _links(later)["prev"])
        assert back.said["data"] == earlier.said["data"]
    assert [one["text"] for one in call("GET", _links(back)["prev"]).said["data"]] == ["late"]


def _links(page: Answer) -> dict[str, str]:
    found = re.findall(r'<([^>]+)>; rel="(\w+)"', page.headers.get("Link", ""))
    return {rel: address for address, rel in found}


def test_two_who_are_one_are_offered_merged_and_parted(call: Caller) -> None:
    one = make(call, name="Ana Čopič", addresses=["+38640111222"])["id"]
    other = make(call, name="ana copic", addresses=["+38640111333"])["id"]
    (pair,) = call("GET", f"{API}/customers/duplicates").said["data"]
    assert {pair["one"], pair["other"]} == {one, other}
    merge = call("POST", f"{API}/customers/{one}/merge", {"gone": other})
    assert len(call("GET", f"{API}/customers/{other}").said["addresses"]) == 2
    assert call("POST", f"{API}/customers/{one}/merge", {"gone": other}).status == 409
    assert call("POST", f"{API}/customer-merges/{merge.said['id']}/undo").status == 204
    assert len(call("GET", f"{API}/customers/{other}").said["addresses"]) == 1


def test_own_fields_are_defined_used_and_taken_away(call: Caller) -> None:
    city = call("PUT", f"{API}/customer-fields/city", {"label": "City", "kind": "choice", "choices": ["Koper"]})
    assert city.said == {"name": "city", "label": "City", "kind": "choice", "choices": ["Koper"]}
    assert make(call, name="Ana", fields={"city": "koper"})["fields"] == {"city": "Koper"}
    assert call("PUT", f"{API}/customer-fields/city", {"label": "City", "kind": "text"}).status == 409
    assert call("GET", f"{API}/customer-fields").said["data"] == [city.said]
    assert call("DELETE", f"{API}/customer-fields/city").status == 204
    assert call("DELETE", f"{API}/customer-fields/city").status == 404


def test_a_group_is_shown_with_its_members_and_renamed(call: Caller) -> None:
    ana, bor = (call("POST", f"{API}/customers", {"name": name}).said["id"] for name in ("Ana", "Bor"))
    group = call("POST", f"{API}/groups", {"name": "Teachers"}).said["id"]
    call("POST", f"{API}/groups", {"name": "Parents"})
    call("POST", f"{API}/groups/{group}/members", {"add": [ana, bor]})
    seen = call("GET", f"{API}/groups/{group}")
    Group.model_validate(seen.said, strict=False)
    assert (seen.said["name"], seen.said["members"]) == ("Teachers", 2)
    first = call("GET", f"{API}/groups/Teachers/members?limit=1").said
    rest = call("GET", f"{API}/groups/{group}/members?limit=1&cursor={first['next_cursor']}").said
    assert [one["id"] for one in (*first["data"], *rest["data"])] == [bor, ana]
    assert call("PATCH", f"{API}/groups/{group}", {"name": "Parents"}).faults == {"/name": "name_taken"}
    tag = {"If-Match": seen.headers["ETag"]}
    assert call("PATCH", f"{API}/groups/{group}", {"name": "Pupils"}, **tag).said["name"] == "Pupils"
    assert call("PATCH", f"{API}/groups/{group}", {"name": "Others"}, **tag).code == "precondition_failed"
    assert call("PATCH", f"{API}/groups/{group}", {}).said["name"] == "Pupils"
    assert call("GET", f"{API}/groups/grp_0").code == call("PATCH", f"{API}/groups/grp_0", {"name": "x"}).code
    assert call("GET", f"{API}/audit?verb=group.renamed").said["data"][0]["record_id"] == group


def test_groups_and_segments_say_who_and_how_many(call: Caller) -> None:
    ana, bor = (
        make(call, name=name, addresses=[number])["id"]
        for name, number in (("Ana", "+38640111222"), ("Bor", "+4915112345678"))
    )
    group = call("POST", f"{API}/groups", {"name": "Teachers"}).said["id"]
    assert call("POST", f"{API}/groups/{group}/members", {"add": [ana, bor, "cus_0"], "remove": [bor]}).said == {
        "added": 2, "removed": 1,
    }  # fmt: skip
    assert [one["members"] for one in call("GET", f"{API}/groups").said["data"]] == [1]
    made = call("POST", f"{API}/segments", {"name": "Locals", "rule": "group Teachers and country SI"})
    assert made.said["rule"] == {"all": [{"group": group}, {"country": ["SI"]}]}
    assert made.said["words"] == "group Teachers and country SI"
    path = f"{API}/segments/{made.said['id']}"
    assert call("GET", f"{path}/count").said["count"] == 1
    assert [one["id"] for one in call("GET", f"{path}/members").said["data"]] == [ana]
    changed = call("PATCH", path, {"rule": {"not": {"tag": "vip"}}}, if_match='"1"')
    assert (changed.said["words"], changed.headers["ETag"]) == ("not tag vip", '"2"')
    assert call("PATCH", path, {"name": "X"}, if_match='"1"').code == "precondition_failed"
    told = call("POST", f"{API}/segments/count", {"rule": "segment Locals"}).said
    assert (told["count"], told["words"]) == (2, "segment Locals")
    assert call("PATCH", path, {"rule": "segment Locals"}).faults == {"/rule": "segment_circle"}
    assert call("DELETE", path).status == 204
    assert call("DELETE", f"{API}/groups/{group}").status == 204


def test_every_mistake_of_a_rule_is_told_at_once(call: Caller) -> None:
    rule = {
        "all": [
            {"field": "shoe", "is": 1},
            {"tag": ""},
            {"silent": {}},
            {"country": "Mars"},
            {"allows": "x"},
            {"sgment": "y"},
        ]
    }
    answer = call("POST", f"{API}/segments", {"name": " ", "rule": rule})
    assert set(answer.faults) == {
        "/name", "/rule/all/0/field", "/rule/all/1/tag", "/rule/all/2/silent", "/rule/all/3/country",
        "/rule/all/4/allows", "/rule/all/5",
    }  # fmt: skip


def bring(call: Caller, text: str, **query: str) -> Any:
    asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return call("POST", f"{API}/customer-imports?{asked}", text.encode(), content_type="text/csv")


def test_a_sheet_is_compared_applied_and_undone(call: Caller, gateway: Gateway) -> None:
    make(call, name="Ana", addresses=["+38640111222"])
    brought = bring(
        call, "Kontakt;Ime\n040111222;Ana Č.\n031555666;Bor\n12;Cene\n", region="si", columns='{"Kontakt": "phone"}'
    )
    assert (brought.status, brought.said["status"]) == (202, "reading")
    path = f"{API}/customer-imports/{brought.said['id']}"
    worker = Importer(gateway.database)
    while worker.advance(gateway.clock):
        pass
    told = call("GET", path).said
    assert (told["status"], told["lines"], told["delimiter"]) == ("ready", 3, ";")
    assert told["counts"] == {
        "new": 1, "changed": 1, "unchanged": 0, "invalid": 1, "opted_out": 0, "applied": 0, "undone": 0,
    }  # fmt: skip
    lines = call("GET", f"{path}/lines?limit=2").said
    assert (lines["data"][0]["changes"], lines["next_after"]) == ({"name": ["Ana", "Ana Č."]}, 3)
    assert [one["line"] for one in call("GET", f"{path}/lines?verdict=invalid").said["data"]] == [4]
    assert len(call("GET", f"{API}/customers").said["data"]) == 1
    assert call("POST", f"{path}/undo").status == 409
    assert call("POST", f"{path}/apply").said["status"] == "applying"
    while worker.advance(gateway.clock):
        pass
    assert len(call("GET", f"{API}/customers").said["data"]) == 2
    call("POST", f"{path}/undo")
    while worker.advance(gateway.clock):
        pass
    assert call("GET", path).said["status"] == "undone"
    assert [one["name"] for one in call("GET", f"{API}/customers").said["data"]] == ["Ana"]
    assert [one["id"] for one in call("GET", f"{API}/customer-imports").said["data"]] == [brought.said["id"]]


def test_what_is_no_sheet_of_people_is_refused(call: Caller) -> None:
    assert bring(call, "a;b\n1;2\n").faults == {"/columns": "addresses_missing"}
    assert bring(call, "phone\n1\n", columns="[1").status == 422
    assert call("POST", f"{API}/customer-imports", {"a": 1}).status == 415


def test_customers_leave_as_a_sheet_that_comes_back_unchanged_and_holds_no_formula(
    call: Caller, gateway: Gateway
) -> None:
    make(
        call,
        name='=cmd|"/c calc"!A1',
        addresses=["+38640111222", "+38640111223", "a@b.si"],
        language="sl",
        tags=["vip"],
    )
    sheet = call("GET", f"{API}/customers/export")
    assert sheet.body.decode().splitlines()[0] == "Name,Language,Time zone,Channel,Reference,Tags,Phone,Phone 2,Email"
    assert "\n=" not in sheet.body.decode()
    accept = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    book = openpyxl.load_workbook(io.BytesIO(call("GET", f"{API}/customers/export?rule=tag+vip", accept=accept).body))
    assert book.active["A2"].data_type == "s"
    assert book.active["G2"].value == "+38640111222"
    call("PATCH", f"{API}/customers/{call('GET', f'{API}/customers').said['data'][0]['id']}", {"name": "Ana"})
    again = bring(call, call("GET", f"{API}/customers/export").body.decode())
    Importer(gateway.database).finish(again.said["id"], gateway.clock)
    assert call("GET", f"{API}/customer-imports/{again.said['id']}").said["counts"]["unchanged"] == 1


def test_a_person_gets_a_copy_and_is_forgotten_unless_held(call: Caller) -> None:
    path = f"{API}/customers/{make(call, name='Ana', addresses=['+38640111222'])['id']}"
    assert call("GET", f"{path}/export").said["customer"]["name"] == "Ana"
    packed = zipfile.ZipFile(io.BytesIO(call("GET", f"{path}/export", accept="application/zip").body))
    assert packed.namelist() == ["person.json", "person.html"]
    assert call("PUT", f"{path}/hold", {"why": "case 17"}).status == 204
    assert call("POST", f"{path}/erase").code == "legal_hold"
    assert call("DELETE", f"{path}/hold").status == 204
    forgotten = call("POST", f"{path}/erase").said
    assert set(forgotten) == {"messages", "texts", "calls", "talks", "orders", "inquiries"}
    shape = call("GET", f"{API}/openapi.json").said["components"]["schemas"]["Forgotten"]
    assert set(shape["properties"]) == set(forgotten)
    assert call("GET", path).status == 404
    assert [one["what"] for one in call("GET", f"{path}/accesses").said["data"]] == [
        "erased", "hold lifted", "held", "exported", "exported",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "may"),
    [
        ("customers:read", {"GET /customers"}),
        ("customers:write", {"POST /customers"}),
        ("customers:privacy", {"GET /customers/export"}),
        ("customers:*", {"GET /customers", "POST /customers", "GET /customers/export"}),
        ("messages:read", set()),
    ],
)
def test_a_key_may_do_what_its_scope_says(call: Caller, gateway: Gateway, scope: str, may: set[str]) -> None:
    _, call.secret = keys.create(gateway.database.writer, keys.NewKey("k", [scope], gateway.clock() - timedelta(1)))
    allowed = set()
    for method, path in (("GET", "/customers"), ("POST", "/customers"), ("GET", "/customers/export")):
        if call(method, API + path, {"name": "Ana"} if method == "POST" else None).status != 403:
            allowed.add(f"{method} {path}")
    assert allowed == may
