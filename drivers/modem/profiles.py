"""What is peculiar to each family of modems, as data: a profile per family, and the first that fits is taken.

Nothing else in this folder asks which maker a modem is from. A family is told by what +CGMI and +CGMM say, and
by how its ports are named under /dev/serial/by-id. What a profile leaves out is the standard's own way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asks:
    """A command, and a pattern whose first group is the answer in what comes back."""

    command: str
    pattern: str

    def read(self, lines: list[str]) -> str | None:
        """The answer, or None."""
        found = re.search(self.pattern, "\n".join(lines))
        return found[1] if found else None


_CPINR = Asks('AT+CPINR="SIM PIN"', r'\+CPINR: *"?SIM PIN"? *, *(\d+)')  # 27.007 section 8.66
_ICCID = ("AT+CCID", "AT+ICCID", "AT^ICCID?", "AT+QCCID", "AT+ZGETICCID", "AT+CCID?")


@dataclass(frozen=True, slots=True)
class Profile:
    """One family.

    maker, model: patterns for +CGMI and +CGMM (either is enough when the other is empty). by_id: for names under
    /dev/serial/by-id. at_interfaces: USB interfaces that speak AT and tell news, the best first; others are tried
    last. mute_interfaces: those that speak AT and tell no news. vendor: the USB vendor, for a udev rule. attempts:
    how to ask for the PIN attempts that are left; only the family's own ways, before the ways of all others. iccid:
    commands for the SIM card's number. quieten: commands at the start that stop chatter. temperature: how to ask,
    in degrees Celsius. radio_cycle: take the radio off the air and back. reset: restart the firmware. ussd_packed:
    USSD codes are wanted as packed septets in hexadecimal (and come so). prompt_pause: seconds between the prompt
    and the PDU. flow: of a serial cable.
    """

    family: str
    maker: str = ""
    model: str = ""
    by_id: str = ""
    at_interfaces: tuple[int, ...] = ()
    mute_interfaces: tuple[int, ...] = ()
    vendor: str = ""
    attempts: tuple[Asks, ...] = ()
    iccid: tuple[str, ...] = ()
    quieten: tuple[str, ...] = ()
    temperature: Asks | None = None
    radio_cycle: tuple[str, ...] = ("AT+CFUN=4", "AT+CFUN=1")  # 27.007 section 8.2
    reset: tuple[str, ...] = ("AT+CFUN=1,1",)
    ussd_packed: bool = False
    prompt_pause: float = 0.0

    def fits(self, maker: str, model: str) -> bool:
        """Whether a modem that calls itself so is of this family."""
        said = ((self.maker, maker), (self.model, model))
        return any(pattern and re.search(pattern, name, re.IGNORECASE) for pattern, name in said)

    @property
    def asks_attempts(self) -> tuple[Asks, ...]:
        """Every way to ask how many PIN attempts are left, the family's own first."""
        return tuple(dict.fromkeys((*self.attempts, _CPINR, *(way for one in PROFILES for way in one.attempts))))

    @property
    def asks_iccid(self) -> tuple[str, ...]:
        """Every way to ask for the SIM card's number, the family's own first."""
        return tuple(dict.fromkeys((*self.iccid, *_ICCID)))


