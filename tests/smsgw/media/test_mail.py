"""Letters go out through a real mail server, once each; what cannot go is tried again, and in the end it is dead."""

from __future__ import annotations

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
from sqlalchemy import insert, select

from smsgw.config import MailConfig
from smsgw.errors import Conflict
from smsgw.media.mail import Letter, again, listing, write
from smsgw.media.postman import Postman
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import history, inbound, mail
from tests.emulators.ports import unused
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
    controller = Controller(box, hostname="127.0.0.1", port=unused(), ready_timeout=90)
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


def test_a_server_that_is_away_for_an_hour_gets_the_letter_after_once(desk: Desk, box: Box) -> None:
    written(desk, LETTER)
    port = unused()
    config = MailConfig(host="127.0.0.1", port=port, encryption="none", sender="shop@example.com")
    post = Postman(config, lambda: desk.now)
    for _ in range(60):
        assert post.run(desk.database, desk.now) == 0
        desk.later(seconds=60)
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=90)
    controller.start()
    try:
        for _ in range(200):
            post.run(desk.database, desk.now)
            desk.later(seconds=60)
    finally:
        controller.stop()
    assert len(box.letters) == 1
    with desk.database.reading() as conn:
        [row] = listing(conn, 5)
    assert (row.state, row.attempts <= 8) == ("sent", True)


def test_the_pauses_grow_to_four_hours_and_a_letter_is_tried_for_five_days(desk: Desk) -> None:
    written(desk, LETTER)
    config = MailConfig(host="127.0.0.1", port=unused(), encryption="none", sender="shop@example.com")
    post, begun, pauses = Postman(config, lambda: desk.now), desk.now, []
    while True:
        post.run(desk.database, desk.now)
        with desk.database.reading() as conn:
            [row] = listing(conn, 5)
        if row.state == "dead":
            break
        pauses.append((row.due_at - desk.now).total_seconds())
        desk.now = row.due_at
    assert pauses[:6] == [60, 300, 900, 3600, 7200, 14400]
    assert set(pauses[6:]) == {14400}
    assert timedelta(days=4.9) < desk.now - begun < timedelta(days=5.3)


@pytest.mark.parametrize(("status", "state"), [(0, "sent"), (67, "dead"), (75, "pending"), (1, "pending")])
def test_sendmail_takes_letters_and_its_status_says_what_became_of_them(
    desk: Desk, tmp_path: Path, status: int, state: str
) -> None:
    program, took = tmp_path / "sendmail", tmp_path / "took"
    program.write_text(f'#!/bin/sh\necho "$@" > {took}.args\ncat > {took}\nexit {status}\n')
    program.chmod(0o755)
    written(desk, LETTER)
    config = MailConfig(sendmail=program, sender="shop@example.com")
    Postman(config, lambda: desk.now).run(desk.database, desk.now)
    with desk.database.reading() as conn:
        [row] = listing(conn, 5)
    assert row.state == state
    assert (tmp_path / "took.args").read_text().strip() == "-i -f shop@example.com -- ana@example.com"
    letter = BytesParser(policy=default).parsebytes(took.read_bytes())
    assert (letter["To"], letter["X-Loop"]) == ("ana@example.com", "example.com")


@pytest.mark.parametrize(
    ("before", "after"), [("handled", "waiting"), ("waiting", "waiting"), ("received", "received")]
)
def test_a_letter_that_does_not_arrive_shows_at_what_it_told_of(
    desk: Desk, box: Box, server: Controller, before: str, after: str, caplog: pytest.LogCaptureFixture
) -> None:
    values = {
        "id": "in_1", "state": before, "why": "x", "link": "a", "reference": "r", "sender": "+38640111222",
        "text": "hi", "kind": "text", "parts": 1, "missing": 0, "received_at": desk.now,
        "handled_at": desk.now if before == "handled" else None,
    }  # fmt: skip

    def step(conn: Any, batch: list[Any]) -> list[None]:
        return [conn.execute(insert(inbound).values(one)) and None for one in batch]

    desk.database.writer.do(step, values)
    box.refuses = {"ana@example.com"}
    written(desk, Letter("in_1", "ana@example.com", "SMS from", "", inbound_id="in_1"))
    postman(desk, server).run(desk.database, desk.now)
    with desk.database.reading() as conn:
        assert conn.scalar(select(inbound.c.state)) == after
        told = conn.scalars(select(history.c.why).where(history.c.record == "inbound")).all()
    assert told == ["the mail about it to ana@example.com did not arrive: the server said 550 5.1.1 nobody here"]
    assert "did not arrive" in caplog.text
