"""People: invitations, roles, sessions, and what everybody may do with their own account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyotp
from flask import Flask

from smsgw.access import accounts, accounts_invites, second_factor
from smsgw.access.keys import hashed
from smsgw.gateway import Gateway
from tests.webadmin.pages.conftest import Visitor
from webadmin import create_app

PASSWORD = "correct horse battery"


def id_of(visitor: Visitor, name: str) -> str:
    with visitor.gateway.database.reading() as conn:
        return str({row.name: row.id for row in accounts.listing(conn)}[name])


def invited(admin: Visitor, app: Flask, name: str, role: str = "agent") -> Visitor:
    """Somebody who was invited by the admin and chose a password."""
    page = admin.send("/people", "invite", name=name, role=role).text
    link = re.findall(r"/invited/[\w-]+", page)[0]
    visitor = Visitor(app)
    assert visitor.send(link, "choose", password=PASSWORD).status_code == 303
    return visitor


def test_whoever_is_invited_chooses_a_password_and_is_in(
    admin: Visitor, app: Flask, said: Callable[[str], str]
) -> None:
    bo = invited(admin, app, "Bo")
    assert bo.get("/inbox").status_code == 200
    assert bo.get("/people").status_code == 403
    page = said(admin.page("/people"))
    assert "Bo" in page
    assert "no password yet" not in page.split("Bo")[1][:40]
    again = Visitor(app)
    assert again.post("/login", {"name": "Bo", "password": PASSWORD}).status_code == 303


def test_a_link_is_not_used_up_by_looking_and_a_used_one_says_so(
    admin: Visitor, app: Flask, said: Callable[[str], str]
) -> None:
    link = re.findall(r"/invited/[\w-]+", admin.send("/people", "invite", name="Bo", role="agent").text)[0]
    stranger = Visitor(app)
    for _ in range(2):
        assert "Welcome, Bo" in said(stranger.page(link))
    short = stranger.send(link, "choose", password="short")
    assert short.status_code == 422
    assert "12 characters or more" in said(short.text)
    stranger.send(link, "choose", password=PASSWORD)
    assert Visitor(app).get(link).status_code == 410


def test_a_role_is_given_at_once_and_the_last_owner_keeps_theirs(
    admin: Visitor, app: Flask, said: Callable[[str], str]
) -> None:
    bo = invited(admin, app, "Bo")
    assert bo.get("/costs").status_code == 403
    admin.send("/people", f"role-{id_of(admin, 'Bo')}", role="viewer")
    assert bo.get("/costs").status_code == 200
    response = admin.send("/people", f"role-{id_of(admin, 'ana')}", role="agent")
    assert response.status_code == 409
    assert "This is the last owner" in said(response.text)
    assert admin.send("/people", f"off-{id_of(admin, 'ana')}").status_code == 409


def test_who_is_switched_off_is_out_at_once(admin: Visitor, app: Flask) -> None:
    bo = invited(admin, app, "Bo")
    admin.send("/people", f"off-{id_of(admin, 'Bo')}")
    assert bo.get("/inbox").location.startswith("/login")
    assert Visitor(app).post("/login", {"name": "Bo", "password": PASSWORD}).status_code == 401


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(
    admin: Visitor, app: Flask, said: Callable[[str], str]
) -> None:
    bo, elsewhere = invited(admin, app, "Bo"), Visitor(app)
    elsewhere.post("/login", {"name": "Bo", "password": PASSWORD})
    wrong = bo.send("/me", "password", old="wrong", password="another horse battery")
    assert wrong.status_code == 422
    assert "This is not your present password" in said(wrong.text)
    short = bo.send("/me", "password", old=PASSWORD, password="short")
    assert "12 characters" in said(short.text)
    assert bo.send("/me", "password", old=PASSWORD, password="another horse battery").status_code == 303
    assert bo.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303


def test_everybody_sees_their_sessions_and_ends_the_others(admin: Visitor, app: Flask) -> None:
    bo, elsewhere = invited(admin, app, "Bo"), Visitor(app)
    elsewhere.client.post(
        "/login", data={"name": "Bo", "password": PASSWORD},
        headers={"User-Agent": "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0"},
    )  # fmt: skip
    page = bo.page("/me")
    assert "Firefox on Android" in page
    assert "127.0.0.1" in page
    assert "Firefox on Android" in admin.page("/people")
    bo.send("/me", "others")
    assert bo.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303


def test_nobody_ends_a_session_of_somebody_else_as_their_own(admin: Visitor, app: Flask) -> None:
    bo = invited(admin, app, "Bo")
    mine = re.findall(r"/people/sessions/([0-9a-f]{64})", admin.page("/people"))
    token = re.findall(r'name="csrf_token" value="([^"]*)"', bo.page("/me"))[0]
    cookie = admin.client.get_cookie("smsgw_session")
    assert cookie is not None
    assert bo.post(f"/me/sessions/{hashed(cookie.value).hex()}", {"csrf_token": token}).status_code == 404
    assert admin.get("/me").status_code == 200
    assert len(mine) == 1


class Authenticator:
    """Somebody's telephone, which has read the square."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        page = visitor.send("/me", "begin").text
        assert 'class="segno"' in page
        self.secret = re.findall(r'id="secret">([A-Z2-7]+)<', page)[0]
        token = re.findall(r'name="csrf_token" value="([^"]*)"', page)[0]
        told = visitor.post("/me/factor/confirm", {"csrf_token": token, "code": self.code()})
        self.recovery = re.findall(r"<pre[^>]*>([^<]*)<", told.text)[0].split()

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.visitor.gateway.clock())


