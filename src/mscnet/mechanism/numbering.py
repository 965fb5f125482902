"""Numbers of steps without a label, where two mechanisms become one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from mscnet.mechanism.types import Reaction
from mscnet.records import replace


def renumbered(theirs: tuple[Reaction, ...], mine: Mapping[str, Reaction]) -> tuple[Reaction, ...]:
    """Reactions of another mechanism, those without a label under numbers that are free among `mine`, by name."""
    if not any(reaction.label is None and mine.get(reaction.name, reaction) != reaction for reaction in theirs):
        return theirs
    names = {*mine, *(reaction.name for reaction in theirs)}
    new: dict[str, str] = {}
    for reaction in theirs:
        if reaction.label is None and mine.get(reaction.name, reaction) != reaction:
            stem = reaction.name.removesuffix(".reverse")
            if stem not in new:
                new[stem] = next(name for i in count(1) if (name := f"r{i}") not in names)
                names.add(new[stem])
            new[reaction.name] = new[stem] + reaction.name[len(stem) :]
    return tuple(replace(r, name=new.get(r.name, r.name), partner=new.get(r.partner or "", r.partner)) for r in theirs)
