"""A simulated modem's HTTP and MMS commands, those of SIMCom's two families and of Quectel: over a real network.

Which of them a modem has is told by its model (`Ways.model`). What it fetches and posts goes to the URL that it was
given, or to the proxy, over real HTTP.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drivers._mms import messages, pdu
from drivers._mms.messages import written
from drivers._mms.parts import Part
from drivers._mms.pdu import INSERT_ADDRESS, Pdu
from drivers._mms.wsp import ContentType, Malformed

if TYPE_CHECKING:
    from drivers.modem.line.modem import SimulatedModem

_PIECES = {"PIC": "image/jpeg", "TEXT": "text/plain", "AUDIO": "audio/amr", "VIDEO": "video/3gpp"}


class MmsSide:
    """What a modem remembers between these commands. trouble: the +CME ERROR with which the next one sends; 0: none."""

    def __init__(self) -> None:
        self.settings: dict[str, str] = {}
        self.url = ""
        self.proxy = ""
        self.posts = b""
        self.answer = b""
        self.files: dict[str, bytes] = {}
        self.parts: list[tuple[str, str, bytes]] = []  # media type, name, octets
        self.subject = ""
        self.to: list[str] = []
        self.editing = False
        self.trouble = 0


def _ask(url: str, proxy: str, method: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Ask over HTTP; 601 as SIMCom says it when there is no connection."""
    split = urlsplit(url if "://" in url else f"http://{url}")
    host, _, port = proxy.rpartition(":") if proxy else ("", "", "")
    talk = http.client.HTTPConnection(host or split.hostname or "", int(port or split.port or 80), timeout=20)
    target = split.geturl() if proxy else (split.path or "/") + (f"?{split.query}" if split.query else "")
    try:
        talk.request(method, target, body or None, {"Host": split.netloc, **headers})
        answer = talk.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException, ValueError):
        return 601, b""
    finally:
        talk.close()


def _later(modem: SimulatedModem, what: Callable[[], str]) -> None:
    """Say OK, and what came of it in a while."""
    modem.answer("OK")
    threading.Thread(target=lambda: modem.tell(what()), name="simulated MMS", daemon=True).start()


def _octets(modem: SimulatedModem, prompt: str, count: int, keep: Callable[[bytes], None], ends: str = "OK") -> None:
    """Ask for octets, keep them, and say that they are there."""

    def took(octets: bytes) -> None:
        keep(octets)
        modem.answer(*filter(None, [ends]))

    modem.wants_octets(count, took)
    modem.says(b"\r\n> " if prompt == ">" else f"\r\n{prompt}\r\n".encode())


# SIMCom: HTTP


def _set(modem: SimulatedModem, name: str, value: str) -> None:
    modem.mms.settings[name.upper()] = value.strip('"')
    modem.answer("OK")


def _bearer(modem: SimulatedModem, typed: str) -> None:
    if typed == "1,1" and modem.mms.settings.get("bearer"):
        modem.answer("ERROR")
        return
    modem.mms.settings["bearer"] = "" if typed == "0,1" else "up"
    modem.answer("OK")


def _simcom_proxy(modem: SimulatedModem) -> str:
    told = modem.mms.settings
    return f"{told['PROIP']}:{told['PROPORT']}" if told.get("PROIP") else ""


def _http_init(modem: SimulatedModem) -> None:
    if modem.mms.settings.get("http"):
        modem.answer("ERROR")
        return
    modem.mms.settings["http"] = "on"
    modem.answer("OK")


def _http_term(modem: SimulatedModem) -> None:
    had = modem.mms.settings.pop("http", "")
    for name in ("PROIP", "PROPORT", "URL", "CONTENT"):
        modem.mms.settings.pop(name, None)
    modem.answer("OK" if had else "ERROR")


def _http_data(modem: SimulatedModem, count: str) -> None:
    _octets(modem, "DOWNLOAD", int(count), lambda octets: setattr(modem.mms, "posts", octets))


def _http_action(modem: SimulatedModem, method: str) -> None:
    told, mms = modem.mms.settings, modem.mms

    def ask() -> str:
        headers = {"User-Agent": told.get("UA", "SIMCOM_MODULE")}
        name, _, value = told.get("USERDATA", "").partition(": ")
        headers |= {name: value} if value else {}
        headers |= {"Content-Type": told.get("CONTENT", "")} if method == "1" else {}
        body = mms.posts if method == "1" else b""
        status, mms.answer = _ask(told["URL"], _simcom_proxy(modem), ("GET", "POST")[int(method)], body, headers)
        return f"+HTTPACTION: {method},{status},{len(mms.answer)}"

    _later(modem, ask)


def _http_read(modem: SimulatedModem) -> None:
    octets = modem.mms.answer
    modem.says(f"\r\n+HTTPREAD: {len(octets)}\r\n".encode() + octets + b"\r\nOK\r\n")


