"""People at the pages: sessions, forms of our own, and too many wrong passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from smsgw.access import accounts
from smsgw.gateway import Gateway
from webadmin import auth, create_app

NAME, PASSWORD = "Ana", "correct horse battery"


def with_views(gateway: Gateway) -> Flask:
    """The app with a way in, a way out, and a view for people."""
    app = create_app(gateway)

    def enter() -> Any:
        return auth.let_in(auth.log_in(request.form["name"], request.form["password"]), Response("in"))

    @auth.person_required
    def room() -> str:
        return f"{auth.current_person().name} {auth.csrf_token()}"

    app.add_url_rule("/test/enter", "t_enter", enter, methods=["POST"])
    app.add_url_rule("/test/leave", "t_leave", lambda: auth.let_out(Response("out")), methods=["POST"])
    app.add_url_rule("/test/room", "t_room", room, methods=["GET", "POST"])
    return app


@pytest.fixture
def browser(gateway: Gateway) -> FlaskClient:
    """Somebody's browser, and an account for Ana."""
    accounts.add(gateway.database.writer, NAME, "agent", PASSWORD, gateway.clock())
    return with_views(gateway).test_client()


@pytest.fixture
def inside(browser: FlaskClient) -> FlaskClient:
    """Ana's browser, logged in."""
    assert enter(browser).status_code == 200
    return browser


def enter(browser: FlaskClient, name: str = NAME, password: str = PASSWORD, **headers: str) -> Any:
    """Try to log in."""
    given = {key.replace("_", "-").title(): value for key, value in headers.items()}
    return browser.post("/test/enter", data={"name": name, "password": password}, headers=given)


def token(browser: FlaskClient) -> str:
    """The token that the forms of this session carry."""
    return browser.get("/test/room").text.split()[1]


def test_whoever_has_the_password_comes_in_and_out_again(browser: FlaskClient) -> None:
    assert browser.get("/test/room").status_code == 401
    assert enter(browser).status_code == 200
    assert browser.get("/test/room").text.startswith("Ana ")
    browser.post("/test/leave")
    assert browser.get("/test/room").status_code == 401


def test_the_session_is_over_in_the_store_too_when_somebody_leaves(inside: FlaskClient) -> None:
    cookie = inside.get_cookie(auth.COOKIE)
    assert cookie is not None
    inside.post("/test/leave")
    inside.set_cookie(auth.COOKIE, cookie.value)
    assert inside.get("/test/room").status_code == 401


def test_the_cookie_is_for_this_site_only_and_not_for_scripts(browser: FlaskClient) -> None:
    said = enter(browser).headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said
    assert "Secure" not in said


def test_over_https_the_cookie_is_secure(configured: Callable[..., Gateway]) -> None:
    web = {"listen": "127.0.0.1:0", "public_url": "https://sms.example.com"}
    gateway = configured(web=web)
    accounts.add(gateway.database.writer, NAME, "agent", PASSWORD, gateway.clock())
    assert "Secure" in enter(with_views(gateway).test_client()).headers["Set-Cookie"]


def test_a_form_with_the_sessions_token_is_taken(inside: FlaskClient) -> None:
    assert inside.post("/test/room", data={"csrf_token": token(inside)}).status_code == 200
    assert inside.post("/test/room", headers={"X-CSRF-Token": token(inside)}).status_code == 200


def test_a_form_without_it_or_with_another_one_is_refused(inside: FlaskClient, browser: FlaskClient) -> None:
    mine = token(inside)
    for data in ({}, {"csrf_token": ""}, {"csrf_token": "ž"}, {"csrf_token": mine[:-1]}):
        response = inside.post("/test/room", data=data)
        assert (response.status_code, response.json["code"]) == (403, "forbidden_origin")  # type: ignore[index]
    enter(inside)  # a new session
    assert token(inside) != mine
    assert inside.post("/test/room", data={"csrf_token": mine}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_that_another_site_sent_is_refused_even_with_the_token(inside: FlaskClient, site: str) -> None:
    response = inside.post("/test/room", data={"csrf_token": token(inside)}, headers={"Sec-Fetch-Site": site})
    assert response.status_code == 403
    assert enter(inside, sec_fetch_site=site).status_code == 403
    assert enter(inside, sec_fetch_site="same-origin").status_code == 200


def test_a_session_ends_when_nothing_is_done_for_long_and_lives_while_it_is_used(
    inside: FlaskClient, clock: Any, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "PROLONGED_EVERY", 0.0)
    for _ in range(3):
        clock.on(11 * 3600)
        assert inside.get("/test/room").status_code == 200
        gateway.database.writer.do(lambda conn, batch: [None] * len(batch), None)
    clock.on(13 * 3600)
    assert inside.get("/test/room").status_code == 401


def test_that_a_session_is_used_is_not_written_at_every_request(inside: FlaskClient, gateway: Gateway) -> None:
    inside.get("/test/room")
    gateway.database.writer.do(lambda conn, batch: [None] * len(batch), None)
    before = gateway.database.writer.beats
    for _ in range(5):
        inside.get("/test/room")
    assert gateway.database.writer.beats == before


def test_an_account_that_is_gone_is_out_at_once(inside: FlaskClient, gateway: Gateway) -> None:
    accounts.set_password(gateway.database.writer, NAME, "another password")
    assert inside.get("/test/room").status_code == 401


def test_too_many_wrong_passwords_for_a_name_make_wait_and_nobody_else(browser: FlaskClient, gateway: Gateway) -> None:
    accounts.add(gateway.database.writer, "Boris", "agent", PASSWORD, gateway.clock())
    for _ in range(auth.TRIES):
        assert enter(browser, password="wrong").status_code == 401
    response = enter(browser)
    assert (response.status_code, response.json["code"]) == (429, "rate_limited")
    assert 0 < int(response.headers["Retry-After"]) <= auth.TRIES_WITHIN + 1
    assert enter(browser, name="Boris").status_code == 200


def test_wrong_tries_are_forgotten_after_a_while() -> None:
    now = [0.0]
    memory = auth.Memory(lambda: now[0])
    for _ in range(auth.TRIES):
        memory.may_try("Ana", "192.0.2.1")
        memory.was_wrong("Ana", "192.0.2.1")
        now[0] += 1
    with pytest.raises(auth.TooManyTries) as told:
        memory.may_try("Ana", "192.0.2.1")
    memory.may_try("Ana", "192.0.2.2")
    now[0] += told.value.retry_after
    memory.may_try("Ana", "192.0.2.1")
