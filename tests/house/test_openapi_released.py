"""What programs rely on stays: the OpenAPI document keeps every promise of the one that was released.

`released_api.json` beside this file is the document of the last release, less its prose. A change that breaks those
who use the API is only for a new major version (before 1.0.0: a new minor one); then, or to add what is new, write it
anew: `python -m tests.house.released_api`.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.house.released_api import FILE, breaks, plain, served, version_allows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def released() -> dict[str, Any]:
    """The document of the last release."""
    return dict(json.loads(FILE.read_text()))


def test_the_document_keeps_the_promises_of_the_released_one(released: dict[str, Any]) -> None:
    broken = breaks(released, plain(served()))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    says = "\n".join(f"- {one}" for one in broken)
    assert not broken or version_allows(released["info"]["version"], version), (
        f"these changes break programs that use the API, and version {version} does not say so "
        f"(released: {released['info']['version']}):\n{says}"
    )


@pytest.mark.parametrize(
    ("was", "now", "may"),
    [
        ("0.1.0", "0.1.7", False),
        ("0.1.0", "0.2.0", True),
        ("1.4.0", "1.5.0", False),
        ("1.4.0", "2.0.0", True),
        ("0.9.0", "1.0.0", True),
        ("0.1.0", "0.1.0", False),
    ],
)
def test_a_breaking_change_needs_a_new_major_version_or_minor_before_the_first(was: str, now: str, may: bool) -> None:
    assert version_allows(was, now) is may


def _json(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


NEW = {
    "to": {"type": "string", "maxLength": 100},
    "text": {"type": "string"},
    "purpose": {"enum": ["otp", "marketing"]},
}
TOLD = {"id": {"type": "string"}, "status": {"enum": ["sent", "failed"]}}
DOCUMENT: dict[str, Any] = {
    "info": {"version": "0.1.0"},
    "paths": {
        "/api/v1/messages": {
            "post": {
                "security": [{"bearer": ["messages:send"]}],
                "parameters": [{"name": "Prefer", "in": "header", "required": False, "schema": {"type": "string"}}],
                "requestBody": _json("New"),
                "responses": {"202": _json("Told")},
            }
        }
    },
    "webhooks": {"message.sent": {"post": {"requestBody": _json("Told")}}},
    "components": {
        "schemas": {
            "New": {"type": "object", "required": ["to"], "properties": NEW},
            "Told": {"type": "object", "required": ["id"], "properties": TOLD},
        }
    },
}


def _send(document: dict[str, Any]) -> dict[str, Any]:
    return dict(document["paths"]["/api/v1/messages"])["post"]


def _shape(document: dict[str, Any], name: str) -> Any:
    return document["components"]["schemas"][name]


CHANGES: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("a path", lambda d: d["paths"].pop("/api/v1/messages"), "POST /api/v1/messages is gone"),
    ("a field", lambda d: _shape(d, "Told")["properties"].pop("id"), "id is no longer told"),
    ("a wish", lambda d: _shape(d, "New")["properties"].pop("text"), "text is no longer taken"),
    ("a demand", lambda d: _shape(d, "New")["required"].append("text"), "text is now required"),
    ("a bound", lambda d: _shape(d, "New")["properties"]["to"].update(maxLength=20), "maxLength is now 20, not 100"),
    ("a choice", lambda d: _shape(d, "New")["properties"]["purpose"]["enum"].remove("otp"), "no longer takes 'otp'"),
    ("a type", lambda d: _shape(d, "Told")["properties"]["id"].update(type="integer"), "is now integer, not string"),
    ("a scope", lambda d: _send(d).update(security=[{"bearer": ["admin:*"]}]), "needs another scope"),
    ("an answer", lambda d: _send(d)["responses"].pop("202"), "no longer answers 202"),
    ("a header", lambda d: _send(d)["parameters"].clear(), "the header parameter Prefer is no longer taken"),
    ("an event", lambda d: d["webhooks"].pop("message.sent"), "the event message.sent is gone"),
    ("not sure", lambda d: _shape(d, "Told").update(required=[]), "id may now be missing"),
]


@pytest.mark.parametrize(("change", "says"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES])
def test_what_breaks_a_program_is_said_with_its_place(change: Callable[[dict[str, Any]], Any], says: str) -> None:
    now = copy.deepcopy(DOCUMENT)
    assert breaks(DOCUMENT, now) == []
    change(now)
    assert any(says in one for one in breaks(DOCUMENT, now)), breaks(DOCUMENT, now)


def test_what_is_added_breaks_nobody() -> None:
    now = copy.deepcopy(DOCUMENT)
    now["paths"]["/api/v1/orders"] = {"get": {"responses": {"200": {}}}}
    shapes = now["components"]["schemas"]
    shapes["New"]["properties"]["more"] = {"type": "string"}
    shapes["New"]["properties"]["to"]["maxLength"] = 200
    shapes["Told"]["properties"]["more"] = {"type": "string"}
    shapes["Told"]["required"].append("status")
    shapes["New"]["required"].remove("to")
    assert breaks(DOCUMENT, now) == []


def test_who_asks_as_before_is_answered_as_before_whatever_else_may_be_asked_now() -> None:
    now = copy.deepcopy(DOCUMENT)
    shapes = now["components"]["schemas"]
    shapes |= {"Many": {"type": "object"}, "Each": {"type": "array"}}
    shapes["Wanted"] = {"anyOf": [{"$ref": f"#/components/schemas/{one}"} for one in ("New", "Many")]}
    shapes["Sent"] = {"anyOf": [{"$ref": f"#/components/schemas/{one}"} for one in ("Told", "Each")]}
    _send(now)["responses"]["202"] = _json("Sent")
    assert breaks(DOCUMENT, now), "the answer may be something else, and nothing else was asked"
    _send(now)["requestBody"] = _json("Wanted")
    assert breaks(DOCUMENT, now) == []
    _shape(now, "Told")["properties"].pop("id")
    assert breaks(DOCUMENT, now)
