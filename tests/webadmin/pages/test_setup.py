"""First steps: what is static is shown as tables to paste, a carrier is tried, a first text goes by the usual door."""

from __future__ import annotations

import html
import re
import tomllib
from typing import Any

from smsgw.outbound import outbox
from tests.webadmin.pages.conftest import Visitor


def block(page: str) -> dict[str, Any]:
    return tomllib.loads(html.unescape(re.findall(r'<pre id="block"[^>]*>(.*?)</pre>', page, re.DOTALL)[0]))


def test_the_company_becomes_tables_for_the_configuration(admin: Visitor, said: Any) -> None:
    told = {"name": "Ana's", "country": "si", "language": "sl", "zone": "Europe/Ljubljana", "hours": "Mo-Fr 8:00-16:00"}
    shown = admin.send("/begin?step=company", "company", **told)
    assert shown.status_code == 200
    assert block(shown.text) == {
        "business": {"zone": "Europe/Ljubljana", "hours": ["Mo-Fr 8:00-16:00"], "country": "SI"},
        "sending": {"region": "SI"}, "orders": {"language": "sl"}, "pages": {"company": "Ana's"},
    }  # fmt: skip
    wrong = admin.send("/begin?step=company", "company", **told | {"zone": "Mars", "hours": "always"})
    assert wrong.status_code == 422
    assert "2 things must be put right" in said(wrong.text)
    assert 'value="Mars"' in wrong.text


def test_a_carrier_is_tried_and_its_password_is_shown_to_nobody(admin: Visitor, said: Any) -> None:
    typed = {"host": "127.0.0.1", "port": "1", "system_id": "me", "password": "geheim"}
    tried = admin.send("/begin?step=link", "carrier", **typed)
    assert "It does not let us in. 127.0.0.1:1 refuses connections" in said(tried.text)
    assert "geheim" not in tried.text
    [link] = block(tried.text)["links"]
    assert (link["kind"], link["port"], link["password_file"]) == ("smpp", 1, "carrier.password")
    wrong = admin.send("/begin?step=link", "carrier", **typed | {"port": "0"})
    assert (wrong.status_code, "geheim" in wrong.text) == (422, False)


def test_modems_are_looked_for_at_the_serial_ports(admin: Visitor, said: Any, monkeypatch: Any) -> None:
    from smsgw.watch import trying

    monkeypatch.setattr(trying, "modems", lambda ours: [])  # whatever is plugged into this machine
    assert "No serial port was found." in said(admin.send("/begin?step=link", "modems").text)


def test_a_first_text_goes_by_the_door_and_its_fate_is_shown(admin: Visitor, said: Any) -> None:
    assert admin.get("/begin").status_code == 200
    sent = admin.send("/begin?step=text", "text", to="040 111 222", text="Hello")
    assert sent.location == "/begin?step=text"
    words = said(admin.page("/begin?step=text"))
    assert "+386 40 111 222 Hello" in words
    assert "START takes it back" in words
    with admin.gateway.database.reading() as conn:
        [row] = outbox.listing(conn, outbox.Wanted(), 5)
    assert (row.recipient, row.purpose) == ("+38640111222", "service")
    wrong = admin.send("/begin?step=text", "text", to="12", text="Hello")
    assert (wrong.status_code, ">Hello</textarea>" in wrong.text) == (422, True)


def test_the_steps_are_for_the_owner_alone(admin: Visitor, app: Any) -> None:
    manager = Visitor(app)
    manager.get(manager.link("manager", "mo"))
    assert manager.get("/begin").status_code == 403
    assert manager.get("/today").status_code == 200
