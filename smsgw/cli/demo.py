"""`smsgw demo`: the whole gateway with two simulated phones, in a folder of its own, ready in seconds.

Everything is kept in that folder, also over a kill, until `smsgw init --from-demo` adopts it for real use. What it
sends goes to the simulated phones and nowhere else.
"""

from __future__ import annotations

import secrets
import socket
import sys
import webbrowser
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from shutil import which

import click

from smsgw import log
from smsgw.access import accounts, keys
from smsgw.cli.local_key import ADDRESS_FILE, address, write_secret
from smsgw.cli.office import Office
from smsgw.cli.run import running
from smsgw.cli.shell import Command, pass_office
from smsgw.config import Config, Origin, in_force, load, load_with_origins
from smsgw.config.toml import as_toml
from smsgw.errors import Conflict, StoreUnreachable, Unauthenticated
from smsgw.gateway import Gateway
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import

PHONES = ("+38640111222", "+38640111333")
NUMBER = "+38640111000"
CONFIG_FILE, KEY_FILE, TAPE_FILE, ADMIN = "demo.toml", "demo.key", "phones.tape", "demo"
SCOPES = ["messages:send", "messages:read", "links:read", "orders:*", "simulator:*"]
FIRST_PORT, PORTS = 8080, 100


@click.command("demo", cls=Command)
@click.option("--dir", "folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Keep it here.")
@click.option("--port", metavar="N", type=click.IntRange(0, 65535), help="Listen here; else 8080 or the next free one.")
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
@pass_office
def demo(office: Office, folder: Path | None, port: int | None, no_browser: bool) -> None:
    """Try everything with two simulated phones: no modem, no account, no configuration."""
    folder = (folder or default_folder(office.environ)).absolute()
    config = prepare(folder, office.environ, port)
    log.set_up("warning")
    try:
        office.path = folder / CONFIG_FILE  # what a reload reads
        with running(office, config) as gateway:
            gateway.settings = settings_of(office.path, config)
            url = welcome(gateway, folder)
            tell(office, url, folder)
            if not no_browser and sys.stdout.isatty() and _has_screen(office.environ):
                webbrowser.open(url)
    except StoreUnreachable as problem:
        if problem.code == "store_busy":
            raise _runs_already(folder) from problem
        raise
    office.voice.chat(f"\nStopped. Everything is kept in {folder}; the same command goes on with it.")
    office.voice.chat(f"To use it for real: {program()} init --from-demo {folder}")


def default_folder(environ: Mapping[str, str]) -> Path:
    """Where a demo is kept when nobody says: with the data of this user (XDG Base Directory Specification)."""
    data = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "/")) / ".local" / "share"
    return Path(data) / "smsgw" / "demo"


def prepare(folder: Path, environ: Mapping[str, str], port: int | None) -> Config:
    """The demo's configuration, written at its first run, with a port that is free. Raises Conflict, OSError."""
    if (folder / "smsgw.toml").exists():
        says = f"{folder} was adopted for real use"
        raise Conflict(says, hint=f"smsgw run --config {folder / 'smsgw.toml'}; or give the demo another --dir")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / CONFIG_FILE
    if not path.exists():
        write_secret(path, written(folder))
    if not (folder / KEY_FILE).exists():
        write_secret(folder / KEY_FILE, f"smsgw_demo_{secrets.token_urlsafe(24)}")
    config = load(path, {name: value for name, value in environ.items() if not name.startswith("SMSGW_")})
    listen = f"127.0.0.1:{free_port() if port is None else port}"
    url = config.web.public_url or f"{config.web.scheme}://{listen}"  # of the page of a picture, on this machine only
    return config.model_copy(update={"web": config.web.model_copy(update={"listen": listen, "public_url": url})})


def settings_of(path: Path, config: Config) -> list[Origin]:
    """The settings of a demo, each with where it comes from: the file, or what was chosen at this start."""
    read = {one.key: one for one in load_with_origins(path, {}).origins}
    return [
        read[one.key] if one.key in read and read[one.key].value == one.value else replace(one, source="smsgw demo")
        for one in in_force(config)
    ]


