"""Pages that stay true: what happens appears by the stream that all tabs share, or by the clock where there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from tests.webadmin.pages.conftest import Visitor

ANA = "+38640111222"
PATIENCE = 120_000  # milliseconds that a busy machine may take for what comes at once elsewhere
TABS = 8  # more than the six connections that a browser keeps to one host


@pytest.fixture
def enter(
    admin: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any]
) -> Callable[..., tuple[Any, Any]]:
    """Open the message log in a new browser: the page, and the site behind it."""

    def open_page(**wishes: Any) -> tuple[Any, Any]:
        site = site_of(admin.gateway)
        if wishes.pop("refused", False):
            site.app.view_functions["pages.event_stream"] = lambda: ("", 503)
        page = browser_page(**wishes)
        page.context.set_default_timeout(PATIENCE)
        page.set_default_timeout(PATIENCE)
        page.goto(f"http://127.0.0.1:{site.server.port}{admin.link()}")
        page.goto(f"http://127.0.0.1:{site.server.port}/messages")
        return page, site

    return open_page


@pytest.mark.peer
@pytest.mark.slow
def test_all_tabs_share_one_stream_and_what_is_new_appears_in_each_that_is_seen(
    admin: Visitor, enter: Callable[..., tuple[Any, Any]]
) -> None:
    page, site = enter()
    tabs = [page, *(page.context.new_page() for _ in range(TABS - 1))]
    for tab in tabs[1:]:
        tab.goto(page.url)
    for tab in tabs:
        tab.evaluate("document.body.dataset.look = 1e8")  # nothing comes by the clock any more
        tab.locator("body[data-stream=live]").wait_for()
    streams, end = site.app.extensions["smsgw"].streams, time.monotonic() + 60
    while len(streams) != 1:  # one that was left a moment ago counts until it is seen to be gone
        assert time.monotonic() < end, f"there are {len(streams)} streams"
        page.wait_for_timeout(50)
    page.wait_for_timeout(3000)  # the looks that follow the first ones are over: what comes now, the stream has told
    admin.gateway.door.submit(Asked(ANA, "Quite new", "cli"))
    for tab in tabs:
        tab.get_by_text("Quite new").wait_for()
    page.goto(page.url)  # with every tab open there is a connection left for a page
    page.get_by_text("Quite new").wait_for()


@pytest.mark.peer
@pytest.mark.slow
def test_where_the_stream_is_refused_the_page_asks_by_the_clock(
    admin: Visitor, enter: Callable[..., tuple[Any, Any]]
) -> None:
    page, _ = enter(refused=True)
    page.locator("body[data-stream=lost]").wait_for()
    admin.gateway.door.submit(Asked(ANA, "Quite new", "cli"))
    page.get_by_text("Quite new").wait_for()


@pytest.mark.peer
@pytest.mark.slow
def test_a_tab_that_comes_later_is_told_that_the_stream_is_lost(enter: Callable[..., tuple[Any, Any]]) -> None:
    page, site = enter(refused=True)
    page.locator("body[data-stream=lost]").wait_for()
    over = threading.Event()

    def say_nothing() -> tuple[str, int]:
        over.wait()
        return "", 503

    site.app.view_functions["pages.event_stream"] = say_nothing  # so it is not lost anew, and told of because of that
    try:
        tab = page.context.new_page()
        tab.goto(page.url)
        tab.locator("body[data-stream=lost]").wait_for()
    finally:
        over.set()


@pytest.mark.peer
@pytest.mark.slow
def test_a_browser_without_shared_workers_has_a_stream_for_each_tab(
    admin: Visitor, enter: Callable[..., tuple[Any, Any]]
) -> None:
    page, _ = enter()
    page.add_init_script("delete window.SharedWorker")
    page.goto(page.url)
    page.locator("body[data-stream=live]").wait_for()
    admin.gateway.door.submit(Asked(ANA, "Quite new", "cli"))
    page.get_by_text("Quite new").wait_for()
