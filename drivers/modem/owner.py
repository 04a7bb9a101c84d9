"""The thread that owns one modem: it opens it, stays as long as the line does, and tries again for ever.

It is the only one that writes to the modem. Other threads talk to it through the window and the session's
queue.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from drivers.modem.library import CommandError, SerialException, TimeoutException
from drivers.modem.prepare import Trouble, open_port
from drivers.modem.sending import Window
from drivers.modem.session import Session
from smsgw.link import Abilities, Alphabet, Events, Health, LinkDown, LinkState, Misconfigured, WirePart

if TYPE_CHECKING:
    from drivers.modem import Config

log = logging.getLogger(__name__)

_UNFORESEEN_REST = 10.0  # seconds


class ModemLink:
    """A GSM modem as a link (see smsgw.link.Link)."""

    window = 1
    abilities = Abilities(alphabets=frozenset(Alphabet))

    def __init__(self, name: str, config: Config, events: Events) -> None:
        self.name = name
        self._config = config
        self._events = events
        self._window = Window(events)
        self._health = Health(LinkState.DOWN, "not started")
        self._session: Session | None = None
        self._stop_by: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"owner of modem {name}", daemon=True)

    def start(self) -> None:
        """Begin to look for the modem; see `health` for what becomes of it."""
        self._thread.start()

    def send(self, part: WirePart) -> None:
        """Give one part to the owner; blocks while another one has no answer yet."""
        if self._window.offer(part) and (session := self._session) is not None:
            session.wake()

    def stop(self, deadline: float) -> None:
        """Wait until `deadline` for the answer of the part in flight, then close the port."""
        self._stop_by = deadline
        self._stopping.set()
        self._window.close(LinkDown("smsgw is being stopped"))
        if (session := self._session) is not None:
            session.stop(deadline)
        if self._thread.is_alive():
            self._thread.join(max(0.0, deadline - time.monotonic()) + 1.0)
        self._window.give_up()
        self._tell(Health(LinkState.DOWN, "stopped", self._health.facts))

    def health(self) -> Health:
        """How the modem is now."""
        return self._health

    # The owner's thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            trouble = self._stay()
            if trouble is None:
                return
            person = trouble.state is LinkState.RESTING
            self._window.shut(Misconfigured(trouble.why) if person else LinkDown(trouble.why))
            self._window.give_up()
            self._tell(Health(trouble.state, trouble.why, self._health.facts))
            self._stopping.wait(trouble.rest)

    def _stay(self) -> Trouble | None:
        """One stay at the modem; why it ended, or None when we were stopped."""
        modem = None
        try:
            modem = open_port(self.name, self._config)
            session = Session(modem, self.name, self._config, self._events, self._window, self._tell)
            self._session = session
            if self._health.state is not LinkState.RESTING:  # else we only look whether somebody did something
                self._tell(Health(LinkState.CONNECTING, "asking the modem who it is", self._health.facts))
            if self._stop_by is not None:
                session.stop(self._stop_by)
            session.run()
        except Trouble as trouble:
            return trouble
        except TimeoutException:
            return Trouble(LinkState.DOWN, "the modem stopped answering: opened anew", 2.0)
        except (SerialException, OSError) as lost:
            return Trouble(LinkState.DOWN, f"the modem went away ({lost}): is it plugged in?", 1.0)
        except CommandError as refusal:
            return Trouble(LinkState.DOWN, f"the modem refused what it must be able to do: {refusal}", 5.0)
        except Exception as defect:  # a defect of ours must not end the link for ever
            log.exception("link %s: unforeseen", self.name)
            return Trouble(LinkState.DOWN, f"a defect in smsgw: {defect!r}; the log says more", _UNFORESEEN_REST)
        finally:
            self._session = None
            if modem is not None:
                modem.close()
        return None

    def _tell(self, health: Health) -> None:
        """Keep it, and tell the gateway when something changed."""
        changed = health != self._health
        self._health = health
        if changed:
            self._events.health(health)
