"""What may be written in patterns of molecules: molecules, their sites, the states of these."""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.language.index import Index
from mscnet.language.loose import Token


def offered(index: Index, tokens: Sequence[Token]) -> list[tuple[str, str]] | None:
    """The names that may stand next in a pattern, each with what it is; None where no pattern is being written."""
    if not tokens or not index.molecules:
        return None
    last = tokens[-1].text
    if last == "." and len(tokens) > 1 and tokens[-2].text == ")":
        return [(f"{name}(", "molecule") for name in sorted(index.molecules)]
    molecule = _around(tokens)
    if molecule is None or molecule not in index.molecules:
        return None
    if last in ("(", ","):
        return [(name, f"a site of {molecule}") for name in index.names_of("site", molecule)]
    if last == "~" and len(tokens) > 1 and tokens[-2].kind == "name":
        site = tokens[-2].text
        return [(name, f"a state of {site}") for name in index.names_of("state", f"{molecule}.{site}")]
    return None


def _around(tokens: Sequence[Token]) -> str | None:
    """The name right before the innermost bracket that is open."""
    depth = 0
    for i in range(len(tokens) - 1, 0, -1):
        text = tokens[i].text
        if text == ")":
            depth += 1
        elif text == "(":
            if depth == 0:
                name = tokens[i - 3] if i > 2 and tokens[i - 2].text == "%" else tokens[i - 1]
                return name.text if name.kind == "name" else None
            depth -= 1
    return None
