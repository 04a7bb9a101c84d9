"""A town on each engine."""

from __future__ import annotations

import pytest

from tests.smsgw.campaigns.town import Town
from tests.smsgw.desk import Desk


@pytest.fixture
def town(desk: Desk) -> Town:
    """A town without people."""
    return Town(desk)
