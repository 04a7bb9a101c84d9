"""Networks that every driver can be put in front of, all of one shape, for the contract test.

The surprise: the far side of the `fake` driver is inside its own link, so its network learns of the link by
`attach`; the other two ignore that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from drivers.fake import FakeLink, read_tape
from smsgw.link import Alphabet, Link
from smsgw.text.parts import Piece, concatenation, join

PHONE = "+38641000001"


class Network(Protocol):
    """What the contract test wants of a network. `kind` names the driver that speaks to it."""

    kind: str

    def config(self, window: int, patience: float) -> Any:
        """What the driver needs to reach it; patience: seconds that it waits for an answer."""

    def attach(self, link: Link) -> None:
        """This link was opened."""

    def submitted(self) -> list[tuple[str, str]]:
        """(to, text) of every whole text that it took, as it decoded them."""

    def reached(self) -> int:
        """How many short texts came to it, also those that it is silent about."""

    def phone_sends(self, sender: str, text: str) -> None:
        """A phone sends us a text."""

    def acknowledged(self) -> int:
        """How many texts of phones we acknowledged, all their pieces."""

    def refuse_next(self) -> None:
        """Refuse the next part for good."""

    def throttle_next(self) -> None:
        """Say "too fast" to the next part or, if it needs one to compare with, to the one after it."""

    def go_silent(self) -> None:
        """Answer nothing more."""

    def recover(self) -> None:
        """Be a good network again, also if no part came that could be refused."""

    def disconnect(self) -> None:
        """Cut the connection and allow no new one."""

    def reconnect(self) -> None:
        """Allow connections again."""


class FakeNetwork:
    """The simulated network, whose knobs are turned."""

    kind = "fake"

    def __init__(self, tape: Path) -> None:
        self._tape = tape
        self._link: FakeLink | None = None

    def config(self, window: int, patience: float) -> Any:
        from drivers.fake import Config

        return Config(
            handsets=[PHONE],
            tape=self._tape,
            window=window,
            answer_timeout=patience,
            delay=0,
            receipt_delay=0,
            repeat_after=60,
        )

    def attach(self, link: Link) -> None:
        assert isinstance(link, FakeLink)
        self._link = link

    def submitted(self) -> list[tuple[str, str]]:
        parts = [line for line in read_tape(self._tape) if line["is"] == "part"]
        return whole_texts((part["to"], read_piece(part)) for part in parts)

    def reached(self) -> int:
        return len(self.submitted())

    def phone_sends(self, sender: str, text: str) -> None:
        self._there.type_text(sender, text)

    def acknowledged(self) -> int:
        return sum(text.mine and text.delivered for text in self._there.texts(PHONE))

    def refuse_next(self) -> None:
        self._there.set_faults({"rejection": 1.0})

    def throttle_next(self) -> None:
        self._there.set_faults({"throttle": 1e-9})

    def go_silent(self) -> None:
        self._there.set_faults({"no_answer": 1.0})

    def recover(self) -> None:
        self._there.set_faults({"rejection": 0.0, "throttle": 0.0, "no_answer": 0.0})

    def disconnect(self) -> None:
        self._there.set_faults({"disconnected": True})

    def reconnect(self) -> None:
        self._there.set_faults({"disconnected": False})

    @property
    def _there(self) -> FakeLink:
        assert self._link is not None
        return self._link


class SmppNetwork:
    """The SMSC of tests/emulators/smsc.py."""

    kind = "smpp"

    def __init__(self, smsc: Any) -> None:
        self._smsc = smsc
        smsc.automatic_receipts()
        self.submitted: Callable[[], list[tuple[str, str]]] = smsc.submitted
        self.phone_sends: Callable[[str, str], None] = smsc.phone_sends
        self.refuse_next: Callable[[], None] = smsc.refuse_next
        self.go_silent: Callable[[], None] = smsc.go_silent
        self.disconnect: Callable[[], None] = smsc.disconnect
        self.reconnect: Callable[[], None] = smsc.reconnect

    def config(self, window: int, patience: float) -> Any:
        from drivers.smpp import Config

        return Config.model_validate(self._smsc.settings(window=window, answer_timeout=patience))

    def attach(self, link: Link) -> None:
        pass

    def reached(self) -> int:
        return len(self.submitted())

    def acknowledged(self) -> int:
        return len(self._smsc.acknowledged())

    def throttle_next(self) -> None:
        self._smsc.throttle_next()

    def recover(self) -> None:
        self._smsc.go_silent(False)
        self._smsc.configure(statuses=type(self._smsc.smsc.behaviour.statuses)())


class ModemNetwork:
    """The modem of tests/emulators/modem.py."""

    kind = "modem"

    def __init__(self, modem: Any) -> None:
        self._modem = modem
        self.submitted: Callable[[], list[tuple[str, str]]] = modem.submitted
        self.phone_sends: Callable[[str, str], None] = modem.phone_sends
        self.go_silent: Callable[[], None] = modem.go_silent
        self.disconnect: Callable[[], None] = modem.disconnect
        self.reconnect: Callable[[], None] = modem.reconnect

    def config(self, window: int, patience: float) -> Any:
        from drivers.modem import Config

        return Config.model_validate(self._modem.settings(answer_timeout=patience))

    def attach(self, link: Link) -> None:
        assert link.window == 1

    def reached(self) -> int:
        return len(self.submitted())

    def acknowledged(self) -> int:
        return len(self._modem.acknowledged())

    def refuse_next(self) -> None:
        self._modem.refuse_next(8)  # operator determined barring

    def throttle_next(self) -> None:
        self._modem.throttle_next()

    def recover(self) -> None:
        self._modem.modem.swallow_answers(False)


class WebNetwork:
    """A gateway that takes what Kannel's clients send, and calls back."""

    kind = "web"

    def __init__(self, carrier: Any) -> None:
        self._carrier = carrier
        self.submitted: Callable[[], list[tuple[str, str]]] = carrier.submitted
        self.phone_sends: Callable[[str, str], None] = carrier.phone_sends
        self.acknowledged: Callable[[], int] = carrier.acknowledged
        self.refuse_next: Callable[[], None] = carrier.refuse_next
        self.throttle_next: Callable[[], None] = carrier.throttle_next
        self.go_silent: Callable[[], None] = carrier.go_silent
        self.recover: Callable[[], None] = carrier.recover
        self.disconnect: Callable[[], None] = carrier.disconnect
        self.reconnect: Callable[[], None] = carrier.reconnect
        self.attach: Callable[[Link], None] = carrier.attach

    def reached(self) -> int:
        return int(self._carrier.reached)

    def config(self, window: int, patience: float) -> Any:
        from drivers.web import Config

        return Config.model_validate(self._carrier.settings(window=window, answer_timeout=patience))


