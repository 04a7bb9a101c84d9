"""The whole road of mail: a phone writes, a mailbox is told, its answer is on the phone, once, over kills."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

import pytest

from smsgw.media.mail_tokens import read
from tests.emulators.mail import Box, bring, mail_server
from tests.emulators.ports import unused
from tests.flows.running import Running, environment, until
from tests.flows.wires import HANDSETS, Tape

ANSWERS = 30
KILLS = environment("SMSGW_MAIL_KILLS", 3)
SEED = environment("SMSGW_KILL_SEED", 7)
MIA, ANA = "mia@firm.example", "ana@home.example"
SHOP = Path(__file__).parents[2] / "smsgw" / "cli" / "demo.csv"


def mail_of(server: int, **more: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1", "port": server, "encryption": "none", "sender": "shop@firm.example",
        "domain": "in.firm.example", "authserv_id": "mx.firm.example", "answers_per_hour": 1000, **more,
    }  # fmt: skip


def answer(to: str, number: int, text: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = f"Mia <{MIA}>", to, f"<a{number}@firm.example>"
    made["Authentication-Results"] = "mx.firm.example; dmarc=pass header.from=firm.example"
    made.set_content(f"{text}\n\nOn Thu, Nov 26, 2026 at 10:11 AM x <{to}> wrote:\n> hello\n")
    return made.as_bytes().replace(b"\n", b"\r\n")


class MailServer(threading.Thread):
    """The company's mail server: it brings each mail until it has a yes, as mail servers do."""

    def __init__(self, port: int, mails: list[tuple[bytes, str]]) -> None:
        super().__init__(daemon=True)
        self._port, self._mails = port, mails
        self.tries = 0
        self.refused: list[str] = []

    def run(self) -> None:
        for mail, to in self._mails:
            while not self._bring(mail, to):
                threading.Event().wait(0.02)

    def _bring(self, mail: bytes, to: str) -> bool:
        self.tries += 1
        try:
            code, words = bring(self._port, mail, MIA, to)
        except (OSError, smtplib.SMTPException):
            return False
        if code >= 500:
            self.refused.append(words)
        return code == 250 or code >= 500


@pytest.mark.slow
def test_answers_that_come_by_mail_reach_the_phone_once_over_kills(
    open_gateway: Callable[..., Running], tape: Tape, tmp_path: Path
) -> None:
    chance, box, lmtp = Random(SEED), Box(), unused()
    post = {"name": "post", "kind": "mail", "listen": f"127.0.0.1:{lmtp}", "probe_every": 1}
    with mail_server(box) as server:
        gateway = open_gateway(
            [tape.link(), post],
            sending={"region": "SI", "unsure_wait": 1, "retry_first": 1},
            mail=mail_of(server),
            **{"[mail.boxes]": {"to": [MIA], "what": ["sms"]}},
        )
        gateway.start()
        client = gateway.client()
        client.ask("POST", f"/simulator/handsets/{HANDSETS[0]}/messages", {"text": "My tap drips"})
        letter = until(lambda: box.letters, 30, "no letter came")[0]
        client.close()
        [sender] = letter["From"].addresses
        to = sender.addr_spec
        assert read(sender.username) is not None
        body = letter.get_body(("plain",))
        assert body is not None
        assert "My tap drips" in body.get_content()
        company = MailServer(lmtp, [(answer(to, number, f"answer {number}"), to) for number in range(ANSWERS)])
        company.start()
        for _ in range(KILLS):
            threading.Event().wait(chance.uniform(0.1, 0.6))
            gateway.kill()
            gateway.start()
        company.join(400)
        assert not company.is_alive()
        assert company.refused == []
        until(lambda: len(set(_answers(tape))) >= ANSWERS, 60, "answers are missing")
        gateway.terminate()
    found = Counter(_answers(tape))
    assert set(found) == {f"answer {number}" for number in range(ANSWERS)}
    with gateway.looking() as conn:
        stored = conn.exec_driver_sql("SELECT text, count(*) FROM message WHERE client = 'mail' GROUP BY text").all()
    assert dict(stored) == {f"answer {number}": 1 for number in range(ANSWERS)}
    # What was in the air at a kill is sent again, which its history says: it may be on the phone twice, never by mail.
    with gateway.looking() as conn:
        unsure = conn.exec_driver_sql(
            "SELECT count(*) FROM history WHERE record = 'message' AND now = 'unsure'"
        ).scalar()
    assert sum(found.values()) - ANSWERS <= (unsure or 0)


