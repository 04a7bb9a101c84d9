"""Every sentence that the core and the drivers say, and a page may show, is known to the pages.

What is said is found in the code itself: every string that reads as a sentence, but for the files that no page shows.
That each known one is translated into every language is seen by test_translations.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from webadmin.api.routes import ROUTES
from webadmin.catalogue import CATALOGUE
from webadmin.pages.core_words import KNOWN
from webadmin.pages.retold import known_as

ROOT = Path(__file__).resolve().parents[2]
# Rooms and files whose sentences no page shows, each with where they are read instead.
NOT_ON_PAGES = {
    "smsgw/__main__.py": "the command line",
    "smsgw/cli/": "the command line",
    "smsgw/clients/": "the command line, which asks the daemon",
    "smsgw/config/": "the command line, before there is a page",
    "smsgw/daemon.py": "the log",
    "smsgw/reload.py": "the log",
    "smsgw/takeover/": "the command line",
    "smsgw/store/": "the command line, before there is a page; what a page shows of it is in core_words_inbox",
    "smsgw/text/wording": "has its own words in each language",
    "smsgw/text/national.py": "a table of letters",
    "smsgw/paper/": "has its own words in each language",
    "smsgw/campaigns/terms.py": "describes fields of the API",
    "smsgw/campaigns/slides.py": "describes fields of the API",
    "smsgw/money/proof.py": "the command line and the log",
    "smsgw/money/report_words.py": "has its own words in each language",
    "smsgw/money/report_tables.py": "puts these together",
    "smsgw/customers/consent/certificate.py": "a paper, in English for whoever asks for the proof",
    "smsgw/customers/consent/basis.py": "words of customers",
    "smsgw/customers/importing/columns.py": "headings of sheets, in several languages",
    "smsgw/customers/export.py": "a paper",
    "smsgw/inbound/robots.py": "words of machines",
    "smsgw/inbound/mms_unfetched.py": "a mail to the staff",
    "smsgw/inbound/orders/mail.py": "a mail to the staff",
    "smsgw/inbound/reading/explain.py": "the command line",
    "smsgw/inbound/reading/lines.py": "the command line",
    "smsgw/media/child.py": "the code of a program",
    "smsgw/media/mail_quotes.py": "words of mail programs",
    "smsgw/media/mail_writing.py": "a mail to the staff",
    "smsgw/outbound/count_words.py": "has its own words in each language",
    "smsgw/outbound/short_links.py": "the API: no page makes any; what campaigns say is in core_words_campaigns",
    "smsgw/watch/owner.py": "a text to the owner",
    "smsgw/watch/figures.py": "a text to the owner",
    "smsgw/watch/tracing.py": "the log",
    "smsgw/watch/trying.py": "the command line",
    "smsgw/webhooks/dialects/": "words of protocols",
    "drivers/_mms/": "says what is wrong with octets, to the log",
    "drivers/fake/config.py": "the command line: fields of the configuration",
    "drivers/fake/contents.py": "the tape",
    "drivers/fake/trace.py": "the console, as it goes over the wire",
    "drivers/mail/config.py": "the command line: fields of the configuration",
    "drivers/mail/listener.py": "an answer to a mail server",
    "drivers/mail/trace.py": "the console, as it goes over the wire",
    "drivers/mm7/config.py": "the command line: fields of the configuration",
    "drivers/mm7/contents.py": "the command line: fields of the configuration",
    "drivers/mm7/listening.py": "an answer to an MMSC",
    "drivers/mm7/parts.py": "says what is wrong with octets, to the log",
    "drivers/mm7/proof.py": "words of protocols",
    "drivers/mm7/soap.py": "says what is wrong with octets, to the log",
    "drivers/modem/__init__.py": "the command line: fields of the configuration",
    "drivers/modem/life.py": "the handbook",
    "drivers/modem/line/": "the simulated modem of the command line",
    "drivers/modem/mms_carrier.py": "the command line, which tries a modem",
    "drivers/modem/mms_check.py": "the command line, which tries a modem",
    "drivers/modem/probe.py": "lines of a configuration",
    "drivers/modem/pdu.py": "says what is wrong with octets, to the log; its statuses are in core_words_modem",
    "drivers/modem/trace.py": "the console, as it goes over the wire",
    "drivers/smpp/config.py": "the command line: fields of the configuration",
    "drivers/smpp/connection.py": "the command line: fields of the configuration",
    "drivers/smpp/contents.py": "the command line: fields of the configuration",
    "drivers/smpp/pdu.py": "says what is wrong with octets, to the log",
    "drivers/smpp/server/": "an answer to a client",
    "drivers/smpp/trace.py": "the console, as it goes over the wire",
    "drivers/web/config.py": "the command line: fields of the configuration",
    "drivers/web/profiles.py": "words of carriers",
    "webadmin/pages/core_words": "these are they",
    "drivers/web/words.py": "says what is wrong with a carrier's answer, to the log",
}
# What no page shows in files whose other sentences it does: details beside a deed, names of threads and of what the
# gateway itself asks once, and the outcomes that docs/mm7.md tells.
AGAIN_AND_AGAIN = (
    "again after 10 seconds, then after twice as long each time up to an hour, until the message expires; "
    "it uses up no tries"
)
UNSAID = (
    "{}: {} parts a {}{}, then {}{}", ", at most {} {}", "{} {} ({}) for {}, a warning at {} %",
    "{}, then {}; free of it: {}", "as met {}", "order:{}:{}", "order:{}:{}:{}", "order:{}:cancelled",
    "order:{}:confirmed", "order:{}:received", "order:{}:{}:lapsed", "order:{}:{}:reminder", "order:{}:{}:confirmed",
    "order:{}:asked:{}", "survey:{}:{}:range", "survey:{}:thanks", "survey:{}:{}", "survey:{}:{}:again",
    "only what is asked about is confirmed", "what is asked about, or lapsed, can be asked about anew",
    "say which expectations are closed", "smaller than {}", "took a text", "is in a network",
    "of the device", "so many letters", "tls_certificate or tls_key", " and is not in use", " and {} links no less",
    "a text is no MMS", "an {} is not for us", ", and {} that the SMSC opened", ", a person looks",
    "own page {}", "own:{}:{}", "local command line",
    "there is no verb {} for people", "object of {}", "Your book is here.",
    "owner of modem {}", "reader of {}", "MMS of modem {}",
    "absent {} recovering resting", "{}, name_xx, aliases_xx (xx: a language such as sl)", "{} kg {}", "{} x {}",
    AGAIN_AND_AGAIN, "again soon, and the link goes slower",
    "check url, user, password, vasp_id, vas_id and service_code",
    "check version and namespace", "for good, for this content: a smaller one may pass; the code begins with content-",
    "for good, for this recipient; it says nothing about whether the phone shows MMS",
    "for good: one of the two sides has a mistake; the exchange is kept (see exchanges)",
    "the link rests and says what to correct; messages wait",
    "the link rests: version or namespace must be corrected; messages wait",
    "the message is sent; its MessageID is kept for reports",
    "the recipients that Details names are refused for good; the message is sent to the others",
    "the same again in one request for each recipient; of a single recipient: for good",
)  # fmt: skip
GAP = "\0"
EVERY = "\n".join(one.replace("%%", "%") for one in KNOWN)
MARK = re.compile("[;:] ")  # where sentences meet
FORMATTED = re.compile(r"(?<!\{)\{\w+\}(?!\})")  # by str.format
SENTENCE = re.compile(r"(?:[^\W\d_A-Z][\w'’]*[ ,:;]+){2}[a-z]")


def files() -> list[Path]:
    """The files of the core and of the drivers of which pages show sentences."""
    there = [path for top in ("smsgw", "drivers", "webadmin/pages") for path in sorted((ROOT / top).rglob("*.py"))]
    there.append(ROOT / "webadmin" / "auth.py")
    return [path for path in there if not path.relative_to(ROOT).as_posix().startswith(tuple(NOT_ON_PAGES))]


class Said(ast.NodeVisitor):
    """Collects the strings of a file, those with values in them a gap for each; not what goes into the log."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A string with values in it."""
        self.found.add("".join(str(one.value) if isinstance(one, ast.Constant) else GAP for one in node.values))

    def visit_Constant(self, node: ast.Constant) -> None:
        """A plain one."""
        if isinstance(node.value, str):
            self.found.add(FORMATTED.sub(GAP, node.value))

    def visit_Expr(self, node: ast.Expr) -> None:
        """A docstring is none of them."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Nor is what goes into the log, or into a statement of SQL; what a page itself says is in its catalogue."""
        called = ast.unparse(node.func)
        if called.split(".")[0] not in ("log", "logger") and called not in ("text", "gettext", "ngettext", "_l"):
            self.generic_visit(node)


