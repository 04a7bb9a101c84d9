"""E-mail as a link: mails go out by SMTP, and come in by a listener behind the company's mail server, or over IMAP.

The surprise: a mail is believed to have arrived unless a bounce comes back, for that is all that mail servers promise.
What is written to whom, and whose answer counts, is decided by the gateway: this driver knows the wire and MIME.
"""

from __future__ import annotations

from drivers.mail.config import Config
from drivers.mail.link import MailLink
from smsgw.link import Events

__all__ = ["Config", "MailLink", "open_link"]


def open_link(name: str, config: Config, events: Events) -> MailLink:
    """A link to the mail server, the listener and the mailbox of the configuration."""
    return MailLink(name, config, events)
