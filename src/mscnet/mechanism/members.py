"""Names of members of a family, ``P[2,3]``, as people type them."""

from __future__ import annotations

import re

_MEMBER = re.compile(r"([^\[\]]+?)\s*\[([^\[\]]*)\]((?:\^\d*[+-])?)")
_COMMA = re.compile(r",(?![^\[\]]*\])(?![^()]*\))")


def spelled(name: str) -> str:
    """A name as results have it: ``P[2,3]`` for ``P[2, 3]``; any other name as it is."""
    found = _MEMBER.fullmatch(name.strip()) if "[" in name else None
    return f"{found[1]}[{','.join(i.strip() for i in found[2].split(','))}]{found[3]}" if found else name


def split_list(text: str) -> list[str]:
    """The parts between commas; a comma in brackets separates indices or sites: ``A,P[2,3],R(l,y~u)`` has three."""
    return _COMMA.split(text)


def stem_and_indices(name: str) -> tuple[str, tuple[int, ...]] | None:
    """``("P", (2, 3))`` for ``P[2,3]``; None for a name without whole numbers in brackets."""
    found = _MEMBER.fullmatch(name)
    if found is None:
        return None
    try:
        return found[1] + found[3], tuple(int(index) for index in found[2].split(","))
    except ValueError:
        return None
