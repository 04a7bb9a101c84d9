"""Write the pages of docs/ that the code itself knows: configuration, errors, the life of a message, SMPP's refusals.

`make docs` runs it; a house test holds that what is committed is what it would write.
"""

from __future__ import annotations

from pathlib import Path

from drivers._mms import statuses as mm1
from drivers.mm7 import outcomes as mm7
from drivers.modem import mms_profiles
from drivers.smpp import statuses
from smsgw import config
from smsgw.link import LinkError, Misconfigured, RecipientUnreachable, RejectedForGood, RejectedForNow, Throttled
from smsgw.store.lifecycle import LIVES, Life
from webadmin.catalogue import CATALOGUE

HERE = Path(__file__).parent
MADE = "<!-- Made by `make docs` from the code: change the code, not this page. -->\n\n"

LIFE_HEAD = """# The life of a message

A message is a row, and its state changes in one place (`smsgw/store/history.py`), along the arrows below and no
others. Each move writes a line of history: the event, the state before and after, why, by whom, and when. `smsgw log
ID`, the page and `GET /api/v1/messages/{id}/events` show them.

What follows from the arrows:

- **Accepted means on disk.** The answer 202 comes after the commit.
- **Release goes back through the gate**, so a STOP overnight stops the text that was planned for the morning.
- **STOP** moves everything that waits for that number to *refused*, in the transaction that stores the STOP.
- **Unsure is honest.** After a crash or a lost answer nobody knows whether a text went out. A late answer or a
  receipt settles it; else the message's own `on_unsure` decides: resend (and say so), hold for a person, or fail.
- **Sent** is when the network took the last part, **delivered** when the phone has all of them.
- Receipts may come before the answer to their own send, twice, late or in the wrong order: the first that decides a
  part counts, and nothing moves a final state.
"""


def life_of_a_message() -> str:
    """The page of the life cycles, drawn from their tables."""
    return MADE + LIFE_HEAD + "".join(_drawn(life) for life in LIVES)


