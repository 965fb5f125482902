"""The acts of all conditions as one tree: what conditions share from their start on is done once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.many.plans import RowPlan
from mscnet.experiment.perform import hold_times, reading_times
from mscnet.experiment.plan import Act
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Acts that let time pass in the same contents at the same temperature, so that one integration does for all, from
    the start of them to `duration` with output at `times` (n_times,); `number` tells families apart."""

    number: int
    duration: float
    times: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What of a family belongs to one act: its own times `own` (n_own,) from its start, their places among those of the
    family (None: all), and the place of its end."""

    family: Family
    own: FloatArray
    places: NDArray[np.intp] | None
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """An act, the place of the one before it (-1: none), and of one that lets time pass its part of a family."""

    act: Act
    before: int
    part: Part | None


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Acts, each after the one that it follows, and for each condition the places of its acts."""

    branches: tuple[Branch, ...]
    paths: tuple[tuple[int, ...], ...]


def build_tree(plans: Sequence[RowPlan], signature: Callable[[tuple[Any, ...]], Any], hold_points: int) -> Tree:
    """The tree of these conditions; `signature` tells the groups apart that ``begin`` names, and of holds so many
    points are kept."""
    acts: list[Act] = []
    before: list[int] = []
    known: dict[tuple[int, Any], int] = {}
    families: dict[tuple[Any, ...], list[int]] = {}
    paths: list[tuple[int, ...]] = []
    for plan in plans:
        at, path = -1, []
        for act in plan.acts:
            kind = act.key[0]
            key = (at, (kind, signature(act.key[1]), act.key[2]) if kind == "begin" else act.key)
            if key not in known:
                known[key] = len(acts)
                acts.append(act)
                before.append(at)
                if kind in ("hold", "observe"):
                    families.setdefault((at, act.key[2]), []).append(known[key])
            at = known[key]
            path.append(at)
        paths.append(tuple(path))
    parts: dict[int, Part] = {}
    for number, family in enumerate(families.values()):
        parts |= zip(family, _parts(number, [acts[place] for place in family], hold_points), strict=True)
    branches = tuple(Branch(a, b, parts.get(i)) for i, (a, b) in enumerate(zip(acts, before, strict=True)))
    return Tree(branches, tuple(paths))


def _parts(number: int, acts: Sequence[Act], hold_points: int) -> list[Part]:
    own = [_times(act, hold_points) for act in acts]
    ends = [act.key[1] for act in acts]
    times = np.unique(np.concatenate([*own, ends]))
    family = Family(number, max(ends), times)
    return [
        Part(family, t, None if len(t) == len(times) else np.searchsorted(times, t), int(np.searchsorted(times, end)))
        for t, end in zip(own, ends, strict=True)
    ]


def _times(act: Act, hold_points: int) -> FloatArray:
    """The times of an act from its start."""
    return hold_times(act.key[1], hold_points) if act.key[0] == "hold" else reading_times(act.key[3], act.key[1])
