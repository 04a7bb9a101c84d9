"""Read a mail address as people write it, and spell it one way.

What is allowed is what mail servers take (RFC 5321 section 4.1.2), without quoted local parts, comments and address
literals, which no customer has. Small letters throughout: no server that people use tells them apart.
"""

from __future__ import annotations

import re

from smsgw.errors import BadInput, Fault

LONGEST = 254  # RFC 5321 section 4.5.3.1.3 without the angle brackets
_LOCAL = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x20\x7f]{1,64}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_mail(written: str) -> bool:
    """Whether somebody means a mail address: no phone number has an @."""
    return "@" in written


def read_mail(written: str) -> str:
    """The one spelling of a mail address; `mailto:` and the name around <…> are taken off; domains become ASCII (IDNA).

    Raises BadInput, code `mail_invalid`, which says what is wrong.
    """
    plain = written.strip()
    named = re.fullmatch(r"[^<>]*<([^<>]*)>", plain)
    plain = (named[1] if named else plain).strip().removeprefix("mailto:").lower()
    local, at, domain = plain.rpartition("@")
    if not at or not local or not domain:
        raise _bad(written, "it has the form name@example.com")
    if "@" in local:
        raise _bad(written, "it has more than one @")
    if not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise _bad(written, "what stands before the @ has letters that no mail address has, or is too long")
    spelled = f"{local}@{_domain(written, domain)}"
    if len(spelled) > LONGEST:
        raise _bad(written, f"it is longer than {LONGEST} letters")
    return spelled


def domain_of(address: str) -> str:
    """What stands behind the last @, in small letters; "" where there is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def _domain(written: str, domain: str) -> str:
    try:
        plain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as wrong:
        raise _bad(written, f"{domain!r} is no domain") from wrong
    labels = plain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise _bad(written, f"{domain!r} is no domain such as example.com")
    return plain


def _bad(written: str, why: str) -> BadInput:
    says = f"{written.strip()[:60]!r} is no mail address: {why}"
    return BadInput([Fault("", "mail_invalid", says)])
