"""Consent and the gate's own rules over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webadmin.api import consents_shapes, gate_shapes, preview_shapes
from webadmin.api.telling import EVENTS

PHONE = "+38640111222"
API = "/api/v1"
SCHOOL = {"names": {"sl": "šolske potrebščine", "en": "school supplies"}, "words": ["pouk"]}


@pytest.fixture
def shop(call: Any) -> Any:
    """The API of a gateway with one category."""
    assert call("PUT", f"{API}/consent/categories/school", SCHOOL).status == 200
    return call


def grant(call: Any, **more: Any) -> Any:
    body = {"address": "040 111 222", "statement": "granted", "scope": "school", "words": "form 12", **more}
    return call("POST", f"{API}/consents", body)


def test_marketing_goes_after_a_consent_and_not_after_its_withdrawal(shop: Any) -> None:
    body = {"to": PHONE, "text": "Razprodaja! Odjava: STOP", "purpose": "marketing"}
    assert shop("POST", f"{API}/messages", body).code == "category_missing"
    assert shop("POST", f"{API}/messages", body | {"category": "toys"}).code == "category_unknown"
    assert shop("POST", f"{API}/messages", body | {"category": "school"}).code == "consent_missing"
    assert grant(shop).said["standing"] == {"address": PHONE, "level": "some", "categories": ["school"]}
    sent = shop("POST", f"{API}/messages", body | {"category": "school"})
    assert (sent.status, sent.said["category"]) == (202, "school")
    grant(shop, statement="withdrawn", words="on the telephone")
    assert shop("GET", f"{API}/messages/{sent.said['id']}").said["status"] == "refused"
    assert shop("POST", f"{API}/messages", body | {"category": "school"}).code == "recipient_opted_out"
    told = shop("GET", f"{API}/gate/refusals?to=%2B38640111222").said
    gate_shapes.RefusalList.model_validate(told)
    assert [one["code"] for one in told["data"]][:2] == ["recipient_opted_out", "consent_missing"]


def test_the_hot_way_obeys_the_same_gate(shop: Any) -> None:
    many = [{"to": PHONE, "text": f"{n} STOP", "purpose": "marketing", "category": "school"} for n in range(3)]
    answer = shop("POST", f"{API}/messages/batch", many)
    assert [one["problem"]["code"] for one in answer.said["data"]] == ["consent_missing"] * 3


def test_the_ledger_and_the_certificate_show_the_proof(shop: Any) -> None:
    grant(shop, wording="Da, želim obvestila", at="2026-11-01T10:00:00Z")
    told = shop("GET", f"{API}/consents?address=040111222").said
    consents_shapes.StatementList.model_validate(told)
    assert [(one["words"], one["scope"]) for one in told["data"]] == [("form 12", "school")]
    paper = shop("GET", f"{API}/consents/certificate?address=040111222").said
    consents_shapes.Certificate.model_validate(paper)
    assert paper["wordings"][0]["text"] == "Da, želim obvestila"
    printed = shop("GET", f"{API}/consents/certificate?address=040111222&shape=pdf")
    assert (printed.headers["Content-Type"], printed.body[:5]) == ("application/pdf", b"%PDF-")


def test_a_purchase_is_told_to_be_none_and_all_mistakes_come_at_once(shop: Any) -> None:
    answer = grant(shop, scope="toys", words="bought a pen")
    assert answer.faults == {"/scope": "category_unknown", "/words": "purchase_is_no_consent"}


def test_a_number_can_be_asked_itself(shop: Any) -> None:
    assert grant(shop, statement="asked").said["standing"]["level"] == "orders"
    paper = shop("GET", f"{API}/consents/certificate?address=040111222").said
    assert [(one["category"], one["outcome"]) for one in paper["questions"]] == [("school", None)]


def test_a_choice_is_made_in_one_go(shop: Any) -> None:
    body = {"address": PHONE, "level": "some", "categories": ["school"], "words": "at the counter"}
    assert shop("PUT", f"{API}/consents/choice", body).said["level"] == "some"
    assert shop("PUT", f"{API}/consents/choice", body | {"level": "nothing"}).said["level"] == "nothing"
    assert shop("POST", f"{API}/messages", {"to": PHONE, "text": "ready"}).code == "recipient_opted_out"
    assert shop("PUT", f"{API}/consents/choice", body | {"level": "orders"}).said["level"] == "orders"
    assert shop("POST", f"{API}/messages", {"to": PHONE, "text": "ready"}).status == 202


def test_a_text_can_be_tried_and_keywords_are_the_shops_own(shop: Any) -> None:
    def tried(text: str, **more: Any) -> Any:
        return shop("POST", f"{API}/consent/test", {"text": text, **more}).said

    consents_shapes.TestResult.model_validate(tried("STOP"))
    assert (tried("STOP pouk")["meaning"], tried("STOP pouk")["category"]) == ("stop", "school")
    assert tried("Stopalka 3x")["meaning"] is None
    assert tried("۱۱")["meaning"] is None
    assert tried("۱۱", **{"from": "+989121234567"})["meaning"] == "stop"
    assert shop("PUT", f"{API}/consent/words/dovolj", {"meaning": "stop", "language": "sl"}).status == 200
    assert tried("Dovolj!")["meaning"] == "stop"
    assert [one["words"] for one in shop("GET", f"{API}/consent/words").said["data"]] == ["dovolj"]
    assert shop("DELETE", f"{API}/consent/words/dovolj").status == 200
    assert tried("Dovolj!")["meaning"] is None
    assert shop("DELETE", f"{API}/consent/words/dovolj").code == "not_found"
    assert shop("PUT", f"{API}/consent/words/stop", {"meaning": "nothing"}).code == "validation_failed"


def test_what_may_be_a_stop_is_listed_and_decided(shop: Any) -> None:
    assert shop("GET", f"{API}/consent/doubts").said["data"] == []
    assert shop("POST", f"{API}/consent/doubts/in_01JD9Z8Q4N0000V2T5B7K3M1XE", {"meant": True}).code == "not_found"


def test_suppressed_numbers_get_nothing(shop: Any) -> None:
    body = {"addresses": [PHONE], "why": "asked by letter"}
    assert shop("POST", f"{API}/consents/suppressions", body).said == {"changed": 1}
    assert shop("POST", f"{API}/messages", {"to": PHONE, "text": "ready"}).code == "suppressed"
    assert shop("POST", f"{API}/consents/suppressions/remove", {"addresses": [PHONE]}).said == {"changed": 1}
    assert shop("POST", f"{API}/messages", {"to": PHONE, "text": "ready"}).status == 202


def test_a_preview_tells_what_every_check_says(shop: Any) -> None:
    body = {"to": PHONE, "text": "Razprodaja", "purpose": "marketing", "category": "school"}
    answer = shop("POST", f"{API}/messages/preview", body)
    preview_shapes.Preview.model_validate(answer.said)
    gate = answer.said["gate"]
    said = {one["name"]: one["code"] for one in gate["checks"] if one["decision"] != "send"}
    assert (gate["decision"], gate["code"]) == ("refuse", "consent_missing")
    assert said == {"consent": "consent_missing", "text": "way_out_missing"}


def test_caps_and_open_hours_are_set_listed_and_taken_away(shop: Any) -> None:
    assert shop("PUT", f"{API}/gate/caps", {"days": 7, "most": 2}).status == 200
    assert shop("PUT", f"{API}/gate/caps", {"days": 1, "most": 1, "category": "toys"}).code == "validation_failed"
    gate_shapes.CapList.model_validate(shop("GET", f"{API}/gate/caps").said)
    assert shop("DELETE", f"{API}/gate/caps?days=7").status == 200
    assert shop("DELETE", f"{API}/gate/caps?days=7").code == "not_found"
    assert shop("PUT", f"{API}/gate/hours/SI", {"hours": ["Mo-Fr 09:00-18:00"]}).status == 200
    assert shop("PUT", f"{API}/gate/hours/XX", {"hours": ["sometimes"]}).faults == {
        "/region": "value_unknown", "/hours": "wrong_form",
    }  # fmt: skip
    listed = shop("GET", f"{API}/gate/hours").said
    gate_shapes.OpenHoursList.model_validate(listed)
    assert {one["region"]: one["source"] for one in listed["data"]}["SI"] == "set here"
    assert shop("DELETE", f"{API}/gate/hours/SI").status == 200
    changes = shop("GET", f"{API}/gate/changes").said
    gate_shapes.RuleChangeList.model_validate(changes)
    assert "open hours of SI" in changes["data"][0]["what"]


def test_categories_are_listed_changed_and_retired(shop: Any) -> None:
    consents_shapes.CategoryList.model_validate(shop("GET", f"{API}/consent/categories").said)
    assert shop("PUT", f"{API}/consent/categories/marketing", SCHOOL).faults == {"/code": "category_code_invalid"}
    assert shop("DELETE", f"{API}/consent/categories/school").status == 200
    assert shop("DELETE", f"{API}/consent/categories/toys").code == "not_found"
    assert grant(shop).faults == {"/scope": "category_unknown"}


def test_a_list_of_addresses_is_checked_in_one_go(shop: Any) -> None:
    grant(shop)
    shop("POST", f"{API}/consents/suppressions", {"addresses": ["+38640111444"], "why": "a court said so"})
    asked = {"addresses": ["040 111 222", "+38640111333", "+38640111444"], "category": "school"}
    told = shop("POST", f"{API}/consents/check", asked).said["data"]
    assert [(one["address"], one["allowed"], one["code"]) for one in told] == [
        (PHONE, True, None), ("+38640111333", False, "consent_missing"), ("+38640111444", False, "suppressed"),
    ]  # fmt: skip
    for_all = shop("POST", f"{API}/consents/check", asked | {"purpose": "transactional", "category": None})
    assert [one["allowed"] for one in for_all.said["data"]] == [True, True, False]


def test_the_suppression_list_is_imported_looked_at_and_exported(shop: Any) -> None:
    listed = {"csv": "number,name\n+38640111222,Ana\n\nnonsense\n040111333,Bine\n", "why": "from the old program"}
    told = shop("POST", f"{API}/consents/suppressions/import", listed).said
    assert (told["read"], told["changed"], [one["line"] for one in told["invalid"]]) == (2, 2, [4])
    assert shop("POST", f"{API}/consents/suppressions/import", listed).said["changed"] == 0
    assert len(shop("GET", f"{API}/consents/suppressions").said["data"]) == 2
    one = shop("GET", f"{API}/consents/suppressions?address=040111222").said["data"]
    assert [entry["why"] for entry in one] == ["from the old program"]
    assert shop("GET", f"{API}/consents/suppressions?address=%2B38640999999").said["data"] == []
    file = shop("GET", f"{API}/consents/suppressions?shape=csv")
    assert file.headers["Content-Type"].startswith("text/csv")
    assert len(file.body.splitlines()) == 3
    assert PHONE.encode() not in file.body
    verbs = [line["verb"] for line in shop("GET", f"{API}/audit?verb=suppressions.*").said["data"]]
    assert verbs == ["suppressions.exported"]


def test_a_customers_consents_are_those_of_all_their_addresses(shop: Any) -> None:
    made = shop("POST", f"{API}/customers", {"name": "Ana", "addresses": [PHONE, "ana@example.com"]}).said["id"]
    grant(shop)
    grant(shop, address="ana@example.com", scope="marketing")
    told = shop("GET", f"{API}/customers/{made}/consents").said
    consents_shapes.CustomerConsents.model_validate(told)
    assert {(one["address"], one["scope"]) for one in told["data"]} == {
        (PHONE, "school"),
        ("ana@example.com", "marketing"),
    }
    assert [one["address"] for one in told["standing"]] == [PHONE, "ana@example.com"]
    assert shop("GET", f"{API}/customers/cus_{'0' * 26}/consents").status == 404


def test_one_category_is_shown_and_one_that_is_not_there_is_not_found(shop: Any) -> None:
    assert shop("GET", f"{API}/consent/categories/school").said["names"] == SCHOOL["names"]
    assert shop("GET", f"{API}/consent/categories/toys").code == "not_found"


def test_consents_and_customers_are_told_to_those_who_listen(shop: Any) -> None:
    id = shop("POST", f"{API}/customers", {"name": "Ana", "addresses": [PHONE]}).said["id"]
    other = shop("POST", f"{API}/customers", {"name": "Ana N.", "addresses": ["+38640111333"]}).said["id"]
    grant(shop)
    grant(shop, statement="withdrawn", words="on the telephone")
    shop("PATCH", f"{API}/customers/{id}", {"language": "sl"})
    shop("POST", f"{API}/customers/{id}/merge", {"gone": other})
    shop("POST", f"{API}/customers/{id}/erase")
    said = shop("GET", f"{API}/events?events=consent.*,customer.*", last_event_id="0").body.decode()
    told = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: ")]
    kinds = [one["type"] for one in told]
    assert kinds[:5] == [
        "customer.created", "customer.created", "consent.granted", "consent.revoked", "customer.updated",
    ]  # fmt: skip
    assert {"customer.merged", "customer.erased"} <= set(kinds)
    assert told[2]["data"]["scope"] == "school"
    assert PHONE not in said  # who was forgotten is told of by a digest
    assert "Ana" not in said
    for one in told:
        shape = EVENTS[one["type"]]
        shape.model_validate(one)
