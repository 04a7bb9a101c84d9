"""Letters go out through a real mail server, once each; what cannot go is tried again, and in the end it is dead."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr
from sqlalchemy import select

from smsgw.config import MailConfig
from smsgw.errors import Conflict
from smsgw.media.mail import Letter, again, listing, write
from smsgw.media.postman import Postman
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import mail
from tests.smsgw.desk import Desk


class Box:
    """What a server does with what it is sent: takes it, or answers as the test says."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer: str | None = None
        self.refuses: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuses:
            return "550 5.1.1 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer is not None:
            return self.answer
        letter = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"


def unused() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite; the first test has one on each engine."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield Desk(database)
    database.close()


@pytest.fixture
def box() -> Box:
    """The letters that arrived."""
    return Box()


@pytest.fixture
def server(box: Box) -> Iterator[Controller]:
    """A mail server on a free port of this machine."""
    controller = Controller(box, hostname="127.0.0.1", port=unused())
    controller.start()
    yield controller
    controller.stop()


def postman(desk: Desk, server: Controller, **more: Any) -> Postman:
    told = {"host": "127.0.0.1", "port": server.port, "encryption": "none", "sender": "shop@example.com"} | more
    return Postman(MailConfig(**told), lambda: desk.now)


def written(desk: Desk, *letters: Letter) -> int:
    def step(conn: Any, batch: list[Any]) -> list[int]:
        return [write(conn, one, desk.now) for one in batch]

    return desk.database.writer.do(step, letters)


LETTER = Letter("ord_1:1", "ana@example.com", "Order 10001: 5,80 €", "2 × zvezek\nžiga\n")


def test_a_letter_goes_out_whole_and_once(database: Database, box: Box, server: Controller) -> None:
    desk = Desk(database)
    assert (written(desk, LETTER), written(desk, LETTER)) == (1, 0)
    post = postman(desk, server)
    assert (post.run(desk.database, desk.now), post.run(desk.database, desk.now)) == (1, 0)
    [letter] = box.letters
    assert (letter["To"], letter["From"], letter["Subject"]) == (LETTER.recipient, "shop@example.com", LETTER.subject)
    assert letter.get_content().replace("\r\n", "\n") == LETTER.body
    with desk.database.reading() as conn:
        [row] = listing(conn, 5)
    assert row.state == "sent"
    assert row.id in letter["Message-ID"]


def test_a_server_that_is_busy_is_asked_again_later_and_in_the_end_the_letter_is_dead(
    desk: Desk, box: Box, server: Controller
) -> None:
    written(desk, LETTER)
    post = postman(desk, server, attempts=3)
    box.answer = "451 try later"
    for pause in (59, 1, 299, 1):
        post.run(desk.database, desk.now)
        desk.later(seconds=pause)
    with desk.database.reading() as conn:
        [row] = listing(conn, 5)
    assert (row.state, row.attempts) == ("pending", 2)
    post.run(desk.database, desk.now)
    with desk.database.reading() as conn:
        [row] = listing(conn, 5)
    assert (row.state, row.attempts, row.why) == ("dead", 3, "the server said 451 try later")
    box.answer = None
    again(desk.database.writer, row.id, "ana", desk.now)
    assert post.run(desk.database, desk.now) == 1
    again(desk.database.writer, row.id, "ana", desk.now)
    with pytest.raises(Conflict):
        again(desk.database.writer, row.id, "ana", desk.now)


def test_what_is_refused_for_good_is_dead_at_once_and_stops_no_other(desk: Desk, box: Box, server: Controller) -> None:
    box.refuses = {"gone@example.com"}
    written(desk, Letter("a", "gone@example.com", "x", "x"), LETTER)
    assert postman(desk, server).run(desk.database, desk.now) == 1
    with desk.database.reading() as conn:
        states = dict(conn.execute(select(mail.c.recipient, mail.c.state)).all())  # type: ignore[arg-type]
    assert states == {"gone@example.com": "dead", "ana@example.com": "sent"}


def test_no_server_at_all_puts_everything_off(desk: Desk) -> None:
    written(desk, LETTER)
    config = MailConfig(host="127.0.0.1", port=unused(), encryption="none", sender="shop@example.com")
    assert Postman(config, lambda: desk.now).run(desk.database, desk.now) == 0
    with desk.database.reading() as conn:
        [row] = listing(conn, 5)
    assert (row.state, row.due_at) == ("pending", desk.now + timedelta(seconds=60))
    assert "127.0.0.1" in row.why


def test_without_a_server_in_the_configuration_nothing_is_tried(desk: Desk) -> None:
    written(desk, LETTER)
    assert Postman(MailConfig(), lambda: desk.now).run(desk.database, desk.now) == 0


def test_a_configuration_that_cannot_work_is_refused() -> None:
    with pytest.raises(ValueError, match="sender"):
        MailConfig(host="smtp.example.com")
    with pytest.raises(ValueError, match="password"):
        MailConfig(host="smtp.example.com", sender="a@example.com", user="a")
    MailConfig(host="smtp.example.com", sender="a@example.com", user="a", password=SecretStr("x"))
