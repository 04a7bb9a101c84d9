"""Eight hours of a shop's modem in a minute: texts out and in, and faults at random; nothing is lost or doubled.

What is left out of the eight hours is the waiting: one of them takes six seconds, and the driver has a fifth of its
patience. SMSGW_SOAK_HOURS makes more of them, SMSGW_SOAK_SEED repeats the faults of a run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.flows import counting
from tests.flows.killing import Caller, Siege, Wanted
from tests.flows.modem_wire import Stick, Sticks
from tests.flows.running import Running, environment

HOURS = environment("SMSGW_SOAK_HOURS", 8)
SEED = environment("SMSGW_SOAK_SEED", int(time.time()))
SECONDS_OF_AN_HOUR = 6.0
HURRY = 5
SENDING = {"unsure_wait": 6, "retry_first": 1, "retry_most": 2, "resend_unsure": "resend"}
LINK = {"answer_timeout": 2.0, "sweep_interval": 1.0, "check_interval": 0.5, "device": None}

# What is typed to the modem at the beginning of a fault, how many seconds it lasts, and what ends it.
FAULTS: dict[str, tuple[list[str], tuple[float, float], list[str]]] = {
    "pulled out": (["unplug"], (0.1, 1.5), ["plug"]),
    "comes back elsewhere": (["unplug"], (0.1, 1.0), ["plug {port}"]),
    "firmware restarts": (["restart"], (0.0, 0.1), []),
    "freezes": (["frozen=on"], (0.3, 2.5), ["frozen=off"]),
    "says nothing": (["silent=on"], (0.3, 2.5), ["silent=off"]),
    "the port blocks": (["blocked=on"], (0.3, 2.0), ["blocked=off"]),
    "noise": (["noise=0.3"], (0.5, 2.0), ["noise=0"]),
    "broken octets": (["garbage=0.05"], (0.5, 2.0), ["garbage=0"]),
    "an answer is lost": (["swallow=1"], (0.0, 1.0), ["swallow=0"]),
    "refused once": (["cms_once={code}"], (0.0, 0.5), []),
    "refused for a while": (["cms_always={code}"], (0.2, 1.5), ["cms_always=0"]),
    "no network": (["registration=2"], (0.3, 2.0), ["registration=1"]),
    "no news are told": (["tells_news=off"], (0.5, 2.0), ["tells_news=on"]),
    "news twice, texts twice": (["news_twice=on", "texts_twice=0.5"], (0.5, 2.0), ["news_twice=off", "texts_twice=0"]),
    "news inside answers": (["news_inside=on"], (0.5, 2.0), ["news_inside=off"]),
    "a small memory": (["slots=2"], (0.5, 2.0), ["slots=20"]),
    "the SIM is busy": (["busy={few}"], (0.0, 0.5), []),
    "slow": (["delay=0.05", "air_time=0.5"], (0.5, 2.0), ["delay=0", "air_time=0.02"]),
    "weak": (["signal=99"], (0.5, 1.5), ["signal=21"]),
}


class Hurried(Running):
    """A daemon whose modem driver has less patience."""

    def command(self, *words: str) -> list[str]:
        """As `Running` says."""
        before, (python, *_), after = self._split(super().command(*words))
        return [*before, python, "tests/flows/hurried.py", str(HURRY), *after]

    @staticmethod
    def _split(command: list[str]) -> tuple[list[str], list[str], list[str]]:
        at = command.index("-m")
        return command[: at - 1], command[at - 1 : at + 2], command[at + 2 :]


class Customer(Caller):
    """Somebody who has a few texts sent in an hour."""

    def _ask(self, batch: list[Wanted]) -> None:
        super()._ask(batch[:1])
        self._book.unanswered(batch[1:])
        time.sleep(self._chance.uniform(0.2, 0.6))


def suffer(wire: Stick, chance: Random, until: float) -> Counter[str]:
    """Faults of one stick and texts to it until then (time.monotonic); returns how often there was which fault."""
    seen: Counter[str] = Counter()
    texts, deck = 0, list[str]()
    while time.monotonic() < until:
        deck = deck or chance.sample(list(FAULTS), len(FAULTS))
        name = deck.pop()
        begins, (shortest, longest), ends = FAULTS[name]
        seen[name] += 1
        words = {"port": f"ttyUSB{sum(seen.values())}", "code": chance.choice([38, 42, 500, 331]), "few": 3}
        for line in begins:
            wire.modem.do(line.format(**words))
        lasts = time.monotonic() + chance.uniform(shortest, longest)
        while time.monotonic() < lasts:
            texts += 1
            wire.types(None, f"from a phone: {texts}" + chance.choice(["", "", ", and so on" * 20]))
            time.sleep(chance.uniform(0.1, 0.3))
        for line in ends:
            wire.modem.do(line.format(**words))
        time.sleep(chance.uniform(0.0, 0.5))
    return seen


def suffer_all(sticks: list[Stick], until: float) -> Counter[str]:
    """The same for several sticks at a time, each with its own chance."""
    with ThreadPoolExecutor(len(sticks)) as pool:
        ways = [pool.submit(suffer, stick, Random(f"{SEED} soak {n}"), until) for n, stick in enumerate(sticks)]
        return sum((way.result() for way in ways), Counter[str]())


def stick_and_link(folder: Path, number: int) -> tuple[Stick, dict[str, Any]]:
    """A stick, and its table in the configuration, which finds it by its SIM wherever it is."""
    seed = (SEED + number) % 1000
    stick = Stick(folder, air=0.02, seed=seed)
    ports = [str(Path(stick.modem.device).parent / "*")]
    link = stick.link(**LINK, name=f"net{number or ''}", imsi=f"29340000{seed + 1:07}", ports=ports)
    del link["device"]
    return stick, link


@pytest.mark.slow
@pytest.mark.parametrize(("count", "hours"), [(1, HOURS // 4), (2, HOURS)], ids=["one modem", "two modems"])
def test_eight_hours_of_faults_lose_nothing_and_double_nothing(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    count: int,
    hours: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Two modems over PostgreSQL, which share the texts; and one over SQLite, for a quarter of the time."""
    url = f"sqlite:///{tmp_path}/store.db" if count == 1 else request.getfixturevalue("postgres_url")
    sticks, links = zip(*(stick_and_link(tmp_path, number) for number in range(count)), strict=True)
    wire = Sticks(list(sticks))
    gateway = Hurried(tmp_path / "smsgw", url, list(links), sending=SENDING)
    try:
        secret = gateway.smsgw("key", "create", "caller").stdout.strip()
        siege = Siege(gateway, wire, secret, Random(f"{SEED} siege"))
        siege.starts.append(gateway.start())
        customer = Customer(siege.book, gateway.client(secret), Random(f"{SEED} customer"))
        customer.start()
        seen = suffer_all(wire.sticks, time.monotonic() + hours * SECONDS_OF_AN_HOUR)
        customer.ended.set()
        customer.join(180)
        siege.ask_again()
        stored = counting.rest(siege, 60)
        told = f"{hours} hours, {count} modems, seed {SEED}, {sum(seen.values())} faults of {len(seen)} kinds"
        record_property("figures", f"{told}; {counting.figures(siege, stored)}")
        wrong = counting.faults(siege.book, wire, stored)
        assert not wrong, f"{len(wrong)} faults, {told}:\n" + "\n".join(wrong[:20])
        assert len(stored.messages) > hours
        assert len(stored.texts) > hours
        assert all(stick.taken() for stick in sticks)
    finally:
        gateway.kill()
        wire.close()
