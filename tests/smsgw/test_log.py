"""Log lines: no number, no text, no forged line in any of them; for people, for journald, as JSON."""

from __future__ import annotations

import io
import json
import logging
import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsgw.log import TextLines, masked, quoted, set_up
from smsgw.store.ids import new_id

log = logging.getLogger("smsgw.test")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Leave the logging of the whole process as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def told() -> Callable[..., io.StringIO]:
    """Set up the log with these settings; what it tells ends up in the stream."""

    def set_up_to_string(**settings: object) -> io.StringIO:
        stream = io.StringIO()
        set_up(stream=stream, environ={}, **settings)  # type: ignore[arg-type]
        return stream

    return set_up_to_string


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("to +38640111222, again", "to +38640***222, again"),
        ("to 0038640111222.", "to 0038640***222."),
        ("to=38640111222&text=", "to=38640***222&text="),
        ("to=%2B38640111222&", "to=+38640***222&"),
        ("(+386 40 111-222)", "(+38640***222)"),
        ("+1 (555) 010-0123", "+15550***123"),
        ("040111222", "040***222"),
        ("+1234567", "+1***567"),
        ("۰۹۱۲۳۴۵۶۷۸۹", "۰۹۱۲۳***۷۸۹"),
        ("IMSI 293401234567890", "IMSI 293401234***890"),
        ("+38640111222 +38640111333", "+38640***222 +38640***333"),
    ],
)
def test_a_number_is_masked_however_it_is_spelled(line: str, shown: str) -> None:
    assert masked(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-23T08:00:00.123Z",
        "port 8080, code 0x00000045, 12345678 parts in 1.234567891 s",
        "message 01920000-1111-7222-8333-123456789012",
        "msg_01234567890",
        "from 1234: +1 vote",
        "192.168.100.101:2775",
    ],
)
def test_what_is_no_number_is_left_alone(line: str) -> None:
    assert masked(line) == line


def test_numbers_are_masked_in_the_message_its_arguments_and_the_exception(told: Callable[..., io.StringIO]) -> None:
    stream = told()
    try:
        raise ValueError("no route to +38640111222")
    except ValueError:
        log.exception("sending to %s from +38640111333 failed", "+38640111444", extra={"other": "+38640111555"})
    assert "+38640***222" in stream.getvalue()
    assert "+38640***333" in stream.getvalue()
    assert "+38640***444" in stream.getvalue()
    assert "other=+38640***555" in stream.getvalue()
    assert "111" not in stream.getvalue()


def test_numbers_are_shown_when_that_is_wanted(told: Callable[..., io.StringIO]) -> None:
    stream = told(show_numbers=True)
    log.info("to %s", "+38640111222")
    assert "to +38640111222" in stream.getvalue()


def test_a_text_is_only_its_length_above_debug_even_when_debug_is_told(told: Callable[..., io.StringIO]) -> None:
    stream = told(level="debug")
    log.info("took %s", quoted("Pozdrav, kako si kaj?"))
    log.info("took " + quoted("a"))
    log.info(f"took {quoted('ab')}")
    lines = [line.partition("took ")[2] for line in stream.getvalue().splitlines()]
    assert lines == ["‹21 letters›", "‹1 letter›", "‹2 letters›"]


def test_a_text_is_shown_in_a_debug_line(told: Callable[..., io.StringIO]) -> None:
    stream = told(level="debug")
    log.debug("took %s", quoted("Pozdrav"))
    assert stream.getvalue().endswith("took Pozdrav\n")


@pytest.mark.parametrize("evil", ["a\nb", "a\rb", "a\x1b[2Jb", "a\u2028b", "a\u202eb", "a\x9bb"])
def test_a_text_cannot_forge_a_line_or_command_a_terminal(told: Callable[..., io.StringIO], evil: str) -> None:
    stream = told()
    log.info("from %s", evil)
    line = stream.getvalue().removesuffix("\n")
    assert line.isprintable()
    assert line.endswith("b")


def test_a_line_has_time_level_and_origin(told: Callable[..., io.StringIO]) -> None:
    stream = told()
    record = logging.LogRecord("smsgw.x", logging.WARNING, "f", 1, "the link %s rests", ("carrier",), None)
    record.created = 1_795_420_800.5
    logging.getLogger().handle(record)
    assert stream.getvalue() == "2026-11-23T08:00:00.500Z WARNING smsgw.x: the link carrier rests\n"


def test_the_level_decides_what_is_told(told: Callable[..., io.StringIO]) -> None:
    stream = told(level="warning")
    log.info("a")
    log.warning("b")
    assert stream.getvalue().endswith("smsgw.test: b\n")
    assert stream.getvalue().count("\n") == 1


def test_libraries_tell_only_warnings_unless_it_is_debug(told: Callable[..., io.StringIO]) -> None:
    stream = told(level="info")
    logging.getLogger("smpplib.client").info("a PDU")
    assert stream.getvalue() == ""
    stream = told(level="debug")
    logging.getLogger("smpplib.client").info("a PDU")
    assert stream.getvalue().endswith("a PDU\n")


