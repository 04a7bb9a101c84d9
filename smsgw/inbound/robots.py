"""Recognise texts that machines wrote: automatic replies and out-of-office notes, by what they say of themselves.

Words alone never prove a machine, so this only keeps us from answering by ourselves: a person still sees the text.
"""

from __future__ import annotations

import re
import unicodedata

from ..text.keywords import normalise

# Each as a person's phone or a mail program writes it; a * stands for the rest of a word.
_SAID = (
    # English
    "auto reply", "autoreply", "auto response", "automatic reply", "automatic response", "automated message",
    "automated response", "automatically generated", "out of office", "out of the office", "do not reply",
    "don t reply to this", "no reply", "noreply", "i m in a meeting", "i am in a meeting", "in a meeting right now",
    "i m driving", "i am driving", "i m on vacation", "i am on vacation", "i m on holiday", "i am on holiday",
    "i m currently unavailable", "i am currently unavailable", "can t talk right now", "can t talk now",
    "not monitored", "unattended mailbox", "undeliverable", "delivery failed", "mailer daemon",
    "your message has been received", "we have received your message", "thank you for contacting",
    # Slovenian
    "samodejni odgovor", "samodejno sporocilo", "avtomatski odgovor", "avtomatsko sporocilo", "avtomatski odzivnik",
    "nisem v pisarni", "nisem v sluzbi", "trenutno odsot*", "sem na dopustu", "sem na sestanku", "sem v avtu in vozim",
    "trenutno vozim", "ne morem govoriti", "ne odgovarjajte", "vase sporocilo smo prejeli",
    # Croatian
    "automatski odgovor", "automatska poruka", "nisam u uredu", "nisam na poslu", "sam na godisnjem", "sam na sastanku",
    "trenutno nedostup*", "trenutno odsut*", "trenutno vozim", "ne mogu razgovarati", "vasu poruku smo primili",
    # German
    "automatische antwort", "automatische nachricht", "automatisch generiert*", "automatisch erstellt*",
    "abwesenheitsnotiz", "abwesenheitsnachricht", "nicht im buro", "nicht im buero", "bin im urlaub",
    "bin in einer besprechung", "bin im meeting", "in einem meeting", "fahre gerade auto", "fahre gerade",
    "kann gerade nicht sprechen", "kann gerade nicht telefonieren", "bitte nicht antworten",
    "nicht auf diese nachricht", "nicht auf diese sms", "ihre nachricht ist eingegangen",
    # Italian
    "risposta automatica", "messaggio automatico", "fuori ufficio", "fuori sede", "sono in ferie", "sono in riunione",
    "in questo momento non sono", "sto guidando", "non posso parlare", "non rispondere a questo",
    "abbiamo ricevuto il tuo messaggio", "abbiamo ricevuto il suo messaggio",
    # Russian
    "автоответ*", "автоматический ответ", "автоматическое сообщение", "автоматическое уведомление",
    "меня нет в офисе", "нет на рабочем месте", "я в отпуске", "нахожусь в отпуске", "я на совещании",
    "на совещании перезвоню", "я за рулем", "не могу говорить", "не могу разговаривать", "не отвечайте на это",
    "ваше сообщение получено",
    # Persian
    "پاسخ خودکار", "پیام خودکار", "جواب خودکار", "در جلسه هستم", "جلسه هستم", "خارج از دفتر", "خارج از محل کار",
    "در مرخصی هستم", "مرخصی هستم", "در حال رانندگی", "پشت فرمان هستم", "نمیتوانم صحبت کنم", "نمی توانم صحبت کنم",
    "نمیتونم صحبت کنم", "به این پیام پاسخ ندهید", "پیام شما دریافت شد",
)  # fmt: skip
_LETTERS = str.maketrans("يىكةأإآё", "ییکهاااе")


def folded(text: str) -> str:
    """The words of a text with letters of one sound made one, for comparing: no case, marks or punctuation."""
    bare = unicodedata.normalize("NFD", normalise(text.replace("\n", " ").replace("’", "'")))
    return "".join(letter for letter in bare if unicodedata.category(letter) != "Mn").translate(_LETTERS)


_ROBOT = re.compile(
    r"(?<!\w)(?:" + "|".join(re.escape(folded(said)) + r"\w*" * said.endswith("*") for said in _SAID) + r")(?!\w)"
)


def robots_words(text: str) -> str | None:
    """The words by which a text shows that a machine wrote it; None where nothing does."""
    found = _ROBOT.search(folded(text))
    return None if found is None else found[0]
