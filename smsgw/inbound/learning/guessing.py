"""A linear model on the business's own labels: it proposes what an inquiry is about and which come first, no more.

It is optional (`pip install "smsgw[learning]"`) and never confirms, answers or closes anything. The same examples give
the same model: it is trained anew from all approved labels whenever there are more of them.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from ...store.database import Database
from ...store.tables import correction, inbound, inquiry, inquiry_text

EXAMPLES, OF_EACH = 30, 3  # how many labels it takes to begin, and how many of each kind that is learned
MANY = 200  # inquiries that are looked at in one go
LONGEST = 1000  # letters of a text that are looked at


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether there is a model, and in words why not. examples: approved labels; kinds: those with enough of them."""

    ready: bool
    installed: bool
    examples: int
    kinds: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Model:
    """A trained model. version: how many examples it has seen."""

    version: int
    _pipeline: Any

    def guess(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """For each text what it most likely is ("inquiry/hours", "order") and how likely, 0 to 1."""
        if not texts:
            return []
        names = self._pipeline.classes_
        shares = self._pipeline.predict_proba([text[:LONGEST] for text in texts])
        return [(str(names[row.argmax()]), round(float(row.max()), 4)) for row in shares]


def installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("sklearn") is not None


def examples(conn: Connection) -> list[tuple[str, str]]:
    """The approved labels, oldest first: text, and what it is."""
    c = correction.c
    query = select(c.text, c.meant, c.topic).where(c.state == "approved", c.kind == "label").order_by(c.id)
    return [(row.text[:LONGEST], f"{row.meant}/{row.topic}" if row.topic else row.meant) for row in conn.execute(query)]


def readiness(conn: Connection) -> Readiness:
    """Whether a model can be trained now."""
    known = examples(conn)
    kinds = _kinds(known)
    if not installed():
        why = 'scikit-learn is not installed: pip install "smsgw[learning]"'
    elif len(known) < EXAMPLES:
        why = f"{len(known)} of {EXAMPLES} labels are approved"
    elif len(kinds) < 2:
        why = f"there must be {OF_EACH} labels of two kinds at least"
    else:
        return Readiness(True, True, len(known), kinds, f"it learned from {len(known)} labels")
    return Readiness(False, installed(), len(known), kinds, why)


def _kinds(known: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    counted = Counter(label for _, label in known)
    return tuple(sorted(label for label, count in counted.items() if count >= OF_EACH))


def train(known: Sequence[tuple[str, str]]) -> Model:
    """A model of these examples. Raises ImportError without the extra, ValueError for fewer than two kinds."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    kinds = _kinds(known)
    if len(kinds) < 2:
        raise ValueError("a model tells at least two kinds apart")
    learned = [(text, label) for text, label in known if label in kinds]
    pipeline = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=50_000),
        LogisticRegression(C=10.0, class_weight="balanced", max_iter=500, random_state=0),
    )
    pipeline.fit([text for text, _ in learned], [label for _, label in learned])
    return Model(len(known), pipeline)


class Proposer:
    """Keeps the model of a process, and proposes with it what open inquiries are about."""

    def __init__(self) -> None:
        self._model: Model | None = None

    def model(self, conn: Connection) -> Model | None:
        """The model for the labels as they are now; None while there is none to be had."""
        c = correction.c
        count = conn.scalar(select(func.count()).where(c.state == "approved", c.kind == "label")) or 0
        if self._model is not None and self._model.version == count:
            return self._model
        self._model = train(examples(conn)) if readiness(conn).ready else None
        return self._model

    def propose(self, database: Database, now: datetime) -> int:
        """Write a proposal to each open inquiry that has none; returns how many. Nothing else is changed."""
        with database.reading() as conn:
            waiting = _without_proposal(conn)
            model = self.model(conn) if waiting else None
        if model is None:
            return 0
        guesses = model.guess([text for _, text in waiting])
        told = [
            (id, {"topic": label, "share": share}) for (id, _), (label, share) in zip(waiting, guesses, strict=True)
        ]
        for future in database.writer.put_all(_write, told):
            future.result(60)
        return len(told)


def _without_proposal(conn: Connection) -> list[tuple[str, str]]:
    """Open inquiries nobody proposed anything for, each with the newest text of its customer."""
    i, t = inquiry.c, inquiry_text.c
    ids = conn.scalars(select(i.id).where(i.state == "open", i.proposal.is_(None)).order_by(i.due_at).limit(MANY)).all()
    query = select(t.inquiry_id, inbound.c.text).join(inbound, inbound.c.id == t.text_id)
    rows = conn.execute(query.where(t.inquiry_id.in_(ids), t.mine.is_(False)).order_by(t.id))
    newest = {row.inquiry_id: row.text for row in rows}
    return [(id, newest[id]) for id in ids if id in newest]


def _write(conn: Connection, batch: Sequence[tuple[str, dict[str, Any]]]) -> list[None]:
    for id, proposal in batch:
        conn.execute(update(inquiry).where(inquiry.c.id == id).values(proposal=proposal))
    return [None] * len(batch)
