"""What somebody does at a serial port by hand: look, say one command, ask the network a code; no link is involved.

The surprise: errors are those of `smsgw.errors`, in words and with the next step, for this is used by people.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime

from drivers.modem import probe as bare
from drivers.modem.at import Modem
from drivers.modem.comms import FlowControl
from drivers.modem.dialogue import Dialogue
from drivers.modem.holder import who_holds
from drivers.modem.library import CommandError, SerialException, TimeoutException
from drivers.modem.mms_check import check as mms_check
from drivers.modem.ports import WHERE, port_at
from drivers.modem.probe import PortFacts, config_block, probe
from smsgw.errors import Conflict, NotFound, SmsgwError
from smsgw.link_verbs import UssdAnswer

__all__ = ["at", "config_block", "list_ports", "mms_check", "probe", "udev_rule", "ussd"]


def list_ports(more: Iterable[str] = ()) -> list[str]:
    """The serial ports at which a modem may be, each once; more: patterns of files beside the usual ones."""
    return bare.list_ports((*WHERE, *more))


def udev_rule(device: str) -> str:
    """The rule of `probe.udev_rule`, made without a word to the modem."""
    return bare.udev_rule(PortFacts(device))


def at(
    device: str, command: str, timeout: float = 30.0, baudrate: int = 115200, flow: FlowControl = "none"
) -> list[str]:
    """The lines that the modem answers to one command; the last is OK or an error.

    Raises NotFound (no such port), Conflict (somebody has it open), and SmsgwError with the code port_closed when
    it cannot be opened, or modem_silent.
    """
    with _explained(device):
        return bare.at(device, command, timeout, baudrate, flow)


def ussd(
    device: str,
    code: str,
    replies: Sequence[str] = (),
    timeout: float = 60.0,
    baudrate: int = 115200,
    flow: FlowControl = "none",
) -> UssdAnswer:
    """What the network says at last to a code such as *101# and to these replies to its questions.

    timeout: seconds for each. A session that waits for yet another reply is ended. Raises what `at` raises, BadInput
    when something is no code, Conflict when the network asked nothing more, and SmsgwError with the code ussd_failed.
    """
    with _explained(device), contextlib.closing(Modem(device, baudrate, flow)) as modem:
        modem.open()
        modem.identity()  # its family says how codes are written
        dialogue = Dialogue(modem)
        modem.hear(_to(dialogue))
        answer = _asked(dialogue, code, False, timeout)
        for reply in replies:
            answer = _asked(dialogue, reply, True, timeout)
        if answer.expects_reply:
            dialogue.cancel()
        return answer


def numbers(
    device: str,
    smsc: str | None = None,
    own: str | None = None,
    baudrate: int = 115200,
    flow: FlowControl = "none",
) -> dict[str, str | None]:
    """The SIM's own number and that of its service centre, "number" and "service centre"; None: it tells none.

    smsc, own: written to the SIM before (+ and digits). Raises what `at` raises, and SmsgwError with the code
    modem_refuses.
    """
    with _explained(device), contextlib.closing(Modem(device, baudrate, flow)) as modem:
        modem.open()
        try:
            if smsc is not None:
                modem.set_service_centre(smsc)
            if own is not None:
                modem.set_own_number(own)
        except CommandError as refusal:
            raise SmsgwError(f"the modem refuses: {refusal}", code="modem_refuses") from refusal
        return {"number": modem.own_number(), "service centre": modem.service_centre()}


def _to(dialogue: Dialogue) -> Callable[[list[str]], None]:
    return lambda lines: dialogue.news(lines[0])


def _asked(dialogue: Dialogue, said: str, reply: bool, timeout: float) -> UssdAnswer:
    answer: Future[UssdAnswer] = Future()
    dialogue.ask(said, answer, reply)
    try:
        return answer.result(timeout)
    except NotInTime:
        dialogue.cancel()
        raise SmsgwError(
            f"the network did not answer {said} within {timeout:.0f} s",
            code="ussd_silent",
            hint="try again; smsgw modem signal shows whether the network is there",
        ) from None


@contextlib.contextmanager
def _explained(device: str) -> Iterator[None]:
    """Look whether the port is there and free; say in words what goes wrong at it."""
    port = port_at(device)
    if port is None:
        raise NotFound(f"there is no port {device}", hint="plug the modem in; smsgw modem list shows the ports")
    holder = who_holds(port.node)
    if holder:
        raise Conflict(f"{device} is in use by {holder}", code="port_busy", hint="stop that program, then try again")
    try:
        yield
    except (TimeoutException, CommandError) as silent:
        raise SmsgwError(
            f"the modem at {device} does not answer",
            code="modem_silent",
            hint="smsgw modem probe shows which port answers AT; else pull the modem out and plug it in again",
        ) from silent
    except (SerialException, OSError) as refusal:
        raise SmsgwError(
            f"{device} cannot be opened: {refusal}",
            code="port_closed",
            hint="usermod -aG dialout YOU, then log in anew; smsgw doctor looks at the rest",
        ) from refusal
