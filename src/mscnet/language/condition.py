"""Conditions given from outside a file, such as ``[A] < 0.1 mM``, read in the scope of a mechanism."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from mscnet.diagnostics import Diagnostic, MechanismError, Related, Source, Span
from mscnet.language.dimensions import Dimensions, Form, form_of
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Claim, Entry, EntryKind, Reporter, Scope
from mscnet.language.syntax import CallX, ComparisonX, DeclarationX, ExpressionX
from mscnet.mechanism.expression import Comparison, Symbol, deep_recursion
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Species
from mscnet.mechanism.units import TIME, Dimension
from mscnet.records import replace

#: A condition is parsed as the first argument of `if` in a declaration of its own.
_BEFORE, _AFTER = "observable condition = if(", ", 1, 0)"
#: The longest text that is read as a condition.
MAX_LENGTH = 10_000


def read_condition(text: str, mechanism: Mechanism, name: str = "condition") -> Comparison:
    """The comparison that a text is, in the mechanism's units; `name` is what messages call its source.

    It may hold species, parameters, derived values, observables, `time` and the built-in functions, but not the
    functions that the file itself defines.

    Raises:
        MechanismError: no comparison, an unknown name, sides of different dimensions; every finding is in it.
    """
    given = Source(f"<{name}>", text)
    if not text.strip() or "\n" in text or "\r" in text or "#" in text or len(text) > MAX_LENGTH:
        raise _no_comparison(given)
    source = Source(given.name, _BEFORE + text + _AFTER)
    with deep_recursion():
        node = _parsed(source, given)
        report = Reporter(source)
        resolver = Resolver(_scope(mechanism, report), mechanism.units, report)
        comparison = resolver.resolve(node, None)
        if isinstance(comparison, Comparison):
            _check_dimensions(comparison, resolver.scope.claims, mechanism, report)
    _raise_errors(report.diagnostics, given)
    if not isinstance(comparison, Comparison):
        raise _no_comparison(given)
    return comparison


def _no_comparison(given: Source) -> MechanismError:
    shown = given.text if len(given.text) <= 60 else given.text[:60] + "…"
    return MechanismError.of(
        "E017", f"`{shown.strip()}` is no condition", hint="compare two quantities: `[A] < 0.1 mM`"
    )


def _parsed(source: Source, given: Source) -> ExpressionX:
    """The syntax of the comparison; whatever else the text may be is no condition."""
    from mscnet.language.parse import parse_marked

    statements, slips, families = parse_marked(source)
    _raise_errors(slips, given)
    if families:
        from mscnet.language.families import expand

        report = Reporter(source)
        statements = expand(statements, report)
        _raise_errors(report.diagnostics, given)
    match statements:
        case (DeclarationX(_, _, (part,)),):
            match part.items:
                case (CallX(_, (ComparisonX() as node, _, _), start, end),) if start == len(_BEFORE) - len("if("):
                    if end == len(source.text):
                        return node
    raise _no_comparison(given)


def _raise_errors(found: Iterable[Diagnostic], given: Source) -> None:
    errors = [_moved(diagnostic, given) for diagnostic in found if diagnostic.severity == "error"]
    if errors:
        raise MechanismError(errors)


def _moved(diagnostic: Diagnostic, given: Source) -> Diagnostic:
    """A finding about the text that is parsed, as one about the text that was given."""

    def moved(span: Span) -> Span:
        start, end = (min(max(at - len(_BEFORE), 0), len(given.text)) for at in (span.start, span.end))
        return Span(given, start, max(start, end))

    related = tuple(Related(r.message, moved(r.span)) for r in diagnostic.related if r.span.end > r.span.start)
    span = None if diagnostic.span is None else moved(diagnostic.span)
    return replace(diagnostic, span=span, related=related)


def _scope(mechanism: Mechanism, report: Reporter) -> Scope:
    scope = Scope(report)
    kinds: tuple[tuple[EntryKind, Iterable[object]], ...] = (
        ("species", mechanism.species), ("parameter", mechanism.parameters),
        ("definition", mechanism.definitions), ("observable", mechanism.observables),
    )  # fmt: skip
    for kind, items in kinds:
        for item in items:
            scope.common[item.name] = Entry(kind, 0, 0)  # type: ignore[attr-defined]
    return scope


def _check_dimensions(comparison: Comparison, claims: Iterable[Claim], mechanism: Mechanism, report: Reporter) -> None:
    named = {
        item.name: item for items in (mechanism.parameters, mechanism.derived, mechanism.species) for item in items
    }
    values = {p.name: Fraction(repr(p.value)) for p in mechanism.parameters if p.value is not None}

    def of_symbol(symbol: Symbol, _: str | None) -> Form:
        if symbol.kind == "time":
            return form_of(TIME)
        item = named[symbol.name]
        dimension: Dimension | None = item.dimension
        if dimension is None and isinstance(item, Species):
            dimension = mechanism.units.concentration.dimension
        return {((symbol.name, None), ()): Fraction(1)} if dimension is None else form_of(dimension)

    dimensions = Dimensions(mechanism.units, report, of_symbol, values.get)
    dimensions.meet(claims)
    dimensions.infer(comparison, None)
