"""`smsgw tls`: a certificate to try TLS with. One that others shall trust comes from a certification authority."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from smsgw.cli import exits
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import Conflict


@click.group("tls", cls=Group)
def tls() -> None:
    """Certificates: dev-cert makes one to try things with."""


@tls.command("dev-cert")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--name", "names", multiple=True, metavar="HOST", help="What it is for; by default localhost.")
@click.option("--days", type=click.IntRange(1, 825), default=90, show_default=True, help="How long it is valid.")
@pass_office
def dev_cert(office: Office, folder: Path, names: tuple[str, ...], days: int) -> None:
    """Write dev-cert.pem and dev-key.pem into FOLDER: for tests on this host; nobody else trusts it."""
    program = shutil.which("openssl")
    if program is None:
        raise exits.Failed("openssl is missing", hint="apt-get install openssl")
    cert, key = folder / "dev-cert.pem", folder / "dev-key.pem"
    for file in (cert, key):
        if file.exists():
            raise Conflict(f"{file} exists already", hint="move it away, or name another folder")
    hosts = names or ("localhost",)
    alternatives = ",".join(
        [*(f"{_sort(host)}:{host}" for host in hosts), *(() if names else ("IP:127.0.0.1", "IP:::1"))]
    )
    ran = subprocess.run(
        [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256",
         "-days", str(days), "-subj", f"/CN={hosts[0]}", "-addext", f"subjectAltName={alternatives}",
         "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth",
         "-keyout", str(key), "-out", str(cert)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        last = ran.stderr.strip().splitlines() or ["no reason was given"]
        raise exits.Failed(f"openssl made no certificate: {last[-1]}", hint="see what it says by hand")
    key.chmod(0o600)
    cert.chmod(0o644)
    words = [f"{cert} and {key}: for {', '.join(hosts)}, {days} days. Only who is told to trust it does."]
    office.voice.data({"certificate": str(cert), "key": str(key), "names": list(hosts), "days": days}, words)


def _sort(host: str) -> str:
    return "IP" if ":" in host or host.replace(".", "").isdigit() else "DNS"
