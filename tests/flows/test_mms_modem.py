"""An MMS comes to a modem's SIM: announced in shuffled pieces, fetched, in the conversation, and the MMSC knows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from drivers.modem.comms import SteadyComms
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.inbound import mms_notices
from smsgw.media import store
from smsgw.media.contents import Contents, Slide
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.tables import inbound, inbound_medium, medium, message, message_content, mms_notice
from tests.emulators import mm1_mmsc
from tests.emulators.mm1_mmsc import PICTURE, Mmsc
from tests.emulators.modem import EmulatedModem, modem_network
from tests.flows.running import Running, until
from tests.smsgw.outbound.mms_desk import photo

CUSTOMER, OTHER, CENTRE = "+38641000002", "+38641000003", "+38640000000"


@pytest.fixture(autouse=True)
def _a_modem_that_answers_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteadyComms, "quiet", 0.06)


@pytest.fixture
def mmsc() -> Iterator[Mmsc]:
    with mm1_mmsc.mmsc() as made:
        yield made


@pytest.fixture
def modem() -> Iterator[EmulatedModem]:
    with modem_network() as network:
        yield network.modem


class Shop:
    """A gateway with a modem link, started as the daemon starts it."""

    def __init__(self, folder: Path, modem: EmulatedModem, mmsc: Mmsc) -> None:
        link = {"name": "stick", "kind": "modem", "device": modem.device, "number": modem.sim.number}
        link |= {"mms_url": mmsc.url, "mms_proxy": mmsc.proxy, "mms_timeout": 60.0}
        store = {"url": f"sqlite:///{folder / 'smsgw.db'}"}
        self.gateway = Gateway(Config.model_validate({"store": store, "links": [link]}))
        schema.upgrade(self.gateway.database)
        self.gateway.start_links()
        self.gateway.fetching.start()

    def stop(self) -> None:
        self.gateway.fetching.stop(time.monotonic() + 5)
        self.gateway.stop_links(time.monotonic() + 5)
        self.gateway.close()

    def rows(self, query: Any) -> list[Any]:
        with self.gateway.database.reading() as conn:
            return list(conn.execute(query))

    def states(self) -> list[str]:
        return [row.state for row in self.rows(select(mms_notice.c.state).order_by(mms_notice.c.id))]

    def state(self, id: str) -> str:
        return str(self.rows(select(message.c.state).where(message.c.id == id))[0].state)

    def wait(self, condition: Callable[[], object], seconds: float = 120.0) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, self.rows(select(mms_notice))
            time.sleep(0.05)


@pytest.fixture
def shop(tmp_path: Path, modem: EmulatedModem, mmsc: Mmsc) -> Iterator[Shop]:
    made = Shop(tmp_path, modem, mmsc)
    yield made
    made.stop()


def long_push(mmsc: Mmsc, number: int, sender: str) -> bytes:
    """A message at the MMSC whose place has so long a name that its push takes three texts."""
    mmsc.holds(number, f"{sender}/TYPE=PLMN")
    path = f"/m/{number}" + "x" * 200
    mmsc.messages[path] = mmsc.messages.pop(f"/m/{number}")
    return mm1_mmsc.notification(f"txn-{number}", f"http://{mmsc.proxy}{path}", f"{sender}/TYPE=PLMN")


def test_two_mms_in_shuffled_and_doubled_pieces_are_two_in_the_inbox_and_the_sim_is_empty(
    shop: Shop, modem: EmulatedModem, mmsc: Mmsc
) -> None:
    first, second = (long_push(mmsc, number, sender) for number, sender in ((1, CUSTOMER), (2, OTHER)))
    modem.centre_pushes(CENTRE, first, order=[3, 1, 2], twice=True)
    modem.centre_pushes("+38640000001", second, order=[2, 3, 1])  # the same reference, of another centre
    modem.centre_pushes(CENTRE, mm1_mmsc.SERVICE_INDICATION, reference=9)
    shop.wait(lambda: shop.states() == ["done", "done"])
    came = shop.rows(select(inbound).where(inbound.c.kind == "mms").order_by(inbound.c.sender))
    assert [(row.sender, row.recipient) for row in came] == [(CUSTOMER, modem.sim.number), (OTHER, modem.sim.number)]
    assert "Lep pozdrav, čau" in came[0].text
    stored = shop.rows(
        select(medium.c.octets, medium.c.media_type)
        .join(inbound_medium, inbound_medium.c.sha256 == medium.c.sha256)
        .where(inbound_medium.c.inbound_id == came[0].id, medium.c.media_type == "image/jpeg")
    )
    assert [row.octets for row in stored] == [PICTURE]
    assert mmsc.waiting == []
    assert [told.get("status") for told in mmsc.told] == ["Retrieved", "Retrieved"]
    shop.wait(lambda: not any(modem.stored.values()))
    with shop.gateway.database.reading() as conn:
        assert [row.content_type for row in mms_notices.pushes(conn, 10)] == ["application/vnd.wap.sic"]


def test_a_picture_goes_to_a_phone_over_the_modem_and_its_report_comes_back_as_a_push(
    shop: Shop, modem: EmulatedModem, mmsc: Mmsc
) -> None:
    gateway = shop.gateway
    shown = gateway.database.writer.do(store.take, store.examined(photo(), gateway.clock())).sha256
    shop.wait(lambda: gateway.network.health("stick")[0].state == "up")
    slides = Contents((Slide("Vabljeni!", shown),), subject="Otvoritev", read_report=True)
    id = str(gateway.door.submit(Asked(CUSTOMER, "", "test", content=slides)).row["id"])
    shop.wait(lambda: shop.state(id) == "sent")
    [sent] = mmsc.taken
    assert (sent.all("to"), sent.get("subject")) == ([f"{CUSTOMER}/TYPE=PLMN"], "Otvoritev")
    assert [part.content_type.name for part in sent.parts] == ["application/smil", "image/jpeg", "text/plain"]
    assert sent.start is not None
    assert b"<par" in sent.start.data
    modem.centre_pushes(CENTRE, mm1_mmsc.delivery_ind("S1@mmsc", "Retrieved", f"{CUSTOMER}/TYPE=PLMN"))
    shop.wait(lambda: shop.state(id) == "delivered")
    modem.centre_pushes(CENTRE, mm1_mmsc.read_orig_ind("S1@mmsc"), reference=8)
    shop.wait(lambda: shop.rows(select(message_content.c.read_at))[0].read_at is not None)
    assert modem.submissions == [], "no text went out besides"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["get", "post"])
def test_a_kill_while_it_is_fetched_or_acknowledged_loses_nothing_and_doubles_nothing(
    tmp_path: Path, modem: EmulatedModem, mmsc: Mmsc, kind: str
) -> None:
    """get: killed before the content is stored; post: when it is stored, and nobody knows whether the MMSC knows."""
    killed = threading.Event()
    mmsc.faults[kind] = [killed]
    link = {"name": "stick", "kind": "modem", "device": modem.device, "number": modem.sim.number}
    link |= {"mms_url": mmsc.url, "mms_proxy": mmsc.proxy}
    gateway = Running(tmp_path / "smsgw", f"sqlite:///{tmp_path / 'store.db'}", [link])
    try:
        gateway.start()
        modem.centre_pushes(CENTRE, mmsc.holds())
        until(lambda: any(asked.method == kind.upper() for asked in mmsc.asked), 30, "the MMSC was not asked")
        gateway.kill()
        killed.set()
        with gateway.looking() as conn:
            assert len(conn.execute(MMS).all()) == (kind == "post")
        gateway.start()
        until(lambda: _state(gateway) == "done", 30, "it was not fetched after the kill")
        with gateway.looking() as conn:
            assert [row.sender for row in conn.execute(MMS)] == [CUSTOMER]
        assert sum(asked.method == "GET" for asked in mmsc.asked) == (2 if kind == "get" else 1)
        assert mmsc.waiting == []
    finally:
        killed.set()
        gateway.kill()


MMS = select(inbound).where(inbound.c.kind == "mms")


def _state(gateway: Running) -> str | None:
    with gateway.looking() as conn:
        return conn.scalar(select(mms_notice.c.state))
