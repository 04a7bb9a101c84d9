"""A GSM modem on a serial port, over python-gsmmodem-new and pyserial: a reader and an owner thread for each."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

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

    mms_url: str | None = Field(
        default=None,
        description="The operator's MMSC, to which MMS are handed over; with it the link sends MMS and fetches those "
        "that come. It needs a SIM whose contract has MMS: see docs/mms-modem.md.",
        examples=["http://mms.example.net/mmsc"],
    )
    mms_proxy: str | None = Field(
        default=None,
        description="The operator's proxy for MMS, host:port; most have one.",
        examples=["10.0.0.172:80"],
    )
    mms_carrier: Literal["host", "modem", "stack"] = Field(
        default="host",
        description='How MMS travel: "host" over a network interface of this machine, "modem" by the modem\'s own HTTP '
        'commands (Quectel, SIMCom), "stack": sent by the modem\'s own MMS commands and fetched by its HTTP commands. '
        "The latter two hold up texts while an MMS travels.",
    )
    mms_interface: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._-]{1,15}$",
        description="With host: the network interface of the data connection over which MMS go, such as wwan0 or ppp0; "
        "by default whichever way the system takes to the proxy.",
        examples=["wwan0"],
    )
    mms_resolvers: tuple[str, ...] = Field(
        default=(),
        description="With host: the operator's name servers (IP addresses), for the names of MMSCs are mostly known "
        "only there; by default those of the system.",
    )
    mms_up: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="With host: a command, word by word, that brings the data connection up when mms_interface has no "
        "address; it is run without a shell.",
        examples=[["/usr/bin/nmcli", "connection", "up", "mms"]],
    )
    mms_apn: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9.-]{1,99}$",
        description="With modem and stack: the access point for MMS.",
        examples=["mms.example.net"],
    )
    mms_user: str | None = Field(
        default=None, pattern=r'^[^"\\\s]{1,64}$', description="With modem and stack: the user at the access point."
    )
    mms_password: SecretStr | None = Field(
        default=None, description="With modem and stack: the password at the access point."
    )
    mms_user_agent: str = Field(
        default="Android-Mms/2.0",
        pattern=r"^[\x20-\x7e]{0,200}$",
        description="As which phone we ask the MMSC, which makes media fit to it.",
    )
    mms_profile: str = Field(
        default="http://www.google.com/oha/rdf/ua-profile-kila.xml",
        pattern=r"^[\x21-\x7e]{0,200}$",
        description="Where that phone's profile (UAProf) is, which is told as X-Wap-Profile; empty: not told.",
    )
    mms_timeout: float = Field(
        default=60.0, gt=0, le=600, description="Seconds that one exchange with the MMSC may take."
    )
    mms_most: int = Field(
        default=300_000,
        ge=10_000,
        le=10_000_000,
        description="Octets of the largest MMS that is sent; 300 kB is what most operators carry.",
    )
    mms_largest: int = Field(
        default=5_000_000, ge=10_000, le=15_000_000, description="Octets of the largest MMS that is fetched."
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

    @field_validator("mms_url")
    @classmethod
    def _mmsc(cls, url: str | None) -> str | None:
        try:
            split = urlsplit(url or "http://x")
            if (
                split.scheme not in ("http", "https")
                or not split.hostname
                or split.port == 0
                or re.search(r"[\s\"]", url or "")
            ):
                raise ValueError
        except ValueError:
            raise ValueError("must be the MMSC's URL, such as http://mms.example.net/mmsc") from None
        return url

    @field_validator("mms_proxy")
    @classmethod
    def _proxy(cls, proxy: str | None) -> str | None:
        if proxy is not None and not re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}", proxy):
            raise ValueError("must be host:port, such as 10.0.0.172:80")
        return proxy

    @field_validator("mms_resolvers")
    @classmethod
    def _resolvers(cls, resolvers: tuple[str, ...]) -> tuple[str, ...]:
        for each in resolvers:
            ip_address(each)  # says itself what is wrong
        return resolvers

    @model_validator(mode="after")
    def _mms(self) -> Config:
        if self.mms_url is None and (self.mms_proxy or self.mms_interface or self.mms_apn):
            raise ValueError("mms_url is missing: without the operator's MMSC there is no MMS")
        if self.mms_carrier != "host" and self.mms_url and not self.mms_apn:
            raise ValueError(f'mms_carrier = "{self.mms_carrier}" needs mms_apn, the access point that the modem dials')
        if self.mms_up and self.mms_interface is None:
            raise ValueError("mms_up needs mms_interface: it is run when that has no address")
        if self.mms_url and self.mms_url.startswith("https:") and self.mms_proxy:
            raise ValueError("an https MMSC is asked without a proxy: leave mms_proxy out")
        return self

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
