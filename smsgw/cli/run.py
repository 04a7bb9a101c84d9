"""`smsgw run`: the daemon in the foreground, for systemd, containers and terminals.

SIGTERM and Ctrl-C stop it within ten seconds with status 0; so does SIGHUP from a terminal that is closed, otherwise it
has the configuration and the certificates read again. A second Ctrl-C ends it at once, which loses nothing either, and
so do the ten seconds themselves when the store or a link hangs (status 1). A unit names status 6 in
RestartPreventExitStatus: a wrong configuration does not heal by itself.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import click

from smsgw import log
from smsgw.access import accounts_invites as invites
from smsgw.cli import exits
from smsgw.cli.local_key import ADDRESS_FILE, LocalKey, address
from smsgw.cli.notify import Systemd
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.signals import signals
from smsgw.config import Config
from smsgw.daemon import STOP_WITHIN, Daemon, Part
from smsgw.errors import BadConfig, SmsgwError, StoreError
from smsgw.gateway import Gateway
from smsgw.holding.keeper import ROLES
from smsgw.reload import settings_after, show_again, take_over
from smsgw.watch.figures import in_a_line
from smsgw.watch.tracing import Traces
from smsgw.webhooks.part import Webhooks
from smsgw.webhooks.pipe import Begin

logger = logging.getLogger(__name__)
NEW_THINGS = 10_000  # made and not yet gone, before the collector looks whether they can go

CLOCK = "clock"  # the part that every node has, for its own links and memory


def read_roles(written: str | None) -> tuple[str, ...]:
    """The roles that `--only` names; all of them without it. Raises click.BadParameter."""
    if written is None:
        return ROLES
    named = [word.strip() for word in written.split(",")]
    if strangers := [word for word in named if word not in ROLES]:
        raise click.BadParameter(f"there is no {strangers[0]!r}; there are: {', '.join(ROLES)}")
    return tuple(named)


@click.command("run", cls=Command)
@click.option(
    "--only",
    metavar="ROLES",
    callback=lambda _context, _option, written: read_roles(written),
    help="Of a node that shares a PostgreSQL store: only web, links or clock, or two of them with a comma.",
)
@pass_office
def run(office: Office, only: tuple[str, ...]) -> None:
    """Run the gateway in the foreground until it is told to stop."""
    loaded = office.loaded()
    if only != ROLES and not loaded.config.store.url.startswith("postgresql"):
        says = "the store is a SQLite file, which one process has for itself: only PostgreSQL can be shared"
        raise BadConfig([f"--only: {says}"])
    told = loaded.config.log
    log.set_up(told.level, told.format, show_numbers=told.show_numbers)
    for warning in loaded.warnings:
        logger.warning("%s", warning)
    with running(office, loaded.config, only) as gateway:
        gateway.settings = loaded.origins
        logger.info("smsgw is running%s", "" if only == ROLES else f", only for {' and '.join(only)}")
        if "web" in only:
            tell_setup(gateway)
    logger.info("smsgw has stopped")


def tell_setup(gateway: Gateway) -> None:
    """When there is no account at all, say where the first one is made: a link that works once, new at every start."""
    try:
        token = invites.begin_setup(gateway.database.writer, gateway.clock())
    except StoreError as problem:  # such as a full disk: what runs goes on, and the next start tells it
        logger.error("no link for a first account could be made: %s", problem)
        return
    if token is None:
        return
    file = gateway.config.store.folder / ADDRESS_FILE
    base = gateway.config.web.public_url or (file.read_text().strip() if file.exists() else address(gateway.config.web))
    logger.warning("there is no account yet; make the first one here, it works once: %s/setup/%s", base, token)


def _share_memory() -> None:
    """glibc keeps a pool of memory for each of our thirty threads, of which one runs at a time: two pools will do."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(-8, 2)  # M_ARENA_MAX, mallopt(3)


