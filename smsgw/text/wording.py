"""Every sentence that the gateway writes itself to customers, by language.

A confirmation must fit into one part, also where its letters need UCS-2: 70 letters then, or none of them.
"""

from __future__ import annotations

from .wording_consent import CONSENT
from .wording_inquiries import INQUIRIES
from .wording_mail import MAIL
from .wording_media import MEDIA
from .wording_orders import ORDERS
from .wording_own_page import OWN_PAGE
from .wording_pages import MESSAGE_PAGES
from .wording_preferences import PREFERENCES

_WORDS: dict[str, dict[str, str]] = {
    "stop_confirmation": {
        "en": "You are unsubscribed and will get no more offers from us. Reply START to subscribe again.",
        "sl": "Odjavljeni ste od obvestil. Za ponovno prijavo odgovorite START.",
        "ru": "Вы отписаны от рассылки. Чтобы вернуться, ответьте START.",
        "fa": "اشتراک شما لغو شد. برای عضویت دوباره START بفرستید.",
        "de": "Sie sind abgemeldet und bekommen keine Angebote mehr. Um sie wieder zu bekommen: START.",
        "hr": "Odjavljeni ste s obavijesti. Za ponovnu prijavu odgovorite START.",
        "it": "La sua iscrizione è annullata. Per iscriversi di nuovo risponda START.",
    },
    "part_missing": {
        "en": "[part {position} of {of} missing]",
        "sl": "[manjka {position}. del od {of}]",
        "ru": "[часть {position} из {of} не пришла]",
        "fa": "[بخش {position} از {of} نرسید]",
        "de": "[Teil {position} von {of} fehlt]",
        "hr": "[nedostaje {position}. dio od {of}]",
        "it": "[manca la parte {position} di {of}]",
    },
    "mms_unfetched": {
        "en": "[An MMS ({size}) could not be fetched: {reason}]",
        "sl": "[MMS ({size}) ni bilo mogoče prevzeti: {reason}]",
        "ru": "[MMS ({size}) не удалось получить: {reason}]",
        "fa": "[دریافت MMS ({size}) ممکن نشد: {reason}]",
        "de": "[Eine MMS ({size}) konnte nicht abgeholt werden: {reason}]",
        "hr": "[MMS ({size}) nije bilo moguće preuzeti: {reason}]",
        "it": "[Un MMS ({size}) non è stato scaricato: {reason}]",
    },
    **CONSENT,
    **INQUIRIES,
    **MAIL,
    **MEDIA,
    **MESSAGE_PAGES,
    **ORDERS,
    **OWN_PAGE,
    **PREFERENCES,
}

LANGUAGES = ("en", "sl", "ru", "fa", "de", "hr", "it")
"""Those that every sentence is written in, the one to fall back on first."""


def wording(key: str, language: str) -> str:
    """The sentence `key` in a language; `{names}` in it are for str.format.

    key: `stop_confirmation`, `part_missing` (position, of), `mms_unfetched` (size, reason), those of wording_consent
    (category), of wording_orders (number, lines, total) and of wording_inquiries (low, high, labels, question).
    language: a tag like `sl` or `sl-SI`; English stands in for languages not written yet. Raises KeyError for an
    unknown key: a mistake of ours.
    """
    sentences = _WORDS[key]
    return sentences.get(language.replace("_", "-").split("-")[0].lower(), sentences["en"])
