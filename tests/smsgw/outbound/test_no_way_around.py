"""Nothing marketing leaves without consent, through any door, whatever was said before, between and after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from smsgw.clients.asking import PURPOSES
from smsgw.customers.consent import consent
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.consent import EVERYTHING, Statement
from smsgw.customers.consent.stop import withdraw
from smsgw.errors import SmsgwError
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.lifecycle import MESSAGE
from smsgw.store.tables import consent as ledger
from smsgw.store.tables import message, metadata
from smsgw.takeover.storing import ROADS
from tests.smsgw.desk import START, Desk
from webadmin.api.wished import plain_message, plain_messages, read_message

ANA, BINE = "+38640111222", "+38640111333"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One store for all examples: each begins by emptying it."""
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('gate') / 'store.db'}", synchronous="NORMAL")
    schema.upgrade(opened)
    yield opened
    opened.close()


NUMBER = st.sampled_from([ANA, BINE])
CATEGORY = st.sampled_from(["news", "bikes"])
STEP = st.one_of(
    st.tuples(st.just("yes"), NUMBER, st.sampled_from(["news", "bikes", EVERYTHING])),
    st.tuples(st.just("no"), NUMBER, st.sampled_from(["news", "bikes", EVERYTHING, "marketing"])),
    st.tuples(
        st.just("writes"), NUMBER, st.sampled_from(["STOP", "stop bikes", "odjava", "START", "start news", "hi"])
    ),
    st.tuples(st.just("send"), NUMBER, CATEGORY),
    st.tuples(st.just("batch"), NUMBER, CATEGORY),
    st.tuples(st.just("hot"), NUMBER, CATEGORY),
    st.tuples(st.just("plan"), NUMBER, CATEGORY),
    st.tuples(st.just("smpp"), NUMBER, CATEGORY),
    st.tuples(st.just("wait"), NUMBER, CATEGORY),
    st.tuples(st.just("claim"), NUMBER, CATEGORY),
)


class Shop:
    """A desk, and every way in which somebody may ask it to send marketing."""

    def __init__(self, store: Database) -> None:
        with store.exclusive() as conn:
            for table in reversed(metadata.sorted_tables):
                conn.execute(delete(table))
        self.desk = Desk(store)
        for category in ("news", "bikes"):
            self.desk.agrees("+38640999999", category)
        self.number = 0

    def act(self, what: str, to: str, about: str) -> None:
        """One step of a story; what is refused is refused."""
        desk, self.number = self.desk, self.number + 1
        desk.later(seconds=1)
        said = Statement(to, what == "yes", "words", desk.now, "form", "t", scope=about)
        body = {"to": to, "text": f"{self.number}: STOP ends it", "purpose": "marketing", "category": about}
        if what == "yes":
            write(desk.database.writer, lambda conn: consent.record(conn, [said]))
        elif what == "no":
            write(desk.database.writer, lambda conn: withdraw(conn, [said], desk.now))
        elif what == "writes":
            desk.text_from(to, about, f"n{self.number}")
        elif what == "wait":
            desk.later(hours=2)
            desk.database.writer.do(desk.waiting.release, desk.now)
        elif what == "claim":
            self.claim()
        else:
            self.ask(what, body)

    def ask(self, door: str, body: dict[str, Any]) -> None:
        """Ask for marketing by one door."""
        desk, raw = self.desk, json.dumps(body).encode()
        asked: list[Asked | None] = []
        if door in ("send", "plan"):  # the command line, pages and campaigns ask so too
            later = desk.now + timedelta(hours=1) if door == "plan" else None
            asked = [
                Asked(body["to"], body["text"], "t", purpose="marketing", category=body["category"], send_at=later)
            ]
        elif door == "hot":
            asked = [plain_message(raw, "t", desk.now)]
        elif door == "batch":
            shapes = plain_messages(b"[" + raw + b"]", desk.now) or []
            asked = [read_message(shape, "t") for shape in shapes]
        elif door == "smpp":  # a client names the kind of a message by its service_type, and never a category
            marketing = [word for word, purpose in PURPOSES.items() if purpose == "marketing"]
            asked = [Asked(body["to"], body["text"], "smpp", purpose=PURPOSES[marketing[0]])] if marketing else []
        assert asked
        assert None not in asked
        for one in asked:
            try:
                assert one is not None
                desk.door.submit(one)
            except SmsgwError:
                pass

    def claim(self) -> None:
        """Whatever a link gets now must be allowed now."""
        desk = self.desk
        ids = {wire.message_id for wire in desk.claim(most=500)}
        with desk.database.reading() as conn:
            rows = [row for row in conn.execute(message.select()) if row.id in ids]
            for row in rows:
                assert row.purpose == "marketing"
                assert self.is_agreed(
                    conn.execute(ledger.select().where(ledger.c.address == row.recipient)), row.category
                )

    @staticmethod
    def is_agreed(rows: Any, category: str) -> bool:
        """By a rule of its own: the newest thing that was said about this category, or about everything, is a yes."""
        about = [row for row in rows if row.purpose in (EVERYTHING, "marketing", category)]
        return bool(about) and max(about, key=lambda row: (row.at, row.id)).statement == "granted"


