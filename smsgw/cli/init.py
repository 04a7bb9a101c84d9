"""`smsgw init`: from nothing, or from a demo, to a gateway for real use: configuration, store, administrator, key.

Three questions on a terminal; everything has an option, so that a script needs no terminal. What exists is never
overwritten without --force.
"""

from __future__ import annotations

import os
import pwd
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

from smsgw.access import accounts, keys
from smsgw.cli import demo
from smsgw.cli.first_config import SECRET_FILE, Chosen, modems, written
from smsgw.cli.local_key import write_secret
from smsgw.cli.office import Office, runs
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.user import asked
from smsgw.config import load
from smsgw.config.store import HOME
from smsgw.errors import BadConfig, BadInput, Conflict, Fault, NotFound
from smsgw.gateway import Gateway
from smsgw.inbound.catalogue import catalogue
from smsgw.store.backup import copy

KEY_NAME, KEY_SCOPES = "first", ["messages:send", "messages:read", "links:read"]
USUAL = Path("@")  # --from-demo without a folder
LINKS = ("simulated", "modem", "smpp")


@dataclass
class Wishes:
    """What the options say; None where a question is to be asked."""

    folder: Path | None
    link: str | None
    region: str | None
    admin: str | None
    password: str | None
    device: str | None
    smpp_host: str | None
    smpp_port: int
    system_id: str | None
    listen: str
    from_demo: Path | None
    drop_phones: bool
    force: bool
    asks: bool = field(default=False)  # whether there is somebody to ask


@click.command("init", cls=Command)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--link", type=click.Choice(LINKS), help="What to send with.")
@click.option("--region", metavar="XX", help="The country whose national numbers are understood, such as SI.")
@click.option("--admin", metavar="NAME", help="Who may do everything on the pages.")
@click.option("--password", metavar="-", help="- takes the administrator's password from standard input.")
@click.option("--device", metavar="PORT", help="The modem's serial port, under /dev/serial/by-id.")
@click.option("--smpp-host", metavar="HOST", help="The carrier's SMPP server; the password: $SMSGW_SMPP_PASSWORD.")
@click.option("--smpp-port", type=click.IntRange(1, 65535), default=2775, show_default=True)
@click.option("--system-id", metavar="NAME", help="The user name that the carrier gave you.")
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:8080", show_default=True, help="Where the pages are.")
@click.option(
    "--from-demo", metavar="[DIR]", type=click.Path(path_type=Path), is_flag=False, flag_value=USUAL,
    help="Go on with what a demo has kept, there or where it keeps it when nobody says.",
)  # fmt: skip
@click.option("--drop-phones", is_flag=True, help="Leave out the simulated phones of the demo.")
@click.option("--non-interactive", is_flag=True, help="Ask nothing: what no option says takes its default.")
@click.option("--force", is_flag=True, help="Write over a configuration that exists; the old one is kept aside.")
@pass_office
def init(office: Office, /, non_interactive: bool, **options: object) -> None:
    """Set up a gateway in DIR: configuration, store, administrator and a first key."""
    wishes = Wishes(**options, asks=not non_interactive and sys.stdin.isatty())  # type: ignore[arg-type]
    if wishes.from_demo == USUAL:
        wishes.from_demo = demo.default_folder(office.environ)
    path, store, tape = places(office, wishes)
    if path.exists() and not wishes.force:
        raise Conflict(
            f"{path} exists already", hint="edit it; or --force writes a new one and keeps the old one aside"
        )
    if wishes.from_demo is not None:
        _demo_is_stopped(wishes.from_demo)
    chosen = _chosen(wishes, tape)
    admin, password = _admin(wishes)
    _folders(path.parent, store.parent)
    if wishes.from_demo is not None:
        _adopt(wishes.from_demo, store, tape)
    aside = _write(path, written(chosen, path, store), chosen)
    _let_read(path, store.parent)
    office.path = path
    with office.gateway(load(path, {})) as gateway:
        if wishes.from_demo is not None:
            with suppress(NotFound):  # its secret lies in a file and on a page: it opens nothing any more
                keys.revoke(gateway.database.writer, "demo", gateway.clock())
            gateway.database.writer.do(catalogue.withdraw_of, ("demo", gateway.clock()))
        secret = provision(gateway, admin, password)
    _tell(office, path, store, admin, secret, aside)


