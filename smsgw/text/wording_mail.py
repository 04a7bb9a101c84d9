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
}
