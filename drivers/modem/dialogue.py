"""One USSD session at a time over one modem: a code or a reply goes out, the network's answer comes back.

Who asks waits in a thread of its own; everything else is done in the owner's thread.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future

from drivers.modem.at import Modem
from drivers.modem.library import CommandError, TimeoutException
from drivers.modem.ussd import read, written
from smsgw.errors import BadInput, Conflict, Fault, SmsgwError
from smsgw.link_verbs import UssdAnswer

log = logging.getLogger(__name__)

_OK_WITHIN = 30.0  # seconds: some modems say OK only when the network has answered


class Dialogue:
    """See the module's docstring. Methods belong to the owner's thread."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem
        self._asked: Future[UssdAnswer] | None = None
        self._open = False  # whether the network waits for a reply

    def ask(self, code: str, answer: Future[UssdAnswer], reply: bool) -> None:
        """Send a code, or a reply to what the network asked; the answer or why there is none goes into the future."""
        if answer.done():  # nobody waits any more
            return
        if self._asked is not None and not self._asked.done():
            answer.set_exception(Conflict("another USSD code is being asked", code="ussd_busy"))
            return
        if reply and not self._open:
            answer.set_exception(Conflict("the network asked nothing, or the session ended", code="ussd_closed"))
            return
        try:
            command = written(code, self._modem.profile.ussd_packed)
        except ValueError as wrong:
            answer.set_exception(BadInput([Fault("/code", "bad_ussd", str(wrong))]))
            return
        if self._open and not reply:
            self.cancel()
        self._asked = answer
        try:
            self._modem.write(command, timeout=_OK_WITHIN, tries=2)
        except CommandError as refusal:
            self._fail(f"the modem refuses the code: {refusal}")
        except TimeoutException:
            self._fail("the modem did not say whether it takes the code")
            raise

    def cancel(self) -> None:
        """End the session, if there is one (AT+CUSD=2)."""
        self._open = False
        self._fail("it was cancelled")
        try:
            self._modem.write("AT+CUSD=2")
        except CommandError:
            log.info("there was no USSD session to end")

    def news(self, line: str) -> None:
        """A +CUSD came."""
        said = read(line)
        if said is None:
            return
        self._open = said.open
        asked, self._asked = self._asked, None
        if asked is None or asked.done():
            log.info("a USSD message came that nobody waits for: %s", said.text)
        elif said.ended:
            asked.set_exception(SmsgwError(said.ended, code="ussd_failed"))
        else:
            asked.set_result(UssdAnswer(said.text, said.open))

    def end(self) -> None:
        """The modem is gone."""
        self._fail("the modem went away")

    def _fail(self, why: str) -> None:
        asked, self._asked = self._asked, None
        if asked is not None and not asked.done():
            asked.set_exception(SmsgwError(why, code="ussd_failed"))
