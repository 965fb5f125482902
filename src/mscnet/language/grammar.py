"""The grammar of the language: the files of its parts, read as one text."""

from __future__ import annotations

from functools import lru_cache

from mscnet import assets

#: A rule of one part may stand in another; rules that begin with ``bench_`` have their actions in `build_protocol`.
PARTS = (
    "mech.lark", "protocol.lark", "optics.lark", "facts.lark", "families.lark", "thermo.lark", "events.lark",
    "compartments.lark", "rules.lark",
)  # fmt: skip


@lru_cache(maxsize=1)
def grammar() -> str:
    """The text of the whole grammar."""
    return "\n".join(assets.grammar_text(part) for part in PARTS)
