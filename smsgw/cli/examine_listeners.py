"""What the doctor looks at for the ports where clients find us: certificates; for SMPP address and who may come."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from smsgw.access import smpp_clients
from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.config import Config
from smsgw.config.listen import SmppListenConfig
from smsgw.errors import StoreError
from smsgw.store.database import Database

PATIENCE = 5.0
SOON = 14 * 86_400  # seconds: a certificate that ends so soon should be renewed
RENEW = "renew it, then systemctl reload smsgw"
OURS = ("127.", "::1", "localhost")  # where nobody else listens in


def listeners(config: Config, alive: bool) -> Iterator[Finding]:
    """The certificate of [web], and all about the [[listen.smpp]] tables. alive: a daemon runs, and has the ports."""
    if config.web.tls_certificate is not None:
        yield from _certificate("web", config.web.tls_certificate, config.web.tls_key)
    for port in config.listen.smpp:
        what = f"SMPP at {port.listen}"
        if port.tls_certificate is not None:
            yield from _certificate(what, port.tls_certificate, port.tls_key)
        elif not port.host.startswith(OURS):
            says = "passwords and texts come in the clear from other hosts"
            yield doubt(what, says, "set tls_certificate, or let only networks of yours reach it")
        yield _reached(what, port) if alive else _free(what, port)
    if config.listen.smpp:
        yield from _somebody(config)


def _certificate(what: str, file: Path, key: Path | None) -> Iterator[Finding]:
    try:
        ends = _end(file, key)
    except ssl.SSLCertVerificationError as problem:
        yield bad(what, f"clients will not believe the certificate: {problem.verify_message}", RENEW)
    except (OSError, ValueError) as problem:  # SSLError is an OSError
        repair = f"look at it: openssl x509 -in {file} -noout -text"
        yield bad(what, f"the certificate or its key cannot be used: {problem}", repair)
    else:
        day = time.strftime("%Y-%m-%d", time.gmtime(ends))
        if ends - time.time() < SOON:
            yield doubt(what, f"the certificate ends on {day}", RENEW)
        else:
            yield good(what, f"the certificate is good until {day}")


def _end(file: Path, key: Path | None) -> float:
    """Until when the certificate is good, as a client sees it who trusts just this one: in a session within us.

    Raises OSError when the files cannot be used, SSLCertVerificationError when its time is over, or not yet come.
    """
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(file, key)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.check_hostname = False
    theirs.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    theirs.load_verify_locations(file)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = theirs.wrap_bio(back, there), ours.wrap_bio(there, back, server_side=True)
    for _ in range(3):  # as often as a handshake goes to and fro
        for side in sides:
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return float(ssl.cert_time_to_seconds(str((sides[0].getpeercert() or {})["notAfter"])))


def _reached(what: str, port: SmppListenConfig) -> Finding:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(port.host, port.host)
    try:
        socket.create_connection((host, port.port), PATIENCE).close()
    except OSError as problem:
        return bad(what, f"the daemon takes no connection there: {problem}", "see the log: journalctl -u smsgw -n 50")
    return good(what, "it takes connections")


def _free(what: str, port: SmppListenConfig) -> Finding:
    try:
        family, *_, place = socket.getaddrinfo(port.host, port.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as problem:
        repair = f"who has it: ss -ltnp 'sport = :{port.port}'; or choose another port"
        return bad(what, f"it cannot be listened at: {problem}", repair)
    return good(what, "the port is free")


def _somebody(config: Config) -> Iterator[Finding]:
    """A port is of no use while no key may be used at it."""
    try:
        with closing(Database(config.store.full_url)) as database, database.reading() as conn:
            known = len(smpp_clients.listing(conn))
    except StoreError:
        return  # told elsewhere
    if known:
        yield good("SMPP clients", f"{known} may bind")
    else:
        says = "no key has a password for SMPP, so only clients with room for a whole key can bind"
        yield doubt("SMPP clients", says, "smsgw key smpp KEY")
