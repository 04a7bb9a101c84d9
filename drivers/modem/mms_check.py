"""Go the way of an MMS step by step without sending one, and say which step fails and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivers.modem.at import Modem
from drivers.modem.mms_at import ModemHttp
from drivers.modem.mms_carrier import STEPS, Answer, CarrierFailed
from drivers.modem.mms_host import HostBearer
from smsgw.errors import SmsgwError

if TYPE_CHECKING:
    from drivers.modem import Config

_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name (see mms_carrier.STEPS), what it is about, whether it went well, what is seen, what helps."""

    step: str
    about: str
    well: bool
    says: str
    hint: str = ""


def check(config: Config, device: str | None = None) -> list[Step]:
    """Every step up to the first that fails. device: the modem's port, which the carriers modem and stack need."""
    if config.mms_url is None:
        hint = "ask the operator for its MMSC, proxy and access point; see docs/mms-modem.md"
        return [_step("set-up", False, "there is no mms_url: the link neither sends nor fetches MMS", hint)]
    found: list[Step] = []
    try:
        for step in _host(config) if config.mms_carrier == "host" else _modem(config, device):
            found.append(step)
    except CarrierFailed as failed:
        found.append(_step(failed.step, False, str(failed), failed.hint))
    except (SmsgwError, OSError) as wrong:
        found.append(_step("bearer", False, str(wrong), getattr(wrong, "hint", "")))
    return found


def _step(step: str, well: bool, says: str, hint: str = "") -> Step:
    return Step(step, STEPS[step], well, says, hint)


def _host(config: Config) -> Iterator[Step]:
    url = str(config.mms_url)
    bearer = HostBearer(config)
    way = f"through the proxy {config.mms_proxy}" if config.mms_proxy else "without a proxy"
    yield _step("set-up", True, f"{url}, {way}")
    source = bearer.bearer()
    where = f"{config.mms_interface} has {source}" if source else "whichever way this machine takes: no mms_interface"
    yield _step("bearer", True, where)
    host, port = bearer.next_hop(url)
    yield _step("name", True, f"{host} is {', '.join(bearer.addresses(host, source))}")
    with bearer.connect(host, port, source) as line:
        yield _step("connection", True, f"{host} port {port} took a connection from {line.getsockname()[0]}")
    yield _answered(bearer.get(url, _MOST))


def _modem(config: Config, device: str | None) -> Iterator[Step]:
    if device is None:
        raise CarrierFailed("the modem is not there", "bearer", hint="smsgw modem probe shows what is plugged in")
    yield _step("set-up", True, f"{config.mms_url} over the access point {config.mms_apn}, by the modem at {device}")
    with closing(Modem(device, config.baudrate, config.flow_control)) as modem:
        modem.open()
        modem.identity()

        def ask(what: Any, timeout: float) -> Any:
            return what(modem)

        answer = ModemHttp(config, ask).get(str(config.mms_url), _MOST)
    yield _step("bearer", True, "the modem brought its data connection up")
    yield _answered(answer)


def _answered(answer: Answer) -> Step:
    """An MMSC is asked by POST, so it may refuse a GET as it likes; that it speaks HTTP is what counts."""
    if answer.status >= 500:
        says = f"it answered with HTTP {answer.status}"
        return _step("answer", False, says, "try again later; is it the MMSC of this SIM's operator?")
    if answer.status in (401, 403, 407):
        says = f"it answered with HTTP {answer.status}: it may not know this SIM"
        return _step(
            "answer", False, says, "is MMS part of the SIM's contract? Is the bearer that of the MMS access point?"
        )
    return _step("answer", True, f"it speaks HTTP (status {answer.status})")