def places(office: Office, wishes: Wishes) -> tuple[Path, Path, Path]:
    """The configuration's file, the store's file, and the tape of simulated phones."""
    folder = wishes.folder or wishes.from_demo
    if office.path is not None:
        config = office.path.absolute()
        state = folder.absolute() if folder else config.parent
    elif folder is not None:
        state = folder.absolute()
        config = state / "smsgw.toml"
    elif os.geteuid() == 0:
        config, state = Path("/etc/smsgw/smsgw.toml"), HOME
    else:
        home = Path(office.environ.get("HOME", "/"))
        config = Path(office.environ.get("XDG_CONFIG_HOME") or home / ".config") / "smsgw" / "smsgw.toml"
        state = Path(office.environ.get("XDG_DATA_HOME") or home / ".local/share") / "smsgw"
    return config, state / "smsgw.db", state / demo.TAPE_FILE


def _demo_is_stopped(folder: Path) -> None:
    """Raises NotFound when there is no demo in the folder, Conflict while it runs."""
    if not (folder / demo.CONFIG_FILE).exists():
        raise NotFound(f"there is no demo in {folder}", hint="name the folder that smsgw demo told when it stopped")
    if runs(load(folder / demo.CONFIG_FILE, {})):
        raise Conflict(f"the demo in {folder} is running", hint="stop it with Ctrl-C, then try again")


def _chosen(wishes: Wishes, tape: Path) -> Chosen:
    """The answers to the questions about links and country."""
    link = wishes.link or _link(wishes)
    if link == "simulated" and wishes.drop_phones:
        says = "without the simulated phones another link is needed"
        raise BadInput([Fault("/link", "missing", says)], hint="--link modem or --link smpp; or keep the phones")
    region = wishes.region
    if region is None and wishes.asks:
        said = "Country whose national numbers are understood (two letters, empty for none)"
        region = click.prompt(said, default="SI" if wishes.from_demo else "", err=True)
    elif region is None and wishes.from_demo:
        region = "SI"
    phones = (wishes.from_demo is not None and not wishes.drop_phones) or link == "simulated"
    chosen = Chosen(link, (region or "").upper() or None, wishes.listen, tape if phones else None)
    if link == "modem":
        chosen.device = wishes.device or _device(wishes)
    if link == "smpp":
        chosen.host = wishes.smpp_host or _needed(wishes, "--smpp-host", "The carrier's SMPP server")
        chosen.port = wishes.smpp_port
        chosen.system_id = wishes.system_id or _needed(wishes, "--system-id", "User name the carrier gave you")
        chosen.password = os.environ.get("SMSGW_SMPP_PASSWORD", "")
        if not chosen.password and wishes.asks:
            chosen.password = click.prompt("Password the carrier gave you", hide_input=True, default="", err=True)
    return chosen


def _link(wishes: Wishes) -> str:
    if not wishes.asks:
        return "modem" if wishes.device else "smpp" if wishes.smpp_host else "simulated"
    found = modems()
    click.echo(f"Modems found: {', '.join(map(str, found)) or 'none'}", err=True)
    default = "modem" if found else "simulated"
    return str(click.prompt("Send with", type=click.Choice(LINKS), default=default, err=True))


def _device(wishes: Wishes) -> str:
    found = modems()
    if len(found) == 1 and not wishes.asks:
        return str(found[0])
    return _needed(wishes, "--device", "The modem's serial port", str(found[0]) if found else None)


def _needed(wishes: Wishes, option: str, question: str, default: str | None = None) -> str:
    if wishes.asks:
        return str(click.prompt(question, default=default, err=True))
    says = f"{question.lower()} is not given"
    raise BadInput([Fault(f"/{option.strip('-')}", "missing", says)], hint=f"give it: {option} …")


