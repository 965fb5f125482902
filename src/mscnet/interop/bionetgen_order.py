"""Derived values in an order in which each stands behind those that it needs."""

from __future__ import annotations

from mscnet.interop.faults import Fault
from mscnet.mechanism.expression import symbols
from mscnet.mechanism.types import Definition


def put_in_order(root: str, made: dict[str, Definition], ordered: dict[str, Definition]) -> None:
    """Move `root`, after all that it calls, into `ordered`; without recursion, as chains may be long.

    Raises:
        Fault: it is defined by itself; all that are in the circle, and lead to it, are taken out of `made`.
    """
    path = [root]
    while path:
        name = path[-1]
        wanted = sorted({s.name for s in symbols(made[name].expression) if s.name in made and s.name not in ordered})
        if not wanted:
            ordered[name] = made[name]
            path.pop()
        elif wanted[0] in path:
            span, cycle = made[name].span, [*path[path.index(wanted[0]) :], wanted[0]]
            assert span is not None
            message = f"`{wanted[0]}` is defined by itself ({' -> '.join(cycle[:8])})"
            for broken in path:
                made.pop(broken)
            raise Fault("E015", message, span.start, span.end)
        else:
            path.append(wanted[0])
