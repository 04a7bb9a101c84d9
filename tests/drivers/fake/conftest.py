"""A simulated network without delays, on the gateway that takes notes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from drivers.fake import Config, FakeLink, open_link
from tests.drivers.fake.giving import Open
from tests.drivers.recorder import Recorder


@pytest.fixture
def network(events: Recorder) -> Iterator[Open]:
    """Start a network without delays on these events, with the knobs and fields given."""
    links = []

    def start(**fields: Any) -> FakeLink:
        told = fields.pop("events", events)
        link = open_link("phones", Config.model_validate({"delay": 0, "receipt_delay": 0} | fields), told)
        links.append(link)
        link.start()
        told.wait(lambda: told.healths)
        return link

    yield start
    for link in links:
        link.stop(time.monotonic())
