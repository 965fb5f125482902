"""What somebody may have meant by the name of a course that is not there."""

from __future__ import annotations

from collections.abc import Collection

from mscnet.diagnostics import suggest
from mscnet.mechanism.mechanism import Mechanism


def suggest_name(asked: str, known: Collection[str], mechanism: Mechanism) -> str | None:
    """A "did you mean" sentence: for a printed label or ``[X]`` the name behind it, else a name like it.

    `known` are the names that would do.
    """
    bare = asked.strip().removeprefix("[").removesuffix("]").strip()
    named = {observable.label: observable.name for observable in mechanism.observables}
    named |= {species.label: species.name for species in mechanism.species}
    meant = named.get(bare, bare)
    return f"did you mean `{meant}`?" if meant in known else suggest(bare, known)