@pytest.fixture(autouse=True)
def gateway_of_the_api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The API's readers ask the gateway for the time only."""
    from webadmin.api import wished

    class Clock:
        @staticmethod
        def clock() -> Any:
            return START

    monkeypatch.setattr(wished, "the_gateway", Clock)


@pytest.mark.slow
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, min_size=3, max_size=14))
def test_no_story_ends_with_marketing_to_somebody_who_did_not_agree(store: Database, story: list[Any]) -> None:
    shop = Shop(store)
    for what, to, about in story:
        shop.act(what, to, about)
    shop.act("wait", ANA, "news")
    shop.claim()


def test_only_the_door_stores_what_may_go_and_only_two_steps_claim_it() -> None:
    """By name, in the sources: who adds another way for a message to begin or to leave must pass the gate there."""
    root = Path(__file__).parents[3]
    sources = {path.relative_to(root): path.read_text(encoding="utf-8") for path in root.glob("smsgw/**/*.py")}

    def those_with(words: str) -> set[str]:
        return {str(path) for path, text in sources.items() if words in text}

    # joining stores parts of a client's long text that never became whole: refused as they begin; what is taken over
    # from another gateway was sent there: over as it begins, which the next sentence holds
    takeover = "smsgw/takeover/storing.py"
    assert those_with("begin(conn, MESSAGE") == {"smsgw/outbound/admit.py", "smsgw/clients/joining.py", takeover}
    assert '("refuse"' in sources[Path("smsgw/clients/joining.py")]
    hearing = {"smsgw/watch/counting.py", "smsgw/watch/tracing.py"}  # these only hear of what was done
    assert those_with('"admit"') - {"smsgw/store/lifecycle.py", takeover, *hearing} == {
        "smsgw/outbound/admit.py",
        "smsgw/outbound/waiting.py",
    }
    assert those_with('"claim"') - {"smsgw/store/lifecycle.py", takeover, *hearing} == {
        "smsgw/outbound/admit.py",
        "smsgw/outbound/handover.py",
    }
    assert "gate.weigh(" in sources[Path("smsgw/outbound/admit.py")]
    assert "gate.check(" in sources[Path("smsgw/outbound/waiting.py")]
    assert "gate.still(" in sources[Path("smsgw/outbound/handover.py")]


@pytest.mark.parametrize("road", ROADS.values(), ids=ROADS)
def test_what_is_taken_over_from_another_gateway_is_over_as_it_begins(road: tuple[str, ...]) -> None:
    first, *events = road
    assert first == MESSAGE.first
    state: str | None = MESSAGE.initial
    for event in events:
        state = MESSAGE.after(event, str(state))
    assert state in MESSAGE.final
