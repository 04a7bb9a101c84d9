"""What we sign is accepted by the Standard Webhooks library, which we did not write, and what is forged is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from smsgw.config import WebhooksConfig
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.webhooks import hooks, trial
from smsgw.webhooks.hooks import NewHook
from smsgw.webhooks.terms import terms_of, utc_now
from tests.smsgw.webhooks.receiver import Heard, Receiver

TERMS = terms_of(WebhooksConfig(), lambda: ())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that is told."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def database(fresh_store_url: str) -> Iterator[Database]:
    """An open store."""
    opened = Database(fresh_store_url)
    schema.upgrade(opened)
    yield opened
    opened.close()


def verified(secret: str, heard: Heard) -> bool:
    """Whether the library believes this request."""
    try:
        said = Webhook(secret).verify(heard.body, heard.headers)
    except WebhookVerificationError:
        return False
    return bool(said["type"] == "webhook.test")


def test_the_library_believes_us_also_while_a_secret_is_replaced(database: Database, receiver: Receiver) -> None:
    wish = NewHook(receiver.url, ["*"], "test", utc_now())
    id, old = hooks.create(database.writer, wish, TERMS.allowed)
    trial.try_out(database, id, "test", TERMS)
    new = hooks.rotate(database.writer, id, utc_now(), timedelta(hours=1))
    trial.try_out(database, id, "test", TERMS)
    first, second = receiver.wait_for(2)
    assert verified(old, first)
    assert not verified(new, first)
    assert verified(old, second)
    assert verified(new, second)


def test_the_library_refuses_what_was_changed_on_the_way(database: Database, receiver: Receiver) -> None:
    wish = NewHook(receiver.url, ["*"], "test", utc_now())
    id, secret = hooks.create(database.writer, wish, TERMS.allowed)
    trial.try_out(database, id, "test", TERMS)
    [heard] = receiver.wait_for(1)
    assert verified(secret, heard)
    changed = Heard(heard.id, 0, (), heard.body.replace(b"test", b"best"), heard.headers, 0, 0.0)
    assert not verified(secret, changed)
