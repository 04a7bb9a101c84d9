"""Of a mail only what is new is sent on: no quote in any of the seven languages, and no signature."""

from __future__ import annotations

import time

import pytest

from smsgw.media.mail_quotes import newest, words_of_html

QUOTES = {
    "Gmail, English": 'On Wed, Nov 5, 2025 at 10:11 AM "+386" via gateway <r-a@in.example.com> wrote:',
    "Gmail, English, wrapped": 'On Wed, Nov 5, 2025 at 10:11 AM "+386" via gateway\n<r-a@in.example.com> wrote:',
    "Gmail, German": "Am Mi., 5. Nov. 2025 um 10:11 Uhr schrieb Ana <a@b.example>:",
    "Thunderbird, German": "Am 05.11.25 um 10:11 schrieb Ana:",
    "Gmail, Slovene": "V V sre., 5. nov. 2025 ob 10:11 je oseba Ana <a@b.example> napisala:",
    "Thunderbird, Slovene": "Dne 5. 11. 2025 ob 10:11 je Ana napisal(a):",
    "Gmail, Croatian": "sri, 5. stu 2025. u 10:11 Ana <a@b.example> napisao je:",
    "Thunderbird, Croatian": "Dana 5. 11. 2025. u 10:11, Ana je napisao/la:",
    "Gmail, Italian": "Il giorno mer 5 nov 2025 alle ore 10:11 Ana <a@b.example> ha scritto:",
    "Thunderbird, Italian": "Il 05/11/25 10:11, Ana ha scritto:",
    "Gmail, Russian": "ср, 5 нояб. 2025 г. в 10:11, Ана <a@b.example>:",
    "Thunderbird, Russian": "05.11.2025 10:11, Ана пишет:",
    "Gmail, Persian": "در تاریخ چهارشنبه ۵ نوامبر ۲۰۲۵، ساعت ۱۰:۱۱ Ana <a@b.example> نوشت:",
    "Outlook": "________________________________",
    "Outlook, English": "-----Original Message-----\nFrom: Ana\nSent: Monday\nTo: Mia\nSubject: tap",
    "Outlook, block, English": "From: Ana\nSent: Monday\nTo: Mia\nSubject: tap",
    "Outlook, block, German": "Von: Ana\nGesendet: Montag\nAn: Mia\nBetreff: Hahn",
    "Outlook, block, Slovene": "Od: Ana\nPoslano: ponedeljek\nZa: Mia\nZadeva: pipa",
    "Outlook, block, Croatian": "Šalje: Ana\nPoslano: ponedjeljak\nPrima: Mia\nPredmet: slavina",
    "Outlook, block, Italian": "Da: Ana\nInviato: lunedì\nA: Mia\nOggetto: rubinetto",
    "Outlook, block, Russian": "От: Ана\nОтправлено: понедельник\nКому: Мия\nТема: кран",
    "another language": "Le 5 nov. 2025 à 10:11, Ana a écrit :",
}


@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES)
def test_what_stands_above_the_quote_is_all_that_counts(quote: str) -> None:
    said = "Yes, at noon.\n\nBring the key: it is in the office."
    for ending in ("\n\n> When do you come?\n> It drips.\n", "\r\n\r\n> When?\r\n"):
        assert newest(f"{said}\n\n{quote}{ending}") == said


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ("Ok.\n\n-- \nMia\nThe Shop, 1 Street", "Ok."),
        ("Ok.\n\n--\nMia", "Ok."),
        ("Sure\n\nSent from my iPhone", "Sure"),
        ("Gern\n\nVon meinem iPhone gesendet", "Gern"),
        ("> When?\n\nAt noon.\n", "At noon."),
        ("On Monday he wrote:\n> a\n\nNo, Tuesday.\n> b\nYes.", "No, Tuesday.\nYes."),
        ("Price is 5 €: ok?\nHe wrote: hello", "Price is 5 €: ok?\nHe wrote: hello"),
        ("On the way we saw this: a cat.\nIt is nice.", "On the way we saw this: a cat.\nIt is nice."),
        ("Od: pošta\nnaj bo ob treh", "Od: pošta\nnaj bo ob treh"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("On Wed, Nov 5, 2025 at 10:11 AM Ana <a@b.example> wrote:\n> hi", ""),
        ("", ""),
    ],
)
def test_signatures_go_answers_between_quotes_stay_and_plain_words_are_left_alone(mail: str, said: str) -> None:
    assert newest(mail) == said


def test_html_is_read_as_words_and_its_quotes_are_quotes() -> None:
    html = (
        "<html><head><title>x</title><style>p{}</style></head><body><p>At&nbsp;noon,<br>&lt;sure&gt;</p>"
        "<script>alert(1)</script><div>On Wed, 5 Nov 2025 at 10:11 Ana &lt;a@b.example&gt; wrote:</div>"
        "<blockquote><p>When?</p></blockquote></body></html>"
    )
    assert newest(words_of_html(html)) == "At noon,\n<sure>"


@pytest.mark.parametrize("line", ["1" * 299 + ":", "a <" * 70 + ":", "on " * 90 + ":", "sre je " * 40 + ":", ">" * 299])
def test_no_mail_keeps_us_for_long(line: str) -> None:
    begun = time.process_time()
    newest(f"{line}\n" * 3_000)
    assert time.process_time() - begun < 5
