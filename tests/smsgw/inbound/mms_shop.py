"""A shop that MMS are announced to: a desk whose links fetch from an emulated MMSC."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from drivers.modem import Config
from drivers.modem.mms import Mms
from smsgw.config import MailConfig
from smsgw.inbound.inbox import Arrived
from smsgw.inbound.mms_fetching import Fetching
from smsgw.inbound.mms_notices import Notices
from smsgw.inbound.mms_unfetched import Telling, recipients_of
from smsgw.link import Alphabet, InboundContent, InboundPiece
from smsgw.store.tables import inbound, mail, mms_notice
from tests.drivers.recorder import Recorder
from tests.emulators import mm1_mmsc
from tests.emulators.mm1_mmsc import Mmsc
from tests.smsgw.desk import Desk

CENTRE, CUSTOMER, OWN = "+38640000000", "+38641000002", "+38640111222"
MAIL = MailConfig(host="localhost", sender="shop@example.com", boxes=[{"to": ["sales@example.com"]}])  # type: ignore[list-item]


class Stick:
    """What a modem link offers for MMS, and nothing else of it: the driver's own part, without a serial port."""

    def __init__(self, mmsc: Mmsc, **more: Any) -> None:
        given = {"device": "/dev/null", "mms_url": mmsc.url, "mms_proxy": mmsc.proxy, "mms_timeout": 60.0, **more}
        made = Mms("a", Config(**given), Recorder(), lambda what, timeout: None, lambda: OWN)
        self.read_push, self.fetch, self.acknowledge = made.read_push, made.fetch, made.acknowledge


@dataclass
class Shop:
    """A desk whose links are told of MMS, the MMSC, and what was stored of contents."""

    desk: Desk
    mmsc: Mmsc
    links: dict[str, Any]
    stored: list[InboundContent] = field(default_factory=list)
    mail: MailConfig = MAIL

    def __post_init__(self) -> None:
        self.desk.inbox.notices = Notices(self.links, self.desk.receipts)

    def brought(self, link: str, content: InboundContent) -> Future[None]:
        done: Future[None] = Future()
        if all(one.reference != content.reference for one in self.stored):
            self.stored.append(content)
        done.set_result(None)
        return done

    @property
    def fetching(self) -> Fetching:
        telling = Telling(recipients_of(self.mail), lambda link: OWN)
        return Fetching(self.desk.database, self.links, self.brought, telling, lambda: self.desk.now)

    def arrives(self, octets: bytes, order: Any = None, name: str = "p", link: str = "a", reference: int = 7) -> None:
        """A push comes in pieces."""
        cut = mm1_mmsc.pieces(octets, reference, most=32)
        for number in order or range(len(cut)):
            udh, data = cut[number]
            piece = InboundPiece(f"{name}{reference}.{number}", CENTRE, OWN, Alphabet.OCTETS, data, udh, kind="data")
            self.desk.database.writer.do(self.desk.inbox.take, Arrived(link, piece, self.desk.now))

    def rows(self) -> list[Any]:
        with self.desk.database.reading() as conn:
            return list(conn.execute(select(mms_notice).order_by(mms_notice.c.id)))

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def letters(self) -> list[Any]:
        with self.desk.database.reading() as conn:
            return list(conn.execute(select(mail).order_by(mail.c.id)))

    def shown(self) -> list[Any]:
        """What waits for a person in the inbox."""
        with self.desk.database.reading() as conn:
            return list(conn.execute(select(inbound).where(inbound.c.state == "waiting")))
