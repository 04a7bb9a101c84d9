"""The words of reports that count, on paper, by language: what became of messages, and what people agreed to."""

from __future__ import annotations

from ..money import report_words

_WORDS: dict[str, dict[str, str]] = {
    "delivery": {
        "en": "What became of messages", "sl": "Kaj je bilo s sporočili", "ru": "Судьба сообщений",
        "fa": "سرنوشت پیام‌ها", "de": "Was aus Nachrichten wurde", "hr": "Što je bilo s porukama",
        "it": "Esito dei messaggi",
    },
    "undelivered": {
        "en": "Not arrived", "sl": "Ni prispelo", "ru": "Не дошло", "fa": "نرسیده", "de": "Nicht angekommen",
        "hr": "Nije stiglo", "it": "Non arrivati",
    },
    "failed": {
        "en": "Rejected", "sl": "Zavrnjeno v omrežju", "ru": "Отклонено сетью", "fa": "رد شده توسط شبکه",
        "de": "Vom Netz abgelehnt", "hr": "Odbila mreža", "it": "Rifiutati dalla rete",
    },
    "refused": {
        "en": "Refused by us", "sl": "Zavrnili mi", "ru": "Отказано нами", "fa": "رد شده توسط ما",
        "de": "Von uns abgelehnt", "hr": "Odbili mi", "it": "Rifiutati da noi",
    },
    "expired": {
        "en": "Expired", "sl": "Poteklo", "ru": "Просрочено", "fa": "منقضی", "de": "Abgelaufen", "hr": "Isteklo",
        "it": "Scaduti",
    },
    "cancelled": {
        "en": "Cancelled", "sl": "Preklicano", "ru": "Отменено", "fa": "لغو شده", "de": "Zurückgenommen",
        "hr": "Otkazano", "it": "Annullati",
    },
    "under_way": {
        "en": "Under way", "sl": "Na poti", "ru": "В пути", "fa": "در راه", "de": "Unterwegs", "hr": "Na putu",
        "it": "In corso",
    },
    "purpose": {
        "en": "Purpose", "sl": "Namen", "ru": "Цель", "fa": "هدف", "de": "Zweck", "hr": "Svrha", "it": "Scopo",
    },
    "consents": {
        "en": "Consents", "sl": "Privolitve", "ru": "Согласия", "fa": "رضایت‌ها", "de": "Einwilligungen",
        "hr": "Privole", "it": "Consensi",
    },
    "scope": {
        "en": "About", "sl": "O čem", "ru": "О чём", "fa": "درباره", "de": "Worüber", "hr": "O čemu", "it": "Oggetto",
    },
    "source": {
        "en": "How", "sl": "Kako", "ru": "Как", "fa": "چگونه", "de": "Wie", "hr": "Kako", "it": "Come",
    },
    "granted": {
        "en": "Yes", "sl": "Da", "ru": "Да", "fa": "بله", "de": "Ja", "hr": "Da", "it": "Sì",
    },
    "withdrawn": {
        "en": "No", "sl": "Ne", "ru": "Нет", "fa": "نه", "de": "Nein", "hr": "Ne", "it": "No",
    },
    "people": {
        "en": "Addresses", "sl": "Naslovi", "ru": "Адреса", "fa": "نشانی‌ها", "de": "Adressen", "hr": "Adrese",
        "it": "Indirizzi",
    },
}  # fmt: skip


def word(name: str, language: str) -> str:
    """What `name` is called in a language; else in English. Raises KeyError for what has no word."""
    spoken = _WORDS.get(name)
    if spoken is None:
        return report_words.word(name, language)
    return spoken.get(language.replace("-", "_").split("_")[0], spoken["en"])
