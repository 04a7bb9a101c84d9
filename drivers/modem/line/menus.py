"""What the simulated network answers to codes such as *101#: menus of several steps, and how +CUSD spells them."""

from __future__ import annotations

from dataclasses import dataclass, field

from smsgw.text import alphabet
from smsgw.text.septets import pack, unpack


@dataclass
class Menu:
    """An answer. choices: what may be replied to it; without any it is the end of the session."""

    says: str
    choices: dict[str, Menu] = field(default_factory=dict)


MENUS = {
    "*100#": Menu("Your balance is 12.34 EUR, valid until 31.12.2026."),
    "*101#": Menu("Vaše stanje je 7,50 €. Še 120 SMS."),
    "*123#": Menu(
        "1 Balance\n2 Bundles\n3 End",
        {
            "1": Menu("Balance: 12.34 EUR"),
            "2": Menu("1 100 SMS for 1 EUR\n2 1000 SMS for 5 EUR", {"1": Menu("100 SMS added"), "2": Menu("Too poor")}),
            "3": Menu("Goodbye"),
        },
    ),
}


def read(text: str, packed: bool) -> str:
    """A code or a reply as it was typed: plain, or in packed septets in hexadecimal; "31" is either that or a 1."""
    if not packed:
        return text
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        return text
    return alphabet.decode(unpack(octets, len(octets) * 8 // 7)).rstrip("@\r")


def spelled(menu: Menu, how: str) -> str:
    """The +CUSD line of an answer (27.007 section 7.15). how: "gsm", "packed" or "ucs2"."""
    kind = 1 if menu.choices else 0
    septets = alphabet.encode_plain(menu.says)
    if how == "ucs2" or septets is None:
        return f'+CUSD: {kind},"{menu.says.encode("utf-16-be").hex().upper()}",72'
    if how == "packed":
        filled = septets + (b"\r" if len(septets) % 8 == 7 else b"")  # else seven bits of nothing would be an @
        return f'+CUSD: {kind},"{pack(filled).hex().upper()}",15'
    return f'+CUSD: {kind},"{menu.says}",15'
