"""Settings with where each comes from, webhooks set up at the pages, and an invitation that goes as a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from smsgw.config import Origin, load_with_origins
from smsgw.store.tables import message
from smsgw.webhooks import hooks
from tests.webadmin.pages.conftest import Visitor

Said = Callable[[str], str]


def test_each_setting_is_shown_with_where_it_comes_from_and_no_secret(
    admin: Visitor, said: Said, tmp_path: Path
) -> None:
    file = tmp_path / "smsgw.toml"
    store = '[store]\nurl = "postgresql://smsgw@db/smsgw"\npassword = "open-sesame"\n'
    file.write_text(f'{store}[sending]\nregion = "SI"\n')
    loaded = load_with_origins(file, {"SMSGW_WEB__SESSION_HOURS": "7"})
    admin.gateway.settings = loaded.origins
    page = said(admin.page("/settings"))
    assert "sending.region" in page
    assert f"{file}:5" in page
    assert "web.session_hours 7 environment variable SMSGW_WEB__SESSION_HOURS" in page
    assert "web.undo_seconds 10 as it comes" in page
    assert "open-sesame" not in page
    found = said(admin.page("/settings?q=session"))
    assert "web.session_hours" in found
    assert "sending.region" not in found
    taken = admin.send("/settings", "take")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="smsgw.toml"'
    assert "open-sesame" not in taken.text
    assert f"# password: a secret, which is not in this file; it is kept here: {file}:3" in taken.text
    file.write_text(taken.text)
    again = load_with_origins(file, {"SMSGW_STORE__PASSWORD": "open-sesame"}).config
    assert again == loaded.config
    assert "The settings were taken away as a file, without secrets." in said(admin.page("/audit?kind=settings"))


def test_what_waits_for_a_restart_is_told_beside_what_is_in_force(admin: Visitor, said: Said) -> None:
    admin.gateway.settings = [Origin("web.threads", "4", "smsgw.toml:2", waits="5")]
    assert "web.threads 4 after a restart: 5 smsgw.toml:2" in said(admin.page("/settings"))


def test_a_gateway_that_read_no_file_shows_what_is_in_force(admin: Visitor, said: Said, app: Flask) -> None:
    assert 'sending.region "SI" –' in said(admin.page("/settings")).replace("&#34;", '"')
    manager = Visitor(app)
    manager.get(manager.link("manager", "manager"))
    assert manager.get("/settings").status_code == 403
    token = re.findall(r'name="csrf_token" value="([^"]*)"', manager.page("/customers"))[0]
    assert manager.post("/settings/smsgw.toml", {"csrf_token": token}).status_code == 403


def test_a_webhook_is_set_up_given_another_secret_switched_off_and_taken_away(admin: Visitor, said: Said) -> None:
    wrong = admin.send("/developers", "hook", url="https://shop.example/sms", events="message.sended")
    assert wrong.status_code == 422
    assert "There is no event" in said(wrong.text)
    made = admin.send("/developers", "hook", url="https://shop.example/sms", events="message.*, inbound.received").text
    [secret] = re.findall(r"whsec_[\w+/=-]+", made)
    with admin.gateway.database.reading() as conn:
        [row] = hooks.listing(conn)
    assert (row.url, row.events) == ("https://shop.example/sms", ["message.*", "inbound.received"])
    path = f"/developers/webhooks/{row.id}"
    assert secret not in admin.page(path)
    again = admin.send(path, "rotate").text
    assert re.findall(r"whsec_[\w+/=-]+", again) not in ([], [secret])
    assert admin.send(path, "switch").status_code == 303
    assert "switched off" in said(admin.page(path))
    assert admin.send(path, "remove").status_code == 303
    assert "Nobody is told what happens." in said(admin.page("/developers"))
    assert "webhook.removed" in admin.page("/audit")


def test_who_only_connects_programs_sets_up_no_webhook_that_tells_texts(app: Flask) -> None:
    developer = Visitor(app)
    developer.get(developer.link("developer", "dev"))
    assert 'id="hook"' not in developer.page("/developers")


def test_an_invitation_goes_as_a_text_too(admin: Visitor, said: Said) -> None:
    wrong = admin.send("/people", "invite", name="Nova", role="agent", number="12")
    assert wrong.status_code == 422
    told = admin.send("/people", "invite", name="Nova", role="agent", number="040 111 222").text
    with admin.gateway.database.reading() as conn:
        [row] = conn.execute(select(message.c.recipient, message.c.text))
    assert row.recipient == "+38640111222"
    assert re.findall(r"/invited/[\w-]+", told)[0] in row.text


@pytest.mark.parametrize("path", ["/settings", "/help", "/find"])
def test_these_pages_are_for_who_is_logged_in(stranger: Visitor, path: str) -> None:
    answer: Any = stranger.get(path)
    assert (answer.status_code, answer.location) == (303, f"/login?next={path}")
