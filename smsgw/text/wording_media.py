"""What the text says that tells of a picture, a video or a message on a page, by language.

Letters outside of GSM 7-bit would cost a second part, so that languages that can do without them do.
"""

from __future__ import annotations

_ORDER = ("en", "sl", "ru", "fa", "de", "hr", "it")


def _in(*sentences: str) -> dict[str, str]:
    return dict(zip(_ORDER, sentences, strict=True))


MEDIA: dict[str, dict[str, str]] = {
    "notice_picture": _in(
        "{who} sent you a picture message:", "{who}: nova slika za vas:", "{who}: вам картинка:",
        "{who} برای شما عکس فرستاد:", "{who} schickt Ihnen ein Bild:", "{who}: nova slika za vas:",
        "{who} Le ha inviato un'immagine:",
    ),
    "notice_video": _in(
        "{who} sent you a video message:", "{who}: nov video za vas:", "{who}: вам видео:",
        "{who} برای شما ویدیو فرستاد:", "{who} schickt Ihnen ein Video:", "{who}: novi video za vas:",
        "{who} Le ha inviato un video:",
    ),
    "notice_message": _in(
        "{who} sent you a message:", "{who}: nova vest za vas:", "{who}: вам сообщение:",
        "{who} برای شما پیام فرستاد:", "{who} schickt Ihnen eine Nachricht:", "{who}: nova poruka za vas:",
        "{who} Le ha inviato un messaggio:",
    ),
    "notice_picture_here": _in(
        "A picture message for you:", "Nova slika za vas:", "Вам картинка:", "برای شما عکس آمده:",
        "Ein Bild für Sie:", "Nova slika za vas:", "Un'immagine per Lei:",
    ),
    "notice_video_here": _in(
        "A video message for you:", "Nov video za vas:", "Вам видео:", "برای شما ویدیو آمده:",
        "Ein Video für Sie:", "Novi video za vas:", "Un video per Lei:",
    ),
    "notice_message_here": _in(
        "A message for you:", "Nova vest za vas:", "Вам сообщение:", "برای شما پیام آمده:",
        "Eine Nachricht für Sie:", "Nova poruka za vas:", "Un messaggio per Lei:",
    ),
    "notice_until": _in(
        "(until {date})", "(do {date})", "(до {date})", "(تا {date})", "(bis {date})", "(do {date})",
        "(fino al {date})",
    ),
    "notice_reply": _in(
        "Reply by SMS.", "Odgovorite s SMS.", "Ответьте по SMS.", "با پیامک پاسخ دهید.", "Antwort per SMS.",
        "Odgovorite SMS-om.", "Risponda con un SMS.",
    ),
    "notice_call": _in(
        "Or call {call}.", "Tel. {call}", "Тел. {call}", "تلفن {call}", "Tel. {call}", "Tel. {call}",
        "Tel. {call}",
    ),
}  # fmt: skip
