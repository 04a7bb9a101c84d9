"""`smsgw run`: the daemon in the foreground, for systemd, containers and terminals.

SIGTERM, SIGHUP and Ctrl-C stop it within ten seconds with status 0; a second Ctrl-C ends it at once, which loses
nothing either, and so do the ten seconds themselves when the store or a link hangs (status 1). A unit names status 6
in RestartPreventExitStatus: a wrong configuration does not heal by itself.
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
from smsgw.cli import exits
from smsgw.cli.local_key import LocalKey
from smsgw.cli.notify import Systemd
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.config import Config
from smsgw.daemon import STOP_WITHIN, Daemon, Part
from smsgw.gateway import Gateway
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
    with running(office, loaded.config):
        logger.info("smsgw is running")
    logger.info("smsgw has stopped")


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
        daemon = Daemon(gateway, [webhooks_of(gateway, parts), gateway.reading, *parts, LocalKey(gateway, parts)])

        def end() -> None:
            systemd.stopping()
            daemon.end()
            if not gone.wait(STOP_WITHIN):
                _overdue()

        with signals(end):
            daemon.start()
            try:
                yield gateway
            except BaseException:
                daemon.stop()
                raise
            systemd.say("READY=1")
            systemd.watch(daemon.unwell)
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


@contextmanager
def signals(end: Callable[[], None]) -> Iterator[None]:
    """While the block runs, the signals that mean "stop" have `end` called; a second Ctrl-C ends us at once."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Not here: what was interrupted may hold the very lock that `end` needs.
        threading.Thread(target=end, name="end").start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
