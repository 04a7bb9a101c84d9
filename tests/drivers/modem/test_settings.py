"""What a [[links]] table of kind "modem" may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.modem import Config
from drivers.modem.holder import who_holds
from drivers.modem.profiles import GENERIC, PROFILES, preference, profile_of


def test_a_device_is_all_that_is_needed() -> None:
    config = Config.model_validate({"device": "/dev/ttyUSB0"})
    assert config.answer_timeout == 60
    assert config.pin is None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("pin", "123", "4 to 8 digits"),
        ("pin", "12a4", "4 to 8 digits"),
        ("smsc", "0038640441000", r"\+ and digits"),
        ("number", "SHOP", r"\+ and digits"),
        ("baudrate", 0, "greater than 0"),
        ("answer_timeout", 0, "greater than 0"),
        ("flow_control", "xonxoff", "rtscts"),
        ("device_", "x", "Extra inputs"),
        ("imsi", "29340", "14 to 20 digits"),
        ("iccid", "8938 6400 0000 0000 0001", "without spaces"),
        ("power_cycle", [], "at least 1 item"),
        ("balance_code", "balance", "pattern"),
        ("balance_pattern", "(", "regular expression"),
    ],
)
def test_a_wrong_value_is_told_with_what_it_should_be(field: str, value: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as wrong:
        Config.model_validate({"device": "/dev/ttyUSB0", field: value})
    if field == "pin":
        assert str(value) not in str(wrong.value)


def test_a_sim_or_a_modem_is_enough_and_nothing_at_all_is_not() -> None:
    config = Config.model_validate({"imsi": "293400000000001", "imei": "356938035643809"})
    assert config.device is None
    assert config.identity == {"imsi": "293400000000001", "imei": "356938035643809"}
    with pytest.raises(ValidationError, match="device, imsi, iccid or imei"):
        Config.model_validate({})


@pytest.mark.parametrize(
    ("maker", "model", "family"),
    [
        ("huawei", "E3372", "Huawei"),
        ("HUAWEI TECHNOLOGIES", "", "Huawei"),
        ("Quectel", "EC25", "Quectel"),
        ("SIMCOM INCORPORATED", "SIMCOM_SIM7600E", "SIMCom"),
        ("", "SIM800L", "SIMCom"),
        ("Telit", "LE910", "Telit"),
        ("u-blox", "SARA-R4", "u-blox"),
        ("Sierra Wireless, Incorporated", "MC7455", "Sierra Wireless"),
        ("Cinterion", "BGS2", "Cinterion"),
        ("WAVECOM MODEM", "", "Wavecom"),
        ("ZTE CORPORATION", "MF190", "ZTE"),
        ("ACME", "M1", "any modem"),
    ],
)
def test_a_family_is_known_by_what_the_modem_calls_itself(maker: str, model: str, family: str) -> None:
    assert profile_of(maker, model).family == family


def test_every_family_can_be_reset_and_cycled_and_knows_how_to_ask_what_all_know() -> None:
    for profile in (*PROFILES, GENERIC):
        assert profile.reset
        assert len(profile.radio_cycle) == 2
        assert 'AT+CPINR="SIM PIN"' in [way.command for way in profile.asks_attempts]
        assert "AT+CCID" in profile.asks_iccid
    assert len({profile.family for profile in PROFILES}) == len(PROFILES)


def test_the_port_to_talk_to_comes_first_among_those_of_a_stick() -> None:
    names = [f"/dev/serial/by-id/usb-HUAWEI_Mobile-if0{n}-port0" for n in range(4)]
    assert sorted(names, key=preference)[0].endswith("if02-port0")
    assert preference("/dev/ttyUSB0") == preference("/dev/ttyUSB7")


def test_the_pin_is_not_shown() -> None:
    config = Config.model_validate({"device": "/dev/ttyUSB0", "pin": "4711"})
    assert "4711" not in repr(config)
    assert "4711" not in config.model_dump_json()


def test_every_field_has_one_sentence() -> None:
    for field in Config.model_fields.values():
        assert field.description
        assert field.description.endswith(".")


def test_whoever_has_a_device_open_is_named_and_a_process_that_ended_is_no_trouble(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch()
    for number, name in ((101, "sleepy"), (102, "ModemManager")):
        (tmp_path / "proc" / str(number) / "fd").mkdir(parents=True)
        (tmp_path / "proc" / str(number) / "comm").write_text(name + "\n")
    (tmp_path / "proc" / "103").mkdir()  # without fd: it ended, or it is somebody else's
    assert who_holds(str(device), tmp_path / "proc") is None
    (tmp_path / "proc" / "102" / "fd" / "7").symlink_to(device)
    assert who_holds(str(device), tmp_path / "proc") == "ModemManager (process 102)"
    link = tmp_path / "by-id"
    link.symlink_to(device)
    assert who_holds(str(link), tmp_path / "proc") == "ModemManager (process 102)"
