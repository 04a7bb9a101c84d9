"""A gateway with every door open, not connected to anything: what it takes stays queued."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from smsgw.access import keys
from smsgw.gateway import Gateway
from smsgw.store.tables import message
from webadmin import create_app

OPEN = {"open": ["kannel", "twilio", "android", "jasmin"]}
SECRET = "a-secret-of-the-test-that-is-long-enough"


@pytest.fixture
def gateway(configured: Callable[..., Gateway]) -> Gateway:
    return configured(doors=OPEN)


@pytest.fixture
def app(gateway: Gateway) -> Flask:
    made = create_app(gateway)
    keys.create(
        gateway.database.writer, keys.NewKey("shop", ("messages:send", "messages:read"), gateway.clock(), SECRET)
    )
    return made


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    """Ask the app."""
    return app.test_client()


@pytest.fixture
def stored(gateway: Gateway) -> Callable[[], list[Any]]:
    """The messages that are stored, oldest first."""

    def look() -> list[Any]:
        with gateway.database.reading() as conn:
            return list(conn.execute(select(message).order_by(message.c.id)))

    return look
