"""The sentences with which the gateway answers questions and asks in surveys, by language.

`was_that_it`, `or_a_person` and `survey_scale_how` are the end of another text, and begin with a space.
"""

from __future__ import annotations

INQUIRIES: dict[str, dict[str, str]] = {
    "was_that_it": {
        "en": " Was that it? Reply YES, or 0 for a person.",
        "sl": " Je to odgovor? DA, ali 0 za pogovor s človekom.",
        "ru": " Это ответ? ДА, или 0: ответит сотрудник.",
        "fa": " پاسخ را گرفتید؟ بله، یا ۰ برای همکار ما.",
        "de": " War das die Antwort? JA, oder 0 für einen Menschen.",
        "hr": " Je li to odgovor? DA, ili 0 za razgovor s čovjekom.",
        "it": " Era questo? SI, oppure 0 per una persona.",
    },
    "or_a_person": {
        "en": " Reply 0 for a person.",
        "sl": " Za pogovor s človekom odgovorite 0.",
        "ru": " Чтобы ответил сотрудник, пришлите 0.",
        "fa": " برای همکار ما ۰ بفرستید.",
        "de": " Für einen Menschen antworten Sie 0.",
        "hr": " Za razgovor s čovjekom odgovorite 0.",
        "it": " Per una persona risponda 0.",
    },
    "to_a_person": {
        "en": "Thank you. A person will answer you.",
        "sl": "Hvala. Odgovoril vam bo človek.",
        "ru": "Спасибо. Вам ответит сотрудник.",
        "fa": "سپاس. همکار ما پاسخ می‌دهد.",
        "de": "Danke. Ein Mensch wird Ihnen antworten.",
        "hr": "Hvala. Odgovorit će vam čovjek.",
        "it": "Grazie. Le risponderà una persona.",
    },
    "stock_in": {
        "en": "in stock", "sl": "na zalogi", "ru": "есть в наличии", "fa": "موجود است", "de": "vorrätig",
        "hr": "na zalihi", "it": "disponibile",
    },
    "stock_low": {
        "en": "nearly sold out", "sl": "skoraj razprodano", "ru": "почти распродано", "fa": "رو به اتمام است",
        "de": "fast ausverkauft", "hr": "gotovo rasprodano", "it": "quasi esaurito",
    },
    "stock_out": {
        "en": "sold out", "sl": "razprodano", "ru": "нет в наличии", "fa": "موجود نیست", "de": "ausverkauft",
        "hr": "rasprodano", "it": "esaurito",
    },
    "closed_today": {
        "en": "closed today", "sl": "danes zaprto", "ru": "сегодня закрыто", "fa": "امروز تعطیل است",
        "de": "heute geschlossen", "hr": "danas zatvoreno", "it": "oggi chiuso",
    },
    "always_open": {
        "en": "always", "sl": "vedno", "ru": "круглосуточно", "fa": "همیشه", "de": "immer", "hr": "uvijek",
        "it": "sempre",
    },
    "survey_thanks": {
        "en": "Thank you for your answers.",
        "sl": "Hvala za vaše odgovore.",
        "ru": "Спасибо за ваши ответы.",
        "fa": "از پاسخ‌های شما سپاسگزاریم.",
        "de": "Danke für Ihre Antworten.",
        "hr": "Hvala na vašim odgovorima.",
        "it": "Grazie per le sue risposte.",
    },
    "survey_scale_how": {
        "en": " Reply {low} to {high}.",
        "sl": " Odgovorite od {low} do {high}.",
        "ru": " Ответьте от {low} до {high}.",
        "fa": " از {low} تا {high} پاسخ دهید.",
        "de": " Antworten Sie mit {low} bis {high}.",
        "hr": " Odgovorite od {low} do {high}.",
        "it": " Risponda da {low} a {high}.",
    },
    "survey_scale_again": {
        "en": "Please reply with a number from {low} to {high}.",
        "sl": "Prosimo, odgovorite s številom od {low} do {high}.",
        "ru": "Пожалуйста, ответьте числом от {low} до {high}.",
        "fa": "لطفاً با عددی از {low} تا {high} پاسخ دهید.",
        "de": "Bitte antworten Sie mit einer Zahl von {low} bis {high}.",
        "hr": "Molimo odgovorite brojem od {low} do {high}.",
        "it": "Per favore risponda con un numero da {low} a {high}.",
    },
    "survey_choice_again": {
        "en": "Please reply with one of: {labels}.",
        "sl": "Prosimo, odgovorite z eno od možnosti: {labels}.",
        "ru": "Пожалуйста, выберите: {labels}.",
        "fa": "لطفاً یکی را بفرستید: {labels}.",
        "de": "Bitte antworten Sie mit einem davon: {labels}.",
        "hr": "Molimo odgovorite jednim od: {labels}.",
        "it": "Per favore risponda con uno di: {labels}.",
    },
    "survey_reminder": {
        "en": "We still wait for your answer: {question}",
        "sl": "Še čakamo na vaš odgovor: {question}",
        "ru": "Мы ждём ваш ответ: {question}",
        "fa": "هنوز منتظر پاسخ شما هستیم: {question}",
        "de": "Wir warten noch auf Ihre Antwort: {question}",
        "hr": "Još čekamo vaš odgovor: {question}",
        "it": "Aspettiamo ancora la sua risposta: {question}",
    },
}  # fmt: skip