def test_set_up_again_takes_the_place_of_the_call_before(told: Callable[..., io.StringIO]) -> None:
    first, second = told(), told()
    log.info("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_json_lines_hold_everything_that_was_told(told: Callable[..., io.StringIO]) -> None:
    stream = told(fmt="json")
    try:
        raise ValueError("+38640111222\nis bad")
    except ValueError:
        log.warning("čaj %s", "+38640111222", exc_info=True, extra={"link": "carrier"})
    [line] = stream.getvalue().splitlines()
    read = json.loads(line)
    assert read.pop("time").endswith("Z")
    assert read.pop("exception").endswith("ValueError: +38640***222\nis bad")
    assert read == {
        "level": "warning",
        "logger": "smsgw.test",
        "message": "čaj +38640***222",
        "link": "carrier",
    }


def journal_lines(tmp_path: Path, named: Callable[[os.stat_result], str]) -> list[str]:
    with (tmp_path / "log").open("w+") as file:
        status = os.fstat(file.fileno())
        set_up(stream=file, environ={"JOURNAL_STREAM": named(status)}, journal=tmp_path / "nobody")
        try:
            raise ValueError("x")
        except ValueError:
            log.exception("failed")
        log.info("fine")
        file.flush()
        file.seek(0)
        return file.read().splitlines()


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Callable[..., dict[str, list[str]]]]:
    """The far side of journald's socket: logs a line there, and tells the fields that came."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as far, (tmp_path / "log").open("w+") as file:
        far.bind(str(tmp_path / "socket"))
        far.settimeout(90)
        status = os.fstat(file.fileno())
        set_up(stream=file, environ={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}, journal=tmp_path / "socket")

        def came(tell: Callable[[], None]) -> dict[str, list[str]]:
            tell()
            return fields_of(far.recv(1 << 20))

        yield came


def fields_of(octets: bytes) -> dict[str, list[str]]:
    """Read a datagram as journald does (systemd.io/JOURNAL_NATIVE_PROTOCOL)."""
    found: dict[str, list[str]] = {}
    while octets:
        line, _, octets = octets.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = int.from_bytes(octets[:8], "little")
            value, octets = octets[8 : 8 + size], octets[8 + size + 1 :]
        found.setdefault(name.decode(), []).append(value.decode())
    return found


def test_the_journal_is_told_fields_by_which_it_can_be_asked(journald: Callable[..., dict[str, list[str]]]) -> None:
    id = new_id("msg", datetime(2026, 3, 1, tzinfo=UTC))
    told = journald(lambda: log.warning("link net.1 is down: %s to +38640111222 waits", id, extra={"by who": "cli"}))
    assert told == {
        "MESSAGE": [f"smsgw.test: link net.1 is down: {id} to +38640***222 waits"], "PRIORITY": ["4"],
        "SYSLOG_IDENTIFIER": ["smsgw"], "LOGGER": ["smsgw.test"], "SMSGW_BY_WHO": ["cli"],
        "SMSGW_LINK": ["net.1"], "SMSGW_MESSAGE": [id],
    }  # fmt: skip
    assert "SMSGW_LINK" not in journald(lambda: log.info("no link for a first account could be made: full"))
    assert journald(lambda: log.info("x", extra={"link": "+38640111222"}))["SMSGW_LINK"] == ["+38640***222"]


def test_the_journal_has_an_exception_in_the_line_that_tells_of_it(
    journald: Callable[..., dict[str, list[str]]],
) -> None:
    def tell() -> None:
        try:
            raise ValueError("no route to +38640111222")
        except ValueError:
            log.exception("failed")

    told = journald(tell)
    assert told["PRIORITY"] == ["3"]
    assert told["MESSAGE"][0].startswith("smsgw.test: failed\nTraceback")
    assert told["MESSAGE"][0].endswith("no route to +38640***222")


def test_every_line_for_the_journal_begins_with_its_priority_while_it_does_not_answer(tmp_path: Path) -> None:
    lines = journal_lines(tmp_path, lambda status: f"{status.st_dev}:{status.st_ino}")
    assert lines[0] == "<3>smsgw.test: failed"
    assert lines[1] == "<3>  Traceback (most recent call last):"
    assert lines[-1] == "<6>smsgw.test: fine"
    assert all(line.startswith(("<3>", "<6>")) for line in lines)


def test_a_stream_that_is_not_the_journals_has_no_priorities(tmp_path: Path) -> None:
    lines = journal_lines(tmp_path, lambda status: f"{status.st_dev}:{status.st_ino + 1}")
    assert lines[0].endswith("Z ERROR smsgw.test: failed")


def test_a_line_with_wrong_arguments_is_told_and_masked_all_the_same() -> None:
    record = logging.LogRecord("smsgw.x", logging.INFO, "f", 1, "%d parts", ("+38640111222",), None)
    assert TextLines().format(record).endswith("%d parts ('+38640***222',)")


def test_lines_go_to_standard_error_when_no_stream_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(environ={})
    log.info("hello")
    assert capsys.readouterr().err.endswith("smsgw.test: hello\n")


def test_mail_addresses_are_masked_as_numbers_are() -> None:
    line = masked("a letter to ana.novak+shop@home.example and <b@c.example>, not user@host or @x.example")
    assert line == "a letter to a***@home.example and <b***@c.example>, not user@host or @x.example"
