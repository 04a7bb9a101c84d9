"""The console of a link: masked, bounded, in memory alone, and off by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, SecretStr

from smsgw.console import LINES, STAYS, Console, Consoles, hidden
from smsgw.link_verbs import Tap, WireLine

MINUTES = timedelta(minutes=5)


class Clock:
    now = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Driver:
    def __init__(self) -> None:
        self.tap = Tap()


class Settings(BaseModel):
    password: SecretStr = SecretStr("a secret/word")
    accounts: dict[str, SecretStr] = {"one": SecretStr("another-one")}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def consoles(clock: Clock) -> Consoles:
    return Consoles(clock)


def attached(consoles: Consoles) -> tuple[Tap, Console]:
    driver = Driver()
    consoles.attach("net", driver, Settings())
    console = consoles.of("net")
    assert console is not None
    return driver.tap, console


def say(tap: Tap, what: str, **fields: str) -> None:
    if tap.tell is not None:
        tap.put(lambda: [WireLine(">", what, fields)])


def test_nothing_is_told_until_somebody_looks_nor_when_they_look_no_longer(consoles: Consoles) -> None:
    tap, console = attached(consoles)
    assert tap.tell is None
    console.open(MINUTES)
    say(tap, "submit_sm")
    console.close()
    assert tap.tell is None
    say(tap, "unbind")
    assert [one.line.what for one in console.look(0, LINES).lines] == ["submit_sm"]


def test_it_ends_by_itself_with_the_next_line_or_the_next_look(consoles: Consoles, clock: Clock) -> None:
    tap, console = attached(consoles)
    console.open(MINUTES)
    clock.now += MINUTES
    say(tap, "too late")
    assert tap.tell is None
    assert console.look(0, LINES) == type(console.look(0, 0))(None, [], 0)
    console.open(MINUTES)
    clock.now += MINUTES
    assert console.look(0, LINES).until is None
    assert tap.tell is None


def test_who_looks_for_less_time_does_not_end_the_look_of_another(consoles: Consoles, clock: Clock) -> None:
    _, console = attached(consoles)
    console.open(timedelta(hours=1))
    assert console.open(MINUTES) == clock.now + timedelta(hours=1)


def test_what_was_seen_stays_for_an_hour_and_the_next_look_begins_empty(consoles: Consoles, clock: Clock) -> None:
    tap, console = attached(consoles)
    console.open(MINUTES)
    say(tap, "seen")
    clock.now += MINUTES + STAYS
    assert len(console.look(0, LINES).lines) == 1
    clock.now += timedelta(seconds=1)
    assert console.look(0, LINES).lines == []
    console.open(MINUTES)
    say(tap, "new")
    assert [one.line.what for one in console.look(0, LINES).lines] == ["new"]


def test_the_newest_lines_are_kept_and_numbers_tell_which_are_new(consoles: Consoles) -> None:
    tap, console = attached(consoles)
    console.open(MINUTES)
    for number in range(LINES + 20):
        say(tap, f"line {number}")
    found = console.look(0, LINES + 20)
    assert (len(found.lines), found.lines[0].number, found.last) == (LINES, 21, LINES + 20)
    assert [one.line.what for one in console.look(LINES + 18, LINES).lines] == ["line 518", "line 519"]


def test_a_new_driver_of_the_link_is_heard_as_the_old_one_was(consoles: Consoles) -> None:
    old, console = attached(consoles)
    console.open(MINUTES)
    new, _ = attached(consoles)
    assert old.tell is None
    say(new, "from the new one")
    assert [one.line.what for one in console.look(0, LINES).lines] == ["from the new one"]


def test_numbers_are_masked_and_names_of_messages_are_not(consoles: Consoles) -> None:
    tap, console = attached(consoles)
    console.open(MINUTES)
    say(
        tap, "submit_sm", destination_addr="38640111222", source_addr="40111222", message_id="1234567890", said="a@b.si"
    )
    [one] = console.look(0, LINES).lines
    assert one.line.fields == {
        "destination_addr": "38640***222", "source_addr": "***222", "message_id": "1234567890", "said": "a***@b.si"
    }  # fmt: skip
    assert hidden("to", "1919") == "1919"


def test_a_secret_of_the_configuration_is_taken_out_wherever_it_stands(consoles: Consoles) -> None:
    tap, console = attached(consoles)
    console.open(MINUTES)
    say(tap, "GET /a%20secret%2Fword/send", why="another-one was refused")
    [one] = console.look(0, LINES).lines
    assert (one.line.what, one.line.fields) == ("GET /***/send", {"why": "*** was refused"})


def test_who_has_the_numbers_in_the_log_has_them_here(clock: Clock) -> None:
    consoles = Consoles(clock, show_numbers=True)
    tap, console = attached(consoles)
    console.open(MINUTES)
    say(tap, "submit_sm", destination_addr="+38640111222", why="a secret/word")
    assert console.look(0, LINES).lines[0].line.fields == {"destination_addr": "+38640111222", "why": "***"}


def test_a_line_that_cannot_be_read_breaks_nothing_and_is_not_quoted(
    consoles: Consoles, caplog: pytest.LogCaptureFixture
) -> None:
    tap, console = attached(consoles)
    console.open(MINUTES)

    def broken() -> list[WireLine]:
        raise ValueError("what somebody wrote")

    tap.put(broken)
    assert console.look(0, LINES).lines == []
    assert "ValueError" in caplog.text
    assert "what somebody wrote" not in caplog.text


def test_a_driver_that_cannot_be_looked_at_says_so(consoles: Consoles) -> None:
    consoles.attach("old", object(), Settings())
    console = consoles.of("old")
    assert console is not None
    assert not console.can
