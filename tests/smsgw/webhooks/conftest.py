"""A receiver of webhooks, and the part of the daemon that tells them, over a desk's store."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smsgw.config import WebhooksConfig
from smsgw.store.database import Database
from smsgw.webhooks import hooks
from smsgw.webhooks.addresses import Allowed, read_networks
from smsgw.webhooks.sending import Sending
from smsgw.webhooks.terms import Terms, terms_of, utc_now
from tests.smsgw.webhooks.receiver import Receiver

LOCAL = Allowed(read_networks(("127.0.0.0/8", "::1/128")))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that is told, and answers 204 unless a test wants something else."""
    made = Receiver()
    yield made
    made.close()


class Telling:
    """The teller's loop in a thread of the test's process, with the test's store for everything."""

    def __init__(self, database: Database, terms: Terms) -> None:
        self._loop = asyncio.new_event_loop()
        self.sending = Sending(database, database.writer, terms)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self.sending.run())

    def stop(self) -> None:
        """End as the teller does."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.sending.stop)
            self._thread.join(90)
        assert not self._thread.is_alive(), "the loop hangs"


@pytest.fixture
def tell(database: Database) -> Iterator[Callable[..., Telling]]:
    """Begin to tell webhooks over the test's store: tell(pauses=(0.1,)); it ends with the test."""
    begun: list[Telling] = []

    def start(
        pauses: tuple[float, ...] = (0.05, 0.05, 0.05), give_up: timedelta = timedelta(days=5), **config: Any
    ) -> Telling:
        begun.append(Telling(database, replace(terms(pauses, **config), give_up=give_up)))
        return begun[-1]

    yield start
    for one in begun:
        one.stop()


def terms(pauses: tuple[float, ...] = (0.05,), **config: Any) -> Terms:
    """Terms with short pauses and no chance; config: fields of [webhooks]."""
    return terms_of(WebhooksConfig(**config), lambda: (), utc_now, lambda: 0.0, pauses)


@pytest.fixture
def hook(database: Database) -> Callable[..., tuple[str, str]]:
    """Set up a webhook: hook(url, "message.*"); returns its id and secret."""

    def make(url: str, *patterns: str) -> tuple[str, str]:
        wish = hooks.NewHook(url, patterns or ("*",), "test", utc_now() - timedelta(seconds=1))
        return hooks.create(database.writer, wish, LOCAL)

    return make
