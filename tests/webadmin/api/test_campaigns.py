"""Templates and campaigns over the API: from a text to a report."""

from __future__ import annotations

from typing import Any

import pytest

from smsgw.customers import customers
from smsgw.customers.consent import categories as consent_categories
from smsgw.customers.consent import consent
from smsgw.customers.customers import Wish
from smsgw.gateway import Gateway
from smsgw.link import Health, LinkState

CAMPAIGNS, TEMPLATES = "/api/v1/campaigns", "/api/v1/templates"
TEXT = 'Pozdravljeni, {{ first_name|default:"kupec" }}! Odjava: STOP'


@pytest.fixture
def people(gateway: Gateway) -> list[str]:
    """Three customers, of whom the first two agreed to a category."""
    now = gateway.clock()
    numbers = [f"+3864011100{n}" for n in range(3)]
    for number, name in zip(numbers, ("Ana Novak", "", "Bojan Kos"), strict=True):
        customers.create(gateway.database.writer, Wish({"name": name, "addresses": [number]}, "test", now, region="SI"))
    said = [consent.Statement(one, True, "DA", now, "form", "test", scope="school") for one in numbers[:2]]

    def agree(conn: Any, batch: list[None]) -> list[None]:
        consent_categories.keep(conn, consent_categories.Category("school", {"en": "School"}), "test", now)
        consent.record(conn, said)
        return [None]

    gateway.database.writer.do(agree, None)
    return numbers


def written(call: Any, **more: Any) -> dict[str, Any]:
    told = {"name": "School", "audience": {"rule": {"everybody": True}}, "texts": {"sl": TEXT}, "category": "school"}
    made = call("POST", CAMPAIGNS, told | more)
    assert made.status == 201, made.body
    return dict(made.said)


def test_some_of_a_campaign_is_changed_and_the_rest_stays(call: Any, people: list[str]) -> None:
    terms = {
        "per_minute": 60,
        "limits": {"budget": "12.5", "opt_outs": 3},
        "canary": {"share": 2},
        "track_links": False,
    }
    made = written(call, terms=terms, **{"from": "Shop"})
    path = f"{CAMPAIGNS}/{made['id']}"
    call("POST", f"{path}/estimate", {})
    patch = {"name": "Autumn", "from": None, "terms": {"canary": None, "limits": {"opt_outs": 4}}}
    changed = call("PATCH", path, patch, content_type="application/merge-patch+json").said
    assert (changed["name"], changed["from"], changed["status"], changed["estimate"]) == ("Autumn", None, "draft", None)
    same = ("audience", "texts", "language", "purpose", "category", "template", "link")
    assert {name: changed[name] for name in same} == {name: made[name] for name in same}
    assert changed["terms"]["canary"] is None
    assert changed["terms"]["limits"] == {**made["terms"]["limits"], "opt_outs": 4.0}
    assert (changed["terms"]["per_minute"], changed["terms"]["limits"]["budget"]) == (60, "12.5")
    more = call("PATCH", path, {"texts": {"en": "Hello! STOP"}, "audience": {"numbers": people}}).said
    assert more["texts"] == {"a": {"sl": TEXT, "en": "Hello! STOP"}}
    assert more["audience"] == {"numbers": people}
    call("POST", TEMPLATES, {"name": "Near", "texts": {"en": "Near. STOP"}})
    taken = call("PATCH", path, {"template": "Near"}).said
    assert (taken["texts"], taken["language"]) == ({"a": {"en": "Near. STOP"}}, "en")
    wrong = call("PATCH", path, {"name": None, "terms": {"per_minute": "fast"}})
    assert (wrong.status, {"/name", "/terms/per_minute"} <= set(wrong.faults)) == (422, True)
    assert call("PATCH", f"{CAMPAIGNS}/cam_0", {"name": "x"}).code == "not_found"
    assert call("GET", path).said == taken


