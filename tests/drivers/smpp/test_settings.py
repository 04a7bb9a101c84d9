"""The configuration, addresses, validity and the meaning of statuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from smpplib import consts

from drivers.smpp import Config, addresses
from drivers.smpp.statuses import bind_refusal, refusal
from drivers.smpp.validity import relative
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
    assert addresses.encode(config(short_code_ton=6, short_code_npi=1), "4477", None, None)[:2] == (6, 1)


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
