"""The road of an MMS over our web server: out over MM7 and back as a report, and in from an MMSC that proves itself."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from smsgw.gateway import Gateway
from smsgw.media import store
from smsgw.media.contents import Contents, Slide
from smsgw.outbound.asked import Accepted, Asked
from smsgw.outbound.unsure import Due
from smsgw.store.tables import inbound, message
from tests.emulators.mmsc import Answer, Mmsc, mm7_network
from tests.webadmin.conftest import Configure, Site

TO = "+38641000002"
PHONE = "+38641000001"
PROOF = "Basic " + base64.b64encode(b"mmsc:word").decode()


@pytest.fixture
def mmsc() -> Iterator[Mmsc]:
    with mm7_network() as made:
        yield made


@pytest.fixture
def gateway(configured: Configure, mmsc: Mmsc) -> Iterator[Gateway]:
    """A gateway whose one link is to that MMSC."""
    told = {"told": "basic", "told_user": "mmsc", "told_password": "word", "max_told_octets": 2_000_000}
    link = {"name": "mms", "kind": "mm7", **mmsc.settings(**told)}
    made = configured(lambda: datetime.now(UTC), links=[link], web={"listen": "127.0.0.1:0", "max_body_mb": 1})
    made.start_links()
    yield made
    made.stop_links(time.monotonic() + 2)


@pytest.fixture
def site(gateway: Gateway, site_of: Callable[[Gateway], Site]) -> Site:
    return site_of(gateway)


def call(site: Site, told: tuple[dict[str, str], bytes], proof: str = PROOF) -> Any:
    """The MMSC calls, over real HTTP."""
    headers, body = told
    return site("POST", "/carriers/mms", body, Authorization=proof, Content_Type=headers["Content-Type"])


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def picture() -> bytes:
    file = BytesIO()
    Image.effect_noise((64, 48), 40).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def submitted(gateway: Gateway, **more: Any) -> str:
    """Ask for an MMS with a picture; the message's id."""
    given = store.examined(picture(), datetime.now(UTC))
    medium = gateway.database.writer.do(store.take, given)
    content = Contents((Slide("Grüße aus der Werkstatt", medium.sha256),), subject="Fertig", **more)
    accepted = gateway.door.submit(Asked(TO, "", "test", content=content))
    assert isinstance(accepted, Accepted)
    return str(accepted.row["id"])


def state(gateway: Gateway, id: str) -> str:
    with gateway.database.reading() as conn:
        return str(conn.scalar(select(message.c.state).where(message.c.id == id)))


def test_a_picture_goes_out_over_mm7_and_its_report_makes_it_delivered(
    gateway: Gateway, mmsc: Mmsc, site: Site
) -> None:
    id = submitted(gateway)
    until(lambda: state(gateway, id) == "sent")
    (asked,) = mmsc.asked
    assert (asked.kind, asked.to, asked.fields["Subject"]) == ("SubmitReq", [TO], "Fertig")
    assert asked.parts[0][0] == "application/smil"
    assert Image.open(BytesIO({kind: octets for kind, _, octets in asked.parts}["image/jpeg"])).size == (64, 48)
    told = mmsc.report_of(asked.fields["id"], TO)
    stranger = call(site, told, proof="")
    assert (stranger.status, stranger.headers["WWW-Authenticate"].split()[0]) == (401, "Basic")
    assert state(gateway, id) == "sent"
    for _ in range(3):
        assert call(site, told).status == 200
    until(lambda: state(gateway, id) == "delivered")
    assert call(site, mmsc.report_of(asked.fields["id"], TO, "Expired")).status == 200
    assert state(gateway, id) == "delivered"


def test_an_mms_of_a_phone_that_is_told_three_times_comes_in_once(gateway: Gateway, mmsc: Mmsc, site: Site) -> None:
    parts = [("text/plain; charset=utf-8", "t.txt", b"Danke"), ("image/jpeg", "p.jpg", picture())]
    for _ in range(3):
        answer = call(site, mmsc.deliver(PHONE, parts, linked="L-1"))
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
        assert b"<mm7:StatusCode>1000<" in answer.body
    with gateway.database.reading() as conn:
        rows = conn.execute(select(inbound.c.sender, inbound.c.text, inbound.c.kind)).all()
    assert [tuple(row) for row in rows] == [(PHONE, "Danke", "mms")]


def test_the_mmsc_may_bring_more_than_others_may_ask(gateway: Gateway, mmsc: Mmsc, site: Site) -> None:
    large = [("video/3gpp", "v.3gp", bytes(1_900_000))]
    assert call(site, mmsc.deliver(PHONE, large)).status == 200
    assert call(site, mmsc.deliver(PHONE, [("video/3gpp", "v.3gp", bytes(3_000_000))])).status == 413
    assert site("POST", "/api/v1/messages", b" " * 2_000_000).status == 413


def test_a_lost_answer_is_unsure_and_goes_again_under_its_name_once(gateway: Gateway, mmsc: Mmsc) -> None:
    mmsc.next.append(Answer(None, 200))
    id = submitted(gateway)
    until(lambda: state(gateway, id) == "unsure")
    first = mmsc.asked[0].transaction
    gateway.database.writer.do(gateway.unsure.look, Due(datetime.now(UTC) + timedelta(seconds=1), 0))
    until(lambda: state(gateway, id) == "sent")
    assert [one.transaction for one in mmsc.asked] == [first, first]
