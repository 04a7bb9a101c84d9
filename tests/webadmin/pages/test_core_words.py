"""What the core says is said in the language of the page, and the list of its sentences is not older than the core."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

import drivers
import smsgw
from tests.webadmin.pages.conftest import Visitor
from webadmin.pages.core_words import WHOLE
from webadmin.pages.language import CHOICE, day_and_time
from webadmin.pages.retold import in_our_language, sentence

ROOT = Path(smsgw.__file__).parent
DRIVERS = Path(next(iter(drivers.__path__)))
WEBADMIN = ROOT.parent / "webadmin"
PAGES = [one for one in WEBADMIN.rglob("*.py") if not one.name.startswith("core_words")]
PUT_TOGETHER = (  # where a word that varies is one of a few
    "to all marketing on", "held until somebody looks", "more left out", "fewer left out", "the budget", "a day has",
    "a month has", "of this key", "of this campaign", "of this customer", "of this link", "what comes now waits",
    "what comes now is refused", "allows in a day", "allows in an hour", "parts in a day", "parts in an hour",
    "serve every number and are alike", "serves every number and is up", "serves every number and", "and is up",
    "is connecting", "is closed until", "the network gave all", "parts back", "somebody rings", "given to nobody",
    "no answer needed", "customer left it", "understood as optin", "understood as help", "understood as status",
    "understood as courtesy", "wants it added", "wants it instead", "was forgotten at their own wish",
    "it has too few digits for +", "it has too many digits for +", "it fetched an MMS over", "it sent us an MMS over",
    "question of customers should have been answered", "questions of customers should have been answered",
    "mail of the gateway did not arrive within a day", "mails of the gateway did not arrive within a day",
    "is being tried", "the link", "was stopped", "was started", "category", "added", "changed",
    "added and is not in use", "changed and is not in use",
)  # fmt: skip


def sentences(file: Path) -> set[str]:
    """The strings of a file, those with values in them with a gap for each."""
    said = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            said.add("".join(str(one.value) if isinstance(one, ast.Constant) else "\0" for one in node.values))
    return said


def test_the_core_still_says_each_of_them() -> None:
    files = [*ROOT.rglob("*.py"), *DRIVERS.rglob("*.py"), *PAGES]
    said = "\n".join([*(one for file in files for one in sentences(file)), *PUT_TOGETHER]).lower()
    pieces = {one: re.split(r"%\(\w+\)s|[:;,()]", one.replace("%%", "%")) for one in WHOLE}
    gone = [one for one, parts in pieces.items() if not all(piece.strip().lower() in said for piece in parts)]
    assert gone == []


@pytest.mark.parametrize(
    ("told", "language", "expected"),
    [
        ("the phone has all 3 parts", "sl", "telefon ima vse dele: 3"),
        ("The network took it", "ru", "сеть приняла"),
        ("its time has come: the phone has it", "sl", "prišel je njegov čas: telefon ga ima"),
        ("nobody translated this", "ru", "nobody translated this"),
        ("nobody translated this", "fa", "\u2068nobody translated this\u2069"),
        ("the phone has it", "en", "the phone has it"),
        ("+386 already got 3 offers and notices in 7 days, and the cap is 3: it waits until 2026-11-27 08:00 UTC", "sl",
         "+386 je že dobila 3 ponudb in obvestil (7 dni), zgornja meja pa je 3: čaka do {at}"),
        ("the budget of this key Autumn of 5 EUR a day has 0.01 left, and this costs 0.05: raise it, or wait", "sl",
         "proračun tega ključa Autumn (5 EUR na dan): ostane 0.01, to pa stane 0.05: dvignite ga ali počakajte"),
        ("paused by itself: 6 of 20 failed, more than 10 per cent: see why in its report, then resume it", "fa",
         "خودش متوقف شد: از ۲۰، ۶ ناکام ماند، بیش از ۱۰ درصد: دلیلش را در گزارش ببینید و ادامه دهید"),
        ("paused by itself: nothing is left to send; 9 had left, 80 wait", "fa",
         "خودش متوقف شد: دیگر چیزی برای فرستادن نیست؛ رفته: ۹، منتظر: ۸۰"),
        ("marketing needs a category that its recipients agreed to; there are: bikes, school", "ru",
         "рекламе нужна категория, на которую получатели согласились; есть: bikes, school"),
        ("main refused it: odd (7); nothing better serves the number, so it waits there", "sl",
         "main je zavrnila: odd (7); številke ne pokriva nič boljšega, zato čaka tam"),
        ("main refused it: the network has a system error (ESME_RSYSERR); spare serves every number and is up", "sl",
         "main je zavrnila: omrežje ima sistemsko napako (ESME_RSYSERR); spare pokriva vse številke in je povezana"),
        ("2 messages wait for link main, the first for 7 min", "sl",
         "2 sporočili čakata na povezavo main, prvo že 7 min"),
        ("3 messages wait for link main, the first for 7 min", "sl",
         "3 sporočila čakajo na povezavo main, prvo že 7 min"),
        ("22 messages wait for link main, the first for 7 min", "ru",
         "22 сообщения ждут канала main, первое уже 7 мин"),
        ("a, b and c serve every number and are alike", "sl", "a, b in c pokrivajo vse številke in so enakovredne"),
        ("a and b serve every number and are alike", "ru", "a и b обслуживают все номера и равны"),
        ("the network does not accept the sender (ESME_RX)", "fa", "شبکه فرستنده را نمی‌پذیرد (\u2068ESME_RX\u2069)"),
        ("the modem went away (I/O error): is it plugged in?", "fa",
         "مودم ناپدید شد (\u2068I/O error\u2069): وصل است؟"),
        ("it was estimated from 500 people, give or take 3 %", "sl", "ocenjeno iz toliko oseb: 500, plus minus 3 %"),
    ],
)  # fmt: skip
def test_a_sentence_is_known_by_its_shape(app: Flask, told: str, language: str, expected: str) -> None:
    with app.test_request_context("/", headers={"Cookie": f"{CHOICE}={language}"}):
        at = day_and_time(datetime(2026, 11, 27, 8, tzinfo=UTC))
        assert in_our_language(told) == expected.replace("{at}", at)


def test_what_an_error_says_becomes_a_sentence(app: Flask) -> None:
    told = {"it is gone": "It is gone.", "Why?": "Why?", "": "", "čas je potekel": "Čas je potekel."}
    with app.test_request_context("/"):
        assert {says: sentence(says) for says in told} == told


def test_the_audit_and_the_scopes_of_keys_are_told_in_the_language_of_the_page(admin: Visitor) -> None:
    admin.client.set_cookie(CHOICE, "sl")
    assert "Narejen je račun za ana (owner)." in admin.page("/audit")
    page = admin.page("/developers")
    assert "pošiljati sporočila in jih preklicati" in page
    assert "send messages and cancel them" not in page
