"""Webhooks from the command line: added, tested, logged, replayed, and told by the running daemon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.smsgw.webhooks.receiver import Receiver, Reply


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that is told."""
    made = Receiver()
    yield made
    made.close()


def test_a_webhook_is_added_with_its_secret_alone_on_standard_output(smsgw: Any) -> None:
    said = smsgw("webhook", "add", "https://shop.example.com/hook")
    assert said.status == 0, said.err
    assert said.out.startswith("whsec_")
    assert "message.delivered" in said.err
    listed = smsgw("webhook", "list")
    assert "https://shop.example.com/hook" in listed.out
    assert said.out.strip() not in listed.out


def test_a_misspelled_event_is_refused_with_what_was_meant(smsgw: Any) -> None:
    said = smsgw("webhook", "add", "https://shop.example.com/", "--event", "message.deliverd")
    assert said.status == 2
    assert "did you mean message.delivered?" in said.err


def test_an_address_in_a_private_network_is_refused_with_the_setting_that_allows_it(smsgw: Any) -> None:
    said = smsgw("webhook", "add", "http://192.168.1.7/hook")
    assert said.status == 2
    assert "[webhooks] networks" in said.err


def test_a_test_tells_the_answer_and_a_failure_ends_badly(smsgw: Any, receiver: Receiver) -> None:
    secret = smsgw("webhook", "add", receiver.url).out.strip()
    assert smsgw("webhook", "test", receiver.url).out.startswith("The receiver answered 204")
    [heard] = receiver.heard
    assert heard.signed_with(secret)
    receiver.reply = lambda heard: Reply(302, {"Location": "http://elsewhere/"})
    said = smsgw("webhook", "test", receiver.url)
    assert said.status == 1
    assert "redirects are not followed" in said.err
    assert "dead" in smsgw("webhook", "log", receiver.url).out


def test_an_unknown_webhook_is_not_found(smsgw: Any) -> None:
    for command in ("test", "log", "rotate", "remove", "enable", "disable"):
        assert smsgw("webhook", command, "whk_0").status == smsgw("key", "revoke", "nobody").status


def test_a_webhook_is_rotated_switched_and_removed(smsgw: Any, receiver: Receiver) -> None:
    old = smsgw("webhook", "add", receiver.url).out.strip()
    new = smsgw("webhook", "rotate", receiver.url, "--overlap", "1h").out.strip()
    assert new.startswith("whsec_")
    smsgw("webhook", "test", receiver.url)
    [heard] = receiver.heard
    assert heard.signed_with(old)
    assert heard.signed_with(new)
    smsgw("webhook", "disable", receiver.url)
    assert smsgw("webhook", "list", "--json").data[0]["state"] == "disabled"
    smsgw("webhook", "enable", receiver.url)
    assert smsgw("webhook", "list", "--json").data[0]["state"] == "active"
    smsgw("webhook", "remove", receiver.url)
    assert smsgw("webhook", "list", "--json").data == []


def test_the_doctor_tells_of_a_webhook_that_is_switched_off(smsgw: Any, receiver: Receiver) -> None:
    smsgw("webhook", "add", receiver.url)
    assert f"webhook {smsgw('webhook', 'list', '--json').data[0]['id']}: {receiver.url}" in smsgw("doctor").out
    smsgw("webhook", "disable", receiver.url)
    said = smsgw("doctor")
    assert f"{receiver.url} is switched off: by cli" in said.out
    assert "smsgw webhook enable" in said.out


def test_the_running_daemon_tells_and_replays(daemon: Any, receiver: Receiver) -> None:
    secret = daemon.smsgw("webhook", "add", receiver.url, "--event", "message.delivered").out.strip()
    sent = daemon.smsgw("send", "+38640111222", "hello", "--json")
    assert sent.status == 0, sent.err
    [heard] = receiver.wait_for(1)
    assert (heard.type, heard.about) == ("message.delivered", sent.data["id"])
    assert heard.signed_with(secret)
    said = daemon.smsgw("webhook", "replay", receiver.url, "--since", "1h", "--json")
    assert said.data["replayed"] == 1, said.err
    first, again = receiver.wait_for(2)
    assert first.id == again.id
    shown = daemon.smsgw("webhook", "log", receiver.url, first.id)
    assert sent.data["id"] in shown.out
    daemon.smsgw("webhook", "remove", receiver.url)