class Mm7Network:
    """The MMSC of tests/emulators/mmsc.py; every text is an MMS here."""

    kind = "mm7"

    def __init__(self, mmsc: Any) -> None:
        self._mmsc = mmsc
        mmsc.reports = True
        self.submitted: Callable[[], list[tuple[str, str]]] = mmsc.submitted
        self.phone_sends: Callable[[str, str], None] = mmsc.phone_sends
        self.acknowledged: Callable[[], int] = mmsc.acknowledged
        self.refuse_next: Callable[[], None] = mmsc.refuse_next
        self.throttle_next: Callable[[], None] = mmsc.throttle_next
        self.go_silent: Callable[[], None] = mmsc.go_silent
        self.recover: Callable[[], None] = mmsc.recover
        self.disconnect: Callable[[], None] = mmsc.disconnect
        self.reconnect: Callable[[], None] = mmsc.reconnect
        self.attach: Callable[[Link], None] = mmsc.attach

    def reached(self) -> int:
        return int(self._mmsc.reached)

    def config(self, window: int, patience: float) -> Any:
        from drivers.mm7 import Config

        return Config.model_validate(self._mmsc.settings(window=window, answer_timeout=patience, texts=True))


def read_piece(line: dict[str, Any]) -> Piece:
    """The piece in a line of a tape."""
    return Piece(Alphabet(line["alphabet"]), bytes.fromhex(line["user_data"]), bytes.fromhex(line["udh"]))


def whole_texts(pieces: Any) -> list[tuple[str, str]]:
    """(number, text) of the pieces (number, Piece) that make whole texts, in the order of their completion."""
    texts = []
    halves: dict[Any, dict[int, Piece]] = {}
    for number, piece in pieces:
        of = concatenation(piece.udh)
        if of is None:
            texts.append((number, join([piece])))
            continue
        key = (number, of.reference, of.of, of.wide)
        half = halves.setdefault(key, {})
        half[of.position] = piece
        if len(half) == of.of:
            texts.append((number, join([half[position] for position in sorted(half)])))
            del halves[key]
    return texts


@contextmanager
def fake_row(folder: Path) -> Iterator[Network]:
    yield FakeNetwork(folder / "network.tape")


@contextmanager
def smpp_row(folder: Path) -> Iterator[Network]:
    from tests.emulators.smsc import smpp_network

    with smpp_network() as smsc:
        yield SmppNetwork(smsc)


@contextmanager
def modem_row(folder: Path) -> Iterator[Network]:
    from tests.emulators.modem import modem_network

    with modem_network() as modem:
        yield ModemNetwork(modem)


@contextmanager
def web_row(folder: Path) -> Iterator[Network]:
    from tests.emulators.web import web_network

    with web_network() as carrier:
        yield WebNetwork(carrier)


@contextmanager
def mm7_row(folder: Path) -> Iterator[Network]:
    from tests.emulators.mmsc import mm7_network

    with mm7_network() as mmsc:
        yield Mm7Network(mmsc)


Row = Callable[[Path], AbstractContextManager[Network]]
ROWS: dict[str, Row] = {"fake": fake_row, "smpp": smpp_row, "modem": modem_row, "web": web_row, "mm7": mm7_row}
NO_TEXTS = {"mail"}  # carries mails to mail addresses: the same rules are asked in tests/drivers/mail/test_link.py
WINDOWED = ["fake", "smpp", "web", "mm7"]  # a modem has one part on its way, always