def _answers(tape: Tape) -> list[str]:
    return [one.text for one in tape.taken() if one.to == HANDSETS[0] and one.text.startswith("answer ")]


@pytest.mark.slow
def test_two_gateways_that_are_each_others_mailbox_send_nothing(
    open_gateway: Callable[..., Running], tape: Tape, tmp_path: Path
) -> None:
    """Each has the other's addresses for answers in its mailboxes, and each believes the other."""
    doors = {"a": unused(), "b": unused()}
    others = {"a": "b", "b": "a"}
    gateways: dict[str, Running] = {}
    (tmp_path / "b").mkdir()
    tapes = {"a": tape, "b": Tape(tmp_path / "b", seed=2, delay=0.01)}
    for name, other in others.items():
        post = {"name": "post", "kind": "mail", "listen": f"127.0.0.1:{doors[name]}", "protocol": "smtp"}
        post |= {"address": f"shop@{name}.example", "domains": [f"in.{name}.example"]}
        told = mail_of(doors[other], domain=f"in.{name}.example", sender=f"shop@{name}.example")
        gateways[name] = open_gateway(
            [tapes[name].link(), post],
            sending={"region": "SI"},
            mail=told,
            **{"[mail.boxes]": {"to": [f"shop@{other}.example"], "what": ["sms", "mail"]}},
        )
        gateways[name].start()
    for name, gateway in gateways.items():
        client = gateway.client()
        client.ask("POST", f"/simulator/handsets/{HANDSETS[0]}/messages", {"text": f"hello {name}, how are you?"})
        client.close()
    for gateway in gateways.values():
        until(lambda gateway=gateway: _states(gateway) == ["sent"], 40, "the letter did not go out")  # type: ignore[misc]
        until(lambda gateway=gateway: "is dropped" in gateway.last_words(400), 20, "nothing was dropped")  # type: ignore[misc]
    for name, gateway in gateways.items():
        gateway.terminate()
        with gateway.looking() as conn:
            assert conn.exec_driver_sql("SELECT count(*) FROM message WHERE client = 'mail'").scalar() == 0
            assert conn.exec_driver_sql("SELECT count(*) FROM inbound WHERE kind = 'mail'").scalar() == 0, name
            assert conn.exec_driver_sql("SELECT count(*) FROM mail").scalar() == 1


def _states(gateway: Running) -> list[str]:
    with gateway.looking() as conn:
        return list(conn.exec_driver_sql("SELECT state FROM mail").scalars())


@pytest.mark.slow
def test_a_customer_orders_by_mail_and_says_yes_by_mail(open_gateway: Callable[..., Running], tape: Tape) -> None:
    """Read as a text is; the question and the answer are mails, and the question says that a program wrote it."""
    box, lmtp = Box(), unused()
    post = {"name": "post", "kind": "mail", "listen": f"127.0.0.1:{lmtp}"}
    with mail_server(box) as server:
        gateway = open_gateway(
            [tape.link(), post], sending={"region": "SI"}, mail=mail_of(server), orders={"join_within": 1}
        )
        gateway.smsgw("catalogue", "import", str(SHOP), "--apply")
        gateway.start()
        until(lambda: _listens(lmtp), 30, "the listener for mails does not start")
        assert bring(lmtp, customers(1, "2 zvezka A4"), ANA, "shop@firm.example")[0] == 250
        question = until(lambda: box.letters, 40, "nobody asked back")[0]
        assert (question["To"], question["Auto-Submitted"]) == (ANA, "auto-generated")
        words = question.get_content()
        assert "5" in words
        yes = f"da\n\nDne 1. 1. 2026 je Shop napisal:\n> {words}"
        assert bring(lmtp, customers(2, yes), ANA, "shop@firm.example")[0] == 250
        until(lambda: _orders(gateway) == [("confirmed", ANA)], 40, "the order is not confirmed")
        gateway.terminate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 60).close()
    except OSError:
        return False
    return True


def customers(number: int, text: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = f"Ana <{ANA}>", "shop@firm.example", f"<c{number}@home.example>"
    made["Authentication-Results"] = "mx.firm.example; dmarc=pass header.from=home.example"
    made.set_content(text)
    return made.as_bytes().replace(b"\n", b"\r\n")


def _orders(gateway: Running) -> list[tuple[str, str]]:
    with gateway.looking() as conn:
        return [tuple(row) for row in conn.exec_driver_sql('SELECT state, address FROM "order"')]  # type: ignore[misc]
