"""MMS by AT commands: the modem's own HTTP (carrier `modem`), and its own MMS commands to send (carrier `stack`).

While an MMS travels the modem does nothing else, for it has one line. What is peculiar to each family is data in
`mms_profiles`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from drivers._mms.statuses import tail_reference
from drivers.modem.at import Modem
from drivers.modem.library import CmeError, CommandError, TimeoutException
from drivers.modem.mms_carrier import Answer, CarrierFailed
from drivers.modem.mms_profiles import HttpCommands, Stack, http_of, stack_of
from drivers.modem.octets import Heard, Octets
from smsgw.errors import SmsgwError
from smsgw.link import ContentPart, LinkError, RejectedForGood, RejectedForNow, WirePart

if TYPE_CHECKING:
    from drivers.modem import Config

T = TypeVar("T")
_PATIENCE = 20.0  # seconds for a command that does not wait for a network
_BEARER = 90.0  # seconds for one that may bring the data connection up
_SENDS = 480.0  # seconds for all parts of an MMS to be given, and for it to be sent
_SLACK = 30.0  # seconds that the modem's thread may need before it comes to us
_MMS = "application/vnd.wap.mms-message"
Ask = Callable[[Callable[[Modem], object], float], object]


class ByCommands:
    """What both ways have in common. ask: has something done by the thread that owns the modem."""

    def __init__(self, config: Config, ask: Ask) -> None:
        self._config = config
        self._ask = ask
        self._may_be_out = False  # whether the network may have what is being sent; exchanges are one at a time

    def _with_modem(self, what: Callable[[Modem], T], seconds: float) -> T:
        """Have it done within so many seconds. What goes wrong is told as CarrierFailed, not as a fault of the link."""
        self._may_be_out = False

        def do(modem: Modem) -> T | CarrierFailed:
            try:
                return what(modem)
            except CarrierFailed as failed:
                return failed
            except CommandError as refusal:
                return CarrierFailed(f"the modem refuses: {refusal}", "bearer", written=self._may_be_out)
            except TimeoutException:
                step = "answer" if self._may_be_out else "bearer"
                return CarrierFailed("the modem did not answer in time", step, written=self._may_be_out)

        try:
            done = self._ask(do, seconds + _BEARER + _SLACK)
        except SmsgwError as gone:  # it is gone, or was busy for too long
            step = "answer" if self._may_be_out else "bearer"
            raise CarrierFailed(f"the modem cannot be asked: {gone}", step, written=self._may_be_out) from gone
        if isinstance(done, CarrierFailed):
            raise done
        return done  # type: ignore[return-value]  # what went in as T comes out as T

    def _words(self, url: str) -> dict[str, str]:
        """What is filled into commands, but for what belongs to one of them."""
        config = self._config
        proxy = config.mms_proxy or ""
        host, _, port = proxy.rpartition(":")
        if not proxy:  # stacks want one: then it is the MMSC itself
            split = urlsplit(url)
            host, port = split.hostname or "", str(split.port or 80)
        password = config.mms_password.get_secret_value() if config.mms_password else ""
        return {
            "url": url,
            "host_path": re.sub(r"^https?://", "", url),
            "apn": config.mms_apn or "",
            "user": config.mms_user or "",
            "password": password,
            "auth": "1" if config.mms_user else "0",
            "agent": config.mms_user_agent.replace('"', ""),
            "profile": config.mms_profile.replace('"', ""),
            "proxy_host": host.strip("[]"),
            "proxy_port": port,
            "seconds": str(int(max(30, self._config.mms_timeout))),
        }


def _run(modem: Modem, commands: Iterable[str], words: Mapping[str, str]) -> None:
    """Say commands as `mms_profiles` writes them."""
    for written in commands:
        refusal = None
        for each in written.removeprefix("?").split(" | "):
            filled = each.format_map(words)
            if written.startswith("?") and filled.endswith(('""', ': "')):  # it is about nothing
                break
            long = "SAPBR=1" in filled or "QIACT" in filled
            try:
                modem.write(filled, timeout=_BEARER if long else _PATIENCE, tries=2)
                break
            except CommandError as refused:
                refusal = filled, refused
        else:
            if refusal is not None and not written.startswith("?"):
                raise CarrierFailed(_refused(*refusal), "bearer") from refusal[1]


def _close(modem: Modem, commands: Iterable[str], words: Mapping[str, str]) -> None:
    """Clear up; a modem that says nothing to that takes nothing back of what it said before."""
    with suppress(TimeoutException, CarrierFailed):
        _run(modem, commands, words)


def _refused(command: str, refusal: CommandError) -> str:
    code = f" (CME {refusal.code})" if isinstance(refusal, CmeError) else ""
    return f"the modem refuses {command.partition('=')[0]}{code}"


def _give(modem: Modem, command: str, octets: bytes, timeout: float) -> None:
    """Say a command that wants octets, and give them."""
    try:
        lines = modem.write(command, timeout=timeout, expectedResponseTermSeq=">", tries=1)
    except CommandError as refusal:
        raise CarrierFailed(_refused(command, refusal), "request") from refusal
    if lines[-1] not in (">", "CONNECT", "DOWNLOAD"):
        raise CarrierFailed(f"the modem wants no octets after {command.partition('=')[0]}: {lines[-1]}", "request")
    answer = modem.give_octets(octets, timeout)
    if answer[-1:] != ["OK"]:
        raise CarrierFailed(f"the modem did not take the octets: {' '.join(answer)}", "request")


def _model(modem: Modem) -> str:
    return next((line for line in modem.write("AT+CGMM") if line not in ("OK", "AT+CGMM")), "")


class ModemHttp(ByCommands):
    """The modem's HTTP commands as a carrier: see drivers.modem.mms_carrier.Carrier."""

    def get(self, url: str, most: int) -> Answer:
        """See Carrier."""
        return self._with_modem(lambda modem: self._exchange(modem, url, None, most), self._config.mms_timeout)

    def post(self, url: str, body: bytes, most: int) -> Answer:
        """See Carrier."""
        return self._with_modem(lambda modem: self._exchange(modem, url, body, most), self._config.mms_timeout)

    def _exchange(self, modem: Modem, url: str, body: bytes | None, most: int) -> Answer:
        model = _model(modem)
        family = http_of(model)
        if family is None:
            says = f"the HTTP commands of a {model or 'modem that does not say what it is'} are not known"
            raise CarrierFailed(says, "set-up", hint='use mms_carrier = "host"')
        if self._config.mms_proxy and family.proxied is None:
            says = f"the HTTP commands of {family.name} know no proxy"
            raise CarrierFailed(
                says, "set-up", hint='use mms_carrier = "host", or leave mms_proxy out if the MMSC allows it'
            )
        if '"' in url:
            raise CarrierFailed("the place of the message cannot be said to the modem", "set-up", for_good=True)
        words = self._words(url)
        try:
            _run(modem, family.opens, words)
            if self._config.mms_proxy:
                _run(modem, family.proxied or (), words)
            status, size = self._asked(modem, family, url, body, words)
            if size > most:
                raise CarrierFailed(f"the answer is larger than {most} octets", "answer", written=True, for_good=True)
            return Answer(status, "", self._read(modem, family, size) if size or family.file else b"")
        finally:
            _close(modem, family.closes, words)

    def _asked(
        self, modem: Modem, family: HttpCommands, url: str, body: bytes | None, words: dict[str, str]
    ) -> tuple[int, int]:
        """Have the request made; status and size of the answer."""
        timeout = self._config.mms_timeout
        if family.raw:
            self._give_url(modem, family, url)
            request = self._request(url, body)
            command = (family.get if body is None else family.post).format(**{**words, "size": str(len(request))})
            heard = Heard(family.result)
            self._may_be_out = body is not None
            with modem.hearing(heard):
                _give(modem, command, request, timeout)
                modem.until(heard.done, timeout + _SLACK)
        else:
            if body is not None:
                _give(modem, family.data.format(size=len(body), ms=_time(body)), body, _time(body) / 1000 + _PATIENCE)
            heard = Heard(family.result)
            self._may_be_out = body is not None
            lines = modem.hear_late(family.get if body is None else family.post, heard, timeout + _SLACK, _PATIENCE)
            if lines is not None and lines[-1] != "OK":
                raise CarrierFailed(f"the modem refuses to ask: {lines[-1]}", "request")
        found = heard.found
        if found is None:
            raise CarrierFailed("the modem did not say what came of the request", "answer", written=True)
        return _result(family, found)

    def _give_url(self, modem: Modem, family: HttpCommands, url: str) -> None:
        target = f"http://{self._config.mms_proxy}/" if self._config.mms_proxy else url
        _give(modem, family.url.format(size=len(target)), target.encode(), _PATIENCE)

    def _request(self, url: str, body: bytes | None) -> bytes:
        split = urlsplit(url)
        path = url if self._config.mms_proxy else (split.path or "/") + (f"?{split.query}" if split.query else "")
        lines = [
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1",
            f"Host: {split.netloc.rpartition('@')[2]}",
            f"User-Agent: {self._config.mms_user_agent}",
            f"X-Wap-Profile: {self._config.mms_profile}",
            f"Accept: {_MMS}, */*",
        ]
        if body is not None:
            lines += [f"Content-Type: {_MMS}", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")

    def _read(self, modem: Modem, family: HttpCommands, size: int) -> bytes:
        """Have the answer given out."""
        count: int | None = None
        if family.file:
            command, told, lists, listed, _ = family.file
            heard = Heard(told)
            modem.hear_late(command, heard, 100.0, _PATIENCE)
            if heard.found is None or heard.found[1] != "0":
                raise CarrierFailed("the modem could not keep the answer", "answer", written=True)
            found = [match for line in modem.write(lists) if (match := re.fullmatch(listed, line))]
            count = int(found[0][1]) if found else size
            if not count:
                return b""
        wanted = Octets(family.head, count)
        modem.take_octets(family.reads.format(size=size), wanted, _PATIENCE)
        if family.file:
            _run(modem, [f"?{family.file[4]}"], {})
        if not wanted.done.is_set():
            raise CarrierFailed("the modem did not give the answer out", "answer", written=True)
        return bytes(wanted.got)


def _result(family: HttpCommands, found: re.Match[str]) -> tuple[int, int]:
    if family.raw:  # +QHTTPGET: <error>[,<status>[,<size>]]
        if found[1] != "0":
            says = (
                "the MMSC did not answer the modem in time" if found[1] == "702" else f"HTTP failed (error {found[1]})"
            )
            raise CarrierFailed(f"the modem says: {says}", "answer", written=True)
        return int(found[2] or 0), int(found[3] or 0)
    status = int(found[2])
    if status >= 600:  # SIMCom's own: 601 network, 603 DNS, 604 stack busy
        step = {601: "connection", 603: "name", 604: "bearer"}.get(status, "answer")
        raise CarrierFailed(f"the modem says: HTTP failed (error {status})", step, written=step == "answer")
    return status, int(found[3])


def _time(octets: bytes) -> int:
    """Milliseconds that a modem is told it may take to get these octets: at 9,600 bit/s, and some."""
    return min(120_000, 5_000 + len(octets) * 1000 // 900)


class OwnStack(ModemHttp):
    """The modem's own MMS commands for sending; what comes is fetched by its HTTP commands."""

    def send(self, part: WirePart) -> str | LinkError:
        """Send one part; what we call it (there is no Message-ID), or why not."""
        url = self._config.mms_url
        if url is None:
            raise CarrierFailed("there is no mms_url", "set-up")
        return self._with_modem(lambda modem: self._send(modem, part, url), _SENDS)

    def _send(self, modem: Modem, part: WirePart, url: str) -> str | LinkError:
        content = part.content
        assert content is not None
        model = _model(modem)
        stack = stack_of(model)
        if stack is None:
            says = f"the MMS commands of a {model or 'modem that does not say what it is'} are not known"
            raise CarrierFailed(says, "set-up", hint='use mms_carrier = "host" or "modem"')
        parts = [one for one in content.parts if one.media_type != "application/smil"]  # the modem writes its own
        refused = next((why for one in parts if (why := _unfit(stack, one))), None)
        if refused:
            return RejectedForGood(refused, "mms_stack")
        words = self._words(url) | {"report": str(int(part.receipt)), "read": str(int(content.read_report))}
        try:
            _run(modem, stack.opens, words)
            self._give_parts(modem, stack, content.subject, parts, words)
            _run(modem, [stack.recipient], {"to": part.to})
            self._may_be_out = True
            return self._sent(modem, stack, part, words)
        finally:
            _close(modem, stack.closes, words)

    @staticmethod
    def _give_parts(
        modem: Modem, stack: Stack, subject: str, parts: list[ContentPart], words: Mapping[str, str]
    ) -> None:
        if subject and stack.title_is_data:
            octets = subject.encode()[:40]
            filled = stack.title.format(**{**words, "size": len(octets), "ms": _time(octets)})
            _give(modem, filled, octets, _PATIENCE)
        elif subject:
            plain = subject.encode("ascii", "replace").decode().replace('"', "'")[:40]
            _run(modem, [stack.title], {**words, "subject": plain})
        for number, part in enumerate(parts, 1):
            octets = _octets(part)
            name = _name(part, number)
            filled = _command(stack, part).format(**{**words, "size": len(octets), "ms": _time(octets), "name": name})
            _give(modem, filled, octets, _time(octets) / 1000 + _PATIENCE)
            if not stack.title_is_data:
                _run(modem, [f'AT+QMMSEDIT=5,1,"RAM:{name}"'], {})

    def _sent(self, modem: Modem, stack: Stack, part: WirePart, words: Mapping[str, str]) -> str | LinkError:
        command = stack.send.format(**words)
        timeout = max(180.0, self._config.mms_timeout)
        if not stack.done:
            lines: list[str] = modem.write(command, timeout=timeout, parseError=False, tries=1)
        else:
            heard = Heard(stack.done)
            lines = modem.hear_late(command, heard, timeout, _PATIENCE) or []
            if lines[-1:] == ["OK"] and heard.found is not None:
                return tail_reference(part.to) if heard.found[1] == "0" else _error(stack, int(heard.found[1]))
        if lines[-1:] == ["OK"] and not stack.done:
            return tail_reference(part.to)
        found = re.fullmatch(r"\+CME ERROR: *(\d+)", lines[-1] if lines else "")
        if found:
            return _error(stack, int(found[1]))
        return RejectedForNow("the modem could not send it and gives no reason", "ERROR")


def _error(stack: Stack, code: int) -> LinkError:
    made, says = stack.errors.get(code, (None, ""))
    if made is None:
        return RejectedForNow("the modem could not send it, for a reason that we have no words for", f"CME {code}")
    return made(says, f"CME {code}")


def _command(stack: Stack, part: ContentPart) -> str:
    return next((command for kind, command in stack.pieces.items() if part.media_type.startswith(kind)), "")


def _unfit(stack: Stack, part: ContentPart) -> str | None:
    """Why a stack cannot carry a part; None when it can."""
    if not _command(stack, part):
        return f"the modem's MMS commands carry no {part.media_type}"
    most = stack.most_text if part.media_type.startswith("text/") else stack.most
    if len(part.data) > most:
        return f"the modem's MMS commands carry {most} octets of {part.media_type} at most"
    return None


def _octets(part: ContentPart) -> bytes:
    """The data; texts in UTF-8, whatever they were written in."""
    if not part.media_type.startswith("text/") or (part.charset or "utf-8").lower() in ("utf-8", "us-ascii"):
        return part.data
    try:
        return part.data.decode(part.charset or "utf-8", "replace").encode()
    except LookupError:
        return part.data


def _name(part: ContentPart, number: int) -> str:
    """A file name of at most 40 plain letters."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", part.name)[-40:]
    return plain or f"part{number}"
