"""`python -m tests.fuzz TARGET --seconds N`: spoil a parser's corpus, keep what reaches new lines, save what breaks."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.fuzzing import Fuzz, fewest, keep
from tests.fuzz.targets import TARGETS

KEPT = 40  # inputs of one corpus that a run may add up to


def main() -> int:
    """Run; 1 when something broke."""
    read = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    read.add_argument("target", choices=[*TARGETS, "all"])
    read.add_argument("--seconds", type=float, default=60.0, help="of each target (default: 60)")
    read.add_argument("--seed", type=int, default=1, help="another one, other inputs (default: 1)")
    read.add_argument("--keep", action="store_true", help="add to the corpus what reached lines that it did not reach")
    told = read.parse_args()
    broken = 0
    for target in TARGETS.values() if told.target == "all" else [TARGETS[told.target]]:
        run = Fuzz(target, told.seed).run(told.seconds)
        print(f"{target.name}: {run.tried} inputs, {len(run.reached)} reached new lines, {len(run.broken)} broke")
        for found in run.broken.values():
            print(f"  {found.octets[:200]!r}\n{found.why}")
        broken += len(run.broken)
        keep(target, [found.octets for found in run.broken.values()])
        if told.keep:
            room = max(0, KEPT - len(target.corpus()))
            keep(target, fewest(target, run.reached)[:room])
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