def test_a_template_is_written_filled_in_changed_and_taken_away(call: Any) -> None:
    made = call("POST", TEMPLATES, {"name": "Near", "texts": {"sl": "Zdravo {{ first_name }}", "fa": "سلام"}})
    assert made.status == 201
    assert made.said["facts"]["sl"]["needed"] == ["first_name"]
    assert made.said["facts"]["fa"]["encoding"] == "ucs2"
    where = made.headers["Location"]
    assert call("POST", TEMPLATES, {"name": "Near", "texts": {"sl": "x"}}).code == "conflict"
    filled = call("POST", f"{where}/render", {"values": {"first_name": "Ana"}}).said
    assert (filled["text"], filled["missing"], filled["parts"]) == ("Zdravo Ana", [], 1)
    assert call("POST", f"{where}/render", {}).said["missing"] == ["first_name"]
    wrong = call("PUT", where, {"name": "Near", "texts": {"sl": "{{ frist_name }} {{"}})
    assert wrong.faults == {"/texts/sl": "template_wrong"}
    assert call("PUT", where, {"name": "Near", "texts": {"sl": "Zdravo"}}).said["texts"] == {"sl": "Zdravo"}
    assert [one["name"] for one in call("GET", TEMPLATES).said["data"]] == ["Near"]
    assert "last_order" in call("GET", f"{TEMPLATES}/variables").said["data"]
    assert call("DELETE", where).status == 204
    assert call("GET", where).code == "not_found"


def test_a_campaign_goes_from_a_draft_to_its_report(call: Any, gateway: Gateway, people: list[str], clock: Any) -> None:
    id = written(call)["id"]
    where = f"{CAMPAIGNS}/{id}"
    assert call("POST", f"{where}/approve").code == "campaign_state"
    told = call("POST", f"{where}/estimate", {}).said
    assert (told["status"], told["estimate"]["people"], told["estimate"]["messages"]) == ("estimated", 3, 2)
    assert told["estimate"]["left_out"] == [
        {"code": "consent_missing", "count": 1, "words": "never agreed to this category"}
    ]
    shown = call("GET", f"{where}/preview").said["data"]
    assert {one["text"] for one in shown} == {
        "Pozdravljeni, Ana! Odjava: STOP", "Pozdravljeni, kupec! Odjava: STOP"
    }  # fmt: skip
    assert call("POST", f"{where}/approve").said["status"] == "approved"
    assert call("POST", f"{where}/start").said["status"] == "scheduled"
    gateway.network.heard("phones", Health(LinkState.UP), clock())
    while gateway.campaigns.step(clock()):
        pass
    assert call("GET", where).said["placed"] == 2
    paused = call("POST", f"{where}/pause", {"why": "a wrong price"}).said
    assert (paused["left"], paused["wait"], paused["campaign"]["status"]) == (0, 2, "paused")
    assert call("POST", f"{where}/resume").said["status"] == "running"
    targets = call("GET", f"{where}/targets").said["data"]
    assert [(one["number"], one["left_out"], one["status"]) for one in targets] == [
        (people[0], None, "queued"), (people[1], None, "queued"), (people[2], "consent_missing", None)
    ]  # fmt: skip
    assert len(call("GET", f"{where}/targets?left_out=any").said["data"]) == 1
    report = call("GET", f"{where}/report").said
    assert (report["people"], report["placed"], report["waiting"], report["unplaced"]) == (3, 2, 2, 0)
    assert call("DELETE", where).said["hint"] == "stop it first"
    stopped = call("POST", f"{where}/stop", {}).said
    kept = call("DELETE", where)
    assert (kept.status, kept.code) == (409, "campaign_state")
    assert kept.said["detail"].startswith("2 messages of it were made")
    assert (stopped["wait"], stopped["campaign"]["status"]) == (2, "stopped")
    copy = call("POST", f"{where}/copy").said
    assert (copy["status"], copy["placed"], copy["estimate"]) == ("draft", 0, None)
    assert [one["id"] for one in call("GET", CAMPAIGNS).said["data"]] == [copy["id"], id]
    again = f"{CAMPAIGNS}/{copy['id']}"
    for verb in ("estimate", "approve"):
        call("POST", f"{again}/{verb}", {} if verb == "estimate" else None)
    planned = call("POST", f"{again}/schedule", {"at": "2026-11-30T09:00:00Z"}).said
    assert (planned["status"], planned["starts_at"]) == ("scheduled", "2026-11-30T09:00:00Z")
    assert call("DELETE", again).code == "campaign_state"
    draft = written(call)["id"]
    assert call("DELETE", f"{CAMPAIGNS}/{draft}", If_Match='"0"').code == "precondition_failed"
    assert call("DELETE", f"{CAMPAIGNS}/{draft}").status == 204
    assert call("DELETE", f"{CAMPAIGNS}/{draft}").code == "not_found"
    [told] = call("GET", "/api/v1/audit?verb=campaign.removed").said["data"]
    assert told["record_id"] == draft