def _settle_memory() -> None:
    """What is there now stays as long as we run, so the collector need not look it over again and again.

    A batch of messages is thousands of things that live for a moment; with the collector's own bounds it went over
    the whole program several times for each, which cost a fifth of the batch.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_THINGS)


@contextmanager
def running(office: Office, config: Config, roles: Sequence[str] = ROLES) -> Iterator[Gateway]:
    """Start a daemon, give its gateway to the block, then run until a signal and stop. roles: see `holding`.

    Raises BadConfig, StoreUnreachable (another daemon has the store), StoreTooNew, and what a part raises that cannot
    start, such as a web server whose port is in use.
    """
    _share_memory()
    systemd = Systemd(office.environ)
    gone = threading.Event()
    gateway = Gateway(config)
    try:
        parts = parts_of(office, gateway, roles)
        daemon = Daemon(gateway, parts, roles)

        def end() -> None:
            systemd.stopping()
            daemon.end()
            if not gone.wait(STOP_WITHIN):
                _overdue()

        def reload() -> None:
            systemd.reloading()
            read_again(office, gateway)
            show_again([*parts, *gateway.links.values()])
            systemd.say("READY=1")

        with signals(end, reload):
            systemd.say("STATUS=starting: the store is looked over, then links are connected")
            daemon.start()
            _settle_memory()
            try:
                yield gateway
            except BaseException:
                daemon.stop()
                raise
            systemd.say("READY=1")
            systemd.watch(daemon.unwell, lambda: in_a_line(gateway))
            daemon.run()
    finally:
        gateway.close()
        gone.set()


def parts_of(office: Office, gateway: Gateway, roles: Sequence[str]) -> list[Part]:
    """The parts for these roles. What one node does for all is a part of each, and asks whether it is its turn."""
    outer = [part for part in office.parts(gateway) if "web" in roles or part.name == CLOCK]
    inner: list[Part] = [webhooks_of(gateway, outer), gateway.reading] if "clock" in roles else []
    if "links" in roles:
        inner.append(gateway.fetching)
    if "clock" in roles and gateway.config.watch.traces is not None:
        inner.append(Traces(gateway))
    return [*inner, *outer, *([LocalKey(gateway, outer)] if "web" in roles else [])]


def webhooks_of(gateway: Gateway, parts: Sequence[Part]) -> Part:
    """The part that tells webhooks; parts: those with a `port` are the gateway itself, which no webhook may call."""

    def own_ports() -> set[int]:
        return {port for part in parts if isinstance(port := getattr(part, "port", None), int)}

    config = gateway.config
    begin = Begin(config.store.full_url, config.webhooks, config.log)
    return Webhooks(gateway.database, begin, own_ports, lambda: gateway.holdings)


def _overdue() -> None:
    """The store or a link hangs: end at once, as a kill would, which the next start is made for."""
    logger.error("smsgw did not stop within %g seconds and ends now; what was in the air is unsure", STOP_WITHIN)
    logging.shutdown()
    os._exit(exits.FAILURE)


_reloads = threading.Lock()  # one after the other


def read_again(office: Office, gateway: Gateway) -> None:
    """Take over what was changed in the configuration; one that is wrong changes nothing. Never raises."""
    with _reloads:
        try:
            loaded = office.loaded()
            taken = take_over(gateway, loaded.config)
            gateway.settings = settings_after(gateway.settings or loaded.origins, loaded.origins)
        except BadConfig as wrong:
            for says in wrong.mistakes:
                logger.error("%s", says)
            logger.error("the configuration is wrong: smsgw goes on with the one that it has")
            return
        except (SmsgwError, OSError, TimeoutError) as problem:
            logger.error("the configuration was not taken over: %s", problem)
            return
    told = loaded.config.log
    log.set_up(told.level, told.format, show_numbers=told.show_numbers)
    for warning in loaded.warnings:
        logger.warning("%s", warning)
    words = {"new": taken.added, "changed": taken.changed, "gone": taken.removed}
    says = "; ".join(f"{word}: {', '.join(names)}" for word, names in words.items() if names)
    logger.info("the configuration was read again; links %s", says or "are as they were")
    if taken.waits:
        logger.warning("to be taken over by a restart: %s", ", ".join(taken.waits))
