"""Messages that are written from a template: which text, whose words, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

MESSAGES, TEMPLATES = "/api/v1/messages", "/api/v1/templates"
ANA, BOB = "+38640111222", "+38640111333"
TEXTS = {
    "en": "Dear {{ first_name|default:'customer' }}, order {{ order }} is ready.",
    "sl": "{{ first_name }}, naročilo {{ order }} je pripravljeno.",
}


@pytest.fixture
def ready(call: Any) -> str:
    """A template, and a customer who speaks Slovenian."""
    ana = {"name": "Ana Novak", "language": "sl", "addresses": [ANA]}
    assert call("POST", "/api/v1/customers", ana).status == 201
    made = call("POST", TEMPLATES, {"name": "Ready", "texts": TEXTS, "language": "en", "vars": ["order"]})
    assert made.said["vars"] == ["order"]
    return str(made.said["id"])


def test_a_message_is_written_from_a_template_in_its_recipients_language(call: Any, ready: str) -> None:
    told = {"template": "Ready", "vars": {"order": 1042}}
    assert call("POST", MESSAGES, {"to": ANA, **told}).said["text"] == "Ana, naročilo 1042 je pripravljeno."
    assert call("POST", MESSAGES, {"to": BOB, **told}).said["text"] == "Dear customer, order 1042 is ready."
    asked = {"to": "040 111 333", "template": ready, "locale": "sl", "vars": {"order": "7", "first_name": "Bob"}}
    assert call("POST", MESSAGES, asked).said["text"] == "Bob, naročilo 7 je pripravljeno."


def test_each_of_a_batch_has_its_own_words_and_its_own_mistakes(call: Any, ready: str) -> None:
    items = [
        {"to": ANA, "template": "Ready", "vars": {"order": 1}},
        {"to": BOB, "template": "Ready"},
        {"to": BOB, "text": "plain"},
        {"to": BOB, "template": "Redy"},
        {"to": BOB, "template": "Ready", "locale": "fa", "vars": {"ordr": 1}},
    ]
    told = call("POST", f"{MESSAGES}/batch", items).said
    faults = [{f["pointer"]: f["code"] for f in one["problem"]["errors"]} for one in told["data"] if "problem" in one]
    assert (told["accepted"], told["refused"]) == (2, 3)
    assert faults == [
        {"/1/vars/order": "variable_missing"},
        {"/3/template": "template_unknown"},
        {"/4/locale": "language_missing", "/4/vars/ordr": "variable_unknown"},
    ]
    texts = {one["text"] for one in call("GET", MESSAGES).said["data"]}
    assert texts == {"Ana, naročilo 1 je pripravljeno.", "plain"}


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ({"text": "x", "template": "Ready"}, {"/template": "text_and_template"}),
        ({"data": "AA==", "template": "Ready"}, {"/template": "text_and_template"}),
        ({"text": "x", "vars": {}}, {"/vars": "template_missing"}),
        ({"text": "x", "locale": "auto"}, {"/locale": "template_missing"}),
        ({"template": "Ready", "locale": "Klingon"}, {"/locale": "wrong_form"}),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(call: Any, ready: str, told: Any, faults: Any) -> None:
    assert call("POST", MESSAGES, {"to": BOB, **told}).faults == faults
    assert call("GET", MESSAGES).said["data"] == []


def test_a_key_that_is_there_twice_is_found_beside_a_template_too(call: Any, ready: str) -> None:
    body = b'[{"to": "+38640111333", "template": "Ready", "vars": {"order": "1", "order": "2"}}]'
    assert call("POST", f"{MESSAGES}/batch", body).code == "malformed_body"


def test_campaigns_cannot_use_what_only_a_sender_gives(call: Any, ready: str) -> None:
    told = {"name": "x", "audience": {"rule": {"everybody": True}}, "template": ready}
    refused = call("POST", "/api/v1/campaigns", told)
    assert refused.faults["/texts/en"] == "variable_unknown"


def test_variables_of_the_sender_stay_when_a_template_is_written_anew_without_them(call: Any, ready: str) -> None:
    again = call("PUT", f"{TEMPLATES}/{ready}", {"name": "Ready", "texts": {"en": "{{ order }}"}})
    assert again.said["vars"] == ["order"]
    wrong = call("PUT", f"{TEMPLATES}/{ready}", {"name": "Ready", "texts": {"en": "x"}, "vars": ["Order no"]})
    assert wrong.faults == {"/vars": "name_wrong"}