def test_a_code_is_asked_for_after_the_password_and_taken_once(
    admin: Visitor, app: Flask, clock: Any, said: Callable[[str], str]
) -> None:
    phone = Authenticator(invited(admin, app, "Bo"))
    assert len(phone.recovery) == second_factor.RECOVERY
    clock.on(60)
    visitor = Visitor(app)
    assert visitor.post("/login", {"name": "Bo", "password": PASSWORD}).location.startswith("/login/code")
    assert visitor.get("/inbox").location.startswith("/login?")
    wrong = visitor.send("/login/code", "code-form", code="000000")
    assert wrong.status_code == 401
    assert "This code is wrong" in said(wrong.text)
    assert visitor.send("/login/code", "code-form", code=phone.code()).location == "/today"
    assert visitor.get("/inbox").status_code == 200
    second = Visitor(app)
    second.post("/login", {"name": "Bo", "password": PASSWORD})
    assert second.send("/login/code", "code-form", code=phone.code()).status_code == 401
    assert second.send("/login/code", "code-form", code=phone.recovery[0]).status_code == 303


def test_too_many_wrong_codes_make_wait_from_wherever_they_come(admin: Visitor, app: Flask) -> None:
    phone = Authenticator(invited(admin, app, "Bo"))
    visitor = Visitor(app)
    visitor.post("/login", {"name": "Bo", "password": PASSWORD})
    for _ in range(10):
        assert visitor.post("/login/code", {"code": "000000"}).status_code == 401
    answer = visitor.client.post(
        "/login/code", data={"code": phone.recovery[0]}, environ_base={"REMOTE_ADDR": "192.0.2.9"}
    )
    assert answer.status_code == 429


def test_a_one_time_link_does_not_pass_by_the_second_factor(admin: Visitor, app: Flask) -> None:
    Authenticator(invited(admin, app, "Bo"))
    visitor = Visitor(app)
    assert visitor.get(visitor.link(name="Bo")).location.startswith("/login/code")


def test_the_owner_takes_a_lost_second_factor_away(admin: Visitor, app: Flask) -> None:
    bo = invited(admin, app, "Bo")
    Authenticator(bo)
    token = re.findall(r'name="csrf_token" value="([^"]*)"', admin.page("/people"))[0]
    admin.post(f"/people/{id_of(admin, 'Bo')}/factor", {"csrf_token": token})
    assert bo.get("/me").status_code == 303
    assert Visitor(app).post("/login", {"name": "Bo", "password": PASSWORD}).location == "/today"


def test_whoever_must_have_a_second_factor_sees_nothing_else_before(configured: Callable[..., Gateway]) -> None:
    app = create_app(configured(web={"listen": "127.0.0.1:0", "second_factor": ["agent"]}))
    boss, bo = Visitor(app), Visitor(app)
    boss.get(boss.link())
    bo.get(bo.link("agent", "bo"))
    assert boss.get("/inbox").status_code == 200
    assert bo.get("/inbox").location == "/me"
    assert "Your role needs a second factor" in bo.page("/me")
    Authenticator(bo)
    assert bo.get("/inbox").status_code == 200


def test_the_first_account_is_made_with_the_link_of_the_log_once(stranger: Visitor, app: Flask) -> None:
    token = accounts_invites.begin_setup(stranger.gateway.database.writer, stranger.gateway.clock())
    assert 'id="new"' in stranger.page("/login")
    made = stranger.send(f"/setup/{token}", "choose", name="Ana", password=PASSWORD)
    assert (made.status_code, made.location) == (303, "/today")
    assert stranger.get("/people").status_code == 200
    assert 'id="new"' not in Visitor(app).page("/login")
    assert Visitor(app).get(f"/setup/{token}").status_code == 410
    assert Visitor(app).post(f"/setup/{token}", {"name": "Eve", "password": PASSWORD}).status_code == 410
