"""What people look for stays with them: no number and no text of an address is logged, or told to other sites."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from smsgw import log
from smsgw.gateway import Gateway
from tests.webadmin.pages.conftest import Visitor

DIGITS, WORD = "40111222", "pericarditis"
ASKED = (
    f"/customers?q=%2B386{DIGITS}", f"/customers?q=+386{DIGITS}", f"/messages?to=%2B386{DIGITS}", f"/messages?q={WORD}",
    f"/messages?to=386{DIGITS}&q={WORD}", f"/customers?rule={WORD}", f"/nothing?q={WORD}", f"/inbox/%2B386{DIGITS}",
)  # fmt: skip


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the daemon logs, with its own set-up, and numbers unmasked: they should not be there at all."""
    told, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    log.set_up("info", stream=told, show_numbers=True, environ={})
    yield told
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_what_is_looked_for_is_in_no_log_line_and_is_not_told_to_other_sites(
    admin: Visitor, site_of: Callable[[Gateway], Any], lines: io.StringIO
) -> None:
    site = site_of(admin.gateway)

    def broken() -> str:
        raise RuntimeError("nobody foresaw it")

    site.app.view_functions["pages.consents"] = broken
    cookie = admin.client.get_cookie("smsgw_session")
    assert cookie is not None
    for path in (*ASKED, f"/consents?number=%2B386{DIGITS}&q={WORD}"):
        answer = site("GET", path, Accept="text/html", Cookie=f"smsgw_session={cookie.value}")
        assert answer.status in (200, 404, 422, 500), path
        assert answer.headers["Referrer-Policy"] == "same-origin", path
    told = lines.getvalue()
    assert "nobody foresaw it" in told  # lines are written
    assert DIGITS not in told
    assert WORD not in told
