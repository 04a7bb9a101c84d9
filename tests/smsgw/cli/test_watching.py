"""Looking at a gateway from the command line: top, tail, and the owner's watch."""

from __future__ import annotations

import json
import ssl
import subprocess
from pathlib import Path

import pyotp
import pytest

from tests.smsgw.cli.conftest import PHONE, Smsgw


@pytest.fixture
def sent(smsgw: Smsgw) -> str:
    """A message that waits, for the gateway does not run; its id."""
    told = smsgw("--json", "send", PHONE, "Hello")
    assert told.status == 0, told.err
    return str(told.data["id"])


def test_top_shows_queues_and_that_nothing_runs(smsgw: Smsgw, sent: str) -> None:
    told = smsgw("--json", "top", "--once").data
    assert (told["running"], told["open"]["queued"]) == (False, 1)
    assert "does not run" in smsgw("top", "--once").out


def test_tail_shows_what_happened_with_masked_numbers_unless_it_is_told_to_show_them(smsgw: Smsgw, sent: str) -> None:
    shown = smsgw("tail", "--no-follow")
    assert "accepted (accept)" in shown.out
    assert "queued (admit)" in shown.out
    assert PHONE not in shown.out
    lines = [json.loads(line) for line in smsgw("--json", "tail", "--no-follow", "--show-numbers").out.splitlines()]
    assert [(line["id"], line["now"], line["contact"]) for line in lines] == [
        (sent, "accepted", PHONE), (sent, "queued", PHONE),
    ]  # fmt: skip


def test_tail_can_look_at_one_link_or_number(smsgw: Smsgw, sent: str) -> None:
    assert smsgw("tail", "--no-follow", "--contact", "+38640999999").out == ""
    assert smsgw("tail", "--no-follow", "--link", "another").out == ""
    assert len(smsgw("tail", "--no-follow", "--link", "phones", "--lines", "1").out.splitlines()) == 1


def test_a_secret_for_the_owners_phone_is_one_that_the_configuration_takes(smsgw: Smsgw, config_file: Path) -> None:
    told = smsgw("--json", "watch", "secret").data
    assert pyotp.parse_uri(told["uri"]).secret == told["secret"]
    words = config_file.read_text().replace("[[links]]", f'[watch]\nremote_secret = "{told["secret"]}"\n[[links]]', 1)
    config_file.write_text(words)
    assert smsgw("config", "check").status == 0


def test_the_owner_can_be_texted_as_a_trial(smsgw: Smsgw, config_file: Path) -> None:
    nobody = smsgw("watch", "test")
    assert (nobody.status, "names no phone" in nobody.err) == (1, True)
    config_file.write_text(
        config_file.read_text().replace("[[links]]", f'[watch]\nnumbers = ["{PHONE}"]\n[[links]]', 1)
    )
    assert smsgw("watch", "test").status == 0
    assert "this is a test" in smsgw("log").out


def test_a_development_certificate_is_good_for_its_names_and_replaces_nothing(smsgw: Smsgw, tmp_path: Path) -> None:
    made = smsgw("--json", "tls", "dev-cert", tmp_path)
    assert made.status == 0, made.err
    assert (tmp_path / "dev-key.pem").stat().st_mode & 0o777 == 0o600
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
        tmp_path / "dev-cert.pem", tmp_path / "dev-key.pem"
    )
    shown = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "dev-cert.pem", "-noout", "-ext", "subjectAltName"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "DNS:localhost, IP Address:127.0.0.1" in shown
    assert smsgw("tls", "dev-cert", tmp_path).status != 0
