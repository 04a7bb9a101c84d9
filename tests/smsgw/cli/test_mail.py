"""Mail from the command line: conversations, answers and keys are shown; the doctor says what keeps mail away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smsgw.config import load
from smsgw.gateway import Gateway
from smsgw.link import Alphabet, InboundPiece
from smsgw.store import schema
from tests.emulators.mail import Box, mail_server
from tests.emulators.ports import unused
from tests.smsgw.cli.conftest import PHONE, config_text


@pytest.fixture
def server() -> Iterator[int]:
    with mail_server(Box()) as port:
        yield port


def configure(path: Path, **mail: Any) -> None:
    lines = [f"{key} = {value}" for key, value in mail.items()]
    more = "\n".join(["[mail]", *lines, "[[mail.boxes]]", 'to = ["mia@firm.example"]', 'what = ["sms"]'])
    path.write_text(config_text(path.parent, more))


def told(path: Path) -> str:
    """A phone writes, and a mailbox is told of it; the phone."""
    gateway = Gateway(load(path, {}))
    try:
        schema.upgrade(gateway.database)
        gateway.arrived("phones", InboundPiece("r1", PHONE, None, Alphabet.GSM7, b"hello")).result(90)
    finally:
        gateway.close()
    return PHONE


def test_conversations_and_keys_are_shown_and_revoked(smsgw: Any, config_file: Path, server: int) -> None:
    ours = {"host": '"127.0.0.1"', "port": server, "encryption": '"none"', "sender": '"shop@firm.example"'}
    configure(config_file, **ours, domain='"in.firm.example"')
    phone = told(config_file)
    assert "mia@firm.example" in smsgw("mail", "list").out
    assert phone in smsgw("mail", "threads").out
    assert "No answer came by mail" in smsgw("mail", "answers", "--refused").err
    assert smsgw("mail", "revoke", phone).status == 0
    assert smsgw("mail", "revoke", "+38640999999").status == 1
    assert [row["series"] for row in smsgw("--json", "mail", "threads").data] == [1]
    assert smsgw("mail", "new-key").status == 0
    assert smsgw("mail", "revoke-key", "1").status == 0
    assert smsgw("mail", "revoke-key", "1").status == 1
    assert [bool(row["revoked_at"]) for row in smsgw("--json", "mail", "keys").data] == [True, False]


def findings(smsgw: Any, what: str = "mail") -> list[dict[str, str]]:
    return [one for one in smsgw("--json", "doctor").data if what in one["what"]]


def test_the_doctor_sees_a_server_that_takes_letters_and_one_that_does_not(
    smsgw: Any, config_file: Path, server: int
) -> None:
    ours = {"host": '"127.0.0.1"', "sender": '"shop@firm.example"'}
    configure(config_file, **ours, port=server, encryption='"none"')
    assert [one["level"] for one in findings(smsgw)] == ["good"]
    configure(config_file, **ours, port=server, encryption='"starttls"')
    [one] = findings(smsgw)
    assert (one["level"], "STARTTLS" in one["says"]) == ("bad", True)
    configure(config_file, **ours, port=unused(), encryption='"none"')
    assert [one["level"] for one in findings(smsgw)] == ["bad"]
    configure(config_file)
    assert "no server takes letters" in findings(smsgw)[0]["says"]


def test_the_doctor_sees_that_answers_have_no_way_in_and_nobody_to_believe(
    smsgw: Any, config_file: Path, server: int
) -> None:
    ours = {"host": '"127.0.0.1"', "port": server, "encryption": '"none"', "sender": '"shop@firm.example"'}
    configure(config_file, **ours, domain='"in.firm.invalid"')
    says = {one["says"]: one["level"] for one in findings(smsgw, "answers to in.firm.invalid")}
    assert says["no link takes them in"] == "bad"
    assert says["only those who log in at our listener are believed"] == "doubt"
