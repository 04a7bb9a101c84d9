"""How each family of modems carries MMS by AT commands, as data: its HTTP commands, and its own MMS commands.

From the makers' manuals and published drivers; none was tried on a real stick (docs/mms-modem.md says which). In
commands, {names} are filled in: url, host_path (the URL without http://), apn, user, password, auth, agent, profile,
proxy_host, proxy_port, size, ms (milliseconds for octets), seconds, to, report, read, name. A command that begins with
? may be refused: it sets what is set already, or what this firmware does not know. Of two with | between them the
second is said when the first is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from smsgw.link import LinkDown, LinkError, Misconfigured, RejectedForGood, RejectedForNow, Throttled

Errors = dict[int, tuple[Callable[[str, str], LinkError], str]]


@dataclass(frozen=True, slots=True)
class HttpCommands:
    """HTTP by AT. model: what +CGMM says.

    opens: before each exchange, proxied: besides, with a proxy; None: the commands know none. raw: the modem is given
    the whole request with its header, not its parts. url, get, post: commands; with raw, url and post want octets.
    result: the late line with (error or method, status, size). reads: gives the answer out; file: into which file the
    answer goes before. head: the line before the octets. closes: afterwards, whatever came of it.
    """

    name: str
    model: str
    opens: tuple[str, ...]
    proxied: tuple[str, ...] | None
    raw: bool
    get: str
    post: str
    result: str
    reads: str
    head: str
    closes: tuple[str, ...]
    url: str = ""
    data: str = ""
    file: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stack:
    """A modem's own MMS commands, of which the sending ones are used: no one of them tells the Message-ID.

    pieces: the command that a part is given with, by the beginning of its media type. title: the same of the subject.
    done: the late line whose first group is 0 when it was sent; "": the OK itself says so. errors: +CME ERROR and the
    numbers of `done`. most: octets of one part, most_text: of its texts.
    """

    name: str
    model: str
    opens: tuple[str, ...]
    title: str
    pieces: dict[str, str]
    recipient: str
    send: str
    done: str
    closes: tuple[str, ...]
    errors: Errors = field(default_factory=dict)
    most: int = 307_200
    most_text: int = 15_360
    title_is_data: bool = True


_SIMCOM_BEARER = (
    'AT+SAPBR=3,1,"CONTYPE","GPRS"',
    'AT+SAPBR=3,1,"APN","{apn}"',
    '?AT+SAPBR=3,1,"USER","{user}"',
    '?AT+SAPBR=3,1,"PWD","{password}"',
    "?AT+SAPBR=1,1",  # refused when it is up
)
_MMS = "application/vnd.wap.mms-message"

HTTP = (
    HttpCommands(
        "SIMCom 2G",
        r"sim[89]\d\d",
        opens=(
            *_SIMCOM_BEARER,
            "?AT+HTTPTERM",
            "AT+HTTPINIT",
            'AT+HTTPPARA="CID",1',
            'AT+HTTPPARA="URL","{url}"',
            '?AT+HTTPPARA="UA","{agent}"',
            '?AT+HTTPPARA="USERDATA","X-Wap-Profile: {profile}"',
            f'AT+HTTPPARA="CONTENT","{_MMS}"',
        ),
        proxied=('AT+HTTPPARA="PROIP","{proxy_host}"', 'AT+HTTPPARA="PROPORT",{proxy_port}'),
        raw=False,
        data="AT+HTTPDATA={size},{ms}",
        get="AT+HTTPACTION=0",
        post="AT+HTTPACTION=1",
        result=r"\+HTTPACTION: *(\d+) *, *(\d+) *, *(\d+)",
        reads="AT+HTTPREAD",
        head=r"\+HTTPREAD: *(\d+)",
        closes=("?AT+HTTPTERM",),
    ),
    HttpCommands(
        "SIMCom LTE",
        r"(simcom_)?(sim[57]\d\d\d|a76\d\d)",
        opens=(
            'AT+CGSOCKCONT=1,"IP","{apn}"',
            "?AT+CSOCKSETPN=1",
            "?AT+HTTPTERM",
            "AT+HTTPINIT",
            'AT+HTTPPARA="URL","{url}"',
            '?AT+HTTPPARA="UA","{agent}"',
            '?AT+HTTPPARA="USERDATA","X-Wap-Profile: {profile}"',
            f'AT+HTTPPARA="CONTENT","{_MMS}"',
        ),
        proxied=None,
        raw=False,
        data="AT+HTTPDATA={size},{ms}",
        get="AT+HTTPACTION=0",
        post="AT+HTTPACTION=1",
        result=r"\+HTTPACTION: *(\d+) *, *(\d+) *, *(\d+)",
        reads="AT+HTTPREAD=0,{size}",
        head=r"\+HTTPREAD: *(?:DATA *, *)?([1-9]\d*)",
        closes=("?AT+HTTPTERM",),
    ),
    HttpCommands(
        "Quectel",
        r"(quectel_)?(e[cgm]\d\d|ug\d\d|bg\d\d|rm\d\d|uc\d\d).*",
        opens=(
            'AT+QICSGP=1,1,"{apn}","{user}","{password}",{auth}',
            "?AT+QIACT=1",  # refused when it is up
            'AT+QHTTPCFG="contextid",1',
            'AT+QHTTPCFG="responseheader",0',
            'AT+QHTTPCFG="requestheader",1',
        ),
        proxied=(),  # the request line is ours: the modem is sent to the proxy, and the URL stands in it whole
        raw=True,
        url="AT+QHTTPURL={size},30",
        get="AT+QHTTPGET={seconds},{size},30",
        post="AT+QHTTPPOST={size},80,{seconds}",
        result=r"\+QHTTP(?:GET|POST): *(\d+)(?: *, *(\d+))?(?: *, *(\d+))?",
        # Into a file first, and waited for: what is read at once is empty above some 100 kB.
        file=(
            'AT+QHTTPREADFILE="RAM:mms.bin",80',
            r"\+QHTTPREADFILE: *(\d+)",
            'AT+QFLST="RAM:mms.bin"',
            r'\+QFLST: *"RAM:mms\.bin" *, *(\d+).*',
            'AT+QFDEL="RAM:mms.bin"',
        ),
        reads='AT+QFDWL="RAM:mms.bin"',
        head=r"CONNECT",
        closes=(),
    ),
)
"""In the order in which they are looked through."""


def _later(says: str, code: str) -> LinkError:
    return RejectedForNow(says, code, after=120.0)


def _no_bearer(says: str, code: str) -> LinkError:
    return LinkDown(says, code, after=120.0)


def _busy(says: str, code: str) -> LinkError:
    return RejectedForNow(says, code, after=30.0)


def _set_up(says: str, code: str) -> LinkError:
    return Misconfigured(says, code, after=300.0, rest=0.0)


def _slow(says: str, code: str) -> LinkError:
    return Throttled(says, code, rest=0.0)


SIM800_ERRORS: Errors = {
    171: (_busy, "the modem is busy with another MMS"),
    172: (RejectedForGood, "it is larger than the modem's MMS commands carry"),
    173: (_later, "the MMSC did not answer the modem in time"),
    174: (RejectedForGood, "the modem knows no recipient"),
    175: (RejectedForGood, "the modem has no room for the address"),
    176: (RejectedForGood, "the modem does not find the address"),
    177: (_later, "the modem's connection to the MMSC failed"),
    178: (RejectedForNow, "the modem could not read a push"),
    180: (_no_bearer, "the modem is not attached to a data network"),
    181: (_busy, "the modem's data connection is in use"),
    182: (RejectedForNow, "the modem's memory is full"),
    184: (RejectedForNow, "the modem could not keep it"),
    185: (_busy, "the modem is still writing another MMS"),
    186: (_busy, "the modem lost what was written"),
    187: (RejectedForGood, "there is nothing in it"),
    192: (RejectedForGood, "it has more parts than the modem carries"),
}
"""+CME ERROR of SIM800 and its kin (manual V1.09, chapter 15)."""

SIM7000_ERRORS: Errors = {
    171: (RejectedForNow, "the modem gives no reason"),
    172: (RejectedForGood, "it is larger than the modem's MMS commands carry"),
    177: (_set_up, "the modem calls a setting wrong"),
    178: (RejectedForNow, "the modem's MMS commands are not set up"),
    180: (RejectedForNow, "the modem's memory is full"),
    181: (RejectedForGood, "the modem calls a part wrong"),
    188: (_later, "the modem could not receive"),
    189: (RejectedForGood, "the modem calls what came wrong"),
    190: (_later, "the modem's connection to the MMSC failed"),
}
"""+CME ERROR of SIM5320 and the SIM7xxx: the same numbers with other meanings."""

QUECTEL_ERRORS: Errors = {
    751: (RejectedForNow, "the modem gives no reason"),
    752: (_set_up, "the modem knows no MMSC"),
    753: (_no_bearer, "the modem's data connection is not up"),
    754: (_busy, "the modem is busy with another MMS"),
    756: (RejectedForGood, "the modem calls a field wrong"),
    759: (_later, "the MMSC did not answer the modem in time"),
}
"""Of QMMSEND: the first number of its result, as published drivers read it; others are taken as passing."""

STACKS = (
    Stack(
        "SIMCom 2G",
        r"sim[89]\d\d",
        opens=(
            "?AT+CMMSTERM",
            "AT+CMMSINIT",
            'AT+CMMSCURL="{host_path}"',
            "AT+CMMSCID=1",
            'AT+CMMSPROTO="{proxy_host}",{proxy_port}',
            "AT+CMMSSENDCFG=6,3,{report},{read},2,4,2,0",
            "AT+CMMSTIMEOUT=120,120",
            "?AT+CMMSSCONT",
            *_SIMCOM_BEARER,
            "AT+CMMSEDIT=1",
        ),
        title='AT+CMMSDOWN="TITLE",{size},{ms}',
        pieces={
            "image/": 'AT+CMMSDOWN="PIC",{size},{ms},"{name}"',
            "text/plain": 'AT+CMMSDOWN="TEXT",{size},{ms},"{name}"',
            "audio/amr": 'AT+CMMSDOWN="AUDIO_AMR",{size},{ms},"{name}"',
            "audio/aac": 'AT+CMMSDOWN="AUDIO_AAC",{size},{ms},"{name}"',
            "audio/midi": 'AT+CMMSDOWN="AUDIO_MID",{size},{ms},"{name}"',
            "audio/mpeg": 'AT+CMMSDOWN="AUDIO_MPEG",{size},{ms},"{name}"',
            "video/3gpp": 'AT+CMMSDOWN="VIDEO_3GPP",{size},{ms},"{name}"',
            "video/mp4": 'AT+CMMSDOWN="VIDEO_MP4",{size},{ms},"{name}"',
        },
        recipient='AT+CMMSRECP="{to}"',
        send="AT+CMMSSEND",
        done="",
        closes=("?AT+CMMSEDIT=0", "?AT+CMMSTERM"),
        errors=SIM800_ERRORS,
    ),
    Stack(
        "SIMCom LTE",
        r"(simcom_)?(sim[57]\d\d\d|a76\d\d)",
        opens=(
            'AT+CGSOCKCONT=1,"IP","{apn}"',
            'AT+CMMSCURL="{host_path}"',
            # As the SIM5320 has it, or the SIM7600.
            'AT+CMMSPROTO=1,"{proxy_host}",{proxy_port} | AT+CMMSPROTO="{proxy_host}",{proxy_port}',
            "?AT+CMMSSENDCFG=6,3,{report},{read},2,4",
            "AT+CMMSEDIT=1",
        ),
        title='AT+CMMSDOWN="title",{size}',
        pieces={
            "image/": 'AT+CMMSDOWN="pic",{size},"{name}"',
            "text/plain": 'AT+CMMSDOWN="text",{size},"{name}"',
            "audio/": 'AT+CMMSDOWN="audio",{size},"{name}"',
            "video/": 'AT+CMMSDOWN="video",{size},"{name}"',
        },
        recipient='AT+CMMSRECP="{to}"',
        send="AT+CMMSSEND",
        done=r"\+CMMSSEND: *(\d+)",
        closes=("?AT+CMMSEDIT=0",),
        errors=SIM7000_ERRORS,
    ),
    Stack(
        "Quectel",
        r"(quectel_)?(e[cgm]\d\d|ug\d\d|uc\d\d).*",
        opens=(
            'AT+QICSGP=1,1,"{apn}","{user}","{password}",{auth}',
            "?AT+QIACT=1",
            'AT+QMMSCFG="contextid",1',
            'AT+QMMSCFG="mmsc","{url}"',
            'AT+QMMSCFG="proxy","{proxy_host}",{proxy_port}',
            'AT+QMMSCFG="character","ASCII"',  # with UTF8 every field must be hexadecimal (CME 756)
            '?AT+QMMSCFG="supportfield",0',
            '?AT+QMMSCFG="sendparam",6,2,{report},{read},2,4',
            "AT+QMMSEDIT=0",
        ),
        title='AT+QMMSEDIT=4,1,"{subject}"',
        title_is_data=False,
        pieces={"": 'AT+QFUPL="RAM:{name}",{size}'},
        recipient='AT+QMMSEDIT=1,1,"{to}"',
        send="AT+QMMSEND={seconds}",
        done=r"\+QMMSEND: *(\d+)(?: *, *\d+)?",
        closes=("?AT+QMMSEDIT=0", '?AT+QFDEL="RAM:*"'),
        errors=QUECTEL_ERRORS,
    ),
)
"""In the order in which they are looked through."""


def http_of(model: str) -> HttpCommands | None:
    """The HTTP commands of a model, as +CGMM names it; None when we know none."""
    return next((one for one in HTTP if re.match(one.model, model.strip(), re.IGNORECASE)), None)


def stack_of(model: str) -> Stack | None:
    """The MMS commands of a model; None when we know none."""
    return next((one for one in STACKS if re.match(one.model, model.strip(), re.IGNORECASE)), None)
