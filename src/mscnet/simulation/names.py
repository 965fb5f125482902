"""What somebody may have meant by the name of a course that is not there."""

from __future__ import annotations

from collections.abc import Collection

from mscnet.diagnostics import suggest
from mscnet.mechanism.mechanism import Mechanism

#: So many names are listed.
_FEW = 12


def suggest_name(asked: str, known: Collection[str], mechanism: Mechanism) -> str | None:
    """A "did you mean" sentence: for a printed label, a structure or ``[X]`` the name behind it, else a name like it.

    `known` are the names that would do; where there are few and none is like it, they are listed.
    """
    bare = asked.strip().removeprefix("[").removesuffix("]").strip()
    named = {observable.label: observable.name for observable in mechanism.observables}
    named |= {species.label: species.name for species in mechanism.species}
    named |= {species.complex: species.name for species in mechanism.species if species.complex}
    meant = named.get(bare) or named.get("".join(bare.split()), bare)
    if meant in known:
        return f"did you mean `{meant}`?"
    listed = f"there are {', '.join(known)}" if 0 < len(known) <= _FEW else None
    return suggest(bare, known) or listed
