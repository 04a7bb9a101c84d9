"""POST /messages/batch: every item is judged alone, and all share transactions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from smsgw.errors import StoreFull
from smsgw.gateway import Gateway
from smsgw.outbound.gate import gate
from webadmin import create_app
from webadmin.api import batch
from webadmin.api.shapes import Batch

BATCH = "/api/v1/messages/batch"
PHONE = "+38640111222"


def item(n: int = 0, **more: Any) -> dict[str, Any]:
    """One good item."""
    return {"to": PHONE, "text": f"text {n}"} | more


def test_good_items_are_accepted_and_bad_ones_told_each_at_its_place(call: Any) -> None:
    answer = call("POST", BATCH, [item(0), item(1, to="12", txt="x"), "nonsense", item(0), item(4)])
    assert answer.status == 202
    Batch.model_validate(answer.said)
    assert (answer.said["accepted"], answer.said["refused"]) == (2, 3)
    data = answer.said["data"]
    assert [one["index"] for one in data] == [0, 1, 2, 3, 4]
    assert [one.get("status") for one in data] == ["queued", None, None, None, "queued"]
    problem = data[1]["problem"]
    assert (problem["code"], problem["status"]) == ("validation_failed", 422)
    assert {f["pointer"]: f["code"] for f in problem["errors"]} == {
        "/1/to": "recipient_invalid",
        "/1/txt": "unknown_field",
    }
    assert data[2]["problem"]["errors"][0]["pointer"] == "/2"
    assert data[3]["problem"]["code"] == "duplicate_message"
    assert data[3]["problem"]["errors"][0]["pointer"] == "/3/to"
    assert call("GET", f"/api/v1/messages/{data[4]['id']}").said["text"] == "text 4"


def test_lines_of_json_are_taken_and_a_line_that_is_none_fails_alone(call: Any) -> None:
    lines = [json.dumps(item(0)), "{oops", "", '{"to": NaN}', "[" * 100_000, json.dumps(item(1))]
    answer = call("POST", BATCH, "\r\n".join(lines).encode() + b"\n\xff\xfe\n", content_type="application/x-ndjson")
    data = answer.said["data"]
    assert (answer.status, answer.said["accepted"]) == (202, 2)
    assert [one.get("problem", {}).get("code") for one in data] == [
        None, "malformed_body", "malformed_body", "malformed_body", None, "malformed_body",
    ]  # fmt: skip
    assert data[1]["problem"]["detail"].startswith("line 2 of the batch: the body is not JSON: ")


@pytest.mark.parametrize(
    ("told", "code"), [([], "too_few"), ({}, "wrong_type"), ("x", "wrong_type"), ([1] * 10_001, "too_many")]
)
def test_a_batch_that_is_no_list_or_empty_or_too_long_is_refused_whole(call: Any, told: Any, code: str) -> None:
    answer = call("POST", BATCH, told)
    assert (answer.status, answer.faults) == (422, {"": code})


def test_a_json_list_that_is_broken_is_refused_whole(call: Any) -> None:
    answer = call("POST", BATCH, b'[{"to": "+38640111222", "text": "x"},]')
    assert (answer.status, answer.code) == (400, "malformed_body")


def test_a_repeated_client_ref_in_a_batch_is_one_message(call: Any) -> None:
    data = call("POST", BATCH, [item(0, client_ref="a"), item(0, client_ref="a")]).said["data"]
    assert data[0]["id"] == data[1]["id"]


def test_when_the_queue_takes_only_some_the_others_are_told_to_come_back(
    configured: Callable[..., Gateway], caller_of: Callable[..., Any]
) -> None:
    call = caller_of(create_app(configured(sending={"region": "SI", "queue_bound": 2})))
    answer = call("POST", BATCH, [item(n) for n in range(3)])
    assert (answer.status, answer.said["accepted"]) == (202, 2)
    assert answer.said["data"][2]["problem"]["retry_after"] == 30
    again = call("POST", BATCH, [item(n) for n in range(3, 5)])
    assert (again.status, again.code, again.headers["Retry-After"]) == (503, "queue_full", "30")


def test_a_batch_that_finds_the_disk_full_is_refused_whole(
    call: Any, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise StoreFull("no space")

    monkeypatch.setattr(gate, "weigh", full)
    assert call("POST", BATCH, [item(0), item(1)]).code == "store_full"


def test_a_large_batch_goes_to_the_store_in_pieces_so_that_others_come_in_between(
    call: Any, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    submit_many = gateway.door.submit_many

    def counted(asked: Any) -> Any:
        sizes.append(len(asked))
        return submit_many(asked)

    monkeypatch.setattr(batch, "AT_ONCE", 2)
    monkeypatch.setattr(gateway.door, "submit_many", counted)
    answer = call("POST", BATCH, [item(0), item(1), item(2, txt="x"), item(3), item(0, client_ref="a"), item(4)])
    assert sizes == [2, 2, 1]
    codes = [one.get("problem", {}).get("code") for one in answer.said["data"]]
    assert codes == [None, None, "validation_failed", None, "duplicate_message", None]


@pytest.mark.slow
def test_ten_thousand_messages_share_transactions(call: Any, gateway: Gateway) -> None:
    call.send(text="first")
    before = gateway.database.writer.beats
    answer = call("POST", BATCH, [{"to": f"+386401{n:05}", "text": f"text {n}"} for n in range(10_000)])
    assert answer.said["accepted"] == 10_000
    assert gateway.database.writer.beats - before < 1000
