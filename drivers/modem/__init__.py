"""A GSM modem on a serial port, over python-gsmmodem-new and pyserial: a reader and an owner thread for each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from drivers.modem.ports import IDENTITIES, WHERE
from smsgw.link import Events, Link


class Config(BaseModel):
    """What a `[[links]]` table of kind "modem" says."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    device: str | None = Field(
        default=None,
        description="The modem's serial port; names under /dev/serial/by-id outlast replugging. It may be left out "
        "when imsi, iccid or imei says which modem is meant: then it is found at whichever port it is.",
        examples=["/dev/serial/by-id/usb-HUAWEI_Mobile-if00-port0"],
    )
    imsi: str | None = Field(
        default=None,
        description="The subscriber's number on the SIM (15 digits); only a modem with this SIM is used.",
        examples=["293400000000001"],
    )
    iccid: str | None = Field(
        default=None,
        description="The number printed on the SIM card (18 to 20 digits); only a modem with this card is used.",
        examples=["89386400000000000011"],
    )
    imei: str | None = Field(
        default=None,
        description="The modem's own number (15 digits); only this modem is used, whichever SIM is in it.",
        examples=["356938035643809"],
    )
    ports: tuple[str, ...] = Field(
        default=WHERE, description="Where modems that are named by their SIM are looked for, as patterns of files."
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
        default=60.0,  # a phone gives a submission up after 35 to 45 s itself: TR1M, 3GPP TS 24.011 section 10
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
        description="Seconds between looks at signal, network and memories.",
    )
    pulse_interval: float = Field(
        default=2.0,
        gt=0,
        le=3600,
        description="Seconds between looks whether the modem still has our settings; a firmware that restarted by "
        "itself has not, and tells of no text any more.",
    )

    power_cycle: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="A command, word by word, that switches the modem's USB power off and on when nothing else "
        "helped; it is run without a shell. By default there is none.",
        examples=[["/usr/sbin/uhubctl", "-l", "1-1", "-p", "2", "-a", "cycle"]],
    )
    state_dir: Path | None = Field(
        default=None,
        description="The folder for what must outlast a restart: refused PINs and the text in flight. By default "
        "the gateway's own.",
    )
    balance_code: str | None = Field(
        default=None,
        pattern=r"^[*#0-9]{2,30}$",
        description="The operator's USSD code that tells how much money is on the SIM.",
        examples=["*101#"],
    )
    balance_pattern: str | None = Field(
        default=None,
        description="How to find the money in the answer: a regular expression with a group named amount, and one "
        "named currency if there is any. By default the first number with a currency behind it.",
        examples=[r"Stanje: (?P<amount>[\d.,]+) (?P<currency>EUR)"],
    )

    @field_validator("pin")
    @classmethod
    def _digits(cls, pin: SecretStr | None) -> SecretStr | None:
        if pin is not None and not re.fullmatch(r"[0-9]{4,8}", pin.get_secret_value()):
            raise ValueError("a PIN has 4 to 8 digits")  # and its value is nobody's business
        return pin

    @field_validator("imsi", "iccid", "imei")
    @classmethod
    def _long_number(cls, number: str | None) -> str | None:
        if number is not None and not re.fullmatch(r"[0-9]{14,20}", number):
            raise ValueError("must be its 14 to 20 digits, without spaces")
        return number

    @field_validator("balance_pattern")
    @classmethod
    def _expression(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as wrong:
            raise ValueError(f"must be a regular expression: {wrong}") from wrong
        return pattern

    @model_validator(mode="after")
    def _named(self) -> Config:
        if not (self.device or self.identity):
            raise ValueError("say which modem: device, imsi, iccid or imei is needed")
        return self

    @property
    def identity(self) -> dict[str, str]:
        """Which modem it has to be, by imsi, iccid and imei as far as configured."""
        return {name: number for name in IDENTITIES if (number := getattr(self, name)) is not None}

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