def _drawn(life: Life) -> str:
    arrows = [f"    [*] --> {life.initial}: {life.first}"]
    arrows += [f"    {was} --> {move.now}: {move.event}" for move in life.moves for was in sorted(move.was)]
    arrows += [f"    {state} --> [*]" for state in life.states if state in life.final]
    rows = [f"| {state} | {means} | {_leaving(life, state)} |" for state, means in life.states.items()]
    return "\n".join(
        [
            f"\n## {life.record.capitalize()}\n",
            "```mermaid",
            "stateDiagram-v2",
            *arrows,
            "```\n",
            "| state | means | moves: event → next |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _leaving(life: Life, state: str) -> str:
    moves = [f"{move.event} → {move.now}" for move in life.moves if state in move.was]
    return " · ".join(moves) or "none: final"


def errors() -> str:
    """The page of the error catalogue."""
    rows = [
        f"| `{e.code}` | {e.status} | {'yes' if e.retry else 'no'} | {e.title}. {e.meaning} | {e.todo} |"
        for e in CATALOGUE
    ]
    head = """# Errors of the HTTP API

Every error is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, and ours: `code`, which a
program may rely on, `errors` (each fault with a JSON `pointer` and a `code` of its own; all faults at once), and
`request_id`, which is in the log too.

| code | HTTP | worth another try | means | what to do |
|---|---|---|---|---|
"""
    return MADE + head + "\n".join(rows) + "\n"


SMPP_HEAD = """# SMPP: what a refusal means

An SMSC answers a submit_sm with a `command_status` (SMPP 3.4 section 5.1.3). This is what smsgw makes of each:

| kind | what happens to the message | what happens to the link |
|---|---|---|
| for good | it goes over another link that serves it (`reroute_rejected`); if none does, it has failed | nothing |
| for now | it goes over another link; if none is there, it is tried again here, with growing pauses | nothing |
| phone | it is tried again here after five minutes: another link would not reach the phone either | nothing |
| too fast | it is tried again soon, which does not count as a try | it slows down: see [routing](routing.md) |
| setting | it goes over another link, or waits; nothing is lost | it rests, and says what to correct |

A status that is not in the table is the network's own, and is taken as *for now*: tries end by themselves. The history
of a message shows the name in brackets; `reroute_codes` of a link takes these names.

| status | name | kind | in words |
|---|---|---|---|
"""

SMPP_KINDS = {
    RejectedForGood: "for good",
    RejectedForNow: "for now",
    RecipientUnreachable: "phone",
    Throttled: "too fast",
    Misconfigured: "setting",
}


def smpp_errors() -> str:
    """The page of what an SMSC's refusals mean, from the driver's own table."""
    told = [(status, statuses.refusal(status, 1.0)) for status in sorted(statuses.NAMES) if status]
    rows = [
        f"| 0x{status:08X} | `{error.code}` | {SMPP_KINDS[type(error)]} | {error.says.partition(' (ESME')[0]} |"
        for status, error in told
        if "its own code" not in error.says
    ]
    return MADE + SMPP_HEAD + "\n".join(rows) + "\n"


MM7_HEAD = """# MM7: what a status means

An MMSC answers a request with a `StatusCode` of MM7 (3GPP TS 23.140 section 8.7.8.3, and operators' own). Where its
answer has none, the status of HTTP counts. This is what smsgw makes of each; see
[MMS over an operator](mms-operators.md).

| kind | what follows |
|---|---|
"""


def mm7_errors() -> str:
    """The page of what an MMSC's statuses mean, from the driver's own tables."""
    kinds = [f"| {kind} | {follows} |" for kind, follows in mm7.WHAT_FOLLOWS.items()]
    rows = [f"| {status} | {kind} | {words} |" for status, (kind, words) in mm7.MM7.items()]
    rest = [f"| {digit}xxx, any other | {kind} | the MMSC's own |" for digit, kind in mm7.BY_DIGIT.items()]
    http = [f"| HTTP {status} | {kind} | {words} |" for status, (kind, words) in mm7.HTTP.items()]
    http += [
        "| HTTP 3xx | account | the MMSC is at another url |",
        "| HTTP 5xx | later | its web server has an error |",
    ]
    table = "\n\n| status | kind | in words |\n|---|---|---|\n"
    return MADE + MM7_HEAD + "\n".join(kinds) + table + "\n".join([*rows, *rest, *http]) + "\n"


MM1_HEAD = """# MM1 statuses

What an MMSC answers to a modem link and reports to it ([MMS over a modem](mms-modem.md)), and what follows. *Later* is
tried again by the retry policy, *for good* is given up, *unsure* may have gone out, *setting* waits for a person.
"""
_FOLLOWS = {"put_back": "later", "give_up": "for good", "lose": "unsure"}


def mm1_errors() -> str:
    """The page of what an MMSC's and a modem's statuses mean for MMS, from the driver's own tables."""
    sent = [f"| {octet:02X} | {_kind(made(words, ''))} | {words} |" for octet, (made, words) in mm1.RESPONSES.items()]
    sent += ["| C0–DF, any other | later | |", "| E0–FF, any other | for good | |"]
    fetched = [
        f"| {octet:02X} | {'for good' if good else 'later'} | {words} |"
        for octet, (good, words) in mm1.RETRIEVALS.items()
    ]
    told = [f"| {word} | {state.value} | {words} |" for word, (state, words) in mm1.REPORTS.items()]
    pages = [
        MADE + MM1_HEAD,
        "\n## To what we send (Response-Status)\n\n| status | follows | in words |\n|---|---|---|\n" + "\n".join(sent),
        "\n\n## To a fetch (Retrieve-Status)\n\n| status | follows | in words |\n|---|---|---|\n" + "\n".join(fetched),
        "\n\n## In reports\n\n| status | receipt | in words |\n|---|---|---|\n" + "\n".join(told),
    ]
    for stack in mms_profiles.STACKS:
        rows = [f"| {code} | {_kind(made(words, ''))} | {words} |" for code, (made, words) in stack.errors.items()]
        head = f"\n\n## {stack.name}'s own MMS commands\n\n| code | follows | in words |\n|---|---|---|\n"
        pages.append(head + "\n".join(rows))
    return "".join(pages) + "\n"


def _kind(error: LinkError) -> str:
    return "setting" if isinstance(error, Misconfigured) else _FOLLOWS[error.then]


PAGES = {
    "mm1-errors.md": mm1_errors,
    "mm7-errors.md": mm7_errors,
    "configuration.md": lambda: MADE + config.reference_markdown(),
    "errors.md": errors,
    "life-of-a-message.md": life_of_a_message,
    "smpp-errors.md": smpp_errors,
}


def main() -> None:
    """Write every page that the code knows."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
