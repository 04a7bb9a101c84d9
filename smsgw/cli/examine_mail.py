"""What the doctor looks at for mail: the way out, the way in, whom to believe, and letters that did not arrive."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress

import dns.exception
import dns.resolver

from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.config import Config, MailConfig
from smsgw.errors import StoreError
from smsgw.media import mail as letters
from smsgw.media.mail_way import connect
from smsgw.store import schema
from smsgw.store.database import Database

WHAT = "mail"
PATIENCE = 5.0  # seconds for the resolver
OURS = ("localhost", "127.0.0.1", "::1")
MOST = 100  # dead letters that are counted


def mail(config: Config) -> Iterator[Finding]:
    """A finding for everything that [mail] names; none where there is nothing of it."""
    told = config.mail
    if told.host is not None:
        yield from _server(told)
    elif told.sendmail is not None:
        yield _program(str(told.sendmail))
    if not told.sends and (told.boxes or config.orders.mail_to):
        yield bad(WHAT, "mailboxes are to be told, and no server takes letters", "set host, or sendmail, in [mail]")
    if told.domain is not None:
        yield from _answers(config, told, told.domain)
    yield from _dead(config)


def _server(told: MailConfig) -> Iterator[Finding]:
    assert told.host is not None
    where = f"{told.host}:{told.port}"
    password = None if told.password is None else told.password.get_secret_value()
    try:
        server = connect(told.host, told.port, told.encryption, told.user, password)
    except smtplib.SMTPNotSupportedError as problem:
        yield bad(WHAT, f"{where}: {problem}", 'it offers no STARTTLS or login: try port 465 with "tls"')
        return
    except smtplib.SMTPAuthenticationError as problem:
        said = problem.smtp_error.decode(errors="replace") if isinstance(problem.smtp_error, bytes) else problem
        yield bad(WHAT, f"{where} does not let us in: {problem.smtp_code} {said}", "correct user and password")
        return
    except ssl.SSLError as problem:
        yield bad(WHAT, f"{where}: its certificate or TLS is not good: {problem}", "name it as in its certificate")
        return
    except (OSError, smtplib.SMTPException) as problem:
        yield bad(WHAT, f"{where} cannot be used: {problem}", "look at host, port and encryption, and at the firewall")
        return
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    if told.encryption == "none" and told.host not in OURS:
        yield doubt(WHAT, f"{where} takes letters, in the clear", 'set encryption = "starttls" in [mail]')
    else:
        yield good(WHAT, f"{where} takes letters{'' if told.user is None else f' of {told.user}'}")


def _program(path: str) -> Finding:
    if not os.access(path, os.X_OK):
        return bad(WHAT, f"{path} is no program that we may run", "correct sendmail in [mail], or set host")
    return good(WHAT, f"{path} takes letters")


def _answers(config: Config, told: MailConfig, domain: str) -> Iterator[Finding]:
    """Whether answers to addresses of the domain find their way, and anybody is believed."""
    what = f"answers to {domain}"
    ways = [link for link in config.links if link.enabled and link.kind == "mail" and _takes(link.driver)]
    if not ways:
        yield bad(what, "no link takes them in", 'add a link of kind "mail" with listen or imap_host')
    if told.authserv_id is None:
        repair = "set authserv_id in [mail] to how your mail server names itself in Authentication-Results"
        yield doubt(what, "only those who log in at our listener are believed", repair)
    try:
        found = dns.resolver.resolve(domain, "MX", lifetime=PATIENCE)
        yield good(what, f"mails go to {', '.join(sorted(str(one.exchange).rstrip('.') for one in found))}")
    except dns.exception.DNSException as problem:
        repair = f"add an MX record for {domain}, or route the domain to the link at your mail server"
        yield doubt(what, f"no MX record of {domain} was found: {str(problem)[:120]}", repair)


def _takes(driver: object) -> bool:
    return getattr(driver, "listen", None) is not None or getattr(driver, "imap_host", None) is not None


def _dead(config: Config) -> Iterator[Finding]:
    try:
        with closing(Database(config.store.full_url)) as database:
            if not schema.suits(schema.revision(database)):
                return
            with database.reading() as conn:
                dead = letters.listing(conn, MOST, "dead")
    except StoreError:
        return
    if dead:
        count = f"{MOST} or more" if len(dead) == MOST else str(len(dead))
        yield doubt(WHAT, f"{count} letters did not arrive, the newest: {dead[0].why}", "smsgw mail list --state dead")
