"""Which starts are searched to the end: where facts count all are searched roughly, and the best of them on from there.

Facts make searches long: half of the evaluations of a start go into the last per cent of its cost, which matters for
none but the best.  Which these are depends on the ends of all rough searches, never on when each came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mscnet.inference.result import Start
from mscnet.inference.search import runs

#: One start of so many is searched to the end, and no fewer than so many in all.
SHARE, FEWEST = 4, 3


def number_to_finish(starts: int) -> int:
    """How many of so many starts are searched to the end."""
    return min(starts, max(FEWEST, -(-starts // SHARE)))


def to_finish(starts: Mapping[int, Start]) -> list[Start]:
    """Those of some starts, by number, that are to be searched on, the best first."""
    best = sorted((s for s in starts.values() if runs(s.cost)), key=lambda s: (s.cost, s.number))
    return [start for start in best[: number_to_finish(len(starts))] if start.rough]


def with_finished(starts: Mapping[int, Start], further: Mapping[int, Start]) -> tuple[Start, ...]:
    """All starts in their order, those that are to be searched on as they ended (where they have) in `further`."""
    wanted = {start.number for start in to_finish(starts)}
    return tuple(further.get(n, starts[n]) if n in wanted else starts[n] for n in sorted(starts))


def left_to_finish(starts: Mapping[int, Start], further: Mapping[int, Start]) -> Sequence[Start]:
    """Those that are to be searched on and have not been."""
    return [start for start in to_finish(starts) if start.number not in further]
