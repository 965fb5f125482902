"""The acts of all conditions as one tree: what conditions share from their start on is done once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mscnet.experiment.many.plans import RowPlan
from mscnet.experiment.plan import Act
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """An act, the place of the one before it (-1: none), and of those that let time pass in the same contents at the
    same temperature, this one among them: they are integrated together."""

    act: Act
    before: int
    together: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Acts, each after the one that it follows, and for each condition the places of its acts."""

    branches: tuple[Branch, ...]
    paths: tuple[tuple[int, ...], ...]


def build_tree(plans: Sequence[RowPlan], signature: Callable[[tuple[Any, ...]], Any]) -> Tree:
    """The tree of these conditions; `signature` tells the groups apart that ``begin`` names."""
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
    together = {place: tuple(family) for family in families.values() for place in family}
    branches = tuple(Branch(a, b, together.get(i, ())) for i, (a, b) in enumerate(zip(acts, before, strict=True)))
    return Tree(branches, tuple(paths))
