"""Which heads the front takes for its own: only those that waitress would read in the same way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from smsgw.access.keys import hashed
from webadmin import front_head
from webadmin.front_head import Head, Heads, read_head

LINE = "POST /api/v1/messages HTTP/1.1"
FIELDS = {
    "Host": "gateway:8080",
    "Authorization": "Bearer smsgw_live_0123456789",
    "Content-Type": "application/json",
    "Content-Length": "17",
}


def head(line: str = LINE, **fields: str | None) -> bytes:
    """A good head with other fields: names with _ for -, None for leaving it out."""
    given = FIELDS | {name.replace("_", "-").title(): value for name, value in fields.items()}
    lines = [line, *(f"{name}: {value}" for name, value in given.items() if value is not None)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def test_a_plain_head_is_ours() -> None:
    octets = head()
    secret = "smsgw_live_0123456789"
    assert read_head(octets) == Head(len(octets), 17, secret, hashed(secret), close=False, request_id="")
    assert read_head(octets.lower().replace(octets[:30].lower(), octets[:30])) == read_head(octets)


@pytest.mark.parametrize(
    "fields",
    [
        {"connection": "keep-alive"},
        {"accept": "*/*", "user_agent": "curl/8", "cookie": "a=b; c", "accept_encoding": "gzip", "x_empty": ""},
        {"content_type": 'application/json; charset="UTF-8"'},
        {"authorization": "bearer abc+/=="},
        {"content_length": str(front_head.LARGEST)},
        {"host": "[::1]:8080"},
    ],
)
def test_a_head_with_nothing_strange_is_ours(fields: dict[str, str]) -> None:
    assert read_head(head(**fields)) is not None


def test_what_the_head_wishes_is_seen() -> None:
    told = read_head(head(connection="Close", x_request_id="shop-17"))
    assert told is not None
    assert (told.close, told.request_id) == (True, "shop-17")


@pytest.mark.parametrize(
    "octets",
    [
        head("POST /api/v1/messages HTTP/1.0"),
        head("POST /api/v1/messages?x=1 HTTP/1.1"),
        head("POST /api/v1/messages/ HTTP/1.1"),
        head("POST //api/v1/messages HTTP/1.1"),
        head("GET /api/v1/messages HTTP/1.1"),
        *(head(**{name: None}) for name in ("host", "authorization", "content_type", "content_length")),
        head(transfer_encoding="chunked"),
        head(content_encoding="gzip"),
        head(expect="100-continue"),
        head(prefer="wait=3"),
        head(idempotency_key="a"),
        head(connection="upgrade"),
        head(content_type="text/plain"),
        head(content_type="application/json; charset=latin-1"),
        *(head(content_length=length) for length in ("0", "-1", "+5", "5, 5", "5 5", "0x5", str(2**18 + 1), "9" * 30)),
        *(head(authorization=given) for given in ("Basic abc", "Bearer", "Bearer a b", "Bearer a=b", "Bearer \xe9")),
        head(host="a, b"),
        head().replace(b"Host:", b"Host :"),
        head().replace(b"Host:", b" Host:"),
        head().replace(b"Host: gateway", b"Host: gate\nway"),
        head().replace(b"Host: gateway", b"Host: gate\rway"),
        head().replace(b"Host: gateway", b"Host: gate\x00way"),
        head().replace(b"\r\n\r\n", b"\r\n folded\r\n\r\n"),
        head().replace(b"\r\n\r\n", b"\r\nContent-Length: 18\r\n\r\n"),
        head().replace(b"\r\n\r\n", b"\r\nauthorization: Bearer other\r\n\r\n"),
        head().replace(b"\r\n\r\n", b"\r\n:\r\n\r\n"),
    ],
)
def test_whatever_is_strange_is_left_to_waitress(octets: bytes) -> None:
    assert read_head(octets) is None


PIECES = st.sampled_from([octet for line in head().split(b"\r\n") for octet in (line, line[:9])])
NOISE = st.sampled_from(
    [b"\r\n", b"\r", b"\n", b":", b" ", b"\t", b",", b"\x00", b"\xff", b"Content-Length: 5", b"_", b"="]
)


@given(st.lists(st.tuples(st.integers(0, len(head())), PIECES | NOISE | st.binary(max_size=3)), max_size=3))
def test_what_is_taken_is_read_by_waitress_in_the_same_way(changes: list[tuple[int, bytes]]) -> None:
    octets = head()
    for place, more in changes:
        octets = octets[:place] + more + octets[place:]
    octets = octets[: octets.find(b"\r\n\r\n") + 4]
    told = read_head(octets)
    if told is None:
        return
    theirs = HTTPRequestParser(Adjustments())
    assert theirs.received(octets) == told.size == len(octets)
    assert theirs.error is None
    assert (theirs.command, theirs.path, theirs.query, theirs.version) == ("POST", "/api/v1/messages", "", "1.1")
    assert (theirs.content_length, theirs.chunked, theirs.expect_continue) == (told.length, False, False)
    assert theirs.headers["AUTHORIZATION"].split(" ", 1)[1].strip() == told.secret
    assert theirs.connection_close == told.close
    assert theirs.headers.get("X_REQUEST_ID", "") == told.request_id


def test_it_is_told_as_early_as_can_be_whether_a_request_is_ours() -> None:
    heads, octets = Heads(), head()
    for end in range(len(octets)):
        assert heads.of(bytearray(octets[:end])) is True
    assert isinstance(heads.of(bytearray(octets + b"{")), Head)
    assert heads.of(bytearray(b"G")) is False
    assert heads.of(bytearray(b"POST /api/v1/messages/batch")) is False
    assert heads.of(bytearray(b"\r\n")) is False


def test_a_head_without_an_end_is_left_to_waitress_when_it_is_too_long() -> None:
    heads, begun = Heads(), head()[:-2]
    assert heads.of(bytearray(begun + b"A: " + b"x" * (front_head.LONGEST - len(begun) - 4))) is True
    assert heads.of(bytearray(begun + b"A: " + b"x" * front_head.LONGEST)) is False


def test_no_more_than_so_many_heads_are_remembered() -> None:
    heads = Heads()
    for number in range(front_head.MANY + 5):
        assert isinstance(heads.of(bytearray(head(x_request_id=f"{number}"))), Head)
    assert len(heads._known) <= front_head.MANY