def _http_read_lte(modem: SimulatedModem, count: str) -> None:
    octets = modem.mms.answer[: int(count)]
    modem.says(b"\r\nOK\r\n")
    modem.says(f"\r\n+HTTPREAD: DATA,{len(octets)}\r\n".encode() + octets + b"\r\n+HTTPREAD: 0\r\n")


# SIMCom: MMS


def _edit(modem: SimulatedModem, on: str) -> None:
    mms = modem.mms
    if on == "1" and mms.editing:
        modem.answer("+CME ERROR: 185")
        return
    mms.editing = on == "1"
    mms.parts, mms.to, mms.subject = [], [], ""
    modem.answer("OK")


def _down(modem: SimulatedModem, prompt: str, kind: str, count: str, name: str | None) -> None:
    mms = modem.mms
    if not mms.editing:
        modem.answer("+CME ERROR: 186")
    elif kind.upper() == "TITLE":
        _octets(modem, prompt, int(count), lambda octets: setattr(mms, "subject", octets.decode()))
    else:
        media = _PIECES.get(kind.upper().partition("_")[0], "application/octet-stream")
        _octets(modem, prompt, int(count), lambda octets: mms.parts.append((media, name or "", octets)))


def _recipient(modem: SimulatedModem, to: str) -> None:
    modem.mms.to.append(to)
    modem.answer("OK")


def _post_mms(modem: SimulatedModem, url: str, proxy: str) -> int:
    """Make an M-Send.req of what was given and post it; 0, or the number of what went wrong."""
    mms = modem.mms
    if mms.trouble:
        trouble, mms.trouble = mms.trouble, 0
        return trouble
    if not mms.to:
        return 174
    fields = (
        ("transaction-id", f"{modem.imei}{len(mms.to)}"),
        ("mms-version", "1.2"),
        ("from", INSERT_ADDRESS),
        *(("to", written(one)) for one in mms.to),
        *((("subject", mms.subject),) if mms.subject else ()),
        ("delivery-report", "Yes"),
    )
    parts = tuple(Part(ContentType(media, {"name": name} if name else {}), octets) for media, name, octets in mms.parts)
    asked = pdu.write(Pdu("m-send-req", fields, ContentType(messages.MIXED), parts))
    status, answer = _ask(url, proxy, "POST", asked, {"Content-Type": "application/vnd.wap.mms-message"})
    try:
        return 0 if status == 200 and pdu.read(answer).get("response-status") == "Ok" else 177
    except Malformed:
        return 177


def _simcom_way(modem: SimulatedModem) -> tuple[str, str]:
    told = modem.mms.settings
    return told.get("CMMSCURL", ""), told.get("CMMSPROTO", "").replace('"', "").replace(",", ":")


def _send_2g(modem: SimulatedModem) -> None:
    def send() -> None:
        trouble = _post_mms(modem, *_simcom_way(modem))
        modem.answer("OK" if not trouble else f"+CME ERROR: {trouble}")

    threading.Thread(target=send, name="simulated MMS", daemon=True).start()


def _send_lte(modem: SimulatedModem) -> None:
    _later(modem, lambda: f"+CMMSSEND: {_post_mms(modem, *_simcom_way(modem))}")


# Quectel


def _url(modem: SimulatedModem, count: str) -> None:
    _octets(modem, "CONNECT", int(count), lambda octets: setattr(modem.mms, "url", octets.decode()))


