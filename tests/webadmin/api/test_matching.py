"""If-Match on what has no revision: its tag changes with what a change may write, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

API = "/api/v1"
TEXTS = {"en": "Hello"}
RECORDS = [
    ("PUT", "/templates", {"name": "A", "texts": TEXTS}, {"name": "B", "texts": TEXTS}),
    ("PUT", "/consent/categories/shoes", {"names": {"en": "Shoes"}}, {"names": {"en": "Boots"}}),
    ("PATCH", "/webhooks", {"url": "https://example.org/a", "events": ["*"]}, {"url": "https://example.org/b"}),
    (
        "PATCH", "/budgets", {"name": "All", "scope": "company", "period": "month", "ceiling": "5"}, {"ceiling": "6"}
    ),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "path", "made", "changed"), RECORDS, ids=[one[1] for one in RECORDS])
def test_who_changes_what_somebody_else_changed_is_told_the_present_tag(
    call: Any, verb: str, path: str, made: Any, changed: Any
) -> None:
    first = call("PUT" if path.endswith("shoes") else "POST", API + path, made)
    assert first.status in (200, 201), first.body
    where = API + path if path.endswith("shoes") else f"{API}{path}/{first.said['id']}"
    tag = call("GET", where).headers["ETag"]
    assert call("GET", where).headers["ETag"] == tag
    kept = call(verb, where, changed, if_match=tag)
    assert kept.status == 200, kept.body
    assert kept.headers["ETag"] == call("GET", where).headers["ETag"] != tag
    late = call(verb, where, changed, if_match=tag)
    assert (late.status, late.code) == (412, "precondition_failed")
    assert late.headers["ETag"] == kept.headers["ETag"]
    assert call("DELETE", where, if_match=tag).status == 412
    assert call(verb, where, changed, if_match=f'"other", {kept.headers["ETag"]}').status == 200
    assert call(verb, where, changed, if_match="*").status == 200


def test_a_tag_matches_nothing_that_is_not_there(call: Any) -> None:
    where = f"{API}/consent/categories/boats"
    assert call("PUT", where, {"names": {"en": "Boats"}}, if_match='"1"').status == 412
    assert call("GET", where).status == 404


def test_what_happens_by_itself_changes_no_tag(call: Any) -> None:
    id = call("POST", f"{API}/templates", {"name": "A", "texts": TEXTS}).said["id"]
    tag = call("GET", f"{API}/templates/{id}").headers["ETag"]
    told = {"name": "School", "audience": {"rule": {"everybody": True}}, "template": id, "purpose": "service"}
    assert call("POST", f"{API}/campaigns", told).status == 201
    shown = call("GET", f"{API}/templates/{id}")
    assert (shown.said["used_in"], shown.headers["ETag"]) == (1, tag)


def test_a_revision_that_is_over_is_told_with_the_present_one(call: Any) -> None:
    made = call("POST", f"{API}/customers", {"name": "Ana"})
    where = f"{API}/customers/{made.said['id']}"
    assert call("PATCH", where, {"name": "Bea"}, if_match=made.headers["ETag"]).status == 200
    late = call("PATCH", where, {"name": "Cia"}, if_match=made.headers["ETag"])
    assert (late.status, late.headers["ETag"]) == (412, '"2"')
