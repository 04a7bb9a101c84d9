"""Coming in and going out."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from smsgw.access import accounts
from tests.webadmin.pages.conftest import Visitor

INSIDE, FIRST = "/inbox", "/today"
PASSWORD = "correct horse battery"


def is_inside(visitor: Visitor) -> bool:
    """Whether the inbox opens."""
    return visitor.get(INSIDE).status_code == 200


def test_a_one_time_link_opens_the_day(stranger: Visitor) -> None:
    response = stranger.get(stranger.link())
    assert (response.status_code, response.location) == (303, FIRST)
    assert is_inside(stranger)


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(stranger: Visitor) -> None:
    cookie = stranger.get(stranger.link()).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_used_link_says_so_and_what_to_do(stranger: Visitor, app: object, said: Callable[[str], str]) -> None:
    link = stranger.link()
    stranger.get(link)
    other = Visitor(stranger.client.application)
    response = other.get(link)
    assert response.status_code == 410
    assert "This link was used already" in said(response.text)
    assert "start" in said(response.text)
    assert not is_inside(other)


def test_the_same_browser_may_come_back_to_its_own_link(stranger: Visitor) -> None:
    link = stranger.link()
    stranger.get(link)
    assert stranger.get(link).location == FIRST


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}]
)
def test_to_look_ahead_does_not_use_the_link_up(stranger: Visitor, headers: dict[str, str]) -> None:
    link = stranger.link()
    assert "Set-Cookie" not in stranger.client.get(link, headers=headers).headers
    assert "Set-Cookie" not in stranger.client.head(link).headers
    stranger.get(link)
    assert is_inside(stranger)


@pytest.mark.parametrize("path", ["/inbox", "/inbox/+38640111222"])
def test_a_stranger_is_taken_to_the_log_in_and_then_to_where_they_wanted(stranger: Visitor, path: str) -> None:
    gateway = stranger.gateway
    accounts.add(gateway.database.writer, "bine", "agent", PASSWORD, gateway.clock())
    door = stranger.get(path).location
    assert door.startswith("/login?next=")
    response = stranger.post("/login", {"name": "bine", "password": PASSWORD, "next": path})
    assert (response.status_code, response.location) == (303, path)
    assert is_inside(stranger)


@pytest.mark.parametrize("wanted", ["//evil.example/inbox", "https://evil.example/", "/\\evil.example", ""])
def test_nobody_is_sent_to_another_site_after_the_log_in(stranger: Visitor, wanted: str) -> None:
    gateway = stranger.gateway
    accounts.add(gateway.database.writer, "bine", "agent", PASSWORD, gateway.clock())
    response = stranger.post("/login", {"name": "bine", "password": PASSWORD, "next": wanted})
    assert response.location == FIRST


def test_a_wrong_password_is_told_and_the_name_stays(stranger: Visitor, said: Callable[[str], str]) -> None:
    response = stranger.post("/login", {"name": "bine", "password": "wrong"})
    assert response.status_code == 401
    assert "This name and password do not fit." in said(response.text)
    assert 'value="bine"' in response.text
    assert not is_inside(stranger)


def test_after_too_many_wrong_passwords_the_page_says_wait(stranger: Visitor, said: Callable[[str], str]) -> None:
    for _ in range(10):
        stranger.post("/login", {"name": "bine", "password": "wrong"})
    response = stranger.post("/login", {"name": "bine", "password": "wrong"})
    assert response.status_code == 429
    assert "too many wrong passwords" in said(response.text)


def test_logging_out_ends_the_session_in_the_store_too(admin: Visitor) -> None:
    stolen = admin.client.get_cookie("smsgw_session")
    assert stolen is not None
    admin.client.post("/logout", data={"csrf_token": _token(admin)})
    assert not is_inside(admin)
    admin.client.set_cookie("smsgw_session", stolen.value)
    assert not is_inside(admin)


def _token(visitor: Visitor) -> str:
    return visitor.page(INSIDE).split('name="csrf_token" value="')[1].split('"')[0]


@pytest.mark.parametrize(
    "path", ["/logout", "/inbox/+38640111222", "/inbox/+38640111222/handled", "/phones/+38640111222"]
)
def test_a_form_of_another_site_is_refused_in_words(admin: Visitor, path: str, said: Callable[[str], str]) -> None:
    response = admin.post(path, {"csrf_token": "guessed", "text": "hello"})
    assert response.status_code == 403
    assert "Load the page again" in said(response.text)
    assert is_inside(admin)


def test_the_way_in_is_the_log_in_and_then_the_day(stranger: Visitor) -> None:
    assert stranger.get("/").location == "/login"
    assert stranger.get(stranger.link()).location == "/today"


def test_what_is_not_there_is_a_page_with_a_way_back(stranger: Visitor, said: Callable[[str], str]) -> None:
    response = stranger.get("/nothing")
    assert response.status_code == 404
    assert "There is nothing at /nothing." in said(response.text)
    assert 'href="/"' in response.text


@pytest.mark.parametrize("path", ["/inbox", "/login", "/nothing", "/static/live.js"])
def test_every_page_forbids_what_it_does_not_do(admin: Visitor, path: str) -> None:
    headers = admin.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert ("no-store" in headers["Cache-Control"]) == (not path.startswith("/static"))


@pytest.mark.parametrize(("path", "scripts"), [("/inbox", ["live.js", "keys.js"]), ("/login", ["live.js"])])
def test_no_page_has_scripts_styles_or_handlers_in_it(admin: Visitor, path: str, scripts: list[str]) -> None:
    page = admin.page(path)
    assert re.findall(r'<script type="module" src="/static/([^"]*)"></script>', page) == scripts
    assert page.count("<script") == len(scripts)
    assert "<style" not in page
    assert " style=" not in page
    assert " on" not in [attr[:3] for attr in page.split('="')]
    assert "http" not in page.replace("http://localhost/api", "")
