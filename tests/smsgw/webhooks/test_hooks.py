"""Webhooks are set up with everything checked, and their secrets change without a gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from smsgw.errors import BadInput, NotFound
from smsgw.store.database import Database
from smsgw.webhooks import deliveries, hooks, settle
from smsgw.webhooks.addresses import Allowed
from smsgw.webhooks.hooks import Change, Hook, NewHook
from smsgw.webhooks.signing import Signer, key_of, new_secret
from tests.smsgw.desk import START

NewTestHook = Callable[..., tuple[str, str]]
URL = "https://shop.example.com/hook"
HOUR = timedelta(hours=1)


def shown(database: Database, id: str) -> Hook:
    with database.reading() as conn:
        return hooks.hook_of(hooks.get(conn, id))


def test_patterns_mean_their_events(database: Database, hook: NewTestHook) -> None:
    id, _ = hook(URL, "inbound.*", "message.sent")
    types = shown(database, id).types
    assert {"inbound.received", "inbound.handled", "message.sent"} <= types
    assert "message.delivered" not in types


def test_while_secrets_rotate_each_signs_until_its_end(database: Database, hook: NewTestHook) -> None:
    id, first = hook(URL)
    second = hooks.rotate(database.writer, id, START, HOUR)
    third = hooks.rotate(database.writer, id, START + HOUR / 2, HOUR)
    found = shown(database, id)
    assert found.secrets_at(START + HOUR / 2) == [third, second, first]
    assert found.secrets_at(START + HOUR) == [third, second]
    assert found.secrets_at(START + 2 * HOUR) == [third]


def test_a_secret_that_is_replaced_at_once_signs_no_more(database: Database, hook: NewTestHook) -> None:
    id, _ = hook(URL)
    new = hooks.rotate(database.writer, id, START, timedelta(0))
    assert shown(database, id).secrets_at(START) == [new]


@pytest.mark.parametrize("secret", ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "whsec_" + "YWFh" * 30])
def test_a_chosen_secret_of_the_wrong_form_is_refused(database: Database, secret: str) -> None:
    with pytest.raises(BadInput) as refused:
        hooks.create(database.writer, NewHook(URL, ["*"], "test", START, secret), Allowed())
    assert [fault.code for fault in refused.value.faults] == ["secret_invalid"]


def test_a_chosen_secret_signs(database: Database) -> None:
    secret = new_secret()
    id, given = hooks.create(database.writer, NewHook(URL, ["*"], "test", START, secret), Allowed())
    assert given == secret
    assert shown(database, id).secrets_at(START) == [secret]


def test_the_signature_is_that_of_the_standards_example() -> None:
    """The example of the Standard Webhooks specification's own libraries."""
    signer = Signer(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    signed = signer.signature(b"msg_p5jXN8AQM9LWM0D4loKWxJek", b"1614265330", b'{"test": 2432232314}')
    assert signed == b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_differ_and_have_256_bits() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(key_of(first)) == 32


def test_one_that_is_switched_on_again_is_told_what_comes_from_then_on(database: Database, hook: NewTestHook) -> None:
    id, _ = hook(URL)
    before = shown(database, id).after
    for active in (False, True):
        hooks.change(database.writer, Change(id, "test", START, active=active), Allowed())
    assert shown(database, id).after == before + 2  # the two lines of history about itself


def test_what_still_waits_for_one_that_is_switched_on_again_is_tried_at_once(
    database: Database, hook: NewTestHook
) -> None:
    id, _ = hook(URL)
    row = settle.delivery_row(id, "message.sent", "a", 1, "{}", START, due_at=START + 9 * HOUR)
    with database.reading() as conn:
        stands = conn.scalar(settle.STANDS_AT)
    assert database.writer.do(settle.plan, settle.Plan(stands, stands + 1, [row], START))
    for active in (False, True):
        hooks.change(database.writer, Change(id, "test", START, active=active), Allowed())
    with database.reading() as conn:
        assert deliveries.get(conn, id, row["id"]).due_at == START


def test_there_is_a_bound_to_webhooks(database: Database, hook: NewTestHook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "MOST", 1)
    hook(URL)
    with pytest.raises(BadInput, match="1 webhooks already"):
        hook(URL)


def test_what_is_not_there_is_not_found(database: Database) -> None:
    for ask in (
        lambda: hooks.rotate(database.writer, "whk_0", START),
        lambda: hooks.remove(database.writer, "whk_0"),
        lambda: hooks.change(database.writer, Change("whk_0", "test", START, url=URL), Allowed()),
        lambda: shown(database, "whk_0"),
    ):
        with pytest.raises(NotFound):
            ask()
