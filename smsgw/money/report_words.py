"""The words of cost reports on paper, by language: headings, and what a report is about."""

from __future__ import annotations

_WORDS: dict[str, dict[str, str]] = {
    "costs": {
        "en": "Costs", "sl": "Stroški", "ru": "Расходы", "fa": "هزینه‌ها", "de": "Kosten", "hr": "Troškovi",
        "it": "Costi",
    },
    "from_to": {
        "en": "From {first} to {last}", "sl": "Od {first} do {last}", "ru": "С {first} по {last}",
        "fa": "از {first} تا {last}", "de": "Vom {first} bis {last}", "hr": "Od {first} do {last}",
        "it": "Dal {first} al {last}",
    },
    "only": {
        "en": "Only {what} {value}", "sl": "Samo {what} {value}", "ru": "Только {what} {value}",
        "fa": "فقط {what} {value}", "de": "Nur {what} {value}", "hr": "Samo {what} {value}",
        "it": "Solo {what} {value}",
    },
    "total": {
        "en": "Total", "sl": "Skupaj", "ru": "Итого", "fa": "جمع", "de": "Summe", "hr": "Ukupno", "it": "Totale",
    },
    "nothing": {
        "en": "none", "sl": "brez", "ru": "нет", "fa": "بدون", "de": "ohne", "hr": "bez", "it": "nessuno",
    },
    "link": {
        "en": "Link", "sl": "Povezava", "ru": "Канал", "fa": "اتصال", "de": "Verbindung", "hr": "Veza", "it": "Linea",
    },
    "country": {
        "en": "Country", "sl": "Država", "ru": "Страна", "fa": "کشور", "de": "Land", "hr": "Država", "it": "Paese",
    },
    "prefix": {
        "en": "Prefix", "sl": "Predpona", "ru": "Префикс", "fa": "پیش‌شماره", "de": "Vorwahl", "hr": "Pozivni broj",
        "it": "Prefisso",
    },
    "client": {
        "en": "Key", "sl": "Ključ", "ru": "Ключ", "fa": "کلید", "de": "Schlüssel", "hr": "Ključ", "it": "Chiave",
    },
    "campaign": {
        "en": "Campaign", "sl": "Akcija", "ru": "Рассылка", "fa": "کمپین", "de": "Kampagne", "hr": "Kampanja",
        "it": "Campagna",
    },
    "category": {
        "en": "Category", "sl": "Kategorija", "ru": "Категория", "fa": "دسته", "de": "Kategorie", "hr": "Kategorija",
        "it": "Categoria",
    },
    "sender": {
        "en": "Sender", "sl": "Pošiljatelj", "ru": "Отправитель", "fa": "فرستنده", "de": "Absender",
        "hr": "Pošiljatelj",
        "it": "Mittente",
    },
    "kind": {"en": "Type", "sl": "Vrsta", "ru": "Тип", "fa": "نوع", "de": "Art", "hr": "Vrsta", "it": "Tipo"},
    "customer": {
        "en": "Customer", "sl": "Stranka", "ru": "Клиент", "fa": "مشتری", "de": "Kunde", "hr": "Kupac", "it": "Cliente",
    },
    "day": {"en": "Day", "sl": "Dan", "ru": "День", "fa": "روز", "de": "Tag", "hr": "Dan", "it": "Giorno"},
    "messages": {
        "en": "Messages", "sl": "Sporočila", "ru": "Сообщения", "fa": "پیام‌ها", "de": "Nachrichten", "hr": "Poruke",
        "it": "Messaggi",
    },
    "parts": {
        "en": "Parts", "sl": "Deli", "ru": "Части", "fa": "بخش‌ها", "de": "Teile", "hr": "Dijelovi", "it": "Parti",
    },
    "delivered": {
        "en": "Delivered", "sl": "Dostavljeno", "ru": "Доставлено", "fa": "رسیده", "de": "Zugestellt",
        "hr": "Isporučeno", "it": "Consegnati",
    },
    "share": {
        "en": "Share", "sl": "Delež", "ru": "Доля", "fa": "سهم", "de": "Anteil", "hr": "Udio", "it": "Quota",
    },
    "planned": {
        "en": "Planned", "sl": "Načrtovano", "ru": "План", "fa": "برآورد", "de": "Geplant", "hr": "Planirano",
        "it": "Previsto",
    },
    "booked": {
        "en": "Booked", "sl": "Knjiženo", "ru": "Учтено", "fa": "ثبت‌شده", "de": "Gebucht", "hr": "Knjiženo",
        "it": "Contabilizzato",
    },
    "per_delivered": {
        "en": "Per delivered", "sl": "Na dostavljeno", "ru": "На доставку", "fa": "هر رسیده",
        "de": "Je zugestellte",
        "hr": "Po isporučenoj", "it": "Per consegnato",
    },
    "replies": {
        "en": "Replies", "sl": "Odgovori", "ru": "Ответы", "fa": "پاسخ‌ها", "de": "Antworten", "hr": "Odgovori",
        "it": "Risposte",
    },
    "per_reply": {
        "en": "Per reply", "sl": "Na odgovor", "ru": "На ответ", "fa": "هر پاسخ", "de": "Je Antwort",
        "hr": "Po odgovoru",
        "it": "Per risposta",
    },
    "orders": {
        "en": "Orders", "sl": "Naročila", "ru": "Заказы", "fa": "سفارش‌ها", "de": "Bestellungen", "hr": "Narudžbe",
        "it": "Ordini",
    },
    "per_order": {
        "en": "Per order", "sl": "Na naročilo", "ru": "На заказ", "fa": "هر سفارش", "de": "Je Bestellung",
        "hr": "Po narudžbi", "it": "Per ordine",
    },
}  # fmt: skip
LANGUAGES = tuple(_WORDS["costs"])


def word(key: str, language: str) -> str:
    """A word in a language; English for one that it is not written in. Raises KeyError for no such word."""
    words = _WORDS[key]
    return words.get(language.replace("-", "_").split("_")[0], words["en"])
