"""A scripted SMSC: `smpp_network()` for tests in this process, or a program of its own for tests that kill.

    python tests/emulators/smsc.py --port 2775 --journal sent.jsonl --receipts --mo-rate 20 --mo-count 500

The surprise: the journal has a line for each accepted submit_sm *before* its answer leaves, so that what a
killed client was told is always in it. Its events: bind, submit, deliver, deliver_resp.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.emulators import smsc_codec as codec
from tests.emulators.smsc_server import Behaviour, Delivery, Smsc

T = TypeVar("T")
NUMBER = "+491570000000"
ACCOUNT = {"system_id": "shop", "password": "secret08"}


class Network:
    """An SMSC in a thread of this process, and the phones behind it. Any thread may call it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="emulated-smsc", daemon=True)
        self._thread.start()
        self.smsc = Smsc(Behaviour(password=ACCOUNT["password"]))
        self._loop_runs(self.smsc.listen())
        self._texts: list[tuple[str, str, list[Delivery]]] = []

    def _loop_runs(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(90)

    def do(self, what: Callable[[Smsc], T]) -> T:
        """Run something with the SMSC in its own thread; returns its result."""

        async def inside() -> T:
            return what(self.smsc)

        result: T = self._loop_runs(inside())
        return result

    def configure(self, **fields: Any) -> None:
        """Set fields of Behaviour, such as `receipts=True`."""

        def change(smsc: Smsc) -> None:
            for name, value in fields.items():
                if not hasattr(smsc.behaviour, name):
                    raise AttributeError(name)
                setattr(smsc.behaviour, name, value)

        self.do(change)

    @property
    def config(self) -> Any:
        """What `open_link` needs to reach it, with pauses fit for tests."""
        from drivers.smpp import Config

        return Config.model_validate(self.settings())

    def settings(self, **changed: Any) -> dict[str, Any]:
        """The same as a mapping, for configuration files and for tests that change it."""
        pauses = {"reconnect_first": 0.05, "reconnect_most": 0.2, "refused_pause": 0.3, "throttle_pause": 0.2}
        return {
            "host": "127.0.0.1", "port": self.smsc.port, "answer_timeout": 30.0, "sender": NUMBER,
            **ACCOUNT, **pauses, **changed,
        }  # fmt: skip

    def submitted(self) -> list[tuple[str, str]]:
        """(to, text) of every whole text that was accepted, in the order in which they became whole."""
        whole: list[tuple[str, str]] = []
        pieces: dict[tuple[str, int, int], dict[int, str]] = {}
        for submit in self.do(lambda smsc: list(smsc.submits)):
            reference, of, position = submit.place
            to = "+" + submit.dest if submit.dest_ton == 1 else submit.dest
            have = pieces.setdefault((to, reference, of), {})
            have[position] = submit.text
            if len(have) == of:
                del pieces[to, reference, of]
                whole.append((to, "".join(have[number] for number in sorted(have))))
        return whole

    def phone_sends(self, sender: str, text: str, to: str = NUMBER) -> None:
        """A phone sends us a text: it is delivered now or when we are bound, until we acknowledge it."""
        bodies = codec.text_bodies(sender, to, text, len(self._texts) + 1)

        def say(smsc: Smsc) -> list[Delivery]:
            about = {"sender": sender, "text": text}
            return [smsc.deliver("text", body, **about, piece=number) for number, body in enumerate(bodies)]

        said = self.do(say)
        self._texts.append((sender, text, said))

    def acknowledged(self) -> list[tuple[str, str]]:
        """(sender, text) of what phones sent and we acknowledged, every piece of it."""
        return self.do(lambda smsc: [(who, text) for who, text, said in self._texts if all(d.done for d in said)])

    def receipts_acknowledged(self) -> int:
        """How many receipts we acknowledged."""
        return self.do(lambda smsc: sum(d.done for d in smsc.deliveries.values() if d.kind == "receipt"))

    def automatic_receipts(self, on: bool = True, **how: Any) -> None:
        """Whether every accepted part is reported; how: more fields of Behaviour, such as receipt_state."""
        self.configure(receipts=on, **how)

    def refuse_next(self, status: int = 0x0B, times: int = 1) -> None:
        """Answer the next submits with this command_status."""
        self.do(lambda smsc: smsc.behaviour.statuses.extend([status] * times))

    def throttle_next(self, times: int = 1) -> None:
        """Answer the next submits with ESME_RTHROTTLED."""
        self.refuse_next(0x58, times)

    def go_silent(self, silent: bool = True) -> None:
        """Accept everything and answer nothing (or speak again)."""
        self.configure(silent=silent)

    def disconnect(self) -> None:
        """Hang up, and refuse connections until `reconnect`."""
        self.do(Smsc.hang_up)

    def reconnect(self) -> None:
        """Listen again on the same port."""
        self._loop_runs(self.smsc.listen())

    def close(self) -> None:
        """End it."""
        self.disconnect()
        self.do(lambda smsc: None)  # one more turn, in which connections end
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()


@contextlib.contextmanager
def smpp_network() -> Iterator[Network]:
    """A network for one test."""
    network = Network()
    try:
        yield network
    finally:
        network.close()


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--port", type=int, default=0, help="0: any; the first line of output names it")
    words.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    words.add_argument("--journal", type=Path, help="append a JSON line for each event")
    words.add_argument("--password", help="refuse every other one")
    words.add_argument("--receipts", action="store_true", help="report every accepted part")
    words.add_argument("--receipt-delay", type=float, default=0.0, help="seconds")
    words.add_argument("--answer-delay", type=float, default=0.0, help="seconds before a submit is answered")
    words.add_argument("--mo-rate", type=float, default=0.0, help="texts from phones per second")
    words.add_argument("--mo-count", type=int, default=1000, help="how many, then no more")
    words.add_argument("--mo-from", default="+4915110000000", help="the phone before the first one")
    words.add_argument("--mo-to", default=NUMBER, help="the number they write to")
    words.add_argument("--mo-text", default="text number {}", help="{} is its number, from 1")
    words.add_argument("--mo-long", type=int, default=0, metavar="N", help="every N-th takes two pieces; 0: none does")
    return words.parse_args()


async def _phones(smsc: Smsc, given: argparse.Namespace) -> None:
    """Texts at a steady rate, from the first bind on."""
    loop = asyncio.get_running_loop()
    while not smsc.sessions:
        await asyncio.sleep(0.05)
    begin = loop.time()
    for number in range(1, given.mo_count + 1):
        await asyncio.sleep(max(0.0, begin + number / given.mo_rate - loop.time()))
        sender = f"+{int(given.mo_from.lstrip('+')) + number}"
        text = given.mo_text.replace("{}", str(number))
        if given.mo_long and number % given.mo_long == 0:
            text = f"{text}, {'and so on ' * 20}"
        for piece, body in enumerate(codec.text_bodies(sender, given.mo_to, text, number)):
            smsc.deliver("text", body, sender=sender, text=text, number=number, piece=piece)


async def _serve(given: argparse.Namespace) -> None:
    how = Behaviour(
        password=given.password, receipts=given.receipts, receipt_delay=given.receipt_delay,
        answer_delay=given.answer_delay, keep_submits=False,
    )  # fmt: skip
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(given.journal.open("a")) if given.journal else None
        smsc = Smsc(how, journal)
        await smsc.listen(given.port, given.host)
        print(f"listening on {smsc.port}", flush=True)  # noqa: T201  # whoever started us reads it
        phones = asyncio.ensure_future(_phones(smsc, given)) if given.mo_rate else None
        await ended.wait()
        if phones is not None:
            phones.cancel()
        smsc.hang_up()
        await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
