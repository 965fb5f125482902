"""Derived values and observables, put in the order in which they need each other."""

from __future__ import annotations

from mscnet.language.declare import Declarations, declarations_of, part, value_node
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter
from mscnet.language.syntax import Text
from mscnet.mechanism.expression import symbols
from mscnet.mechanism.types import Definition, Observable

#: A derived value or observable: its name and the pathway that it is declared in.
Key = tuple[str, str | None]
Derived = Definition | Observable


class DerivedReader:
    """Makes the derived values and observables of a file."""

    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter) -> None:
        self.found, self.resolver, self.report = found, resolver, report

    def read(self) -> tuple[tuple[Definition, ...], tuple[Observable, ...]]:
        """Derived values and observables, each after those that it needs."""
        made: dict[Key, Derived] = {}
        kinds = ("compartment",) if self.found.scope.compartments else ()
        for kind in ("definition", "observable", *kinds):
            for declaration, pathway in declarations_of(kind, self.found):
                if kind == "compartment" and self._is_parameter(declaration.name.name):
                    continue
                node = value_node(declaration)
                expression = self.resolver.resolve(node, pathway) if node is not None else None
                if expression is None:
                    continue
                name, span = declaration.name.name, self.report.span(declaration.name.start, declaration.name.end)
                if kind != "observable":
                    made[name, pathway] = Definition(name, expression, None, pathway, span)
                else:
                    label = part(declaration, "note")
                    text = label.items[0].text if label and isinstance(label.items[0], Text) else None
                    made[name, pathway] = Observable(name, expression, text, None, pathway, span)
        if self.found.media:
            from mscnet.language.media import add_media

            add_media(made, self.found, self.resolver, self.report)
        ordered = self._in_order(made)
        definitions = tuple(item for item in ordered if isinstance(item, Definition))
        return definitions, tuple(item for item in ordered if isinstance(item, Observable))

    def _is_parameter(self, name: str) -> bool:
        entry = self.found.scope.find(name, None)
        return entry is not None and entry.kind == "parameter"

    def _in_order(self, made: dict[Key, Derived]) -> list[Derived]:
        scope = self.found.scope
        needs = {
            key: [
                (s.name, scope.home(s.name, key[1]))
                for s in sorted(symbols(item.expression), key=lambda s: s.name)
                if s.kind in ("definition", "observable")
            ]
            for key, item in made.items()
        }
        ordered: list[Derived] = []
        done: set[Key] = set()
        for root in made:
            path: list[tuple[Key, int]] = [(root, 0)]
            on_path = {root}
            while path:
                key, position = path.pop()
                if key in done or key not in made:
                    on_path.discard(key)
                    continue
                if position < len(needs[key]):
                    path.append((key, position + 1))
                    needed = needs[key][position]
                    if needed in on_path and needed not in done:
                        self._cycle([k for k, _ in path], needed, made)
                    elif needed not in done:
                        path.append((needed, 0))
                        on_path.add(needed)
                    continue
                done.add(key)
                on_path.discard(key)
                ordered.append(made[key])
        return ordered

    def _cycle(
        self,
        path: list[Key],
        needed: Key,
        made: dict[Key, Derived],
    ) -> None:
        cycle = [name for name, _ in path[path.index(needed) :]] + [needed[0]]
        span = made[needed].span
        if span is not None:
            shown = " -> ".join(cycle if len(cycle) <= 8 else [*cycle[:4], "…", *cycle[-3:]])
            message = f"`{needed[0]}` is defined by itself ({shown})"
            self.report.error("E015", message, span.start, span.end)
