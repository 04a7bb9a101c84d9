"""What the gateway adds to mails, by language."""

from __future__ import annotations

_ORDER = ("en", "sl", "ru", "fa", "de", "hr", "it")


def _in(*sentences: str) -> dict[str, str]:
    return dict(zip(_ORDER, sentences, strict=True))


MAIL: dict[str, dict[str, str]] = {
    "mail_ending": _in(
        "To get no more mails like this one: {url}",
        "Če takih sporočil ne želite več: {url}",
        "Чтобы больше не получать таких писем: {url}",
        "برای دریافت نکردن ایمیل‌های دیگر: {url}",
        "Keine solchen Mails mehr bekommen: {url}",
        "Ako ne želite više ovakvih poruka: {url}",
        "Per non ricevere più messaggi come questo: {url}",
    ),
    # What stands in letters to mailboxes of the company.
    "mail_subject": _in(
        "{what} from {name}",
        "{what} od {name}",
        "{what} от {name}",
        "{what} از {name}",
        "{what} von {name}",
        "{what} od {name}",
        "{what} da {name}",
    ),
    "mail_foot": _in(
        "Answer this mail: your words go to the phone as a text, pictures with them as an MMS.",
        "Odgovorite na to sporočilo: besede gredo na telefon kot SMS, s slikami kot MMS.",
        "Ответьте на это письмо: слова придут на телефон как SMS, с картинками — как MMS.",
        "به این ایمیل پاسخ دهید: متن شما پیامک می‌شود و همراه تصویر، MMS.",
        "Antworten Sie auf diese Mail: Worte gehen als SMS an das Telefon, mit Bildern als MMS.",
        "Odgovorite na ovu poruku: riječi stižu na telefon kao SMS, sa slikama kao MMS.",
        "Risponda a questa mail: le parole arrivano al telefono come SMS, con immagini come MMS.",
    ),
    "mail_too_large": _in(
        "Its media are too large for mail ({size} MB). They are in the inbox: {url}",
        "Priloge so prevelike za pošto ({size} MB). So v predalu: {url}",
        "Вложения слишком велики для письма ({size} МБ). Они во входящих: {url}",
        "پیوست‌ها برای ایمیل بزرگ‌اند ({size} مگابایت). در صندوق ورودی هستند: {url}",
        "Die Anlagen sind zu groß für eine Mail ({size} MB). Sie sind im Posteingang: {url}",
        "Prilozi su preveliki za poštu ({size} MB). Nalaze se u sandučiću: {url}",
        "Gli allegati sono troppo grandi per una mail ({size} MB). Sono nella posta in arrivo: {url}",
    ),
    "mail_attached": _in(
        "Attached: {name}",
        "Priloga: {name}",
        "Вложение: {name}",
        "پیوست: {name}",
        "Anlage: {name}",
        "Prilog: {name}",
        "Allegato: {name}",
    ),
    "mail_gone": _in(
        "No more there: {names}",
        "Ni več na voljo: {names}",
        "Больше нет: {names}",
        "دیگر موجود نیست: {names}",
        "Nicht mehr da: {names}",
        "Više nije dostupno: {names}",
        "Non più disponibile: {names}",
    ),
    "mail_empty": _in(
        "It is empty.",
        "Sporočilo je prazno.",
        "Оно пустое.",
        "خالی است.",
        "Sie ist leer.",
        "Poruka je prazna.",
        "È vuoto.",
    ),
    "mail_forgotten": _in(
        "What this letter told of is there no more.",
        "Tega, o čemer govori to pismo, ni več.",
        "Того, о чём это письмо, больше нет.",
        "آنچه این نامه از آن می‌گفت دیگر نیست.",
        "Wovon dieser Brief erzählt, ist nicht mehr da.",
        "Onoga o čemu govori ovo pismo više nema.",
        "Ciò di cui parla questa lettera non c'è più.",
    ),
}