def test_everything_that_is_wrong_with_a_campaign_is_told_at_once(call: Any, people: list[str]) -> None:
    refused = call("POST", CAMPAIGNS, {
        "name": "x", "audience": {"rule": {"tag": 3}}, "texts": {"sl": "{{ nobody }}"}, "category": "shoes",
        "terms": {"repeat": {"rule": "FREQ=HOURLY", "first": "2026-12-01T09:00:00"}},
    })  # fmt: skip
    assert set(refused.faults) >= {"/audience/rule/tag", "/texts/sl", "/category", "/terms/repeat/rule"}
    unknown = call("POST", CAMPAIGNS, {"name": "x", "audience": {}, "terms": {"canary": {"shaer": 1}}})
    assert unknown.faults == {"/terms/canary/shaer": "unknown_field"}


def test_a_variable_without_a_value_is_told_by_the_estimate_and_forbids_the_approval(
    call: Any, people: list[str]
) -> None:
    id = written(call, texts={"sl": "{{ first_name }}, pridite! STOP"})["id"]
    told = call("POST", f"{CAMPAIGNS}/{id}/estimate", {}).said["estimate"]
    assert (told["undefined"], told["undefined_some"]) == (
        1, [{"who": people[1], "number": people[1], "names": ["first_name"]}]
    )  # fmt: skip
    refused = call("POST", f"{CAMPAIGNS}/{id}/approve")
    assert refused.code == "variable_undefined"
    assert people[1] in refused.said["detail"]


def test_each_thing_needs_its_scope(app: Any, caller_of: Any, call: Any, people: list[str]) -> None:
    id = written(call)["id"]
    reader, writer = caller_of(app, "campaigns:read"), caller_of(app, "campaigns:write")
    assert reader("GET", f"{CAMPAIGNS}/{id}").status == 200
    assert reader("POST", f"{CAMPAIGNS}/{id}/estimate", {}).code == "forbidden_scope"
    assert writer("POST", f"{CAMPAIGNS}/{id}/estimate", {}).status == 200
    assert writer("POST", f"{CAMPAIGNS}/{id}/approve").code == "forbidden_scope"
    assert caller_of(app, "campaigns:approve")("POST", f"{CAMPAIGNS}/{id}/approve").status == 200


def test_a_test_goes_to_ones_own_number_through_the_gate(call: Any, people: list[str]) -> None:
    id = written(call)["id"]
    sent = call("POST", f"{CAMPAIGNS}/{id}/test", {"to": [people[0], people[2]]}).said["data"]
    assert sent[0]["message_id"] is not None
    assert (sent[1]["message_id"], "never agreed" in sent[1]["says"]) == (None, True)
    message = call("GET", f"/api/v1/messages/{sent[0]['message_id']}").said
    assert message["text"] == "Pozdravljeni, Ana! Odjava: STOP"


def test_of_two_who_change_it_at_once_the_second_is_told(call: Any, clock: Any, people: list[str]) -> None:
    id = written(call)["id"]
    tag = call("GET", f"{CAMPAIGNS}/{id}").headers["ETag"]
    told = {"name": "Other", "audience": {"rule": "everybody"}, "texts": {"sl": TEXT}, "category": "school"}
    clock.on(1)
    assert call("PUT", f"{CAMPAIGNS}/{id}", told, if_match=tag).said["name"] == "Other"
    refused = call("PUT", f"{CAMPAIGNS}/{id}", told, if_match=tag)
    assert (refused.status, refused.code) == (412, "precondition_failed")
    assert call("PUT", f"{CAMPAIGNS}/{id}", told).status == 200
