"""A town on each engine; batches are small there, so that a small town has several."""

from __future__ import annotations

import pytest

from smsgw.campaigns import advance, placing
from tests.smsgw.campaigns.town import Town
from tests.smsgw.desk import Desk


@pytest.fixture
def town(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A town without people."""
    for module in (advance, placing):
        monkeypatch.setattr(module, "BATCH", 50)
    return Town(desk)
