"""The brake on loops: who is never answered by a machine, in any language, and when it is enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smsgw.inbound.brake import MOST, Verdict, may_answer, never
from smsgw.inbound.robots import robots_words
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.counter import ANA, BOB, Counter


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield Counter(Desk(opened))
    opened.close()


def verdict(counter: Counter, sender: str = ANA, text: str = "when are you open?") -> Verdict:
    with counter.reading() as conn:
        return may_answer(conn, sender, counter.desk.now, text=text, ours={"+38640999999"})


def automatic(counter: Counter, text: str, to: str = ANA, client: str = "answers") -> None:
    counter.desk.later(milliseconds=1)
    counter.desk.door.submit(Asked(to, text, client, allow_duplicate=True))


@pytest.mark.parametrize(
    ("sender", "code"),
    [
        ("12345", "short_code"),
        ("SHOP24", "name"),
        ("+38640999999", "own_number"),
        ("+386900000", "premium"),  # Slovenian value-added services begin with 090
        ("+499001234567", "premium"),
    ],
)
def test_nobody_answers_what_is_no_person(sender: str, code: str) -> None:
    told = never(sender, "when are you open?", {"+38640999999"})
    assert told is not None
    assert (told.may, told.code) == (False, code)
    assert sender in told.why


def test_a_person_is_answered_and_a_machine_is_not(counter: Counter) -> None:
    assert verdict(counter) == Verdict(True)
    assert verdict(counter, text="Auto-reply: away").code == "robot"


@pytest.mark.parametrize(
    "text",
    [
        "Auto-reply: I'm in a meeting.",
        "I’m driving right now, will call you later",
        "Samodejni odgovor: do petka nisem v pisarni.",
        "Trenutno sem na sestanku",
        "Automatski odgovor. Nisam u uredu do ponedjeljka",
        "Abwesenheitsnotiz: Ich bin im Urlaub.",
        "Ich kann gerade nicht telefonieren",
        "Risposta automatica: sono in ferie fino al 20",
        "Автоответчик: меня нет в офисе",
        "Я за рулём, перезвоню",
        "پاسخ خودکار: تا شنبه در دفتر نیستم",
        "الان جلسه هستم، بعدا تماس می‌گیرم",
        "Please do not reply to this message.",
    ],
)
def test_machines_show_themselves_in_seven_languages(text: str) -> None:
    assert robots_words(text)
    told = never(ANA, text)
    assert told is not None
    assert told.code == "robot"


@pytest.mark.parametrize(
    "text",
    [
        "When are you open?",
        "Ali ste na dopustu?",
        "2 zvezka, nisem doma v petek",
        "Sind Sie im Urlaub?",
        "Siete in ferie?",
        "Вы в отпуске?",
        "ساعت کاری شما؟",
        "Odgovor prosim",
        "a car for driving lessons",
    ],
)
def test_people_who_ask_alike_are_not_taken_for_machines(text: str) -> None:
    assert robots_words(text) is None


def test_after_five_automatic_texts_within_an_hour_a_person_looks(desk: Desk) -> None:
    counter = Counter(desk)
    for number in range(MOST):
        assert verdict(counter).may
        automatic(counter, f"answer {number}", client=("orders", "answers", "surveys")[number % 3])
    assert verdict(counter).code == "often"
    assert verdict(counter, BOB).may
    counter.desk.later(minutes=61)
    assert verdict(counter).may


def test_what_people_wrote_does_not_count(counter: Counter) -> None:
    for number in range(MOST + 1):
        counter.desk.submit(ANA, f"by hand {number}")
    assert verdict(counter).may


def test_our_own_words_that_come_back_are_not_answered(counter: Counter) -> None:
    automatic(counter, "We are open Mo-Fr 8-16.")
    assert verdict(counter, text="we are open mo-fr 8-16").code == "echo"


def test_the_same_again_and_again_is_a_machine_also_when_it_counts(counter: Counter) -> None:
    for number in range(3):
        counter.stored(f"Ticket {number} was opened for you")
        automatic(counter, f"answer {number}")
    assert verdict(counter, text="Ticket 3 was opened for you").code == "alike"


def test_who_says_the_same_three_times_without_an_answer_is_a_person_in_a_hurry(counter: Counter) -> None:
    for _ in range(3):
        counter.stored("are you open?")
    assert verdict(counter, text="are you open?").may
