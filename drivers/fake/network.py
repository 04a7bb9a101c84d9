"""What happened in the simulated network: its phones, what it still owes the gateway, and its tape.

The surprise: whatever happens becomes a line of the tape first and is then *played*, and reading an old
tape is playing its lines again. So what comes back after a SIGKILL is what was there before it, by
construction. The tape is not synced to the disk: it outlives the program, not the power. Nothing here waits
or locks: `link` does that.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from drivers.fake.config import Config
from drivers.fake.contents import shown, taped, untaped
from smsgw.errors import BadConfig, BadInput, Conflict, NotFound
from smsgw.link import (
    Abilities,
    Alphabet,
    Content,
    InboundContent,
    InboundPiece,
    Receipt,
    ReceiptState,
    WirePart,
)
from smsgw.link_verbs import PhoneText
from smsgw.text.parts import Piece, concatenation, join, split

Line = dict[str, Any]
Owed = Receipt | InboundPiece | InboundContent

ABILITIES = Abilities(alphabets=frozenset(Alphabet))
UNFETCHED, UNRECOGNISED = "unfetched", "unrecognised"  # fates of MMS besides those of parts
BEGINNING = b'{"is": '
SCREEN = 10_000
"""How many texts a phone keeps; older ones are forgotten, as phones do when they are full."""
MOST_PHONES = 1_000


def read_tape(path: Path) -> list[Line]:
    """Every line of a tape, oldest first; a last line that was cut by a kill is left out.

    Each has `is`: "part" (taken from the gateway), "typed", "sent" (on a phone: a text, an MMS) or "acknowledged" (by
    the gateway: a receipt, a piece or a content, by its reference). Raises BadConfig for a file that is not a tape,
    OSError.
    """
    *whole, cut = path.read_bytes().split(b"\n")
    lines: list[Line] = []
    for number, raw in enumerate(whole, 1):
        try:
            lines.append(json.loads(raw))
        except ValueError as wrong:
            raise _no_tape(path, number) from wrong
    if not (cut.startswith(BEGINNING) or BEGINNING.startswith(cut)):
        raise _no_tape(path, len(lines) + 1)
    return lines


def _no_tape(path: Path, number: int) -> BadConfig:
    return BadConfig([f"{path} is not a tape (line {number}): name another file."])


class Phone:
    """One phone: what its screen shows, and the pieces of texts that are not whole yet."""

    def __init__(self) -> None:
        self.screen: deque[tuple[PhoneText, list[str]]] = deque(maxlen=SCREEN)
        self.contents: deque[tuple[str, Content]] = deque(maxlen=SCREEN)
        self._halves: dict[tuple[str, int, int, bool], dict[int, Piece]] = {}

    def show(self, reference: str, other: str, content: Content, at: datetime) -> None:
        """Show an MMS that it fetched."""
        self.contents.append((other, content))
        self.screen.append((PhoneText(reference, False, other, shown(content), at), []))

    def receive(self, reference: str, other: str, piece: Piece, at: datetime) -> None:
        """Take one part off the air and show its text once all its siblings are there, in any order."""
        of = concatenation(piece.udh)
        if of is None:
            return self._show(reference, other, [piece], at)
        key = (other, of.reference, of.of, of.wide)
        pieces = self._halves.setdefault(key, {})
        pieces[of.position] = piece
        if len(pieces) == of.of:
            del self._halves[key]
            self._show(reference, other, [pieces[n] for n in sorted(pieces)], at)
        return None

    def _show(self, reference: str, other: str, pieces: list[Piece], at: datetime) -> None:
        data = b"".join(piece.user_data for piece in pieces)
        words = f"data {data.hex()}" if pieces[0].alphabet is Alphabet.OCTETS else join(pieces)
        self.screen.append((PhoneText(reference, False, other, words, at), []))


class Network:
    """The phones, and what is untold or not acknowledged yet (`owed`, by reference, oldest first)."""

    def __init__(self, config: Config, now: datetime) -> None:
        self._config = config
        self._phones = {handset: Phone() for handset in config.handsets}
        self._tape: int | None = None
        self._typed = 0
        self.owed: dict[str, Owed] = {}
        if config.tape is not None:
            self._tape = self._open(config.tape)
        # The time makes them unique beyond our own end, with a tape and without.
        self._references = (f"{int(now.timestamp() * 1_000_000):x}-{number}" for number in count(1))

    def take(self, part: WirePart, lost: str | None, at: datetime) -> tuple[str, Receipt | None]:
        """The network takes a part: onto its tape, and to the phone unless lost. Its reference and receipt.

        lost: how it never gets there; None: it does. Raises OSError when the tape cannot be written; then nothing
        happened.
        """
        reference = next(self._references)
        known = part.to in self._phones or self._config.unknown == "deliver"
        if part.content is not None and part.to in self._config.without_mms:
            lost = UNRECOGNISED
        fate = lost or ("delivered" if known else "undeliverable")
        content = {} if part.content is None else {"content": taped(part.content)}
        self._happens({
            "is": "part", "reference": reference, "at": at.isoformat(), "fate": fate, "receipt": part.receipt,
            "to": part.to, "sender": part.sender or self._config.number,
            "alphabet": part.alphabet, "user_data": part.user_data.hex(), "udh": part.udh.hex(),
            "message_id": part.message_id, "position": part.position, "of": part.of, **content,
        })  # fmt: skip
        owed = self.owed.get(reference)
        return reference, owed if isinstance(owed, Receipt) else None

    def type_text(self, handset: str, text: str, to: str | None, at: datetime) -> tuple[str, list[InboundPiece]]:
        """Somebody types a text on a phone: its id and its pieces. Raises NotFound, BadInput, OSError."""
        self._phone(handset)
        split(text, ABILITIES, 0)  # what cannot be sent must not get onto the tape
        text_id = next(self._references)
        self._happens({
            "is": "typed", "id": text_id, "at": at.isoformat(), "handset": handset,
            "to": to or self._config.number, "text": text, "concatenation": (self._typed + 1) % 256,
        })  # fmt: skip
        return text_id, [piece for piece in self._owed_of(text_id) if isinstance(piece, InboundPiece)]

    def send_content(self, handset: str, content: Content, to: str | None, at: datetime) -> InboundContent:
        """Somebody sends an MMS from a phone. Raises NotFound, OSError."""
        self._phone(handset)
        reference = next(self._references)
        self._happens({
            "is": "sent", "id": reference, "at": at.isoformat(), "handset": handset,
            "to": to or self._config.number, "content": taped(content),
        })  # fmt: skip
        owed = self.owed[reference]
        assert isinstance(owed, InboundContent)
        return owed

    def contents(self, handset: str) -> list[Content]:
        """The MMS that a phone fetched, oldest first. Raises NotFound."""
        return [content for _, content in self._phone(handset).contents]

    def acknowledge(self, reference: str) -> None:
        """The gateway has stored a receipt or a piece: it is owed no longer. Raises OSError."""
        if reference in self.owed:
            self._happens({"is": "acknowledged", "reference": reference})

    def texts(self, handset: str) -> list[PhoneText]:
        """What a phone shows, oldest first, with ticks. Raises NotFound."""
        screen = self._phone(handset).screen
        return [replace(text, delivered=not any(piece in self.owed for piece in pieces)) for text, pieces in screen]

    def handsets(self) -> list[str]:
        """The numbers of the phones."""
        return list(self._phones)

    def add(self, handset: str) -> bool:
        """Another phone; returns whether it is new. Raises Conflict when there are `MOST_PHONES`."""
        if handset in self._phones:
            return False
        if len(self._phones) >= MOST_PHONES:
            raise Conflict(f"This network has {MOST_PHONES} phones, which is as many as it can have.")
        self._happens({"is": "phone", "handset": handset})
        return True

    def close(self) -> None:
        """Let go of the tape."""
        if self._tape is not None:
            os.close(self._tape)
            self._tape = None

    def _phone(self, handset: str) -> Phone:
        if handset not in self._phones:
            raise NotFound(f"This network has no phone {handset}.", hint=f"It has {', '.join(self._phones) or 'none'}.")
        return self._phones[handset]

    def _open(self, path: Path) -> int:
        """Play what is on the tape, cut off a last line that is not whole, and open it for more."""
        lines: list[Line] = []
        if path.exists() and not path.is_file():  # reading a device may never end
            raise BadConfig([f"The tape {path} is not a file: name another one."])
        try:
            if path.exists():
                lines = read_tape(path)
            for number, line in enumerate(lines, 1):
                self._replay(path, number, line)
            tape = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
            os.ftruncate(tape, path.read_bytes().rfind(b"\n") + 1)
        except OSError as wrong:
            raise BadConfig([f"The tape {path} cannot be opened: {wrong.strerror}."]) from wrong
        return tape

    def _replay(self, path: Path, number: int, line: Line) -> None:
        try:
            self._play(line)
        except (KeyError, ValueError, TypeError, BadInput) as odd:
            raise _no_tape(path, number) from odd

    def _happens(self, line: Line) -> None:
        """Write a line on the tape, in one call so that a kill cuts at most the last line, and play it."""
        if self._tape is not None:
            raw = json.dumps(line, ensure_ascii=False).encode() + b"\n"
            written = os.write(self._tape, raw)
            if written < len(raw):
                os.ftruncate(self._tape, os.fstat(self._tape).st_size - written)
                raise OSError("no space for the tape")
        self._play(line)

    def _play(self, line: Line) -> None:
        """What a line does to the phones and to what is owed."""
        kind = line["is"]
        if kind == "part":
            self._play_part(line)
        elif kind == "typed":
            self._play_typed(line)
        elif kind == "sent":
            self._play_sent(line)
        elif kind == "phone":
            self._phones.setdefault(line["handset"], Phone())
        elif kind == "acknowledged":
            self.owed.pop(line["reference"], None)
        else:
            raise ValueError(kind)

    def _play_part(self, line: Line) -> None:
        reference, at = line["reference"], datetime.fromisoformat(line["at"])
        fate = line["fate"]
        if fate == "delivered" and line["to"] in self._phones and "content" in line:
            self._phones[line["to"]].show(reference, line["sender"], untaped(line["content"]), at)
        elif fate == "delivered" and line["to"] in self._phones:
            piece = Piece(Alphabet(line["alphabet"]), bytes.fromhex(line["user_data"]), bytes.fromhex(line["udh"]))
            self._phones[line["to"]].receive(reference, line["sender"], piece, at)
        if fate == UNRECOGNISED:
            told = (ReceiptState.UNDELIVERABLE, line["to"], at, "Unrecognised", fate)
            self.owed[reference] = Receipt(reference, *told)
        elif fate not in ("lost", UNFETCHED) and line["receipt"]:
            error = None if fate == "delivered" else "unknown_number"
            self.owed[reference] = Receipt(reference, ReceiptState(fate), line["to"], at, error, fate)

    def _play_sent(self, line: Line) -> None:
        reference, at, content = line["id"], datetime.fromisoformat(line["at"]), untaped(line["content"])
        self.owed[reference] = InboundContent(reference, line["handset"], line["to"], content, at)
        if line["handset"] in self._phones:
            typed = PhoneText(reference, True, line["to"], shown(content), at, delivered=False)
            self._phones[line["handset"]].screen.append((typed, [reference]))

    def _play_typed(self, line: Line) -> None:
        text_id, at, handset, to = line["id"], datetime.fromisoformat(line["at"]), line["handset"], line["to"]
        self._typed += 1
        references = []
        for position, piece in enumerate(split(line["text"], ABILITIES, line["concatenation"]), 1):
            reference = f"{text_id}-{position}"
            references.append(reference)
            self.owed[reference] = InboundPiece(
                reference, handset, to, piece.alphabet, piece.user_data, piece.udh, sent_at=at
            )
        if handset in self._phones:  # it may have been taken out of the configuration since
            typed = PhoneText(text_id, True, to, line["text"], at, delivered=False)
            self._phones[handset].screen.append((typed, references))

    def _owed_of(self, text_id: str) -> Iterator[Owed]:
        for position in count(1):
            if (piece := self.owed.get(f"{text_id}-{position}")) is None:
                return
            yield piece
