"""What modems answer, in the many forms in which they write it."""

from __future__ import annotations

import pytest

from drivers.modem import answers
from drivers.modem.profiles import GENERIC
from drivers.modem.refusals import cme_error, cms_error, sim_is_the_trouble
from smsgw.link import LinkDown, Misconfigured, RejectedForGood, RejectedForNow


@pytest.mark.parametrize(
    ("line", "stat"),
    [
        ("+CREG: 0,1", 1),
        ("+CREG: 1, 5", 5),
        ("+CREG:1,1", 1),
        ('+CREG: 2,1,"2AF5","0B88E350",2', 1),
        ('+CREG: 2,1,"2AF5","0B88"', 1),
        ("+CREG: 2,1,2AF5,0B88", 1),
        ("+CREG: 1", 1),
        ('+CREG: 1,"2AF5","0B88E350",2', 1),
        ("+CREG: 5,2AF5,0B88", 5),
        ("+CGREG: 0,2", 2),
        ('+CEREG: 2,6,"1A2B","01234567",7', 6),
    ],
)
def test_a_registration_is_read_asked_for_or_not_short_or_long(line: str, stat: int) -> None:
    assert answers.registration(["", line, "OK"]) == stat


def test_without_a_registration_there_is_none() -> None:
    assert answers.registration(["OK"]) is None
    assert answers.registration_words(None) == "unknown"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")', ("SM", "ME")),
        ('+CPMS: ("SM","ME"), ("SM","ME"), ("SM","ME")', ("SM", "ME")),
        ('+CPMS: (("SM","BM","SR"),("SM"))', ("SM", "BM", "SR")),
        ('+CPMS: ("MT","SM","ME"),("SM")', ("SM", "ME")),
        ('+CPMS: ("MT"),("MT")', ("MT",)),
        ('+CPMS:("ME","MT","SM","SM_P","ME_P")', ("ME", "SM")),
        ("+CPMS: (),(),()", ()),
        ("OK", ()),
    ],
)
def test_the_memories_are_those_that_can_be_read_each_once(line: str, found: tuple[str, ...]) -> None:
    assert answers.memories([line, "OK"]) == found


def test_a_listing_is_read_with_names_without_names_and_with_news_between() -> None:
    lines = [
        "+CMGL: 0,1,,4",
        "00040A0B0C",
        '+CMGL: 17,0,"Ann, Bob",4',
        "00040a0b0c",
        "+CMGL:3,0,,9",
        "00040A0B0C",
        "+CMGL: 4,0,,4",
        "00040AéB0C",
        "+CMGL: 5,0,,4",
        "+CMGL: 6,2,,4",
        "00040A0B0C",
        "OK",
    ]
    entries = answers.listing(lines)
    assert [(entry.index, entry.status, entry.damaged) for entry in entries] == [
        (0, 1, False),
        (17, 0, False),
        (3, 0, True),
        (4, 0, True),
        (6, 2, False),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("+CSQ: 21,99", "-71 dBm (21 of 31)"),
        ("+CSQ:0,0", "-113 dBm (0 of 31)"),
        ("+CSQ: 99,99", None),
        ("+CSQ:", None),
    ],
)
def test_the_signal_is_told_in_words_or_not_at_all(line: str, words: str | None) -> None:
    assert answers.signal([line, "OK"]) == words


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('+COPS: 0,0,"A1 SI",2', "A1 SI"),
        ('+COPS: 0,0,"T-Mobile, D"', "T-Mobile, D"),
        ("+COPS: 0", None),
    ],
)
def test_the_operator_is_its_name_or_none(line: str, name: str | None) -> None:
    assert answers.operator([line, "OK"]) == name


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ('+CLIP: "38641000002",145,,,,0', "+38641000002"),
        ('+CLIP: "+38641000002",145', "+38641000002"),
        ('+CLIP: "041000002",129,"",0,"",0', "041000002"),
        ('+CLIP: "",128,,,,1', None),
    ],
)
def test_a_caller_is_a_number_or_withheld(line: str, number: str | None) -> None:
    assert answers.caller(line) == number


@pytest.mark.parametrize(
    ("command", "line", "left"),
    [
        ('AT+CPINR="SIM PIN"', "+CPINR: SIM PIN,3,3", 3),
        ('AT+CPINR="SIM PIN"', '+CPINR: "SIM PIN", 1, 3', 1),
        ("AT^CPIN?", "^CPIN: SIM PIN,2,10,2,10,3", 2),
        ("AT+SPIC", "+SPIC: 3,10,0,10", 3),
        ('AT+QPINC="SC"', '+QPINC: "SC",1,10', 1),
        ("AT#PCT", "#PCT: 2", 2),
        ("AT+EPINC?", "+EPINC: 3, 3, 10, 10", 3),
        ("AT^CPIN?", "^CPIN: READY,,10,3,10,3", None),
    ],
)
def test_the_attempts_left_are_read_as_each_maker_writes_them(command: str, line: str, left: int | None) -> None:
    (way,) = [way for way in GENERIC.asks_attempts if way.command == command]
    said = way.read([line, "OK"])
    assert (None if said is None else int(said)) == left


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        (["356938035643809", "OK"], "356938035643809"),
        (['+CGSN: "356938035643809"', "OK"], "356938035643809"),
        (["+CCID: 89386400 0000 0000 0019", "OK"], "89386400000000000019"),
        (["^ICCID: 8938640000000000001F", "OK"], "8938640000000000001"),
        (['+CMTI: "SM",3', "293400000000001", "OK"], "293400000000001"),
        (["OK"], None),
    ],
)
def test_a_long_number_is_found_whatever_stands_around_it(lines: list[str], number: str | None) -> None:
    assert answers.long_number(lines) == number


def test_every_refusal_there_can_be_has_words_and_keeps_its_code() -> None:
    for code in range(1000):
        for error, name in ((cms_error(code), f"CMS {code}"), (cme_error(code), f"CME {code}")):
            assert error.says
            assert error.code == name
            assert error.then in ("put_back", "give_up"), "a refusal is never in doubt"


@pytest.mark.parametrize("code", [10, 11, 12, 13, 15, 16])
def test_a_sim_that_cannot_be_used_is_a_persons_work_and_costs_the_text_nothing(code: int) -> None:
    error = cme_error(code)
    assert isinstance(error, Misconfigured)
    assert sim_is_the_trouble(error)
    assert not error.counts


def test_only_the_modems_and_the_networks_final_words_end_a_text() -> None:
    final = {code for code in range(1000) if isinstance(cms_error(code), RejectedForGood)}
    assert final == {1, 8, 10, 28, 29, 30, 50, 69, 95, 96, 97, 98, 99, 111, 301, 302, 303, 304, 305}
    assert isinstance(cms_error(999), RejectedForNow)
    assert isinstance(cms_error(331), LinkDown)
    assert not sim_is_the_trouble(cms_error(330)), "a missing service centre is not a broken SIM"
