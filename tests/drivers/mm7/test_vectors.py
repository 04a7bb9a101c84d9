"""Every message of data/mm7.json is read as it says there, and answered as it says there."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from drivers.mm7 import Config, open_link, outcomes, requests
from drivers.mm7.outcomes import Outcome
from smsgw.link_verbs import Notice
from tests.drivers.recorder import Recorder
from tests.emulators.mmsc import understand

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "mm7.json").read_text())
TOLD = [one for one in VECTORS if one["direction"] == "mmsc-to-gateway"]
ANSWERED = [one for one in VECTORS if one["direction"] == "answer-to-gateway"]
SETTINGS = {"url": "http://mmsc.test/", "sender": "22233", "told_from": ["192.0.2.1"]}
OUTCOMES = {
    "accepted": Outcome.ACCEPTED,
    "permanent": Outcome.RECIPIENT,
    "permanent-content": Outcome.CONTENT,
    "retry": Outcome.LATER,
    "config": Outcome.ACCOUNT,
}


def headers_of(vector: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in vector["headers"].items()}


def body_of(vector: dict[str, Any]) -> bytes:
    return base64.b64decode(vector["body_b64"])


@pytest.mark.parametrize("vector", TOLD, ids=lambda one: one["name"])
def test_what_an_mmsc_tells_is_read_and_answered_in_its_own_words(vector: dict[str, Any], events: Recorder) -> None:
    link = open_link("mms", Config.model_validate(SETTINGS), events)
    body, headers, expect = body_of(vector), headers_of(vector), vector["expect"]
    noted = link.notice(Notice("POST", "http://gw.test/carriers/mms", headers, body, "192.0.2.1"))
    said, _ = requests.envelope_of(headers["content-type"], body)
    answer, _ = requests.envelope_of(noted.media, noted.body.encode())
    assert (noted.status, noted.media) == (200, "text/xml")
    assert (said.kind, answer.kind) == (expect["message"], expect["message"][:-3] + "Rsp")
    assert (answer.namespace, answer.version) == (said.namespace, said.version)
    assert answer.transaction == said.transaction == expect.get("transaction_id", said.transaction) != ""
    assert requests.read_answer(noted.media, noted.body.encode()).status == 1000
    if expect["message"] == "DeliverReq":
        check_content(events, expect)
    else:
        (receipt,) = events.receipts
        assert receipt.reference == expect["message_id"]
        phone = "+491700000001" if vector["name"].startswith("mbuni") else "+4915700000001"
        assert receipt.recipient == expect.get("party", phone)
        assert (receipt.said or "").capitalize() == expect["status"]


def check_content(events: Recorder, expect: dict[str, Any]) -> None:
    """The one content that came in is what a vector expects, as far as it says."""
    (inbound,) = events.contents
    assert inbound.sender == expect.get("sender", "+491700000001")
    assert inbound.content.subject == expect.get("subject", "Antwort")
    assert [inbound.to, *inbound.also_to] == expect.get("to", ["22233"])
    assert inbound.content.parts[0].media_type == "application/smil"
    if "timestamp" in expect:
        assert inbound.sent_at is not None
        assert f"{inbound.sent_at:%Y-%m-%dT%H:%M:%SZ}" == expect["timestamp"]
    if "parts" in expect:
        told = [
            {"type": one.media_type, "length": len(one.data), "sha256": hashlib.sha256(one.data).hexdigest()}
            for one in inbound.content.parts
        ]
        assert told == expect["parts"]


@pytest.mark.parametrize("vector", ANSWERED, ids=lambda one: one["name"])
def test_what_an_mmsc_answers_is_read(vector: dict[str, Any]) -> None:
    answer = requests.read_answer(headers_of(vector)["content-type"], body_of(vector))
    expect = vector["expect"]
    assert answer.status == expect["status"]
    assert answer.message_id == expect.get("message_id", "")
    assert outcomes.judge(200, answer.status, answer.says).outcome is OUTCOMES[expect["outcome"]]


def test_our_own_mmsc_understands_what_another_vasp_sends() -> None:
    (vector,) = [one for one in VECTORS if one["direction"] == "vasp-to-mmsc"]
    asked = understand(headers_of(vector), body_of(vector))
    assert (asked.kind, asked.to, asked.fields["ShortCode"]) == ("SubmitReq", ["+491700000001"], "22233")
    assert [one[2].decode() for one in asked.parts] == ["Text aus mmsbox äöü"]
