"""Facts in the language's own spelling."""

from __future__ import annotations

from collections.abc import Iterator

from mscnet.interop.mech_words import Spellings, Words, number_of, text_of
from mscnet.mechanism.expression import Expression, Number, symbols
from mscnet.mechanism.facts import Course, Fact, Feature, Window
from mscnet.mechanism.mechanism import Mechanism


class FactText:
    """Writes what was seen."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def lines(self, mechanism: Mechanism) -> Iterator[str]:
        """Every fact in a block of its own."""
        for fact in mechanism.facts:
            yield f"expect{self._about(fact)} {{ {self._said(fact)}{self._clauses(fact)} }}"

    def _about(self, fact: Fact) -> str:
        return "" if fact.experiment is None else " " + self._experiment(fact.experiment, fact.arguments)

    def _experiment(self, name: str, arguments: tuple[Expression, ...]) -> str:
        given = f"({', '.join(map(self.words.text, arguments))})" if arguments else ""
        return self.words.name(name) + given

    def _said(self, fact: Fact) -> str:
        left = self._value(fact, fact.left) if fact.left is not None else ""
        right = self._value(fact, fact.right) if fact.right is not None else self._values(fact)
        course = [self._course(fact, c) for c in fact.courses]
        subject = left or (course[0] if course else "")
        match fact.relation:
            case "increases" | "decreases":
                return f"{subject} {fact.relation}" + (f" with {fact.variable}" if fact.variable else "")
            case "constant":
                return f"{subject} is constant{self._tolerance(fact)}"
            case "independent":
                return f"{left} does not depend on {fact.variable}{self._tolerance(fact)}"
            case "linear":
                above = f", r2 > {right}" if fact.values else ""
                return f"linear({left}, {fact.variable}{above})"
            case "isosbestic":
                return f"isosbestic({right}{self._tolerance(fact)})"
            case "never" | "always":
                return f"{fact.relation} {course[0]} {fact.comparison} {course[1]}"
            case "present" | "absent":
                return f"{fact.relation}({course[0]}, {right})"
            case "not_first_order":
                residual = f", residual > {self.words.text(fact.tolerance)}" if fact.tolerance is not None else ""
                return f"not_first_order({course[0]}){residual}"
            case "rate_determining":
                return f"rate_determining({self.words.name(fact.variable or '')})"
        return f"{left} {fact.relation} {right}{self._tolerance(fact)}"

    def _values(self, fact: Fact) -> str:
        return ", ".join(map(self.words.text, fact.values))

    def _tolerance(self, fact: Fact) -> str:
        if fact.tolerance is None:
            return ""
        return f" ± {self._share(fact.tolerance) if fact.relative else self.words.text(fact.tolerance)}"

    def _share(self, e: Expression) -> str:
        """A share of a value, in per cent."""
        return f"{number_of(e.value * 100)} %" if isinstance(e, Number) else self.words.text(e)

    def _clauses(self, fact: Fact) -> str:
        text = self._window(fact.window)
        text += f" from {text_of(fact.source)}" if fact.source is not None else ""
        text += f" as {text_of(fact.name)}" if fact.name is not None else ""
        return text + (f" weight {self.words.text(fact.weight)}" if fact.weight is not None else "")

    def _window(self, window: Window | None) -> str:
        if window is None:
            return ""
        begin, end = self.words.text(window.start), self.words.text(window.end)
        return f" at {begin}" if window.start == window.end else f" over {begin} .. {end}"

    # --- features and courses ---

    def _value(self, fact: Fact, e: Expression) -> str:
        known: Spellings = {("feature", str(i)): self._feature(fact, f) for i, f in enumerate(fact.features)}
        return self.words.spelled(e, known)

    def _feature(self, fact: Fact, feature: Feature) -> str:
        arguments = [self._course(fact, feature.course)]
        arguments += map(self._share if feature.relative else self.words.text, feature.arguments)
        return f"{feature.name}({', '.join(arguments)})"

    def _course(self, fact: Fact, course: Course) -> str:
        own = course.experiment == fact.experiment and course.arguments == fact.arguments
        before = "" if own or course.experiment is None else self._experiment(course.experiment, course.arguments) + "."
        known: Spellings = {}
        for symbol in symbols(course.expression):
            if symbol.kind in ("species", "observable", "definition", "reading"):
                bare = symbol.name if symbol.kind == "reading" else self.words.name(symbol.name)
                known[symbol.kind, symbol.name] = (
                    f"[{bare}]" if symbol.kind == "species" and not before else before + bare
                )
        for band in course.bands:
            shown = f"band({self.words.name(band.species)}, {self.words.text(band.wavelength)})"
            known["reading", band.name] = before + shown
        return self.words.spelled(course.expression, known)
