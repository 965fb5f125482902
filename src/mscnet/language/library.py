"""Calls of functions from imports, and which import brings a function that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mscnet import assets
from mscnet.diagnostics import Related, suggest
from mscnet.mechanism.expression import Expression, Number, Symbol, children, rebuild, walk
from mscnet.mechanism.units import NONE
from mscnet.records import replace

if TYPE_CHECKING:
    from mscnet.language.resolve import Resolver
    from mscnet.language.scope import Entry
    from mscnet.language.syntax import CallX

#: The mechanism with the rate laws that ship.
LIBRARY = "rate_laws"


def call_of(resolver: Resolver, node: CallX, entry: Entry, values: list[Expression], sizes: list[int]) -> Expression:
    """A call of a function of another file: its body with the arguments put in, all of it where the call stands.

    A number without a unit in it is a pure number: it cannot be in the units of a file that it knows nothing of.

    Raises:
        Stop: it grows too large; it has been reported.
    """
    from mscnet.language.products import Stop

    function = entry.body
    if function is None or function.body is None:
        raise Stop
    arguments = dict(zip(function.parameters, values, strict=True))
    counts = dict(zip(function.parameters, sizes, strict=True))
    for part in walk(function.body):
        is_slot = isinstance(part, Symbol) and part.kind == "slot"
        resolver.count(counts.get(part.name, 0) if is_slot else 1)  # type: ignore[union-attr]
    span = resolver.report.span(node.start, node.end)
    if function.span is not None:
        resolver.report.calls[node.start, node.end] = Related(f"`{function.name}` is declared here", function.span)

    def placed(e: Expression) -> Expression:
        if isinstance(e, Symbol):
            return arguments.get(e.name, e) if e.kind == "slot" else replace(e, span=span)
        if isinstance(e, Number):
            return Number(e.value, NONE if e.dimension is None and e.value else e.dimension, span)
        return replace(rebuild(e, tuple(placed(part) for part in children(e))), span=span)

    return placed(function.body)


def function_hint(name: str, own: Iterable[str], words: Iterable[str]) -> str | None:
    """How an unknown function may be meant: one of the file, or of the library of rate laws, or a word of mscnet."""
    known = list(own)
    imported = next((other for other in known if other.endswith(f".{name}")), None)
    if imported is not None:
        return f"did you mean `{imported}`?"
    shipped = library_functions()
    if name in shipped:
        return f'write `import "{LIBRARY}"`, which has `{name}({", ".join(shipped[name])})`'
    return suggest(name, known) or suggest(name, words, words=True) or _near(name, shipped)


def _near(name: str, shipped: dict[str, tuple[str, ...]]) -> str | None:
    import difflib

    near = difflib.get_close_matches(name, shipped, n=1, cutoff=0.7)
    return f'`import "{LIBRARY}"` brings `{near[0]}`' if near else None


def library_functions() -> dict[str, tuple[str, ...]]:
    """The functions of the library of rate laws with the names of their arguments."""
    if LIBRARY not in assets.mechanism_names():
        return {}
    _, text = assets.mechanism_text(LIBRARY)
    found = re.findall(r"^function (\w+)\(([^()]*)\)", text, re.MULTILINE)
    return {name: tuple(each.strip() for each in arguments.split(",")) for name, arguments in found}
