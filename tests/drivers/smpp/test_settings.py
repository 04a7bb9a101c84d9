"""The configuration, addresses, validity and the meaning of statuses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError
from smpplib import consts

from drivers.smpp import Config, addresses
from drivers.smpp.statuses import bind_refusal, refusal
from drivers.smpp.validity import absolute, relative
from smsgw.link import (
    LinkDown,
    LinkError,
    Misconfigured,
    RecipientUnreachable,
    RejectedForGood,
    RejectedForNow,
    Throttled,
)

LEAST = {"host": "smsc.example", "system_id": "shop"}


def config(**fields: Any) -> Config:
    return Config.model_validate({**LEAST, **fields})


def test_every_field_has_one_sentence() -> None:
    for name, field in Config.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "pässword"}, "ASCII"),
        ({"system_id": "x" * 16}, "15"),
        ({"receipt_zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"reconnect_first": 9, "reconnect_most": 3}, "reconnect_first"),
        ({"pasword": "x"}, "pasword"),
        ({"priority_flags": [0, 1]}, "priority_flags"),
        ({"national_prefix": "0"}, "country_code"),
        ({"default_alphabet": "latin1", "alphabet": "gsm7"}, "data_codings"),
        ({"data_codings": {"klingon": 1}}, "data_codings"),
        ({"read_as": {"300": "latin1"}}, "300"),
        ({"read_as": {"many": "latin1"}}, "many"),
        ({"read_as": {"3": "klingon"}}, "latin1"),
        ({"number_types": {"short_code": [300, 0]}}, "255"),
    ],
)
def test_a_wrong_setting_is_told_in_words(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        config(**fields)


def test_a_password_is_not_shown() -> None:
    assert "secret08" not in repr(config(password="secret08"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+4915112345678", (1, 1, b"4915112345678")),
        ("4477", (3, 0, b"4477")),
        ("4915112345678", (0, 1, b"4915112345678")),
        ("Bäckerei", (5, 0, b"B\xe4ckerei")),
        ("4you", (5, 0, b"4you")),
        ("", (0, 0, b"")),
    ],
)
def test_the_form_of_an_address_says_its_type(written: str, expected: tuple[int, int, bytes]) -> None:
    assert addresses.encode(config(), written, None, None) == expected


def test_the_configuration_may_force_types() -> None:
    assert addresses.encode(config(), "+49151", 2, 8)[:2] == (2, 8)
    by_form = config(number_types={"short_code": [6, 1], "name": [5, 9]})
    assert addresses.encode(by_form, "4477", None, None)[:2] == (6, 1)
    assert addresses.encode(by_form, "Bakery", None, None)[:2] == (5, 9)
    assert addresses.encode(by_form, "+4915112345678", None, None)[:2] == (1, 1)


@pytest.mark.parametrize(
    ("fields", "written", "expected"),
    [
        ({"international_prefix": "+"}, "+4915112345678", (1, 1, b"+4915112345678")),
        ({"international_prefix": "00"}, "+4915112345678", (1, 1, b"004915112345678")),
        ({"country_code": "49"}, "+4915112345678", (2, 1, b"15112345678")),
        ({"country_code": "49", "national_prefix": "0"}, "+4915112345678", (2, 1, b"015112345678")),
        ({"country_code": "49", "international_prefix": "+"}, "+38640111222", (1, 1, b"+38640111222")),
        ({"country_code": "49", "national_prefix": "0"}, "Bakery", (5, 0, b"Bakery")),
        ({"short_code_digits": 5}, "447700", (0, 1, b"447700")),
    ],
)
def test_numbers_are_written_as_this_smsc_wants_them(
    fields: dict[str, Any], written: str, expected: tuple[int, int, bytes]
) -> None:
    assert addresses.encode(config(**fields), written, None, None) == expected


GERMAN = {"country_code": "49", "national_prefix": "0"}


@pytest.mark.parametrize(
    ("fields", "written", "ton", "number"),
    [
        ({}, "4915112345678", 1, "+4915112345678"),
        ({}, "004915112345678", 1, "+4915112345678"),
        ({}, "+4915112345678", 0, "+4915112345678"),
        ({}, "4915112345678", 0, "4915112345678"),
        ({}, " 4477 ", 3, "4477"),
        ({}, "Bakery", 5, "Bakery"),
        ({}, "", 0, ""),
        (GERMAN, "015112345678", 2, "+4915112345678"),
        (GERMAN, "15112345678", 2, "+4915112345678"),
        (GERMAN, "015112345678", 0, "+4915112345678"),
        (GERMAN, "4477", 0, "4477"),
        (GERMAN, "004915112345678", 0, "004915112345678"),
        ({"unknown_is_international": True}, "4915112345678", 0, "+4915112345678"),
        ({"unknown_is_international": True}, "004915112345678", 0, "+4915112345678"),
        ({"unknown_is_international": True}, "4477", 0, "4477"),
    ],
)
def test_numbers_are_read_as_this_smsc_writes_them(fields: dict[str, Any], written: str, ton: int, number: str) -> None:
    assert addresses.decode(config(**fields), written, ton) == number


@pytest.mark.parametrize("fields", [{}, GERMAN, {"international_prefix": "00"}, {"international_prefix": "+"}])
@pytest.mark.parametrize("number", ["+4915112345678", "+38640111222", "4477", "Bakery"])
def test_a_number_comes_back_as_it_went_out(fields: dict[str, Any], number: str) -> None:
    ton, _, octets = addresses.encode(config(**fields), number, None, None)
    assert addresses.decode(config(**fields), octets.decode("latin-1"), ton) == number


@pytest.mark.parametrize("written", ["Пекарня", "+491511234567890123456", "a\0b"])
def test_an_address_that_cannot_be_written_is_refused(written: str) -> None:
    with pytest.raises(addresses.BadAddress):
        addresses.encode(config(), written, None, None)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (None, b""),
        (0, b"000000000001000R"),
        (90, b"000000000130000R"),
        (86400, b"000001000000000R"),
        (45 * 86400 + 3661, b"000115010101000R"),
        (10**9, b"010221000000000R"),
    ],
)
def test_validity_is_written_as_relative_time(seconds: int | None, written: bytes) -> None:
    assert relative(seconds) == written


def test_a_moment_is_written_in_utc_with_tenths() -> None:
    moment = datetime(2026, 11, 26, 2, 5, 9, 870_000, tzinfo=timezone(timedelta(hours=1)))
    assert absolute(moment) == b"261126010509800+"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (consts.SMPP_ESME_RTHROTTLED, Throttled),
        (consts.SMPP_ESME_RMSGQFUL, Throttled),
        (consts.SMPP_ESME_RINVDSTADR, RejectedForGood),
        (consts.SMPP_ESME_RINVSRCADR, RejectedForGood),
        (consts.SMPP_ESME_RINVMSGLEN, RejectedForGood),
        (consts.SMPP_ESME_RX_R_APPN, RejectedForGood),
        (consts.SMPP_ESME_RSYSERR, RejectedForNow),
        (consts.SMPP_ESME_RSUBMITFAIL, RejectedForNow),
        (consts.SMPP_ESME_RX_T_APPN, RejectedForNow),
        (consts.SMPP_ESME_RINVBNDSTS, Misconfigured),
        (consts.SMPP_ESME_RINVSERTYP, Misconfigured),
        (consts.SMPP_ESME_RDELIVERYFAILURE, RecipientUnreachable),
        (0x0463, RejectedForNow),
    ],
)
def test_each_status_is_an_error_that_says_what_becomes_of_the_part(status: int, kind: type[LinkError]) -> None:
    error = refusal(status, throttle_pause=7.0)
    assert type(error) is kind
    assert error.code in error.says
    if isinstance(error, Throttled):
        assert error.rest == 7.0


def test_every_status_of_the_standard_has_its_name_in_the_error() -> None:
    assert refusal(consts.SMPP_ESME_RINVDSTADR, 1).code == "ESME_RINVDSTADR"
    assert refusal(0x0463, 1).code == "0x00000463"


@pytest.mark.parametrize("status", [0x0E, 0x0F, 0x0D, 0x53, 0x04, 0x03])
def test_a_refused_account_needs_a_person_and_names_account_and_host(status: int) -> None:
    error = bind_refusal(status, config()).error(pause=60.0)
    assert isinstance(error, Misconfigured)
    assert error.rest == 60.0
    assert "'shop'" in error.says
    assert "smsc.example:2775" in error.says


@pytest.mark.parametrize("status", [0x05, 0x08, 0x58, 0x463])
def test_a_bind_refused_for_the_moment_comes_back_by_itself(status: int) -> None:
    assert isinstance(bind_refusal(status, config()).error(pause=1.0), LinkDown)
