"""Pictures from the door to a phone and back, through a whole gateway with phones in memory; killed in between, too."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Connection, insert, select

from drivers.fake import FakeLink, read_tape
from schedules import fallback
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.link import Content, ContentPart
from smsgw.media import store
from smsgw.media.contents import Contents, Slide
from smsgw.money.proof import prove
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.tables import cost_entry, inbound, message, message_content, order, rate
from tests.flows.running import ROOT

SHOP = ROOT / "smsgw" / "cli" / "demo.csv"
ANA, BOR = "+38641000001", "+38641000002"


def config(folder: Path, **more: Any) -> Config:
    link = {"name": "phones", "kind": "fake", "mms": True, "without_mms": [BOR], "delay": 0, "receipt_delay": 0}
    return Config.model_validate(
        {
            "store": {"url": f"sqlite:///{folder / 's.db'}", "state_dir": str(folder)},
            "web": {"public_url": "https://m.example.com"},
            "links": [link | {"tape": str(folder / "tape")} | more],
        }
    )


def photo(size: tuple[int, int] = (400, 300)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 30).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    opened = Gateway(config(tmp_path))
    schema.upgrade(opened.database)
    opened.start_links()
    yield opened
    opened.stop_links(time.monotonic() + 5)
    opened.close()


def until(condition: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait for a state."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
    return found


def phones(gateway: Gateway) -> FakeLink:
    link = gateway.links["phones"]
    assert isinstance(link, FakeLink)
    return link


def send(gateway: Gateway, to: str, text: str = "Nova sezona", size: tuple[int, int] = (400, 300)) -> str:
    medium = gateway.database.writer.do(store.take, store.examined(photo(size), gateway.clock()))
    content = Contents((Slide(text, medium.sha256),), subject="Katalog")
    return str(gateway.door.submit(Asked(to, "", "test", content=content)).row["id"])


def row(gateway: Gateway, id: str) -> Any:
    with gateway.database.reading() as conn:
        joined = select(message, message_content.c.fallback_id).join(message_content)
        return conn.execute(joined.where(message.c.id == id)).one()


def test_a_picture_reaches_the_phone_that_shows_it_and_the_link_the_one_that_does_not(gateway: Gateway) -> None:
    shown, not_shown = send(gateway, ANA), send(gateway, BOR)
    until(lambda: row(gateway, shown).state == "delivered" and row(gateway, not_shown).state == "undelivered")
    [content] = phones(gateway).contents(ANA)
    assert content.subject == "Katalog"
    with Image.open(io.BytesIO(content.parts[1].data)) as drawn:
        assert drawn.size == (400, 300)
    for _ in range(3):
        fallback.run(gateway, gateway.clock())
    texts = until(lambda: phones(gateway).texts(BOR))
    until(lambda: row(gateway, not_shown).fallback_id)
    assert [one.text.split("/m/")[0] for one in texts] == ["A picture message for you: https://m.example.com"]
    assert len(phones(gateway).texts(ANA)) == 1


def test_an_mms_of_a_customer_is_read_as_an_order(tmp_path: Path) -> None:
    gateway = Gateway(config(tmp_path))
    schema.upgrade(gateway.database)
    wish = catalogue_import.Wish(catalogue_file.read(SHOP.read_text()), None, "test", gateway.clock())
    catalogue_import.apply(gateway.database.writer, wish)
    gateway.reading.start()
    gateway.start_links()
    try:
        words = ContentPart("text/plain", b"2 zvezka A5", "t.txt", "utf-8")
        phones(gateway).send_content(ANA, Content((words, ContentPart("image/jpeg", photo((60, 40)), "a.jpg"))))

        def came() -> Any:
            with gateway.database.reading() as conn:
                return conn.execute(select(order)).first()

        assert until(came).address == ANA
        until(lambda: not phones(gateway).texts(ANA)[-1].mine)  # and is asked whether that is right
    finally:
        gateway.reading.stop(time.monotonic() + 5)
        gateway.stop_links(time.monotonic() + 5)
        gateway.close()


def test_an_mms_costs_what_its_size_costs_and_the_link_what_a_text_costs(gateway: Gateway) -> None:
    def rates(conn: Connection, batch: list[None]) -> list[None]:
        common = {"link": "phones", "prefix": "", "valid_from": datetime(2020, 1, 1, tzinfo=UTC), "currency": "EUR"}
        for kind, upto, amount in (("sms", 0, 50_000), ("mms", 100, 200_000), ("mms", 300, 400_000)):
            values = common | {"kind": kind, "upto": upto, "amount": amount, "charged": "submit", "network": ""}
            conn.execute(insert(rate).values(**values))
        return batch

    gateway.database.writer.do(rates, None)
    gateway.read_money()
    small, large = send(gateway, ANA, size=(300, 200)), send(gateway, ANA, "Velika slika", size=(700, 700))
    unfetched = send(gateway, BOR, size=(300, 200))
    assert [row(gateway, id).price for id in (small, large)] == [200_000, 400_000]
    until(lambda: row(gateway, unfetched).state == "undelivered")
    fallback.run(gateway, gateway.clock())
    link = row(gateway, unfetched).fallback_id
    until(lambda: {row(gateway, id).state for id in (small, large, link)} == {"delivered"})
    with gateway.database.reading() as conn:
        booked = dict(conn.execute(select(cost_entry.c.message_id, cost_entry.c.amount)).all())
        proof = prove(conn, gateway.till.plans, datetime(2020, 1, 1, tzinfo=UTC), gateway.clock() + timedelta(days=1))
    assert booked == {small: 200_000, large: 400_000, unfetched: 200_000, link: 50_000}
    assert proof.holds, proof.differences


_KILLED = """
import os, signal, sys, threading, time
from pathlib import Path
from smsgw.gateway import Gateway
from smsgw.store import schema
from tests.flows.test_mms import ANA, Content, ContentPart, config, phones, photo, send
folder, where = Path(sys.argv[1]), sys.argv[2]
gateway = Gateway(config(folder, **({"disconnected": True} if where == "accepted" else {})))
schema.upgrade(gateway.database)
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if where == "brought":
    brought = gateway.brought
    def killed(link, inbound):
        brought(link, inbound).result(120)  # on disk, and not acknowledged
        die()
    gateway.brought = killed
gateway.start_links()
if where == "brought":
    phones(gateway).send_content(ANA, Content((ContentPart("image/jpeg", photo((60, 40)), "a.jpg"),)))
    time.sleep(120)
else:
    print(send(gateway, ANA), flush=True)
    die()
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["brought", "accepted"])
def test_killed_between_store_and_answer_nothing_is_lost_and_nothing_is_doubled(tmp_path: Path, where: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), where], cwd=ROOT, capture_output=True, timeout=180, check=False
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()[-2000:]
    gateway = Gateway(config(tmp_path))
    gateway.start_links()
    try:
        if where == "brought":
            until(lambda: any(line["is"] == "acknowledged" for line in read_tape(tmp_path / "tape")))
            with gateway.database.reading() as conn:
                assert len(conn.execute(select(inbound.c.id)).all()) == 1
        else:
            until(lambda: row(gateway, ran.stdout.decode().strip()).state == "delivered")
            assert len(phones(gateway).contents(ANA)) == 1
    finally:
        gateway.stop_links(time.monotonic() + 5)
        gateway.close()
