"""What the gateway says about consent: confirmations, what somebody receives, and the question of a double opt-in.

Each fits in one part with a category of some length; those in Russian and Persian are short for that.
"""

from __future__ import annotations

CONSENT: dict[str, dict[str, str]] = {
    "stop_category": {
        "en": "You get no more offers about {category}. Reply STATUS to see what you get.",
        "sl": "Odjavljeni ste od: {category}. Kaj prejemate, izveste z odgovorom STATUS.",
        "ru": "Больше не пишем о: {category}. Подробнее: STATUS",
        "fa": "دیگر درباره {category} پیام نمی‌گیرید. STATUS",
        "de": "Sie bekommen nichts mehr zu: {category}. Mit STATUS sehen Sie, was Sie bekommen.",
        "hr": "Odjavljeni ste od: {category}. Za pregled prijava odgovorite STATUS.",
        "it": "Non riceverà più offerte su: {category}. Per sapere cosa riceve risponda STATUS.",
    },
    "start_confirmation": {
        "en": "You are subscribed to our offers. Reply STOP to end them at any time.",
        "sl": "Prijavljeni ste na obvestila. Za odjavo kadarkoli odgovorite STOP.",
        "ru": "Вы подписаны на рассылку. Чтобы отписаться, ответьте STOP.",
        "fa": "شما عضو شدید. برای لغو STOP بفرستید.",
        "de": "Sie sind angemeldet und bekommen unsere Angebote. Mit STOP melden Sie sich jederzeit ab.",
        "hr": "Prijavljeni ste na obavijesti. Za odjavu u svako doba odgovorite STOP.",
        "it": "Ora riceve le nostre offerte. Per non riceverle più risponda STOP.",
    },
    "start_category": {
        "en": "You are subscribed to: {category}. Reply STOP to end all offers.",
        "sl": "Prijavljeni ste na: {category}. Za odjavo odgovorite STOP.",
        "ru": "Вы подписаны на: {category}. Отписка: STOP",
        "fa": "عضو شدید: {category}. لغو: STOP",
        "de": "Sie sind angemeldet: {category}. Mit STOP melden Sie sich ab.",
        "hr": "Prijavljeni ste na: {category}. Za odjavu odgovorite STOP.",
        "it": "Ora riceve: {category}. Per non ricevere più nulla risponda STOP.",
    },
    "consent_help": {
        "en": "STOP ends our offers, START brings them back, STATUS says which you get. Or just ask us.",
        "sl": "STOP vas odjavi, START prijavi, STATUS pove, kaj prejemate. Ali nam kar odgovorite.",
        "ru": "STOP – отписка, START – подписка, STATUS – что вы получаете.",
        "fa": "STOP لغو، START عضویت، STATUS وضعیت شما.",
        "de": "STOP meldet ab, START meldet an, STATUS sagt, was Sie bekommen. Oder fragen Sie uns einfach.",
        "hr": "STOP odjavljuje, START prijavljuje, STATUS govori o prijavama. Ili nas jednostavno pitajte.",
        "it": "STOP per non ricevere offerte, START per riceverle, STATUS per sapere quali. O ci scriva.",
    },
    "status_all": {
        "en": "You get all our offers. Reply STOP to end them.",
        "sl": "Prejemate vsa obvestila. Za odjavo odgovorite STOP.",
        "ru": "Вы получаете всю рассылку. Отписаться: STOP",
        "fa": "همه پیام‌های ما را می‌گیرید. لغو: STOP",
        "de": "Sie bekommen alle unsere Angebote. Mit STOP melden Sie sich ab.",
        "hr": "Primate sve obavijesti. Za odjavu odgovorite STOP.",
        "it": "Riceve tutte le nostre offerte. Per non riceverle più risponda STOP.",
    },
    "status_some": {
        "en": "You get offers about: {category}. Reply STOP to end them.",
        "sl": "Prejemate obvestila: {category}. Za odjavo odgovorite STOP.",
        "ru": "Вы получаете: {category}. Отписаться: STOP",
        "fa": "دریافت می‌کنید: {category}. لغو: STOP",
        "de": "Sie bekommen Angebote zu: {category}. Mit STOP melden Sie sich ab.",
        "hr": "Primate obavijesti: {category}. Za odjavu odgovorite STOP.",
        "it": "Riceve offerte su: {category}. Per non riceverle più risponda STOP.",
    },
    "status_none": {
        "en": "You get no offers from us. Reply START to get them.",
        "sl": "Ne prejemate obvestil. Za prijavo odgovorite START.",
        "ru": "Вы не получаете рассылку. Подписаться: START",
        "fa": "شما عضو نیستید. برای عضویت START بفرستید.",
        "de": "Sie bekommen keine Angebote von uns. Mit START melden Sie sich an.",
        "hr": "Ne primate obavijesti. Za prijavu odgovorite START.",
        "it": "Non riceve nostre offerte. Per riceverle risponda START.",
    },
    "opt_in_question": {
        "en": "Do you want our offers about {category}? Reply YES to agree. No answer: you get none.",
        "sl": "Odgovorite DA za obvestila: {category}. Brez odgovora jih ne boste prejemali.",
        "ru": "Присылать вам: {category}? Ответьте ДА",
        "fa": "آیا پیام {category} بفرستیم؟ پاسخ: بله",
        "de": "Möchten Sie unsere Angebote zu {category}? Antworten Sie JA. Ohne Antwort bekommen Sie keine.",
        "hr": "Odgovorite DA za obavijesti: {category}. Bez odgovora ih nećete primati.",
        "it": "Vuole le nostre offerte su {category}? Risponda SI. Senza risposta non ne riceve.",
    },
    "opt_in_question_all": {
        "en": "Do you want our offers? Reply YES to agree. No answer: you get none.",
        "sl": "Odgovorite DA za naša obvestila.",
        "ru": "Присылать вам наши предложения? Ответьте ДА",
        "fa": "آیا پیام‌های ما را می‌خواهید؟ پاسخ: بله",
        "de": "Möchten Sie unsere Angebote? Antworten Sie JA. Ohne Antwort bekommen Sie keine.",
        "hr": "Odgovorite DA za naše obavijesti.",
        "it": "Vuole le nostre offerte? Risponda SI. Senza risposta non ne riceve.",
    },
    "preferences": {
        "en": "Choose what you get from us: {category}",
        "sl": "Izberite, kaj prejemate: {category}",
        "ru": "Что вам присылать: {category}",
        "fa": "انتخاب پیام‌ها: {category}",
        "de": "Wählen Sie, was Sie bekommen: {category}",
        "hr": "Odaberite što primate: {category}",
        "it": "Scelga cosa ricevere: {category}",
    },
}