def _admin(wishes: Wishes) -> tuple[str | None, str | None]:
    """Name and password of the administrator; None, None: none is made."""
    if wishes.asks:
        name = wishes.admin or str(click.prompt("Name of the administrator", default="admin", err=True))
        return name, asked(wishes.password)
    if wishes.admin is None and wishes.password is None:
        return None, None
    return wishes.admin or "admin", asked(wishes.password)


def _folders(config: Path, state: Path) -> None:
    """Make both folders; as root the state belongs to the system user smsgw, where there is one."""
    config.mkdir(parents=True, exist_ok=True, mode=0o700)
    if state.is_dir():
        return
    state.mkdir(parents=True, mode=0o700)
    if os.geteuid() == 0 and state == HOME:
        with suppress(KeyError):
            user = pwd.getpwnam("smsgw")
            os.chown(state, user.pw_uid, user.pw_gid)


def _let_read(path: Path, state: Path) -> None:
    """Let the user that owns the state, and nobody else, read a configuration that root wrote."""
    owner = state.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for one, mode in ((path.parent, 0o750), (path, 0o640), (path.parent / SECRET_FILE, 0o640)):
        if one.exists() and one != state:
            os.chown(one, 0, owner.st_gid)
            one.chmod(mode)


def _adopt(folder: Path, store: Path, tape: Path) -> None:
    """Take over a demo's store and tape. Raises StoreError, Conflict."""
    source = folder.absolute() / "smsgw.db"
    if source != store:
        if store.exists():
            raise Conflict(f"{store} exists already", hint="name an empty folder, or none to adopt the demo in place")
        copy(source, store)
        taped = folder.absolute() / demo.TAPE_FILE
        if taped.exists():
            tape.write_bytes(taped.read_bytes())
    if source == store:
        (folder / demo.KEY_FILE).unlink(missing_ok=True)


def _write(path: Path, text: str, chosen: Chosen) -> Path | None:
    """Write the configuration, and see that it loads; returns where the old one is. Raises BadConfig."""
    aside = None
    if path.exists():
        aside = path.with_name(f"{path.name}.old")
        path.replace(aside)
    if chosen.password:
        write_secret(path.parent / SECRET_FILE, chosen.password)
    write_secret(path, text.rstrip("\n"))
    try:
        load(path, {})
    except BadConfig:
        path.unlink()
        if aside is not None:
            aside.replace(path)
        raise
    return aside


def provision(gateway: Gateway, admin: str | None, password: str | None) -> str | None:
    """Make the administrator and the first key where they are missing; returns the key's secret if it is new."""
    now, writer = gateway.clock(), gateway.database.writer
    with gateway.database.reading() as conn:
        people = {row.name for row in accounts.listing(conn)}
        known = {row.name for row in keys.listing(conn) if row.revoked_at is None}
    if admin is not None and password is not None:
        if admin in people:
            accounts.set_password(writer, admin, password)
        else:
            accounts.add(writer, admin, "owner", password, now)
    if KEY_NAME in known:
        return None
    return keys.create(writer, keys.NewKey(KEY_NAME, KEY_SCOPES, now))[1]


def _tell(office: Office, path: Path, store: Path, admin: str | None, secret: str | None, aside: Path | None) -> None:
    value = {"config": str(path), "store": str(store), "admin": admin, "key": secret}
    lines = [f"configuration  {path}", f"store          {store}"]
    if secret is not None:
        lines.append(f"API key        {secret}")
    office.voice.data(value, lines)
    if secret is not None:
        office.voice.chat("The API key is shown this once: keep it now.")
    if aside is not None:
        office.voice.chat(f"The configuration that was there is kept: {aside}")
    if admin is None:
        office.voice.chat("Nobody can log in yet: the log of smsgw run has a link that makes the first account;")
        office.voice.chat("or make it here: smsgw user add NAME --role owner")
    office.voice.chat(f"next: smsgw doctor --config {path}, then smsgw run --config {path}")
