"""A desk with a link for texts and one for MMS, pictures in its store, and everything that carries contents."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from sqlalchemy import select

from smsgw.link import Abilities, Content
from smsgw.media import store
from smsgw.media.adapt import picture
from smsgw.media.building import Builder
from smsgw.media.contents import Contents, Slide
from smsgw.media.fitting import Fitting
from smsgw.media.pages import PageTerms
from smsgw.outbound.carrying import Carrying, CarryTerms
from smsgw.outbound.fallback import Fallback
from smsgw.outbound.routing import Served
from smsgw.outbound.showing import Showing
from smsgw.outbound.submit import Asked
from smsgw.store.database import Database
from smsgw.store.tables import message, message_content
from tests.smsgw.desk import Desk

TO = "+38641000001"
MMSC = Abilities(alphabets=frozenset(), content=frozenset({"mms"}), most_octets=300_000)
BASE = "https://m.example.com"


def photo(colour: str = "red", size: tuple[int, int] = (400, 300)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(out, "JPEG", quality=90, comment=colour)
    return out.getvalue()


class MmsDesk(Desk):
    """See the module. fitted: how many pictures were made to fit."""

    def __init__(self, database: Database, base: str = BASE, mmsc: Abilities | None = MMSC, **terms: Any) -> None:
        links = [Served("sms", "smpp")] + ([Served("mms", "mm7", abilities=mmsc)] if mmsc else [])
        super().__init__(database, links)
        self.fitted = 0
        fitting = Fitting(database, self._fit)
        self.carrying = Carrying(database, fitting, CarryTerms(pages=PageTerms(base), company="Shop", **terms))
        self.door.contents = self.carrying
        self.receipts.showing = Showing(self.network.carries_contents)
        self.fallback = Fallback(self.door, self.carrying)
        self.builder = Builder()

    def _fit(self, octets: bytes, most: int, width: int, height: int) -> Any:
        self.fitted += 1
        return picture(octets, most, width, height)

    def medium(self, octets: bytes | None = None) -> str:
        """Put a picture into the store; returns its id."""
        given = store.examined(octets or photo(), self.now)
        return self.database.writer.do(store.take, given).sha256

    def send(self, *slides: Slide, to: str = TO, content: dict[str, Any] | None = None, **more: Any) -> str:
        """Submit slides; returns the message's id."""
        carried = Contents(tuple(slides), **(content or {}))
        return str(self.door.submit(Asked(to, "", "test", content=carried, **more)).row["id"])

    def content(self, id: str) -> Any:
        """The row of what a message carries."""
        with self.database.reading() as conn:
            return conn.execute(select(message_content).where(message_content.c.message_id == id)).one()

    def built(self, id: str) -> Content:
        """What its driver would be given."""
        with self.database.reading() as conn:
            return self.builder.build(conn, id)

    def handed_over(self, reference: str, link: str = "mms") -> None:
        """The network takes what waits for a link."""
        for wire in self.claim(link):
            self.taken(wire, reference, link)

    def falls_back(self) -> int:
        """The clock looks for links that are due; returns how many went out."""
        return self.database.writer.do(self.fallback.run, self.now)

    def all(self) -> list[Any]:
        """Every message, oldest first."""
        with self.database.reading() as conn:
            return list(conn.execute(select(message).order_by(message.c.id)))
