"""E-mail is a channel as texts are: the same door, gate and history, and receipts where mails come back."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from smsgw.config import Config
from smsgw.customers.consent.categories import Category, keep
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.consent import Statement, record
from smsgw.customers.customers import Wish, create
from smsgw.errors import BadInput, RefusedByPolicy
from smsgw.gateway import Gateway
from smsgw.media import contents, store
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.tables import consent, history, message
from smsgw.store.tables.types import AnyRow
from tests.emulators.mail import Box, bring, mail_server

ANA, PHONE = "ana@home.example", "+38640000007"


def wait_for(there: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := there()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def gateway(tmp_path: Path, box: Box) -> Iterator[Gateway]:
    """A running gateway with a phone network and a real mail server, which sends mails and takes them in."""
    with mail_server(box) as port:
        told = {
            "store": {"url": f"sqlite:///{tmp_path / 'store.db'}"},
            "sending": {"region": "SI"},
            "gate": {"quiet": []},  # offers go at once, whatever the hour of the test
            "web": {"public_url": "https://sms.firm.example"},
            "mail": {"host": "127.0.0.1", "port": port, "encryption": "none", "sender": "shop@firm.example"},
            "links": [
                {"name": "phones", "kind": "fake", "handsets": []},
                {"name": "post", "kind": "mail", "listen": "127.0.0.1:0", "probe_every": 1},
            ],
        }  # fmt: skip
        gateway = Gateway(Config.model_validate(told))
        schema.upgrade(gateway.database)
        gateway.start_links()
        try:
            yield gateway
        finally:
            gateway.stop_links(time.monotonic() + 5)
            gateway.close()


def row_of(gateway: Gateway, id: str) -> AnyRow:
    with gateway.database.reading() as conn:
        return conn.execute(select(message).where(message.c.id == id)).one()


def offers(gateway: Gateway, address: str) -> None:
    """A category of offers, to which this address says yes."""
    now = gateway.clock()
    writer = gateway.database.writer
    write(writer, lambda conn: keep(conn, Category("offers", {"en": "Offers"}), "test", now))
    write(writer, lambda conn: record(conn, [Statement(address, True, "yes", now, "form", "test", scope="offers")]))


def test_a_message_to_a_mail_address_is_a_mail_and_its_bounce_is_its_receipt(gateway: Gateway, box: Box) -> None:
    sent = gateway.door.submit(Asked(f"Ana <{ANA.upper()}>", "Živjo!\nVaše naročilo čaka.", "cli")).row
    assert (sent["recipient"], sent["link"], sent["encoding"], sent["parts"], sent["price"]) == (
        ANA, "post", "mail", 1, None,
    )  # fmt: skip
    [letter] = wait_for(lambda: box.letters)
    assert letter["To"] == ANA
    assert letter.get_content().replace("\r\n", "\n").strip() == "Živjo!\nVaše naročilo čaka."
    assert (letter["Auto-Submitted"], letter["List-Unsubscribe"]) == (None, None)
    wait_for(lambda: row_of(gateway, sent["id"]).state == "sent")
    listener = wait_for(lambda: gateway.links["post"].listener)  # type: ignore[attr-defined]
    bounce = BOUNCE.format(id=letter["Message-ID"]).replace("\n", "\r\n").encode()
    assert bring(listener.bound, bounce, "", "shop@firm.example")[0] == 250
    wait_for(lambda: row_of(gateway, sent["id"]).state == "undelivered")
    with gateway.database.reading() as conn:
        moves = conn.scalars(select(history.c.event).where(history.c.record_id == sent["id"]).order_by(history.c.id))
        assert list(moves)[-2:] == ["hand_over", "bounce"]


BOUNCE = """From: MAILER-DAEMON@mx
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx

Final-Recipient: rfc822; ana@home.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: {id}

