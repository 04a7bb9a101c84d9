"""Ask after, take back or replace what an SMSC has: the optional verbs of an SMPP link (`smsgw.link_verbs.Recalls`).

The surprise: sender and recipient must be written as they were when the part was sent (SMPP 3.4 section 4.8.1), so a
link whose number types were changed meanwhile asks in vain.
"""

from __future__ import annotations

from drivers.smpp import addresses, coding, questions
from drivers.smpp.config import Config
from drivers.smpp.questions import Questions
from drivers.smpp.submits import Submits
from drivers.smpp.window import Window
from smsgw.errors import BadInput, Conflict, Fault
from smsgw.link import Receipt, WirePart


class Recalls:
    """The verbs; whoever has them has a configuration, a window of bound sessions and open questions."""

    _config: Config
    _submits: Submits
    _window: Window
    _questions: Questions

    def query(self, reference: str, sender: str | None, to: str) -> Receipt:
        """What the SMSC says of a part (query_sm, 4.8). Raises NotFound, Conflict, SmsgwError."""
        frame = self._ask(questions.QUERY_SM, questions.query_body(reference, self._submits.source(sender)))
        return questions.query_answer(frame, reference, to)

    def cancel(self, reference: str, sender: str | None, to: str) -> None:
        """Take a part back (cancel_sm, 4.9). Raises NotFound, Conflict, SmsgwError."""
        source, dest = self._submits.source(sender), self._submits.dest(to)
        self._ask(questions.CANCEL_SM, questions.cancel_body(self._config.service_type, reference, source, dest))

    def replace(self, reference: str, part: WirePart) -> None:
        """Put another text in its place (replace_sm, 4.10). Raises NotFound, Conflict, BadInput, SmsgwError."""
        try:
            body = self._replacement(reference, part)
        except (coding.Unsendable, addresses.BadAddress) as error:
            raise BadInput([Fault("/text", "unsendable", str(error))]) from error
        self._ask(questions.REPLACE_SM, body)

    def _replacement(self, reference: str, part: WirePart) -> bytes:
        message = part.udh + coding.Coding(self._config).say(part, part.udh)[1]
        if len(message) > coding.LONGEST_SHORT_MESSAGE:
            raise coding.Unsendable(f"{len(message)} octets are too many: a part has {coding.LONGEST_SHORT_MESSAGE}")
        wanted = self._config.registered_delivery if part.receipt else 0
        return questions.replace_body(reference, self._submits.source(part.sender), wanted, message)

    def _ask(self, command: int, body: bytes) -> bytes:
        name = questions.NAMES[command]
        if not getattr(self._config, name):
            hint = f"if the SMSC has it, write {name} = true for this link"
            raise Conflict(f"{name} is not switched on for this link", code="unknown_verb", hint=hint)
        roads = self._window.roads
        if not roads:
            raise Conflict("the link is not connected to the SMSC", code="link_down", hint="try again when it is up")
        return self._questions.ask(roads[0], command, body, self._config.answer_timeout)
