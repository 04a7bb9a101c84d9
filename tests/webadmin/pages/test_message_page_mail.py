"""The mail address on a message's page is its conversation's: what is written to it comes into that conversation."""

from __future__ import annotations

import re
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from drivers.mail.reading import read
from smsgw.errors import NotFound
from smsgw.gateway import Gateway
from smsgw.inbound import conversations
from smsgw.media import capability, mail_threads
from smsgw.outbound.familiar import PAGE
from smsgw.store.tables import inbound
from tests.webadmin.message_pages import PHONE, Phone, message_with, picture
from webadmin import create_app


@pytest.fixture
def gateway(configured: Any) -> Gateway:
    made: Gateway = configured(
        mail={"host": "127.0.0.1", "sender": "shop@firm.example", "domain": "in.firm.example"},
        links=[{"name": "phones", "kind": "fake", "handsets": [PHONE]}, {"name": "post", "kind": "mail"}],
    )
    return made


def letter(to: str, **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = (
        "ana@home.example",
        to,
        "Re: Novo",
        "<a1@home.example>",
    )
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("Vzamem dva.\n")
    made.add_attachment(picture(40, 40), "image", "jpeg", filename="a.jpg")
    return made.as_bytes()


def address_on(gateway: Gateway) -> str:
    _, page = message_with(gateway, [{"text": "hello"}])
    phone = Phone(create_app(gateway), page)
    assert "mailto:" not in phone.get().text
    phone.show()
    [address] = re.findall(r'href="mailto:([^"]+)"', phone.get().text)
    return str(address)


def test_a_mail_to_it_comes_into_the_conversation(gateway: Gateway) -> None:
    address = address_on(gateway)
    assert re.fullmatch(r"c-[a-z2-7]{24}@in\.firm\.example", address)  # no number, no words
    for _ in range(2):  # a repeat is none
        gateway.brought("post", read(letter(address), "ana@home.example", address)).result(90)
    with gateway.database.reading() as conn:
        [row] = conn.execute(select(inbound)).all()
        assert (row.sender, row.link, row.kind, row.recipient) == (PHONE, PAGE, "mail", None)
        assert "Vzamem dva." in row.text
        assert [one.id for one in conversations.timeline(conn, PHONE)][-1] == row.id
        assert capability.of(conn, PHONE, gateway.clock()).state == "unknown"  # a mail program is no phone


def test_machines_and_made_up_addresses_are_not_heard(gateway: Gateway) -> None:
    address = address_on(gateway)
    robot = letter(address, Auto_Submitted="auto-replied")
    gateway.brought("post", read(robot, "ana@home.example", address)).result(90)
    wrong = "c-" + "a" * 24 + "@in.firm.example"
    with pytest.raises(NotFound):
        gateway.brought("post", read(letter(wrong), "ana@home.example", wrong)).result(90)

    def revoke(conn: Any, batch: list[None]) -> list[None]:
        mail_threads.revoke(conn, PHONE)
        return batch

    gateway.database.writer.do(revoke, None)
    with pytest.raises(NotFound):
        gateway.brought("post", read(letter(address), "ana@home.example", address)).result(90)
    with gateway.database.reading() as conn:
        assert conn.execute(select(inbound)).all() == []
