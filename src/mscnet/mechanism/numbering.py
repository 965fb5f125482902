"""Numbers of steps and rules without a label, where two mechanisms become one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from mscnet.mechanism.structure import Rule
from mscnet.mechanism.types import Reaction
from mscnet.records import replace


def renumbered(theirs: tuple[Reaction, ...], mine: Mapping[str, Reaction]) -> tuple[Reaction, ...]:
    """Reactions of another mechanism, those without a label under numbers that are free among `mine`, by name."""
    new = _new_names(theirs, mine)
    if not new:
        return theirs
    return tuple(replace(r, name=new.get(r.name, r.name), partner=new.get(r.partner or "", r.partner)) for r in theirs)


def renumbered_rules(theirs: tuple[Rule, ...], mine: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """The same for rules."""
    new = _new_names(theirs, mine)
    return tuple(replace(r, name=new.get(r.name, r.name), partner=new.get(r.partner or "", r.partner)) for r in theirs)


def _new_names(theirs: tuple[Reaction, ...] | tuple[Rule, ...], mine: Mapping[str, Reaction | Rule]) -> dict[str, str]:
    """New names of the steps without a label, where some are needed."""
    if not any(step.label is None and mine.get(step.name, step) != step for step in theirs):
        return {}
    names = {*mine, *(step.name for step in theirs)}
    new: dict[str, str] = {}
    for step in theirs:
        if step.label is None and mine.get(step.name, step) != step:
            stem = step.name.removesuffix(".reverse")
            if stem not in new:
                new[stem] = next(name for i in count(1) if (name := f"r{i}") not in names)
                names.add(new[stem])
            new[step.name] = new[stem] + step.name[len(stem) :]
    return new
