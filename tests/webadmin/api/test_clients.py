"""Who may call: keys, scopes, and how soon a revoked key stops working."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from smsgw.access import keys
from smsgw.errors import Unauthenticated
from smsgw.gateway import Gateway
from webadmin.api.clients import REMEMBERED, KnownClients
from webadmin.api.routes import ROUTES

MESSAGES = "/api/v1/messages"


def filled(path: str) -> str:
    """A path with something in its places."""
    known = {"<id>": "msg_01JD9Z8Q4N0000V2T5B7K3M1XE", "<msisdn>": "+38640111222", "<int:number>": "1"}
    for place, value in known.items():
        path = path.replace(place, value)
    return path


SCOPED = [one for one in ROUTES if one.scope and one.scope != keys.ANY]


def test_every_route_but_the_open_ones_needs_a_key_with_its_scope(app: Flask, caller_of: Callable[..., Any]) -> None:
    callers: dict[str, Any] = {}

    def having(scope: str) -> Any:
        if scope not in callers:
            callers[scope] = caller_of(app, scope)
        return callers[scope]

    wrong = []
    for one in SCOPED:
        try:
            _needs_its_scope(one, having)
        except AssertionError as problem:
            wrong.append(f"{one.method} {one.path}: {problem}")
    assert len(SCOPED) > 200
    assert not wrong, "\n".join(wrong)


def _needs_its_scope(one: Any, having: Callable[[str], Any]) -> None:
    other = "links:read" if one.scope != "links:read" else "messages:send"
    stranger = having(other)
    answer = stranger(one.method, filled(one.path))
    assert (answer.status, answer.code) == (403, "forbidden_scope")
    assert one.scope in answer.said["detail"]
    assert answer.said["hint"].endswith(f"smsgw key create NAME --scopes '{other} {one.scope}'")
    answer = stranger(one.method, filled(one.path), authorization="")
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="smsgw"'
    for right in (one.scope, "admin:*"):
        assert having(right)(one.method, filled(one.path)).status not in (401, 403, 429), right


@pytest.mark.parametrize(
    "given", ["Bearer", "Bearer ", "Bearer nonsense", "Basic ???", "Basic Og==", "Digest x", "Bearer \xc5\xbe", "x"]
)
def test_what_is_no_key_is_nobody(call: Any, given: str) -> None:
    assert call("GET", MESSAGES, authorization=given).code == "unauthenticated"


def test_a_key_works_as_the_user_of_basic(app: Flask, call: Any) -> None:
    response = app.test_client().get(MESSAGES, auth=(call.secret, ""))
    assert response.status_code == 200


def test_the_secret_itself_is_nowhere_in_the_store(call: Any, gateway: Gateway) -> None:
    file = gateway.config.store.url.removeprefix("sqlite:///")
    held = b"".join(Path(file + end).read_bytes() for end in ("", "-wal"))
    assert keys.hashed(call.secret) in held
    assert call.secret.encode() not in held


def test_a_key_is_remembered_for_a_moment_and_a_revoked_one_no_longer(app: Flask, gateway: Gateway) -> None:
    now = [100.0]
    known = KnownClients(gateway.database, lambda: now[0])
    id, secret = keys.create(gateway.database.writer, keys.NewKey("a", ["links:read"], gateway.clock()))
    with app.test_request_context(headers={"Authorization": f"Bearer {secret}"}):
        assert known.of(request, "links:read").id == id
        keys.revoke(gateway.database.writer, id, gateway.clock())
        now[0] += REMEMBERED - 0.1
        assert known.of(request, "links:read").id == id
        now[0] += 0.2
        with pytest.raises(Unauthenticated, match="revoked"):
            known.of(request, "links:read")
    assert REMEMBERED <= 5
