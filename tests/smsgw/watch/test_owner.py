"""The owner is told before anything breaks: once, with a brake, by text and mail; and commands with one-time codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import Connection, select

from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.inbound.inbox import Arrived
from smsgw.link import Alphabet, Health, InboundPiece, LinkState
from smsgw.media import mail as letters
from smsgw.money import alerts
from smsgw.store import schema
from smsgw.store.history import Step, move
from smsgw.store.lifecycle import INQUIRY, MAIL
from smsgw.store.tables import alert, campaign, inbound, inquiry, mail, message, remote_command
from smsgw.watch import owner, troubles
from smsgw.webhooks import hooks, settle
from smsgw.webhooks.addresses import Allowed

OWNER, STRANGER = "+38640111222", "+38640111333"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
WATCH = {
    "numbers": [OWNER], "mail": ["owner@example.com"], "pause": 300, "link_down": 60, "backlog": 600, "disk_mb": 1,
    "remote": [OWNER], "remote_secret": SECRET,
}  # fmt: skip


class Town:
    """A gateway that no link connects, and a clock."""

    def __init__(self, folder: Path, watch: dict[str, Any]) -> None:
        self.now = START
        config = {
            "store": {"url": f"sqlite:///{folder / 'x.db'}"},
            "links": [{"name": "phones", "kind": "fake", "handsets": [OWNER, STRANGER]}],
            "watch": watch,
        }
        self.gateway = Gateway(Config.model_validate(config), lambda: self.now)
        schema.upgrade(self.gateway.database)
        self.gateway.heard("phones", Health(LinkState.UP))
        self._arrived = 0

    def on(self, seconds: float) -> None:
        """Move the clock on, and let the jobs run."""
        self.now += timedelta(seconds=seconds)
        troubles.watch(self.gateway, self.now)
        owner.tell(self.gateway, self.now)
        owner.obey(self.gateway, self.now)

    def rows(self, query: Any) -> list[Any]:
        with self.gateway.database.reading() as conn:
            return list(conn.execute(query))

    def write(self, act: Callable[[Connection], Any]) -> None:
        def step(conn: Connection, batch: list[None]) -> list[None]:
            act(conn)
            return batch

        self.gateway.database.writer.do(step, None)

    def texts(self) -> list[str]:
        """What was sent to the owner, oldest first."""
        return [
            row.text for row in self.rows(select(message).where(message.c.recipient == OWNER).order_by(message.c.id))
        ]

    def receive(self, words: str, sender: str = OWNER) -> Any:
        """A text comes in; how it was decided on."""
        self._arrived += 1
        piece = InboundPiece(
            f"ref-{self._arrived}", sender, "+38640111000", Alphabet.GSM7, words.encode(), sent_at=self.now
        )
        self.gateway.database.writer.do(self.gateway.inbox.take, Arrived("phones", piece, self.now))
        return self.rows(select(inbound).order_by(inbound.c.id.desc()))[0]

    def code(self) -> str:
        return pyotp.TOTP(SECRET).at(int(self.now.timestamp()))


Make = Callable[..., Town]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    towns: list[Town] = []

    def made(**watch: Any) -> Town:
        towns.append(Town(tmp_path, WATCH | watch))
        return towns[-1]

    yield made
    for one in towns:
        one.gateway.close()


def test_a_link_that_stays_down_is_told_once_by_text_and_mail_and_that_it_is_up_again(make: Make) -> None:
    town = make(backlog=86_400)
    town.gateway.heard("phones", Health(LinkState.DOWN, "unplugged"))
    town.on(0)
    town.on(30)
    town.gateway.heard("phones", Health(LinkState.CONNECTING, "again"))
    assert town.texts() == [], "it may still pass"
    town.gateway.heard("phones", Health(LinkState.DOWN, "unplugged"))
    town.on(31)
    town.on(400)
    told = "link phones is down since 12:00 UTC: unplugged"
    assert town.texts() == [f"smsgw: {told}"]
    (letter,) = town.rows(select(mail))
    assert (letter.recipient, told in letter.subject, f"- {told}" in letter.body) == ("owner@example.com", True, True)
    town.gateway.heard("phones", Health(LinkState.UP))
    town.on(400)
    town.on(400)
    assert town.texts()[1:] == ["smsgw: over: link.down phones"]


def test_what_happens_within_the_pause_is_told_in_one_text_and_nothing_is_forgotten(make: Make) -> None:
    town = make()

    def raised(*names: str) -> None:
        new = [alerts.Alarm("budget.warning", name, f"budget {name}") for name in names]
        town.write(lambda conn: alerts.tell(conn, new, town.now))

    raised("1")
    town.on(1)
    raised("2", "3", "4", "5", "6", "7")
    town.on(100)
    assert len(town.texts()) == 1
    town.on(200)
    assert town.texts()[1] == "smsgw: budget 2; budget 3; budget 4; budget 5 (and 2 more)"
    assert all(f"budget {number}" in town.rows(select(mail).order_by(mail.c.id))[1].body for number in range(2, 8))
    assert not town.rows(select(alert).where(alert.c.told_at.is_(None)))


def test_a_backlog_and_a_full_disk_are_told_and_end_by_themselves(make: Make) -> None:
    town = make(disk_mb=10_000_000)
    town.gateway.door.submit(owner.Asked(STRANGER, "Hello", "test"))
    town.on(0)
    town.on(601)
    stand = {row.kind: row.why for row in town.rows(select(alert).where(alert.c.state != "over"))}
    assert set(stand) == {"disk.low", "queue.backlog"}
    assert " wait for link phones, the first for 10 min" in stand["queue.backlog"]
    town.write(lambda conn: conn.execute(message.delete()))
    town.on(1)
    assert not town.rows(select(alert).where(alert.c.state != "over", alert.c.kind == "queue.backlog"))


def test_a_question_that_nobody_answers_in_time_is_told_and_that_it_was_answered(make: Make) -> None:
    town = make(unanswered=600)
    asked = {
        "id": "inq_1", "state": "open", "why": "asked", "address": STRANGER, "topic": "hours", "priority": 1,
        "language": "en", "opened_at": START, "due_at": START,
    }  # fmt: skip
    town.write(lambda conn: conn.execute(inquiry.insert(), asked))
    town.on(599)
    assert town.texts() == []
    town.on(2)
    assert town.texts() == [
        "smsgw: 1 question of customers should have been answered, the first by 2026-11-26 12:00 UTC"
    ]
    answered = Step("inq_1", "Ana answered", {"answered_at": town.now})
    town.write(lambda conn: move(conn, INQUIRY, "answer", [answered], by="Ana", now=town.now))
    town.on(400)
    assert town.texts()[1:] == ["smsgw: over: inquiry.unanswered"]


def test_a_webhook_that_is_given_up_is_told_and_that_it_is_on_again(make: Make) -> None:
    town = make()
    writer, allowed = town.gateway.database.writer, Allowed()
    failed, by_hand = [
        hooks.create(writer, hooks.NewHook(f"https://{name}.example/x", ["*"], "test", town.now), allowed)[0]
        for name in ("shop", "other")
    ]
    why = "it has failed since Monday"
    writer.do(settle.mark, settle.Health(failed, town.now, town.now, why))
    writer.do(settle.mark, settle.Health(by_hand, town.now, town.now))
    hooks.change(writer, hooks.Change(by_hand, "Ana", town.now, active=False), allowed)
    town.on(0)
    [stands] = town.rows(select(alert).where(alert.c.kind == "webhook.off", alert.c.state != "over"))
    assert (stands.subject, stands.why) == (failed, f"the webhook to shop.example is switched off: {why}")
    hooks.change(writer, hooks.Change(failed, "Ana", town.now, active=True), allowed)
    town.on(1)
    assert not town.rows(select(alert).where(alert.c.kind == "webhook.off", alert.c.state != "over"))


def test_a_mail_that_did_not_arrive_is_told_until_it_is_sent_again(make: Make) -> None:
    town = make()
    writer = town.gateway.database.writer

    def lost(conn: Connection, batch: list[None]) -> list[None]:
        letters.write(conn, [letters.Letter("x", "ana@example.com", "An MMS", "words")], town.now)
        [row] = letters.listing(conn, 1)
        step = Step(row.id, "the server said 550 no such mailbox", {"ended_at": town.now})
        move(conn, MAIL, "give_up", [step], by="mail", now=town.now)
        return [None] * len(batch)

    writer.do(lost, None)
    town.on(0)
    [stands] = town.rows(select(alert).where(alert.c.kind == "mail.lost", alert.c.state != "over"))
    assert "1 mail of the gateway did not arrive" in stands.why
    assert "550 no such mailbox" in stands.why
    with town.gateway.database.reading() as conn:
        [row] = letters.listing(conn, 5, "dead")
    letters.again(writer, row.id, "Ana", town.now)
    town.on(1)
    assert not town.rows(select(alert).where(alert.c.kind == "mail.lost", alert.c.state != "over"))


def test_a_command_with_a_code_is_obeyed_once(make: Make) -> None:
    town = make()
    code = town.code()
    assert town.receive(f"status {code}").state == "handled"
    town.on(0)
    assert town.texts() == ["1 of 1 links up, 0 queued"]
    again = town.receive(f"STATUS {code}")
    assert (again.state, "was used" in again.why) == ("ignored", True)
    town.on(1)
    assert len(town.texts()) == 1


def test_all_campaigns_are_paused_from_the_phone_and_go_on_but_those_that_paused_themselves(make: Make) -> None:
    town = make()
    given = {
        "state": "running", "why": "began", "name": "x", "kind": "once", "purpose": "marketing", "audience": {},
        "texts": {}, "language": "sl", "terms": {}, "wave": 0, "placed": 0, "planned": 0, "by": "Ana",
        "created_at": START, "changed_at": START,
    }  # fmt: skip
    itself = {"id": "cam_3", "state": "paused", "why": "too many failed"}
    campaigns = [given | {"id": "cam_1"}, given | {"id": "cam_2"}, given | itself]
    town.write(lambda conn: conn.execute(campaign.insert(), campaigns))
    for words, answer, states in (
        ("PAUSE ALL", "2 campaigns are paused", ["paused", "paused", "paused"]),
        ("RESUME ALL", "2 campaigns go on", ["running", "running", "paused"]),
    ):
        town.now += timedelta(seconds=60)
        town.receive(f"{words} {town.code()}")
        town.on(0)
        assert town.texts()[-1] == answer
        assert list(town.rows(select(campaign.c.state).order_by(campaign.c.id))) == [(state,) for state in states]


def test_a_command_killed_between_answer_and_note_is_not_answered_twice(make: Make) -> None:
    town = make()
    town.receive(f"BALANCE {town.code()}")
    town.on(0)
    town.write(lambda conn: conn.execute(remote_command.update().values(done_at=None)))
    town.on(1)
    assert town.texts() == ["no link told a balance yet"]


def test_neither_a_stranger_nor_a_wrong_code_commands_anything(make: Make) -> None:
    town = make()
    assert town.receive(f"STATUS {town.code()}", STRANGER).state != "handled"
    wrong = f"{(int(town.code()) + 1) % 1_000_000:06d}"
    assert town.receive(f"PAUSE ALL {wrong}").state == "ignored"
    town.on(1)
    assert town.texts() == []


def test_after_five_wrong_codes_the_right_one_does_not_work_either_for_an_hour(make: Make) -> None:
    town = make()
    for number in range(5):
        town.receive(f"STATUS {(int(town.code()) + 7 + number) % 1_000_000:06d}")
    assert "too many wrong codes" in town.receive(f"STATUS {town.code()}").why
    town.on(3601)
    assert town.receive(f"STATUS {town.code()}").state == "handled"


def test_nobody_commands_where_no_secret_is_configured(make: Make) -> None:
    town = make(remote_secret=None)
    assert town.receive("STATUS 123456").state != "handled"
    assert not town.rows(select(remote_command))
