"""The fast reader of a message takes only what the careful one takes, and as the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.errors import SmsgwError
from webadmin.api import reading, wished

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PHONE = "+38640111222"


def careful(raw: bytes) -> Any:
    """What the careful reader makes of it, or None; it must not need the store."""
    try:
        return wished.asked_of(wished.NewMessage.model_validate(reading.json_of(raw)), "me", None)
    except (SmsgwError, ValueError):
        return None


WORDS = st.sampled_from(
    ["", "a", ":", '"', '":', "\\", '\\"', "{", "€", "😀", "\x00", "\ud800", "\n", "2026-11-24T08:00:00Z", "nowhere"]
) | st.text(max_size=5)
VALUES = st.one_of(
    WORDS, st.none(), st.booleans(), st.integers(-1, 12), st.sampled_from([5.0, 10**30, 1e400, float("nan"), [], {}])
)  # fmt: skip
FIELDS = wished.NewMessage.model_fields.items()
NAMES = st.sampled_from([field.alias or name for name, field in FIELDS if name != "status_webhook"])  # asks the store
PAIRS = st.lists(st.tuples(NAMES, VALUES | st.dictionaries(WORDS, WORDS, max_size=3)), max_size=4)


@given(PAIRS, st.sampled_from([":", " :", "\t\n: ", ": "]), st.sampled_from([PHONE, "12"]), st.booleans())
def test_whatever_the_fast_reader_takes_the_careful_one_takes_as_the_same(
    pairs: list[tuple[str, Any]], colon: str, to: str, ascii: bool
) -> None:
    whole = [("to", to), ("text", "hello"), *pairs]
    lines = [f"{json.dumps(name)}{colon}{json.dumps(value, ensure_ascii=ascii)}" for name, value in whole]
    raw = f"{{{', '.join(lines)}}}".encode("utf-8", "surrogatepass")
    fast = wished.plain_message(raw, "me", NOW)
    if fast is not None:
        assert fast == careful(raw)


@given(st.lists(PAIRS, max_size=3), st.booleans())
def test_a_list_is_taken_fast_only_as_the_careful_reader_would_take_each(
    items: list[list[tuple[str, Any]]], twice: bool
) -> None:
    whole = [json.dumps({"to": PHONE, "text": "hello"} | dict(pairs)) for pairs in items]
    if twice and whole:
        whole[0] = whole[0].replace("{", '{"to" : "1", ', 1)
    fast = wished.plain_messages(f"[{', '.join(whole)}]".encode(), NOW)
    if fast is not None:
        assert [wished.asked_of(one, "me", None) for one in fast] == [careful(one.encode()) for one in whole]


@pytest.mark.parametrize(
    "told",
    [
        {"to": PHONE, "text": "hello"},
        {"to": PHONE, "text": "a: b, {c}", "from": "SHOP", "metadata": {"a": "b", "c": "d"}, "priority": 3},
        {"to": PHONE, "text": "", "send_at": "2026-11-23T10:00:00+01:00", "client_ref": None},
    ],
)
def test_what_is_plain_is_read_fast(told: dict[str, Any]) -> None:
    raw = json.dumps(told).encode()
    assert wished.plain_message(raw, "me", NOW) == careful(raw) is not None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"to": "+38640111222", "text": "a", "text": "b"}',
        b'{"to" : "+38640111222", "to": "+38640111223", "text": "b"}',
        b'{"to": "+38640111222", "text": "b", "metadata": {"a": "1", "a": "2"}}',
        b'{"to": "+38640111222", "text": "b"} {}',
        b'\xef\xbb\xbf{"to": "+38640111222", "text": "b"}',
        b'{"to": "+38640111222", "text": "\xff"}',
        b'{"to": "+38640111222", "text": "\\ud800"}',
        b'{"to": "+38640111222", "text": "b", "send_at": "2028-11-23T10:00:00Z"}',
        b"[" * 100_000,
        b"",
    ],
)
def test_what_needs_care_is_left_to_the_careful_reader(raw: bytes) -> None:
    assert wished.plain_message(raw, "me", NOW) is None
