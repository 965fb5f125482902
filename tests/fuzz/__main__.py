"""``python -m tests.fuzz --count 100000 --seed 1``: made-up and damaged texts through every form of `check`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz.campaign import campaign
from tests.fuzz.cases import case


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many cases (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other cases (default 1)")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time (default 1)")
    parser.add_argument(
        "--out", type=Path, help="a folder for faults; a campaign that was broken off goes on from there"
    )
    parser.add_argument("--case", type=int, help="print one case and leave")
    parser.add_argument(
        "--share", type=float, default=1.0, help="the share of --fix, format, views, runs and commands (default 1)"
    )
    arguments = parser.parse_args()
    if arguments.case is not None:
        sys.stdout.buffer.write(case(arguments.seed, arguments.case).data)
        return 0
    tally = campaign(arguments.seed, arguments.count, arguments.jobs, arguments.out, arguments.share, progress=True)
    for index, fault in tally.faults[:20]:
        print(f"\ncase {index} of seed {arguments.seed}: {fault}")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
