"""Somebody at the pages without a browser: logged in by the one-time link, sending forms as they are on the page."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from smsgw.access import accounts
from smsgw.gateway import Gateway
from webadmin import create_app

HOUR = timedelta(hours=1)


class Form(HTMLParser):
    """The form with one id on a page: where it goes and what it carries."""

    def __init__(self, page: str, id: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._id = id
        self._inside = False
        self.feed(page)
        assert self.action, f"the page has no form {id!r}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("id") == self._id
            self.action = given.get("action") or "" if self._inside else self.action
        unticked = given.get("type") == "checkbox" and "checked" not in given  # which no browser sends
        if self._inside and tag == "input" and given.get("name") and not unticked:
            self.fields[str(given["name"])] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Visitor:
    """A browser without scripts."""

    def __init__(self, app: Flask) -> None:
        self.gateway: Gateway = app.extensions["smsgw"].gateway
        self.client: FlaskClient = app.test_client()

    def link(self, role: str = "owner", name: str = "ana") -> str:
        """A one-time link for an account, which is made if need be."""
        now, writer = self.gateway.clock(), self.gateway.database.writer
        with self.gateway.database.reading() as conn:
            people = {row.name: row.id for row in accounts.listing(conn)}
        id = people.get(name) or accounts.add(writer, name, role, None, now)
        return f"/enter/{accounts.open_session(writer, id, now, HOUR, kind='once')}"

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page, as it is answered (a redirect is not followed)."""
        given = {"Accept": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=given, buffered=True)

    def page(self, path: str) -> str:
        """The HTML of a page that must be there."""
        response = self.get(path)
        assert response.status_code == 200, response.status
        return response.text

    def send(self, path: str, form: str, **typed: str) -> TestResponse:
        """Fill in a form of a page and send it."""
        found = Form(self.page(path), form)
        return self.post(found.action, found.fields | typed)

    def several(self, path: str, **decided: str) -> TestResponse:
        """Pick every row of a list and do something with them; the page that answers."""
        page = self.page(path)
        form = Form(page, "several")
        told = {"csrf_token": form.fields["csrf_token"], "pick": re.findall(r'name="pick" value="([^"]*)"', page)}
        return self.client.post(form.action, data=told | decided, headers={"Accept": "text/html"})

    def take_back(self, answer: TestResponse) -> TestResponse:
        """Press what takes back what was done to several, on the page that told of it."""
        form = Form(answer.text, "undo-several")
        told: dict[str, Any] = dict(form.fields)
        told["was"] = re.findall(r'name="was" value="([^"]*)"', answer.text)
        return self.client.post(form.action, data=told, headers={"Accept": "text/html"})

    def post(self, path: str, fields: dict[str, str]) -> TestResponse:
        """Send fields, as they are."""
        return self.client.post(path, data=fields, headers={"Accept": "text/html"})


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody who is not logged in, at a gateway whose links are not started."""
    return Visitor(app)


@pytest.fixture
def admin(stranger: Visitor) -> Visitor:
    """The admin, logged in, at a gateway whose links are not started."""
    stranger.get(stranger.link())
    return stranger


@pytest.fixture
def owner(running: Gateway) -> Visitor:
    """The admin, logged in, at a gateway whose links are up."""
    visitor = Visitor(create_app(running))
    visitor.get(visitor.link())
    return visitor


@pytest.fixture
def within() -> Callable[..., Any]:
    """Wait for something to be true, for a minute and a half at most: within(lambda: …); gives back what it was."""

    def wait(what: Callable[[], Any], seconds: float = 90.0) -> Any:
        end = time.monotonic() + seconds
        while not (found := what()):
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)
        return found

    return wait


def words(page: str) -> str:
    """What a page says, without its tags, in one line."""
    page = re.sub(r"<(script|style|template)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.fixture
def said() -> Callable[[str], str]:
    """What a page says, without its tags, in one line."""
    return words
