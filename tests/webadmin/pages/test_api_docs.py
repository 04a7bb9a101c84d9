"""The pages that explain the API: everything of the document is on them, links lead somewhere, nothing is foreign."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urldefrag

import pytest

from smsgw.gateway import Gateway
from tests.webadmin.pages.conftest import Visitor
from webadmin.api.routes import ROUTES
from webadmin.api.telling import EVENTS


def _subjects(visitor: Visitor) -> dict[str, str]:
    found = re.findall(r'href="(/api/docs/[\w.-]+)" translate', visitor.page("/api/docs"))
    return {path: visitor.page(path) for path in found}


def test_every_operation_and_every_event_is_on_a_page_that_anybody_may_see(stranger: Visitor) -> None:
    index, pages = stranger.page("/api/docs"), _subjects(stranger)
    assert len(pages) > 20
    whole = "".join(pages.values())
    for one in ROUTES:
        assert f'<section id="{one.operation}"' in whole, one.path
        assert f"#{one.operation}" in index
    for kind in EVENTS:
        assert f"<code>{kind}</code>" in pages["/api/docs/events"]


def test_every_link_leads_to_a_place_that_is_there(stranger: Visitor) -> None:
    index, pages = stranger.page("/api/docs"), _subjects(stranger)
    for path, page in {"/api/docs": index, **pages}.items():
        for link in re.findall(r'href="((?:/api/docs[^"]*)?#[^"]+)"', page):
            target, place = urldefrag(link)
            if place != "main":
                assert f'id="{place}"' in (pages[target] if target else page), (path, link)


def test_sending_is_shown_with_its_fields_scope_and_answers(stranger: Visitor, said: Any) -> None:
    page = said(stranger.page("/api/docs/messages"))
    assert "POST /api/v1/messages" in page
    assert "messages:send" in page
    assert "to required string" in page
    assert "Idempotency-Key" in page


def test_a_subject_that_is_not_there_is_404(stranger: Visitor) -> None:
    assert stranger.get("/api/docs/nothing").status_code == 404


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline(stranger: Visitor) -> None:
    response = stranger.get("/api/docs/messages")
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert not re.findall(r'(?:src|href)="https?://', response.text)
    assert not re.findall(r"<style|style=|<script(?![^>]*src=)", response.text)


@pytest.mark.peer
@pytest.mark.slow
def test_what_is_explained_can_be_asked_with_a_key_that_stays_in_the_page(
    running: Gateway, site_of: Callable[[Gateway], Any], browser_page: Callable[..., Any]
) -> None:
    site, page = site_of(running), browser_page()
    page.goto(f"http://127.0.0.1:{site.server.port}/api/docs/messages")
    page.click("#explorer summary")
    answer = page.locator("#its-answer")
    page.select_option("#its-way", label="POST /api/v1/messages")
    sample = json.loads(page.input_value("#its-body"))
    assert sample["to"].startswith("+")
    page.fill("#its-body", json.dumps({"to": "+38640111222", "text": "from the manual"}))
    page.click("#its-go")
    page.wait_for_function("it => it.textContent.startsWith('401')", arg=answer.element_handle(), timeout=60_000)
    page.fill("#its-key", site.secret)
    page.click("#its-go")
    page.wait_for_function("it => it.textContent.startsWith('202')", arg=answer.element_handle(), timeout=60_000)
    assert "from the manual" in answer.inner_text()
    assert site.secret not in page.url
