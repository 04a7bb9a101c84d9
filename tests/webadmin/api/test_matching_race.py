"""Of two who change what they saw at the same time one wins: the tag is compared in the transaction of the change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from smsgw.campaigns import templates
from smsgw.gateway import Gateway
from smsgw.store.database import Database, Writer
from smsgw.store.tables import template
from tests.webadmin.api.test_inquiries import asks
from tests.webadmin.conftest import Caller, Clock, Later
from webadmin.api.routes import ROUTES

API = "/api/v1"
TEXTS = {"en": "Hello"}
CAMPAIGN = {"audience": {"rule": {"everybody": True}}, "texts": TEXTS, "purpose": "service"}
BUDGET = {"name": "All", "scope": "company", "period": "month", "ceiling": "5"}
# For each verb that takes If-Match: where its record is made and as what, and two changes of it.
RECORDS: dict[tuple[str, str], tuple[str, Any, Any, Any]] = {
    ("PATCH", "/customers/<id>"): ("/customers", {"name": "Ana"}, {"name": "Bea"}, {"name": "Cia"}),
    ("PATCH", "/segments/<id>"): (
        "/segments", {"name": "a", "rule": {"everybody": True}}, {"name": "b"}, {"name": "c"}
    ),
    ("PUT", "/campaigns/<id>"): (
        "/campaigns", {"name": "a", **CAMPAIGN}, {"name": "b", **CAMPAIGN}, {"name": "c", **CAMPAIGN}
    ),
    ("PATCH", "/campaigns/<id>"): (
        "/campaigns", {"name": "a", **CAMPAIGN}, {"name": "b", **CAMPAIGN}, {"name": "c", **CAMPAIGN}
    ),
    ("PUT", "/templates/<id>"): (
        "/templates", {"name": "a", "texts": TEXTS}, {"name": "b", "texts": TEXTS}, {"name": "c", "texts": TEXTS}
    ),
    ("PUT", "/consent/categories/<code>"): (
        "/consent/categories/shoes", {"names": {"en": "a"}}, {"names": {"en": "b"}}, {"names": {"en": "c"}}
    ),
    ("PATCH", "/webhooks/<id>"): (
        "/webhooks",
        {"url": "https://example.org/a", "events": ["*"]},
        {"url": "https://example.org/b"},
        {"url": "https://example.org/c"},
    ),
    ("PATCH", "/budgets/<int:number>"): ("/budgets", BUDGET, {"ceiling": "6"}, {"ceiling": "7"}),
    ("PATCH", "/plans/<int:number>"): (
        "/plans", {"link": "phones", "units": "100"}, {"name": "M"}, {"units": "300"}
    ),
    ("PATCH", "/groups/<id>"): ("/groups", {"name": "a"}, {"name": "b"}, {"name": "c"}),
    ("PUT", "/catalogue/<sku>"): (
        "/catalogue/shoes", {"names": {"en": "a"}}, {"names": {"en": "b"}}, {"names": {"en": "c"}}
    ),
    ("PATCH", "/inquiries/<id>"): ("", None, {"priority": "high"}, {"priority": "low"}),
}  # fmt: skip
RECORDS |= {
    ("DELETE", path): (where, made, first, None)
    for (_, path), (where, made, first, _) in list(RECORDS.items())
    if any(one.method == "DELETE" and one.path == API + path and one.matched for one in ROUTES)
}


@contextmanager
def _held(writer: Writer) -> Iterator[None]:
    """The writer is kept in a transaction, so that what comes meanwhile goes into the next one together."""
    inside, on = threading.Event(), threading.Event()

    def wait(_conn: Connection, batch: Sequence[None]) -> Sequence[None]:
        inside.set()
        assert on.wait(120)
        return batch

    ended = writer.put(wait, None)
    assert inside.wait(120)
    try:
        yield
    finally:
        on.set()
        ended.result(120)


def _made(call: Caller, gateway: Gateway, where: str, told: Any) -> str:
    if not where:
        return f"{API}/inquiries/{asks(gateway, 'how do I pay?', 'payment')}"
    named = where.endswith("shoes")
    made = call("PUT" if named else "POST", API + where, told)
    assert made.status in (200, 201), made.body
    return API + where if named else f"{API}{where}/{made.said['id']}"


def test_every_verb_that_takes_if_match_is_tried_here() -> None:
    assert {(one.method, one.path) for one in ROUTES if one.matched} == {(verb, API + path) for verb, path in RECORDS}
    assert {one.path for one in ROUTES if one.matched} == {one.path for one in ROUTES if one.changeable}


@pytest.mark.parametrize(("verb", "path"), RECORDS, ids=[" ".join(one) for one in RECORDS])
def test_of_two_who_saw_the_same_one_changes_it(
    app: Flask, gateway: Gateway, caller_of: Callable[..., Caller], clock: Clock, verb: str, path: str
) -> None:
    where, made, first, second = RECORDS[(verb, path)]
    ours, theirs = caller_of(app), caller_of(app)
    place = _made(ours, gateway, where, made)
    clock.on(1)
    tag = ours("GET", place).headers["ETag"]
    writer = gateway.database.writer
    changing = next(one.method for one in ROUTES if one.path == API + path and one.method in ("PUT", "PATCH"))
    with _held(writer):  # both find their tag to be right before any of the two is written
        one = Later(lambda: ours(changing, place, first, if_match=tag))
        _until(lambda: len(writer._waiting) == 1)
        other = Later(lambda: theirs(verb, place, second, if_match=tag))
        _until(lambda: len(writer._waiting) == 2)
    won, lost = one.result(120), other.result(120)
    assert won.status == 200, won.body
    assert (lost.status, lost.code) == (412, "precondition_failed")
    shown = ours("GET", place)
    assert lost.headers["ETag"] == shown.headers["ETag"] == won.headers["ETag"] != tag
    assert {name: won.said[name] for name in first} == {name: shown.said[name] for name in first}


def test_a_change_of_several_transactions_is_compared_once(app: Flask, gateway: Gateway, call: Caller) -> None:
    place = _made(call, gateway, "/templates", {"name": "a", "texts": TEXTS})  # its audit is a second transaction
    assert call("DELETE", place, if_match=call("GET", place).headers["ETag"]).status == 204
    assert call("GET", f"{API}/audit?limit=1").said["data"][0]["verb"] == "template.removed"


def _until(what: Callable[[], bool]) -> None:
    ends = time.monotonic() + 120
    while not what():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.01)


@pytest.mark.peer
def test_no_other_node_changes_what_is_compared_before_the_change_is_made(postgres_url: str) -> None:
    database, now = Database(postgres_url), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    try:
        id = templates.create(database.writer, templates.Wish("a", TEXTS, "test", now))
        shown = next(one for one in ROUTES if one.method == "GET" and one.path == f"{API}/templates/<id>")
        assert shown.written is not None
        with database.exclusive() as conn:
            assert shown.written(conn, id=id)["name"] == "a"
            other = select(template.c.id).where(template.c.id == id).with_for_update(nowait=True)
            with database.reading() as elsewhere, pytest.raises(OperationalError, match="could not obtain lock"):
                elsewhere.execute(other)
        with database.reading() as elsewhere:
            assert elsewhere.scalar(other) == id
    finally:
        database.close()
