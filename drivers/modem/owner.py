"""The thread that owns one modem: it finds it, stays as long as the line does, heals it, and tries again for ever.

It is the only one that writes to the modem. Other threads talk to it through the window and the session's
queue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import TYPE_CHECKING, TypeVar

from drivers.modem import healing
from drivers.modem.at import Modem
from drivers.modem.journal import Journal
from drivers.modem.ladder import REST, RUNGS, Ailment, Ladder
from drivers.modem.library import CommandError, SerialException, TimeoutException
from drivers.modem.life import Life
from drivers.modem.mms import Mms
from drivers.modem.plugs import Plugs
from drivers.modem.ports import Port
from drivers.modem.prepare import NotAModem, Trouble
from drivers.modem.search import Found, Search
from drivers.modem.sending import Window
from drivers.modem.session import Session
from drivers.modem.ussd import balance
from smsgw.errors import Conflict, SmsgwError
from smsgw.link import Abilities, Alphabet, Events, Health, LinkDown, LinkState, Misconfigured, WirePart
from smsgw.link_verbs import Balance, Tap, UssdAnswer

if TYPE_CHECKING:
    from drivers.modem import Config

log = logging.getLogger(__name__)

_UNFORESEEN_REST = 10.0  # seconds
_RESTS = (60.0, 300.0, 900.0, 3600.0)  # seconds of rest after the ladder was climbed in vain, again and again
_MMS_ENDS_BEFORE = 1.0  # seconds before the end of a stop: the modem's own settling comes behind
_BOOTS_WITHIN = 25.0  # seconds after a reset for which a modem's silence is no ailment

T = TypeVar("T")


class ModemLink:
    """A GSM modem as a link (see smsgw.link.Link); it offers SpeaksUssd and FetchesMms too (see smsgw.link_verbs)."""

    window = 1

    def __init__(self, name: str, config: Config, events: Events) -> None:
        self.name = name
        optional = {"ussd", "fetch", *(["balance"] if config.balance_code else [])}
        self.abilities = Abilities(
            alphabets=frozenset(Alphabet),
            optional=frozenset(optional),
            content=frozenset({"mms"}) if config.mms_url else frozenset(),
            most_octets=config.mms_most if config.mms_url else 0,
        )
        self.life = Life()
        self.tap = Tap()  # see smsgw.link_verbs.Traced
        self.ladder = Ladder(name, has_power=config.power_cycle is not None)
        self._config = config
        self._events = events
        self._journal = Journal(config.state_dir, name)
        self._window = Window(events, self._journal)
        self._health = Health(LinkState.DOWN, "not started")
        self._facts: dict[str, str] = {}
        self._quiet = False  # resting: we only look whether somebody did something
        self._session: Session | None = None
        self._stop_by: float | None = None
        self._stopping = threading.Event()
        self._search = Search(name, config, self._window, self._live, self._stopping, tap=self.tap)
        self._known: Found | None = None  # where it was seen last
        self._seen: set[Port] = set()  # the ports that were there when it was looked for last
        self._rests = 0
        self._boots_until = 0.0
        self._plugs: Plugs | None = None  # there from `start` on
        self._mms = Mms(name, config, events, self.ask, lambda: config.number or self._facts.get("number"))
        self.read_push, self.fetch = self._mms.read_push, self._mms.fetch  # see smsgw.link_verbs.FetchesMms
        self.acknowledge = self._mms.acknowledge
        self._thread = threading.Thread(target=self._run, name=f"owner of modem {name}", daemon=True)

    def start(self) -> None:
        """Begin to look for the modem; see `health` for what becomes of it."""
        config = self._config
        self._plugs = Plugs([*([config.device] if config.device else []), *(config.ports if config.identity else [])])
        self._thread.start()

    def send(self, part: WirePart) -> None:
        """Give one part to the owner; blocks while another one has no answer yet. MMS go beside the texts."""
        if part.content is not None:
            self._mms.send(part)
        elif self._window.offer(part) and (session := self._session) is not None:
            session.wake()

    def stop(self, deadline: float) -> None:
        """Wait until `deadline` for the answer of the part in flight, then close the port."""
        self._stop_by = deadline
        self._stopping.set()
        if self._plugs is not None:
            self._plugs.wake()
        self._window.close(LinkDown("smsgw is being stopped"))
        self._mms.stop(deadline - _MMS_ENDS_BEFORE)
        if (session := self._session) is not None:
            session.stop(deadline)
        if self._thread.is_alive():
            self._thread.join(max(0.0, deadline - time.monotonic()) + 1.0)
        self._window.give_up()
        if self._plugs is not None and not self._thread.is_alive():
            self._plugs.close()
        self._keep(Health(LinkState.DOWN, "stopped", self._health.facts))

    def health(self) -> Health:
        """How the modem is now."""
        return self._health

    # USSD and numbers

    def ussd(self, code: str, timeout: float = 60.0) -> UssdAnswer:
        """See smsgw.link.SpeaksUssd."""
        return self._talk(code, False, timeout)

    def ussd_reply(self, text: str, timeout: float = 60.0) -> UssdAnswer:
        """See smsgw.link.SpeaksUssd."""
        return self._talk(text, True, timeout)

    def ussd_cancel(self) -> None:
        """See smsgw.link.SpeaksUssd."""
        session = self._there()
        self.ask(lambda modem: session.dialogue.cancel())

    def balance(self, timeout: float = 60.0) -> Balance:
        """See smsgw.link.SpeaksUssd."""
        if self._config.balance_code is None:
            raise Conflict(f"[[links]] {self.name} has no balance_code", code="no_balance_code")
        said = self.ussd(self._config.balance_code, timeout)
        return balance(said.text, self._config.balance_pattern)

    def ask(self, what: Callable[[Modem], T], timeout: float = 30.0) -> T:
        """Have something done with the modem by the thread that owns it, such as `lambda modem: modem.own_number()`.

        Raises Conflict when the modem is not there, and SmsgwError when it refuses or does not answer.
        """
        session, done = self._there(), Future[T]()

        def do() -> None:
            try:
                if done.set_running_or_notify_cancel():
                    done.set_result(what(session.modem))
            except CommandError as refusal:
                done.set_exception(SmsgwError(f"the modem refuses: {refusal}", code="modem_refuses"))
            except (TimeoutException, SerialException, OSError) as lost:
                done.set_exception(SmsgwError("the modem does not answer", code="modem_silent"))
                raise lost

        session.post(do)
        return self._wait(done, timeout)

    def _talk(self, code: str, reply: bool, timeout: float) -> UssdAnswer:
        session, answer = self._there(), Future[UssdAnswer]()
        session.post(lambda: session.dialogue.ask(code, answer, reply))
        try:
            return self._wait(answer, timeout)
        except SmsgwError as none:
            if none.code == "modem_silent":
                answer.cancel()
                session.post(session.dialogue.cancel)
            raise

    def _there(self) -> Session:
        session = self._session
        if session is None or not session.serves:
            raise Conflict(f"the modem is not there now: {self._health.why}", code="link_down")
        return session

    @staticmethod
    def _wait(done: Future[T], timeout: float) -> T:
        try:
            return done.result(timeout)
        except NotInTime:
            done.cancel()
            raise SmsgwError(f"no answer in {timeout:.0f} s", code="modem_silent") from None

    # The owner's thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            trouble = self._stay()
            if trouble is None:
                return
            self._after(trouble)

    def _stay(self) -> Trouble | None:
        """One stay at the modem; why it ended, or None when we were stopped."""
        found = session = None
        self._seen = self._marks()
        try:
            if self._search.there() and not self._config.identity:
                self._live("appear", "opening the port")
            found = self._known = self._search.find()
            if self.life.may("appear"):
                self._live("appear", "opening the port")
            self._live("answer", "asking the modem who it is")
            session = Session(
                found,
                self.name,
                self._config,
                self._events,
                self._window,
                self._journal,
                self.life,
                self.ladder,
                self._tell,
            )
            self._session = session
            if self._stop_by is not None:
                session.stop(self._stop_by)
            session.run()
        except NotAModem as nothing:
            if self._known is None:  # it may be no modem at all: nothing is reset there
                return Trouble("vanish", nothing.why, nothing.pause)
            return Trouble("ail", nothing.why, 0.5, Ailment.SILENT)
        except Trouble as trouble:
            return trouble
        except TimeoutException:
            return Trouble("ail", "the modem stopped answering", 0.5, Ailment.SILENT)
        except (SerialException, OSError) as lost:
            return Trouble("ail", f"the modem went away ({lost}): is it plugged in?", 0.5, Ailment.LOST)
        except CommandError as refusal:
            return Trouble("vanish", f"the modem refused what it must be able to do: {refusal}", 5.0)
        except Exception as defect:  # a defect of ours must not end the link for ever
            log.exception("link %s: unforeseen", self.name)
            return Trouble("vanish", f"a defect in smsgw: {defect!r}; the log says more", _UNFORESEEN_REST)
        finally:
            self._session = None
            if session is not None:
                session.dialogue.end()
                self._facts = dict(session.facts)
            if found is not None:
                self._search.remember(found, {**found.facts, **self._facts})
                self._search.leave(found)
        return None

    def _after(self, trouble: Trouble) -> None:
        """Say what is wrong, do what may help, and wait until it is worth another look."""
        rung = self._rung(trouble)
        if rung != REST:
            self._say(trouble, rung)
        while rung in RUNGS and not self._do(rung):
            rung = self.ladder.climb(Ailment.SILENT, trouble.why)
        if rung == REST:
            pause = _RESTS[min(self._rests, len(_RESTS) - 1)]
            self._rests += 1
            says = f"{trouble.why}; nothing that smsgw can do helped: unplug the modem and plug it in again"
            trouble = Trouble("rest", says, pause)
            self._say(trouble, None)
        self._pause(trouble.pause)

    def _say(self, trouble: Trouble, rung: str | None) -> None:
        person = trouble.event == "rest"
        self._window.shut(Misconfigured(trouble.why) if person else LinkDown(trouble.why))
        self._window.give_up()
        self._quiet = False
        self._live(trouble.event, f"{trouble.why}; {RUNGS[rung]}" if rung in RUNGS else trouble.why)
        self._quiet = person

    def _rung(self, trouble: Trouble) -> str | None:
        """What to climb for it, if anything: not while a modem boots, and not when its port is gone."""
        if trouble.event != "ail" or trouble.ailment is None:
            return None
        if trouble.rung is not None:
            return trouble.rung
        gone = trouble.ailment is Ailment.LOST and not self._search.there()
        if gone or time.monotonic() < self._boots_until:
            trouble.event = "vanish"
            return None
        return self.ladder.climb(trouble.ailment, trouble.why)

    def _do(self, rung: str) -> bool:
        """Climb one rung; "probe" and "reopen" are what the next stay begins with. False: it cannot have helped."""
        known = self._known
        if known is None or rung in ("probe", "reopen"):
            return True
        profile = known.modem.profile
        port = Modem(known.port.name, self._config.baudrate, self._config.flow_control)
        port.tap = self.tap
        if rung == "radio":
            return healing.radio(port, profile.radio_cycle)
        if rung == "reset":
            healing.reset(port, profile.reset)
        elif self._config.power_cycle:
            healing.power(self._config.power_cycle)
        self._boots_until = time.monotonic() + _BOOTS_WITHIN
        return True

    def _pause(self, seconds: float) -> None:
        """Wait; not longer than until a port has come, or become ours, since the last look at the modem began."""
        assert self._plugs is not None
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            if self._marks() - self._seen:
                return
            self._plugs.wait(left)

    def _marks(self) -> set[Port]:
        return set(self._search.there())

    # What is told

    def _live(self, event: str, why: str) -> None:
        """Make a move in the life, and tell it."""
        self.life.move(event, why)
        self._tell()

    def _tell(self) -> None:
        """Tell how it is, from its life."""
        if self.life.state in ("registering", "online", "degraded"):
            self._quiet = False
        if self.life.state == "online":
            self._rests = 0
        if self._quiet and self.life.state != "resting":
            return  # a look at a resting modem changes nothing
        session = self._session
        if session is not None:
            self._facts = dict(session.facts)
        facts = self._facts | {"life": self.life.state} | self.ladder.facts()
        why = "" if self.life.state == "online" else self.life.why
        self._keep(Health(self.life.link_state, why, facts))

    def _keep(self, health: Health) -> None:
        """Keep it, and tell the gateway when something changed."""
        changed = health != self._health
        self._health = health
        if changed:
            self._events.health(health)
