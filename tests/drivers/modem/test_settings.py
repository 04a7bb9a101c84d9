"""What a [[links]] table of kind "modem" may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.modem import Config
from drivers.modem.holder import who_holds


def test_a_device_is_all_that_is_needed() -> None:
    config = Config.model_validate({"device": "/dev/ttyUSB0"})
    assert config.answer_timeout == 100
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
    ],
)
def test_a_wrong_value_is_told_with_what_it_should_be(field: str, value: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as wrong:
        Config.model_validate({"device": "/dev/ttyUSB0", field: value})
    if field == "pin":
        assert str(value) not in str(wrong.value)


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