--b--
"""


def test_pictures_go_by_mail_as_they_are_but_do_not_tell_where_they_were_taken(gateway: Gateway, box: Box) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "at home", 6
    ids = []
    for form in ("JPEG", "AVIF"):
        out = io.BytesIO()
        Image.effect_noise((200, 100), 60).convert("RGB").save(out, form, exif=exif.tobytes())
        assert b"at home" in out.getvalue()
        ids.append(gateway.database.writer.do(store.take, store.examined(out.getvalue(), gateway.clock())).sha256)
    gateway.door.submit(Asked(ANA, "", "cli", content=contents.of_media(ids, "Look")))
    [letter] = wait_for(lambda: box.letters)
    pictures = [part.get_payload(decode=True) for part in letter.walk() if part.get_content_maintype() == "image"]
    assert [Image.open(io.BytesIO(one)).format for one in pictures] == ["JPEG", "PNG"]  # AVIF is drawn anew
    assert all(b"at home" not in one for one in pictures)
    assert Image.open(io.BytesIO(pictures[0])).size == (200, 100)


def test_wrong_addresses_and_gateways_without_a_mail_link_are_told_clearly(gateway: Gateway) -> None:
    with pytest.raises(BadInput) as wrong:
        gateway.door.submit(Asked("ana@home", "x", "cli"))
    [fault] = wrong.value.faults
    assert (fault.pointer, fault.code) == ("/to", "mail_invalid")
    assert "'home' is no domain" in fault.detail
    with pytest.raises((BadInput, RefusedByPolicy)) as elsewhere:
        gateway.door.submit(Asked(ANA, "x", "cli", link="phones"))
    assert "mail" in str(elsewhere.value)


def test_offers_by_mail_need_a_yes_of_that_address_and_can_be_ended_by_one_tap(gateway: Gateway, box: Box) -> None:
    from webadmin import create_app

    asked = Asked(ANA, "Brooms are cheap.", "key_1", purpose="marketing", category="offers")
    with pytest.raises(RefusedByPolicy) as no:
        gateway.door.submit(asked)
    assert no.value.code.startswith(("category", "consent", "no_consent"))
    offers(gateway, ANA)
    gateway.door.submit(asked)
    [letter] = wait_for(lambda: box.letters)
    url = letter["List-Unsubscribe"].strip().partition(">")[0].lstrip("<")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert f"To get no more mails like this one: {url}" in letter.get_content().replace("\r\n", "\n")
    client = create_app(gateway).test_client()
    path = url.removeprefix("https://sms.firm.example")
    assert client.get(path).status_code == 200
    with gateway.database.reading() as conn:
        before = len(conn.execute(select(consent)).all())
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post(path[:-3] + "abc", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    with gateway.database.reading() as conn:
        assert len(conn.execute(select(consent)).all()) == before + 1
    with pytest.raises(RefusedByPolicy):
        gateway.door.submit(Asked(ANA, "Mops are cheap.", "key_1", purpose="marketing", category="offers"))


def test_who_wants_mail_gets_offers_by_mail_though_a_number_was_named(gateway: Gateway, box: Box) -> None:
    told = {"name": "Ana", "addresses": [PHONE, ANA], "channel": "email"}
    create(gateway.database.writer, Wish(told, "test", gateway.clock(), "SI"))
    offers(gateway, ANA)
    sent = gateway.door.submit(Asked("040 000 007", "Brooms.", "key_1", purpose="marketing", category="offers")).row
    assert (sent["recipient"], sent["link"]) == (ANA, "post")
    assert sent["trace"][0] == "040 000 007 is somebody who wants to be reached by mail"
    code = gateway.door.submit(Asked(PHONE, "Your code is 1234. STOP", "key_1", purpose="otp")).row
    assert (code["recipient"], code["link"]) == (PHONE, "phones")


def test_a_conversation_by_mail_is_in_the_inbox_and_answered_there(gateway: Gateway, box: Box) -> None:
    """Its page, the price of a draft (none), and the answer of a person, which no machine may answer."""
    from smsgw.access import keys
    from webadmin import create_app

    assert gateway.network.choose(ANA, now=gateway.clock()).link.name == "post"  # type: ignore[union-attr]
    _, secret = keys.create(gateway.database.writer, keys.NewKey("test", ("admin:*",), gateway.clock()))
    client = create_app(gateway).test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    sent = client.post("/api/v1/messages", json={"to": ANA, "text": "hello"}, headers=headers)
    assert (sent.status_code, sent.get_json()["encoding"]) == (202, "mail")
    [letter] = wait_for(lambda: box.letters)
    assert letter["Auto-Submitted"] == "auto-generated"
    listed = client.get("/api/v1/conversations", headers=headers)
    assert listed.status_code == 200
    assert ANA in listed.get_data(as_text=True)