def _raw(modem: SimulatedModem, which: str, count: str) -> None:
    mms = modem.mms

    def ask(request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        proxy = urlsplit(mms.url).netloc if "://" in target else ""
        url = target if proxy else f"http://{urlsplit(mms.url).netloc}{target}"
        headers.pop("Content-Length", None)
        status, mms.answer = _ask(url, proxy, method, body, headers)
        told = "702" if status == 601 else f"0,{status},{len(mms.answer)}"
        modem.tell(f"+QHTTP{which}: {told}")

    def took(request: bytes) -> None:
        modem.answer("OK")
        threading.Thread(target=ask, args=(request,), name="simulated HTTP", daemon=True).start()

    modem.wants_octets(int(count), took)
    modem.says(b"\r\nCONNECT\r\n")


def _keep_answer(modem: SimulatedModem, name: str) -> None:
    def keep() -> str:
        modem.mms.files[name] = modem.mms.answer
        return "+QHTTPREADFILE: 0"

    _later(modem, keep)


def _upload(modem: SimulatedModem, name: str, count: str) -> None:
    _octets(
        modem,
        "CONNECT",
        int(count),
        lambda octets: modem.mms.files.__setitem__(name, octets),
        f"+QFUPL: {count},0\r\n\r\nOK",
    )


def _list_file(modem: SimulatedModem, name: str) -> None:
    octets = modem.mms.files.get(name)
    modem.answer(*([f'+QFLST: "{name}",{len(octets)}'] if octets is not None else []), "OK")


def _download(modem: SimulatedModem, name: str) -> None:
    octets = modem.mms.files.get(name, b"")
    modem.says(b"\r\nCONNECT\r\n" + octets + f"\r\n+QFDWL: {len(octets)},0\r\n\r\nOK\r\n".encode())


def _delete_file(modem: SimulatedModem, name: str) -> None:
    if name.endswith("*"):
        modem.mms.files.clear()
    modem.mms.files.pop(name, None)
    modem.answer("OK")


def _quectel_edit(modem: SimulatedModem, typed: str) -> None:
    mms = modem.mms
    what, *rest = typed.split(",", 2)
    value = rest[1].strip('"') if len(rest) > 1 else ""
    if what == "0":
        mms.parts, mms.to, mms.subject = [], [], ""
    elif what == "1":
        mms.to.append(value)
    elif what == "4":
        mms.subject = value
    elif what == "5":
        mms.parts.append(("application/octet-stream", value.removeprefix("RAM:"), mms.files[value]))
    modem.answer("OK")


def _quectel_send(modem: SimulatedModem) -> None:
    told = modem.mms.settings

    def send() -> str:
        proxy = told.get("PROXY", "").replace('"', "").replace(",", ":")
        trouble = _post_mms(modem, told.get("MMSC", ""), proxy)
        return f"+QMMSEND: {trouble},{200 if not trouble else 0}"

    _later(modem, send)


_Table = list[tuple[str, Callable[..., None]]]
_OK: Callable[..., None] = lambda modem, *_: modem.answer("OK")  # noqa: E731 - as the table beside it
_SIMCOM: _Table = [
    (r'\+SAPBR=3,1,"(\w+)","(.*)"', _set),
    (r"\+SAPBR=([01],1)", _bearer),
    (r"\+HTTPINIT", _http_init),
    (r"\+HTTPTERM", _http_term),
    (r'\+HTTPPARA="(\w+)",(.*)', _set),
    (r"\+HTTPDATA=(\d+),\d+", _http_data),
    (r"\+HTTPACTION=([01])", _http_action),
    (r'\+(CMMSCURL)="(.*)"', _set),
    (r"\+CMMSEDIT=([01])", _edit),
    (r'\+CMMSRECP="(.*)"', _recipient),
]
TABLES: list[tuple[str, _Table]] = [
    (
        r"(?i)sim[89]\d\d.*",
        [
            *_SIMCOM,
            (r"\+HTTPREAD", _http_read),
            (r'\+(CMMSPROTO)=("[^"]+",\d+)', _set),
            (r"\+CMMS(?:INIT|TERM|SCONT|CID=1|SENDCFG=[\d,]+|TIMEOUT=[\d,]+)", _OK),
            (
                r'\+CMMSDOWN="(\w+)",(\d+),\d+(?:,"([^"]*)")?',
                lambda modem, kind, count, name: _down(modem, "CONNECT", kind, count, name),
            ),
            (r"\+CMMSSEND", _send_2g),
        ],
    ),
    (
        r"(?i)(simcom_)?(sim[57]\d\d\d|a76\d\d).*",
        [
            *_SIMCOM,
            (r"\+(?:CGSOCKCONT|CSOCKSETPN)=.*", _OK),
            (r"\+HTTPREAD=0,(\d+)", _http_read_lte),
            (r'\+(CMMSPROTO)=("[^"]+",\d+)', _set),  # as the SIM7600 has it
            (
                r'\+CMMSDOWN="(\w+)",(\d+)(?:,"([^"]*)")?',
                lambda modem, kind, count, name: _down(modem, ">", kind, count, name),
            ),
            (r"\+CMMSSEND", _send_lte),
        ],
    ),
    (
        r"(?i)(quectel_)?(e[cgm]|ug|uc)\d\d.*",
        [
            (r"\+(?:QICSGP|QIACT|QHTTPCFG)=.*", _OK),
            (r"\+QHTTPURL=(\d+),\d+", _url),
            (r"\+QHTTP(GET)=\d+,(\d+),\d+", _raw),
            (r"\+QHTTP(POST)=(\d+),\d+,\d+", _raw),
            (r'\+QHTTPREADFILE="([^"]+)",\d+', _keep_answer),
            (r'\+QFLST="([^"]+)"', _list_file),
            (r'\+QFDWL="([^"]+)"', _download),
            (r'\+QFUPL="([^"]+)",(\d+)', _upload),
            (r'\+QFDEL="([^"]+)"', _delete_file),
            (r'\+QMMSCFG="(\w+)",(.*)', _set),
            (r"\+QMMSEDIT=(.*)", _quectel_edit),
            (r"\+QMMSEND=\d+", _quectel_send),
        ],
    ),
]
"""For each family, by its model: patterns of commands without their AT, and what they do."""


def run(modem: SimulatedModem, command: str) -> bool:
    """Do one of these commands; False when this model has it not."""
    table = next((table for model, table in TABLES if re.fullmatch(model, modem.ways.model)), [])
    for pattern, does in table:
        found = re.fullmatch(pattern, command, re.IGNORECASE)
        if found:
            does(modem, *found.groups())
            return True
    return False
