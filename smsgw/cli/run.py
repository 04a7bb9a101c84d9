"""`smsgw run`: the daemon in the foreground, for systemd, containers and terminals.

SIGTERM and Ctrl-C stop it within ten seconds with status 0; so does SIGHUP from a terminal that is closed, otherwise it
has the configuration read again. A second Ctrl-C ends it at once, which loses nothing either, and so do the ten seconds
themselves when the store or a link hangs (status 1). A unit names status 6 in RestartPreventExitStatus: a wrong
configuration does not heal by itself.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import click

from smsgw import log
from smsgw.access import accounts_invites as invites
from smsgw.cli import exits
from smsgw.cli.local_key import ADDRESS_FILE, LocalKey, address
from smsgw.cli.notify import Systemd
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.config import Config
from smsgw.daemon import STOP_WITHIN, Daemon, Part
from smsgw.errors import BadConfig, SmsgwError, StoreError
from smsgw.gateway import Gateway
from smsgw.reload import take_over
from smsgw.watch.figures import in_a_line
from smsgw.webhooks.part import Webhooks
from smsgw.webhooks.pipe import Begin

logger = logging.getLogger(__name__)


@click.command("run", cls=Command)
@pass_office
def run(office: Office) -> None:
    """Run the gateway in the foreground until it is told to stop."""
    loaded = office.loaded()
    told = loaded.config.log
    log.set_up(told.level, told.format, show_numbers=told.show_numbers)
    for warning in loaded.warnings:
        logger.warning("%s", warning)
    with running(office, loaded.config) as gateway:
        logger.info("smsgw is running")
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


@contextmanager
def running(office: Office, config: Config) -> Iterator[Gateway]:
    """Start a daemon, give its gateway to the block, then run until a signal and stop.

    Raises BadConfig, StoreUnreachable (another daemon has the store), StoreTooNew, and what a part raises that cannot
    start, such as a web server whose port is in use.
    """
    _share_memory()
    systemd = Systemd(office.environ)
    gone = threading.Event()
    gateway = Gateway(config)
    try:
        parts = office.parts(gateway)
        ours = [webhooks_of(gateway, parts), gateway.reading, gateway.fetching]
        daemon = Daemon(gateway, [*ours, *parts, LocalKey(gateway, parts)])

        def end() -> None:
            systemd.stopping()
            daemon.end()
            if not gone.wait(STOP_WITHIN):
                _overdue()

        def reload() -> None:
            systemd.reloading()
            read_again(office, gateway)
            systemd.say("READY=1")

        with signals(end, reload):
            systemd.say("STATUS=starting: the store is looked over, then links are connected")
            daemon.start()
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


def webhooks_of(gateway: Gateway, parts: Sequence[Part]) -> Part:
    """The part that tells webhooks; parts: those with a `port` are the gateway itself, which no webhook may call."""

    def own_ports() -> set[int]:
        return {port for part in parts if isinstance(port := getattr(part, "port", None), int)}

    config = gateway.config
    return Webhooks(gateway.database, Begin(config.store.full_url, config.webhooks, config.log), own_ports)


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


@contextmanager
def signals(end: Callable[[], None], reload: Callable[[], None] | None = None) -> Iterator[None]:
    """While the block runs, the signals that mean "stop" have `end` called, SIGHUP `reload`; a second Ctrl-C ends us
    at once. A terminal that is closed sends SIGHUP too, and means "stop"."""
    ours = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: end if reload is None or os.isatty(0) else reload}

    def act(number: int, _frame: FrameType | None) -> None:
        if ours[signal.Signals(number)] is end:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Not here: what was interrupted may hold the very lock that it needs.
        threading.Thread(target=ours[signal.Signals(number)], name="signalled").start()

    before = {number: signal.signal(number, act) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
