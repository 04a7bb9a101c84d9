"""Bodies that are no JSON, of the wrong type, or meant to harm: always a problem, never a crash."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from smsgw.errors import BadInput, Fault
from webadmin.api.reading import MalformedBody, json_of, shaped
from webadmin.api.shapes import NewMessage

MESSAGES = "/api/v1/messages"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "at line 1, column 1"),
        (b'{\n  "to": x\n}', "at line 2, column 9"),
        (b'{"to": "1"', "at line 1, column 11"),
        (b"{'to': 1}", "at line 1, column 2"),
        (b'{"a": 1} x', "at line 1, column 10"),
        (b'{"a": "\n"}', "at line 1, column 8"),
        (b'{"a": NaN}', "NaN is not a JSON value"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON value"),
        (b'{"a": 1e999}', "the number 1e999 is too large"),
        (b'{"to": "1", "to": "2"}', "the key 'to' is there twice"),
        (b'{"a": {"\xc5\xbe": 1, "\xc5\xbe": 1}}', r"the key '\u017e' is there twice"),
        (b'{"a": "\xff"}', "byte 8 cannot be read"),
        ('{"to": "1"}'.encode("utf-16"), "not UTF-8"),
        (b"[" * 1_000_000, "nests too deep"),
        (b'{"a":' * 500_000, "nests too deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "the number 999999999999999999999999999999… has 5000 digits"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_is_told_where(call: Any, body: bytes, says: str) -> None:
    answer = call("POST", MESSAGES, body)
    assert (answer.status, answer.code) == (400, "malformed_body")
    assert says in answer.said["detail"]


def test_a_byte_order_mark_does_no_harm(call: Any) -> None:
    assert call("POST", MESSAGES, b'\xef\xbb\xbf{"to": "+38640111222", "text": "x"}').status == 202


@pytest.mark.parametrize(
    "type", ["", "text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", "json"]
)
def test_another_content_type_is_refused(call: Any, type: str) -> None:
    answer = call("POST", MESSAGES, b'{"to": "+38640111222", "text": "x"}', content_type=type)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")
    assert "application/json" in answer.said["detail"]


def test_a_charset_beside_the_type_does_no_harm(call: Any) -> None:
    body = b'{"to": "+38640111222", "text": "x"}'
    assert call("POST", MESSAGES, body, content_type="application/json; charset=utf-8").status == 202


def test_a_compressed_body_is_refused(call: Any) -> None:
    assert call("POST", MESSAGES, b"{}", content_encoding="gzip").code == "unsupported_media_type"


def test_a_body_that_is_too_large_is_refused(call: Any) -> None:
    answer = call("POST", MESSAGES, b'"' + b"x" * 6_000_000 + b'"')
    assert (answer.status, answer.code) == (413, "body_too_large")


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_fields = st.sampled_from([field.alias or name for name, field in NewMessage.model_fields.items()]) | st.text()


def faults(told: Any) -> list[Fault]:
    """What is wrong with a message."""
    try:
        shaped(NewMessage, told)
    except BadInput as wrong:
        return wrong.faults
    return []


@hypothesis.given(st.dictionaries(_fields, _anything, max_size=8))
def test_whatever_json_comes_its_faults_can_be_told(told: dict[str, Any]) -> None:
    found = faults(json_of(json.dumps(told).encode()))
    assert found or {"to", "text"} <= set(told)
    for fault in found:
        assert fault.pointer == "" or fault.pointer.startswith("/")
        assert fault.detail
        json.dumps([fault.pointer, fault.detail], ensure_ascii=False).encode()


@hypothesis.given(st.binary(max_size=50))
def test_whatever_bytes_come_are_json_or_malformed(raw: bytes) -> None:
    with contextlib.suppress(MalformedBody):
        value = json_of(raw)
        assert json.loads(raw.decode("utf-8-sig")) == value
