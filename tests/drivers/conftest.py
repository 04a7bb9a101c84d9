"""What the tests of all drivers share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drivers.recorder import Recorder


@pytest.fixture
def events() -> Iterator[Recorder]:
    """A gateway that takes notes; what it has not stored when the test ends fails: nobody waits for it."""
    gateway = Recorder()
    yield gateway
    gateway.leave()
