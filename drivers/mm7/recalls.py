"""Take back or replace what an MMSC has not delivered: the optional verbs (`smsgw.link_verbs.Recalls`)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from drivers._http_ends import NotWritten, Reply, Unanswered
from drivers.mm7 import outcomes, requests
from drivers.mm7.config import Config
from drivers.mm7.outcomes import Outcome
from drivers.mm7.reach import Context, Unusable
from drivers.mm7.requests import Request
from drivers.mm7.soap import NotMm7
from drivers.mm7.wire import Wire
from smsgw.errors import BadInput, Conflict, Fault, NotFound, SmsgwError
from smsgw.link import Receipt, WirePart
from smsgw.link_verbs import Tap

UNKNOWN = (2003, 2005, 2006)  # statuses that say: there is no such message


class Recalls:
    """The verbs; whoever has them has a configuration and its context."""

    _config: Config
    _tls: Context
    tap: Tap

    def query(self, reference: str, sender: str | None, to: str) -> Receipt:
        """MM7 has no such question. Raises Conflict."""
        raise Conflict("MM7 has no question after a message", code="unknown_verb", hint="wait for its report")

    def cancel(self, reference: str, sender: str | None, to: str) -> None:
        """Take an MMS back (CancelReq). Raises NotFound, Conflict, SmsgwError."""
        self._allowed("cancel")
        self._ask(requests.cancel(_transaction(), reference, sender, self._config))

    def replace(self, reference: str, part: WirePart) -> None:
        """Put another content in its place (ReplaceReq). Raises NotFound, Conflict, BadInput, SmsgwError."""
        self._allowed("replace")
        size = requests.octets_of(requests.content_of(part))
        if size > self._config.max_octets:
            says = f"the MMS has {size} octets, and this MMSC takes {self._config.max_octets}"
            raise BadInput([Fault("/media", "too_large", says)])
        self._ask(requests.replace(_transaction(), reference, part, self._config, datetime.now(UTC)))

    def _allowed(self, verb: str) -> None:
        if not getattr(self._config, verb):
            hint = f"if the MMSC has it, write {verb} = true for this link"
            raise Conflict(f"{verb} is not switched on for this link", code="unknown_verb", hint=hint)
        if self._config.max_recipients > 1:
            raise Conflict("one MessageID is that of several recipients here", code="unknown_verb", hint="")

    def _ask(self, request: Request) -> None:
        reply = self._reply(request)
        try:
            answer = requests.read_answer(reply.headers.get("content-type", ""), reply.body)
        except NotMm7:
            answer = None
        status = answer.status if answer is not None else None
        judged = outcomes.judge(reply.status, status, answer.says if answer is not None else "")
        if answer is not None and judged.outcome is Outcome.ACCEPTED:
            return
        if answer is None and reply.status < 300:
            raise SmsgwError(f"the MMSC answered {reply.status} with something that is no MM7", code="no_answer")
        if judged.status in UNKNOWN:
            raise NotFound(judged.says)
        raise Conflict(judged.says, code="network_refuses", hint="it may be fetched already")

    def _reply(self, request: Request) -> Reply:
        try:
            wire = Wire(self._config, self.tap, self._tls.get())
            try:
                return wire.ask(request.content_type, request.body)
            finally:
                wire.close()
        except (NotWritten, Unusable) as problem:
            hint = "try again when it is up"
            raise Conflict(f"the MMSC cannot be reached: {problem}", code="link_down", hint=hint) from None
        except Unanswered as problem:
            raise SmsgwError(f"the MMSC did not answer: {problem}", code="no_answer") from None


def _transaction() -> str:
    return f"gw-{secrets.token_hex(12)}"
