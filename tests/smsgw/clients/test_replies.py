"""What a client's program answers to a phone: TwiML, a plain text, a page; each becomes texts, once."""

from __future__ import annotations

import pytest

from smsgw.clients.replies import Text, kannel, plain, twiml


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("<Response/>", []),
        ("<Response><Message>Hvala</Message></Response>", [Text("Hvala")]),
        ("<Response><Message to='+1'><Body>a &amp; b</Body></Message><Message>c</Message></Response>",
         [Text("a & b", "+1"), Text("c")]),
        ("<Response><Redirect>http://x</Redirect></Response>", []),
        ("Thank you", [Text("Thank you")]),
        ("<Response><Message>", []),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><Response><Message>&a;</Message></Response>", []),
    ],
)  # fmt: skip
def test_twiml_is_read(body: str, texts: list[Text]) -> None:
    assert twiml(body) == texts


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (" Thank you \n", "Thank you"),
        ("<html><head><title>no</title></head><body><p>Price: 5 &euro;</p>now</body></html>", "Price: 5 €\nnow"),
        ("<html></html>", None),
    ],
)
def test_a_page_is_what_can_be_read_of_it(body: str, words: str | None) -> None:
    assert plain(body) == ([] if words is None else [Text(words)])


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("Thank you", [Text("Thank you")]),  # as an older smsgw kept it
        ("\x1e\x1eThank you", [Text("Thank you")]),
        ("\x1e777\x1eThank \x1e you", [Text("Thank \x1e you", None, "777")]),
        ("+38640111333\x1e\x1eShe asks", [Text("She asks", "+38640111333")]),
        ("+38640111333\x1e777\x1e ", []),
    ],
)
def test_kannels_headers_send_an_answer_elsewhere(body: str, texts: list[Text]) -> None:
    assert kannel(body) == texts
