"""The AT commands of a simulated modem, as a table: a pattern, and what it does (3GPP TS 27.005 and 27.007)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from drivers.modem.line import mms

if TYPE_CHECKING:
    from drivers.modem.line.modem import SimulatedModem

ALWAYS = ("", "E0", "E1", "Z", "+CMEE", "+CPIN", "+CFUN", "+CGMI", "+CGMM", "+CGMR", "+CGSN")  # answered when busy
_ATTEMPTS = {
    "+CPINR": "+CPINR: SIM PIN,{0},3",
    "^CPIN": "^CPIN: SIM PIN,{0},10,{0},10,3",
    "+SPIC": "+SPIC: {0},10,0,10",
    "+ZPINPUK": "+ZPINPUK: {0},10",
    "+QPINC": '+QPINC: "SC",{0},10',
    "#PCT": "#PCT: {0}",
    "+UPINCNT": "+UPINCNT: {0},3,10,10",
    "+CPINC": "+CPINC: {0},3,10,10",
    "^SPIC": "^SPIC: {0}",
    "+EPINC": "+EPINC: {0},3,10,10",
}
_RESETS = r"\+CFUN=1,1|\+CFUN=16|\^RESET|\+ZRST|\+QRST=1,0|\+CRESET|#REBOOT|!RESET"


def run(modem: SimulatedModem, command: str) -> None:
    """Do a command, which is given without its AT, and answer it."""
    for pattern, does in COMMANDS:
        found = pattern.fullmatch(command)
        if found:
            does(modem, *found.groups())
            return
    if not mms.run(modem, command):
        modem.answer("ERROR")


def _says(*lines: str) -> Callable[[SimulatedModem], None]:
    return lambda modem: modem.answer(*lines, "OK")


def _set_echo(modem: SimulatedModem, on: str) -> None:
    modem.echo = on == "1"
    modem.answer("OK")


def _to_factory(modem: SimulatedModem) -> None:
    """AT&F and ATZ: most modems forget echo and +CNMI, none forgets its PIN."""
    locked = modem.sim.locked
    modem.forget()
    modem.sim.locked = locked
    modem.answer("OK")


def _reset(modem: SimulatedModem) -> None:
    modem.answer("OK")
    modem.reset()


def _set_radio(modem: SimulatedModem, level: str) -> None:
    modem.set_radio(level == "1")


# The SIM


def _ask_pin(modem: SimulatedModem) -> None:
    if modem.sim.present:
        modem.answer("+CPIN: " + modem.sim.asks_for, "OK")
    else:
        modem.answer("+CME ERROR: 10")


def _enter_pin(modem: SimulatedModem, pin: str, new: str | None) -> None:
    said = modem.sim.enter(pin) if new is None else modem.sim.unblock(new)
    modem.journal({"event": "pin", "said": said, "left": modem.sim.attempts})
    if not modem.swallow_pin_answer:
        modem.answer(said)


def _attempts(modem: SimulatedModem, command: str) -> None:
    if command == modem.ways.attempts:
        modem.answer(_ATTEMPTS[command].format(modem.sim.attempts), "OK")
    else:
        modem.answer("ERROR")


def _imsi(modem: SimulatedModem) -> None:
    if modem.ready():
        modem.answer(modem.sim.imsi, "OK")


def _iccid(modem: SimulatedModem, command: str) -> None:
    if modem.sim.present:
        modem.answer(f"{command}: {modem.sim.iccid}", "OK")
    else:
        modem.answer("+CME ERROR: 10")


def _own_number(modem: SimulatedModem) -> None:
    if modem.ready():
        modem.answer(f'+CNUM: "","{modem.sim.number}",145', "OK")


def _set_own_number(modem: SimulatedModem, number: str) -> None:
    if modem.ready():
        modem.sim.number = number
        modem.answer("OK")


def _centre(modem: SimulatedModem) -> None:
    if modem.ready():
        modem.answer(f'+CSCA: "{modem.sim.centre}",145', "OK")


def _set_centre(modem: SimulatedModem, number: str) -> None:
    if modem.ready():
        modem.sim.centre = number
        modem.answer("OK")


# The network


def _registration(modem: SimulatedModem, which: str) -> None:
    modem.answer(f'+{which}: 1,{modem.stat},"2AF5","0B88E350",2' + _reject_cause(modem), "OK")


def _reject_cause(modem: SimulatedModem) -> str:
    """What 27.007 section 7.2 has behind the cell: the kind of cause, and the cause."""
    return f",0,{modem.ways.cause}" if modem.ways.cause and modem.stat == 3 else ""


def _extended_error(modem: SimulatedModem) -> None:
    modem.answer(f'+CEER: "EMM cause",{modem.ways.cause}' if modem.ways.cause else "+CEER: No cause", "OK")


def _operator(modem: SimulatedModem) -> None:
    modem.answer('+COPS: 0,0,"Emulated",2' if modem.stat in (1, 5, 6, 7) else "+COPS: 0", "OK")


def _signal(modem: SimulatedModem) -> None:
    modem.answer(f"+CSQ: {modem.ways.signal if modem.radio_on else 99},99", "OK")


def _code(modem: SimulatedModem, text: str) -> None:
    if modem.ready():
        modem.ask_network(text)


# Memories


def _used(modem: SimulatedModem, name: str) -> str:
    return f"{len(modem.stored[name])},{modem.ways.slots}"


def _ask_memory(modem: SimulatedModem) -> None:
    if modem.ready():
        one, into = modem.memory, modem.ways.receives_into
        names = (one, one, into if into in modem.stored else one)
        modem.answer("+CPMS: " + ",".join(f'"{name}",{_used(modem, name)}' for name in names), "OK")


def _set_memory(modem: SimulatedModem, name: str, _second: str | None, into: str | None) -> None:
    if any(one is not None and one not in modem.stored for one in (name, into)):
        modem.answer("+CMS ERROR: 302")
    elif modem.ready():
        modem.memory = name
        modem.answer("+CPMS: " + ",".join([_used(modem, name)] * 3), "OK")


def _memories(modem: SimulatedModem) -> None:
    names = ",".join(f'"{name}"' for name in modem.ways.memories)
    modem.answer(f"+CPMS: ({names}),({names}),({names})", "OK")


def _set_notify(modem: SimulatedModem, mode: str) -> None:
    full = mode + ",0,0,0,0"[: 2 * (4 - mode.count(","))]
    if full in modem.ways.notify_modes or full == "0,0,0,0,0":
        modem.notify = full
        modem.answer("OK")
    else:
        modem.answer("+CMS ERROR: 303")


def _notifies(modem: SimulatedModem) -> None:
    modem.answer(f"+CNMI: {modem.notify}", "OK")


def _list(modem: SimulatedModem, status: str | None) -> None:
    if not modem.ready():
        return
    with modem.lock:
        stored = sorted(modem.stored[modem.memory].items())
    lines: list[str] = []
    for index, pdu in stored:
        stat = modem.statuses.get((modem.memory, index), 0)
        if status in (None, "4") or int(status or 0) == stat:
            lines += [f"+CMGL: {index},{stat},,{len(pdu) - 1 - pdu[0]}", pdu.hex().upper()]
            _mark_read(modem, index)
    if lines and modem.break_listings:
        modem.break_listings -= 1
        lines[1] = lines[1][:20] + ("é" if modem.break_listings else "") + lines[1][22:]
    modem.answer(*lines, "OK")


def _mark_read(modem: SimulatedModem, index: int) -> None:
    modem.statuses.setdefault((modem.memory, index), 1)


def _read(modem: SimulatedModem, index: str) -> None:
    if not modem.ready():
        return
    pdu = modem.stored[modem.memory].get(int(index))
    if pdu is None:
        modem.answer("+CMS ERROR: 321")
        return
    stat = modem.statuses.get((modem.memory, int(index)), 0)
    _mark_read(modem, int(index))
    modem.answer(f"+CMGR: {stat},,{len(pdu) - 1 - pdu[0]}", pdu.hex().upper(), "OK")


def _delete(modem: SimulatedModem, index: str, flag: str | None) -> None:
    if flag is not None and modem.ways.deletes_plainly:
        modem.answer("ERROR")
    elif flag not in (None, "0"):
        modem.answer("+CMS ERROR: 303")  # a whole memory at once: nobody should want that
    elif modem.deletes(modem.memory, int(index)):
        modem.answer("OK")
        modem.hand_waiting()
    else:
        modem.answer("+CMS ERROR: 321")


def _acknowledge(modem: SimulatedModem) -> None:
    modem.acknowledged_directly += 1
    modem.answer("OK")


def _prompt(modem: SimulatedModem, length: str) -> None:
    modem.prompt(int(length))


def _more(modem: SimulatedModem, on: str) -> None:
    modem.more_to_send = int(on)
    modem.answer("OK")


_TABLE: list[tuple[str, Callable[..., None]]] = [
    ("", _says()),
    (r"E([01])?", lambda modem, on: _set_echo(modem, on or "0")),
    (r"&F0?|Z0?", _to_factory),
    (r"(?:[VQ][01]?|S\d+=\d+|&[CDKW]\d?|\+IFC=.*|H|A|\+CHUP)+", _says()),
    (r"I", lambda modem: modem.answer(modem.ways.maker, modem.ways.model, "Revision: 1.0", "OK")),
    (r"\+(?:CMEE|CSCS|COPS|CREG|CGREG|CEREG|CLIP|CRC|CSMS|CTZR|CMER)=[^\"?]*", _says()),
    (r'\+CSCS="(?:GSM|IRA|UCS2|HEX)"|\+CMGF=0|\^CURC=0', _says()),
    (r"\+(CREG|CGREG|CEREG)=\?", lambda modem, which: modem.answer(f"+{which}: (0-2)", "OK")),
    (r"\+CMGF=\?", _says("+CMGF: (0)")),
    (r"\+CMGF\?", _says("+CMGF: 0")),
    (r"\+CSCS=\?", _says('+CSCS: ("IRA","GSM","UCS2")')),
    (r"\+CSCS\?", _says('+CSCS: "GSM"')),
    (r"\+CGMI", lambda modem: modem.answer(modem.ways.maker, "OK")),
    (r"\+CGMM", lambda modem: modem.answer(modem.ways.model, "OK")),
    (r"\+CGMR", _says("1.0")),
    (r"\+(?:CGSN|GSN)", lambda modem: modem.answer(modem.imei, "OK")),
    (_RESETS, _reset),
    (r"\+CFUN=([014])(?:,0)?", _set_radio),
    (r"\+CFUN\?", lambda modem: modem.answer(f"+CFUN: {1 if modem.radio_on else 4}", "OK")),
    (r"\+CPIN\?", _ask_pin),
    (r'\+CPIN="?(\d+)"?(?:,"?(\d+)"?)?', _enter_pin),
    (
        r'(\+CPINR|\^CPIN|\+SPIC|\+ZPINPUK|\+QPINC|#PCT|\+UPINCNT|\+CPINC|\^SPIC|\+EPINC)(?:="\w+(?: PIN)?"|=?\?)?',
        _attempts,
    ),
    (r"\+CIMI", _imsi),
    (r"(\+CCID|\+ICCID|\^ICCID|\+QCCID|\+ZGETICCID|#CCID)\??", _iccid),
    (r"\+CNUM", _own_number),
    (r'\+CPBS="ON"|\+CPBS="SM"', _says()),
    (r'\+CPBW=1,"(\+?\d+)".*', _set_own_number),
    (r"\+CSCA\?", _centre),
    (r'\+CSCA="(\+?\d+)"(?:,\d+)?', _set_centre),
    (r"\+(CREG|CGREG)\?", _registration),
    (r"\+CGATT\?", _says("+CGATT: 1")),
    (r"\+CEER", _extended_error),
    (r"\+COPS\?", _operator),
    (r"\+CSQ", _signal),
    (r"\+CBC", _says("+CBC: 0,100")),
    (r'\+CUSD=1,"([^"]*)"(?:,\d+)?', _code),
    (r"\+CUSD=2", lambda modem: modem.leave_menu()),
    (r"\+CSMS\?", lambda modem: modem.answer(f"+CSMS: {modem.ways.service},1,1,1", "OK")),
    (r"\+CNMI=\?", _says("+CNMI: (0,2),(0,1),(0),(0,1,2),(0)")),
    (r"\+CNMI\?", _notifies),
    (r"\+CNMI=(.*)", _set_notify),
    (r"\+CPMS=\?", _memories),
    (r"\+CPMS\?", _ask_memory),
    (r'\+CPMS="(\w+)"(?:,"(\w+)")?(?:,"(\w+)")?', _set_memory),
    (r"\+CMGL(?:=([0-4]))?", _list),
    (r"\+CMGR=(\d+)", _read),
    (r"\+CMGD=(\d+)(?:,(\d))?", _delete),
    (r"\+CNMA(?:=0)?", _acknowledge),
    (r"\+CMMS=([012])", _more),
    (r"\+CMGS=(\d+)", _prompt),
]
COMMANDS = [(re.compile(pattern, re.IGNORECASE), does) for pattern, does in _TABLE]