PROFILES = (
    Profile(
        "Huawei",
        maker="huawei",
        by_id="huawei",
        at_interfaces=(2, 1, 0, 3),
        mute_interfaces=(0,),  # the dial-up port
        vendor="12d1",
        attempts=(Asks("AT^CPIN?", r"\^CPIN: *SIM PIN *, *(\d+)"),),  # of the code that is asked for
        iccid=("AT^ICCID?",),
        quieten=("AT^CURC=0",),  # ^RSSI and ^MODE lines all the time
        temperature=Asks("AT^CHIPTEMP?", r"\^CHIPTEMP: *(-?\d+)"),
        reset=("AT^RESET", "AT+CFUN=1,1"),
        ussd_packed=True,
    ),
    Profile(
        "ZTE",
        maker="zte",
        by_id="zte",
        at_interfaces=(1, 2, 3),
        vendor="19d2",
        attempts=(Asks("AT+ZPINPUK=?", r"\+ZPINPUK: *(\d+)"),),
        iccid=("AT+ZGETICCID",),
        reset=("AT+ZRST", "AT+CFUN=1,1"),
    ),
    Profile(
        "Quectel",
        maker="quectel",
        by_id="quectel",
        at_interfaces=(2, 3),
        vendor="2c7c",
        attempts=(Asks('AT+QPINC="SC"', r'\+QPINC: *"?SC"? *, *(\d+)'),),
        iccid=("AT+QCCID",),
        temperature=Asks("AT+QTEMP", r"\+QTEMP: *(?:\"[^\"]*\" *, *\")?(-?\d+)"),
        reset=("AT+QRST=1,0", "AT+CFUN=1,1"),
    ),
    Profile(
        "SIMCom",
        maker="sim ?com",
        model=r"sim\d{3,4}|a76\d\d",
        by_id="simcom|simtech",
        at_interfaces=(2, 3),
        vendor="1e0e",
        attempts=(Asks("AT+SPIC", r"\+SPIC: *(\d+)"),),
        iccid=("AT+CICCID", "AT+CCID"),
        temperature=Asks("AT+CPMUTEMP", r"\+CPMUTEMP: *(-?\d+)"),
        reset=("AT+CRESET", "AT+CFUN=1,1"),
    ),
    Profile(
        "Telit",
        maker="telit",
        by_id="telit",
        vendor="1bc7",
        attempts=(Asks("AT#PCT", r"#PCT: *(\d+)"),),
        iccid=("AT#CCID",),
        temperature=Asks("AT#TEMPMON=1", r"#TEMPMEAS: *-?\d+ *, *(-?\d+)"),
        reset=("AT#REBOOT", "AT+CFUN=1,1"),
    ),
    Profile(
        "u-blox",
        maker="u-?blox",
        by_id="u-?blox",
        vendor="1546",
        attempts=(Asks("AT+UPINCNT", r"\+UPINCNT: *(\d+)"),),
        temperature=Asks("AT+UTEMP?", r"\+UTEMP: *(-?\d+)"),
        reset=("AT+CFUN=16", "AT+CFUN=1,1"),
    ),
    Profile(
        "Sierra Wireless",
        maker="sierra",
        by_id="sierra",
        at_interfaces=(3, 2),
        vendor="1199",
        attempts=(Asks("AT+CPINC?", r"\+CPINC: *(\d+)"),),
        temperature=Asks("AT!GSTATUS?", r"Temperature: *(-?\d+)"),
        reset=("AT!RESET", "AT+CFUN=1,1"),
    ),
    Profile(
        "Cinterion",
        maker="cinterion|siemens|gemalto|thales",
        by_id="cinterion|gemalto|thales",
        vendor="1e2d",
        attempts=(Asks("AT^SPIC", r"\^SPIC: *(\d+)"),),
        temperature=Asks("AT^SCTM?", r"\^SCTM: *\d+ *, *-?\d+ *, *(-?\d+)"),
        reset=("AT+CFUN=1,1",),
        prompt_pause=0.05,
    ),
    Profile(
        "Wavecom",
        maker="wavecom",
        attempts=(Asks("AT+CPINC?", r"\+CPINC: *(\d+)"),),
        radio_cycle=("AT+CFUN=0", "AT+CFUN=1"),  # it knows no 4
        prompt_pause=0.05,
    ),
    Profile(
        "MediaTek",
        maker="mediatek|mtk",
        attempts=(Asks("AT+EPINC?", r"\+EPINC: *(\d+)"),),
    ),
    Profile("Fibocom", maker="fibocom", by_id="fibocom", vendor="2cb7", temperature=Asks("AT+MTSM=1", r"MTSM: *(\d+)")),
)
GENERIC = Profile("any modem")


def profile_of(maker: str, model: str) -> Profile:
    """The first family that fits, or what the standard says."""
    return next((profile for profile in PROFILES if profile.fits(maker, model)), GENERIC)


def preference(port: str) -> int:
    """How likely a port with this name under by-id is the one to talk to: 0 is the best, equal is equal."""
    interface = re.search(r"-if(\d+)", port)
    for profile in PROFILES:
        if interface and profile.by_id and re.search(profile.by_id, port, re.IGNORECASE):
            number = int(interface[1])
            return profile.at_interfaces.index(number) if number in profile.at_interfaces else 9
    return 5
