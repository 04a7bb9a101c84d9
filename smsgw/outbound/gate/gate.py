"""May it go? The checks, in order: go on, hold until a time, or refuse with a reason.

Each check looks at a whole batch inside the transaction that will store or release it, and answers for the messages
it has something to say about. The first refusal wins; of several holds the longest. A new check is a function in one
of the files beside this one and a line in `CHECKS`. There is no other door: API, pages, command line, SMPP clients and
campaigns all come through here, and what is queued passes `STILL` once more as it is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from ...errors import Fault, RefusedByPolicy
from ...store.lifecycle import WAITING
from ...store.tables import message
from ..caps import capped
from ..destinations import country, sender
from ..halted import halted
from ..hours import quiet_hours
from .facts import Facts
from .people import agreed, channel, doubted, opted_out, suppressed
from .terms import Candidate, Check, Go, Hold, Refuse, Rules, Verdict, candidate_of
from .text import duplicate, text

__all__ = ["Candidate", "Check", "Hold", "Refuse", "Rules", "Verdict", "candidate_of"]


def not_before(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """A message that is planned for later waits for its time."""
    return {
        index: Hold(c.send_at, f"planned for {c.send_at:%Y-%m-%d %H:%M:%S} UTC")
        for index, c in enumerate(batch)
        if c.send_at > now
    }


def budget(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> Mapping[int, Verdict | Go]:
    """What has no money left waits, where somebody set a budget."""
    ask = rules.more.get("budget")
    return {} if ask is None else ask(conn, batch, rules, now)


def plan(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> Mapping[int, Verdict | Go]:
    """What the plan of its SIM does not allow now waits."""
    ask = rules.more.get("plan")
    return {} if ask is None else ask(conn, batch, rules, now)


CHECKS: tuple[tuple[str, Check], ...] = (
    ("country", country),
    ("suppression", suppressed),
    ("stop", opted_out),
    ("consent", agreed),
    ("doubt", doubted),
    ("channel", channel),
    ("sender", sender),
    ("text", text),
    ("duplicate", duplicate),
    ("frequency", capped),
    ("budget", budget),
    ("hours", quiet_hours),
    ("planned", not_before),
    ("approval", halted),
)
"""The checks by name. Before them a message's syntax is read, and after them its link stands: see `submit`."""

STILL: tuple[Check, ...] = (suppressed, opted_out, agreed, doubted, halted, plan)
"""What is asked once more as a message is claimed: between planning and sending somebody may have said no."""


def check(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> list[Verdict | None]:
    """Ask every check about a batch; None for a message that may go now."""
    return weigh(conn, batch, rules, now)[0]


def weigh(
    conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime
) -> tuple[list[Verdict | None], dict[int, str]]:
    """`check`, and besides the verdicts why a check said yes, by the place of the message."""
    rules.facts.look(conn)
    verdicts: list[Verdict | None] = [None] * len(batch)
    because: dict[int, str] = {}
    for _, ask in CHECKS:
        for index, answer in ask(conn, batch, rules, now).items():
            if isinstance(answer, Go):
                because[index] = answer.says
            else:
                verdicts[index] = _stronger(verdicts[index], answer)
    return verdicts, because


def still(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """For queued messages that are about to be claimed: those that must not go any more, or not now."""
    rules.facts.look(conn)
    verdicts: dict[int, Verdict] = {}
    for ask in STILL:
        for index, answer in ask(conn, batch, rules, now).items():
            if not isinstance(answer, Go):
                verdicts[index] = _stronger(verdicts.get(index), answer)
    return verdicts


def _stronger(before: Verdict | None, verdict: Verdict) -> Verdict:
    if isinstance(before, Refuse):
        return before
    if isinstance(before, Hold) and isinstance(verdict, Hold) and before.until >= verdict.until:
        return before
    return verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What one check says of a message: its name, its duty in a sentence, and its verdict, None for "go on"."""

    name: str
    duty: str
    verdict: Verdict | None
    because: str | None = None  # why it may go on, where that is to be said


def explain(conn: Connection, candidate: Candidate, rules: Rules, now: datetime) -> list[Answer]:
    """What every check says of a message, in order, also those that come after a refusal. From any thread.

    With facts of its own: the rules' own are the writer's, and this may see an older moment of the store.
    """
    rules = replace(rules, facts=Facts())
    rules.facts.look(conn)
    answers = []
    for name, ask in CHECKS:
        said, duty = ask(conn, [candidate], rules, now).get(0), (ask.__doc__ or "").splitlines()[0]
        answers.append(Answer(name, duty, None, said.says) if isinstance(said, Go) else Answer(name, duty, said))
    return answers


def foresee(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> list[Verdict | None]:
    """What `check` would say at this moment; from any thread, as `explain`."""
    return check(conn, batch, replace(rules, facts=Facts()), now)


def decided(answers: Sequence[Answer]) -> Verdict | None:
    """What the answers of all checks come to."""
    verdict: Verdict | None = None
    for answer in answers:
        verdict = verdict if answer.verdict is None else _stronger(verdict, answer.verdict)
    return verdict


def pointer(code: str) -> str:
    """Which field of a request a refusal is about, as a JSON pointer."""
    return _POINTERS.get(code, "/to")


def refused(no: Refuse) -> RefusedByPolicy:
    """What whoever asked is told of a refusal."""
    return RefusedByPolicy([Fault(pointer(no.code), no.code, no.says)])


_POINTERS = {
    "category_missing": "/category",
    "category_unknown": "/category",
    "sender_not_allowed": "/from",
    "text_too_long": "/text",
    "way_out_missing": "/text",
}


def waiting(conn: Connection) -> int:
    """How many messages wait to be sent (accepted, held, queued): what the queue bound is about."""
    waits = message.c.state.in_(WAITING) & message.c.final_at.is_(None)
    return conn.execute(select(func.count()).select_from(message).where(waits)).scalar_one()