def sentences(code: str) -> Iterator[str]:
    """The sentences that some code says."""
    said = Said()
    said.visit(ast.parse(code))
    yield from sorted(one for one in said.found if SENTENCE.search(one.replace(GAP, "x")) and "\n" not in one)


def is_known(said: str) -> bool:
    """Whether this is one of the sentences of the pages, or what they take apart into some of these."""
    return _is_one(said) or all(_is_one(one) for one in MARK.split(said) if one.strip(GAP + " "))


def _is_one(said: str) -> bool:
    if known_as(said.replace(GAP, "X1")) is not None:
        return True
    pieces = [re.escape(piece) for piece in said.split(GAP) if piece.strip()]
    return re.search(".*".join(pieces), EVERY) is not None


def test_every_sentence_that_a_page_may_show_is_known_to_the_pages() -> None:
    unsaid = {one.replace("{}", GAP) for one in UNSAID}
    unknown = [
        f"{path.relative_to(ROOT)}: {one.replace(GAP, '{}')}"
        for path in files()
        for one in sentences(path.read_text())
        if one not in unsaid and not is_known(one)
    ]
    assert unknown == [], "say them in webadmin/pages/core_words_*.py, then `make words`"


def test_every_error_has_its_title_and_what_to_do_known_to_the_pages() -> None:
    unknown = [f"{one.code}: {said}" for one in CATALOGUE for said in (one.title, one.todo) if said not in KNOWN]
    assert unknown == []


def test_every_deed_that_the_api_writes_into_the_audit_is_known_to_the_pages() -> None:
    told = [f"{one.summary[0].lower()}{one.summary[1:]}" for one in ROUTES if one.audited]
    assert [one for one in told if known_as(one) is None] == []


@pytest.mark.parametrize(
    "code",
    [
        'raise BadInput("this is something quite new: do that")',
        'return Refuse("x", f"{number} is quite a new reason, {when}")',
        'why = f"{share} and nobody has translated it"',
    ],
)
def test_a_new_sentence_is_found(code: str) -> None:
    assert [one for one in sentences(code) if not is_known(one)] != []