def written(folder: Path) -> str:
    """The text of demo.toml."""
    return f"""\
# Written by smsgw demo. Change what you like: it is read at every start; the port is chosen then.
# For real use: smsgw init --from-demo {folder}

[store]
url = "sqlite:///smsgw.db"

[web]
listen = "127.0.0.1:{FIRST_PORT}"
undo_seconds = 0  # what you send goes at once; without this line it can be taken back for ten seconds

[sending]
region = "SI"

[orders]
join_within = 2  # one person types here: a text that is not understood alone waits no longer for its rest

[[links]]
name = "phones"
kind = "fake"
number = {as_toml(NUMBER)}
handsets = {as_toml(list(PHONES))}
mms = true
without_mms = {as_toml([PHONES[1]])}  # the second one gets a link in place of a picture
tape = {as_toml(folder / TAPE_FILE)}"""


def free_port(first: int = FIRST_PORT) -> int:
    """The first free port of 127.0.0.1 from `first` on; 0, any, when a hundred are taken."""
    for port in range(first, first + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return 0


def welcome(gateway: Gateway, folder: Path) -> str:
    """Make the demo's account and key where they are missing; returns a URL that logs in one time."""
    now, writer = gateway.clock(), gateway.database.writer
    secret = (folder / KEY_FILE).read_text().strip()
    with gateway.database.reading() as conn:
        people = {row.name: row.id for row in accounts.listing(conn)}
        try:
            keys.authenticate(conn, secret)
            known = True
        except Unauthenticated:
            known = False
    if not known:
        keys.create(writer, keys.NewKey("demo", SCOPES, now, secret))
    stock_up(gateway)
    admin = people.get(ADMIN) or accounts.add(writer, ADMIN, "owner", None, now)
    token = accounts.open_session(writer, admin, now, accounts.ONCE_FOR, kind="once")
    address_file = folder / ADDRESS_FILE
    base = address_file.read_text().strip() if address_file.exists() else address(gateway.config.web)
    return f"{base}/enter/{token}?next=/inbox"  # where the phones are


def stock_up(gateway: Gateway) -> None:
    """Give the demo a small shop to order from, once: who has changed the catalogue since keeps it."""
    with gateway.database.reading() as conn:
        if catalogue.version(conn):
            return
    text = files("smsgw.cli").joinpath("demo.csv").read_text(encoding="utf-8")
    wish = catalogue_import.Wish(catalogue_file.read(text), None, "demo", gateway.clock())
    catalogue_import.apply(gateway.database.writer, wish)


def tell(office: Office, url: str, folder: Path) -> None:
    """Say where it is and what to do."""
    office.voice.chat("smsgw demo is running, with two phones. Open this; it logs you in once, within the hour:\n")
    office.voice.data({"url": url, "folder": str(folder), "phones": list(PHONES)}, [f"  {url}"])
    sys.stdout.flush()
    config = folder / CONFIG_FILE
    office.voice.chat(f'\nFrom another terminal: {program()} send --config {config} {PHONES[0]} "Hello" --wait')
    office.voice.chat("To order from the little shop, let a phone say: 2 notebooks A4 and a blue pen; then: yes")
    office.voice.chat(f"What was ordered: {program()} order list --config {config}")
    office.voice.chat("Ctrl-C stops it.")


def program(path: str | None = None) -> str:
    """How to call us: by name, or by the place in its environment, which nobody's PATH has after `make demo`.

    path: where programs are looked for; by default what PATH says.
    """
    if which("smsgw", path=path):
        return "smsgw"
    called = Path(sys.argv[0]).absolute()
    return f"{sys.executable} -m smsgw" if called.name == "__main__.py" else str(called)


def _has_screen(environ: Mapping[str, str]) -> bool:
    return sys.platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _runs_already(folder: Path) -> Conflict:
    file = folder / ADDRESS_FILE
    where = f" at {file.read_text().strip()}" if file.exists() else ""
    hint = "stop it (Ctrl-C there) and start it again for a new login, or run another in another --dir"
    return Conflict(f"the demo in {folder} is running already{where}", code="demo_runs", hint=hint)
