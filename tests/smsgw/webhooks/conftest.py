"""A receiver of webhooks, and the part of the daemon that tells them, over a desk's store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from smsgw.config import WebhooksConfig
from smsgw.store.database import Database
from smsgw.webhooks import hooks
from smsgw.webhooks.addresses import Allowed, read_networks
from smsgw.webhooks.part import Webhooks
from smsgw.webhooks.terms import Terms, terms_of, utc_now
from tests.smsgw.webhooks.receiver import Receiver

LOCAL = Allowed(read_networks(("127.0.0.0/8", "::1/128")))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that is told, and answers 204 unless a test wants something else."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def tell(database: Database) -> Iterator[Callable[..., Webhooks]]:
    """Begin to tell webhooks over the test's store: tell(pauses=(0.1,)); it ends with the test."""
    begun: list[Webhooks] = []

    def start(pauses: tuple[float, ...] = (0.05, 0.05, 0.05), ports: tuple[int, ...] = (), **config: Any) -> Webhooks:
        part = Webhooks(database, terms(pauses, ports, **config))
        part.start()
        begun.append(part)
        return part

    yield start
    for part in begun:
        part.stop(time.monotonic() + 10)


def terms(pauses: tuple[float, ...] = (0.05,), ports: tuple[int, ...] = (), **config: Any) -> Terms:
    """Terms with short pauses and no chance; config: fields of [webhooks]."""
    return terms_of(WebhooksConfig(**config), lambda: ports, utc_now, lambda: 0.0, pauses)


@pytest.fixture
def hook(database: Database) -> Callable[..., tuple[str, str]]:
    """Set up a webhook: hook(url, "message.*"); returns its id and secret."""

    def make(url: str, *patterns: str) -> tuple[str, str]:
        wish = hooks.NewHook(url, patterns or ("*",), "test", utc_now() - timedelta(seconds=1))
        return hooks.create(database.writer, wish, LOCAL)

    return make
