"""A GSM modem on a serial port, over python-gsmmodem-new and pyserial: a reader and an owner thread for each."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from smsgw.link import Events, Link


class Config(BaseModel):
    """What a `[[links]]` table of kind "modem" says."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    device: str = Field(
        description="The modem's serial port; names under /dev/serial/by-id outlast replugging.",
        examples=["/dev/serial/by-id/usb-HUAWEI_Mobile-if00-port0"],
    )
    baudrate: int = Field(default=115200, gt=0, description="Speed of the line in bit/s; USB modems take any.")
    flow_control: Literal["none", "rtscts", "dsrdtr"] = Field(
        default="none", description="How the modem may hold us up; most modems on RS-232 cables want rtscts."
    )
    pin: SecretStr | None = Field(
        default=None,
        description="The SIM's PIN: entered once, and never when fewer than 2 attempts are left.",
        examples=["1234"],
    )
    smsc: str | None = Field(
        default=None,
        description="The operator's service centre, + and digits; by default what the SIM has stored.",
        examples=["+38640441000"],
    )
    number: str | None = Field(
        default=None,
        description="The SIM's own number, + and digits, which is told with each text that comes in.",
        examples=["+38640111222"],
    )
    answer_timeout: float = Field(
        default=100.0,
        gt=0,
        le=600,
        description="Seconds to wait for a text's answer before it is unsure whether it went out.",
    )
    sweep_interval: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Seconds between looks into all memories, in case the modem forgot to tell of a text.",
    )
    check_interval: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="Seconds between looks at signal, network and whether the modem still has our settings.",
    )

    @field_validator("pin")
    @classmethod
    def _digits(cls, pin: SecretStr | None) -> SecretStr | None:
        if pin is not None and not re.fullmatch(r"[0-9]{4,8}", pin.get_secret_value()):
            raise ValueError("a PIN has 4 to 8 digits")  # and its value is nobody's business
        return pin

    @field_validator("smsc", "number")
    @classmethod
    def _international(cls, number: str | None) -> str | None:
        if number is not None and not re.fullmatch(r"\+[1-9][0-9]{3,14}", number):
            raise ValueError("must be + and digits, such as +38640111222")
        return number


def open_link(name: str, config: Config, events: Events) -> Link:
    """A link over the modem that `config` names; nothing is opened before its `start`."""
    from drivers.modem.owner import ModemLink  # reading a configuration needs no serial port

    return ModemLink(name, config, events)
