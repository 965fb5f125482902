"""Values that an import gives to what it brings: ``import "cdte.mech" as te with { k1 = 0.1 /min }``."""

from __future__ import annotations

from typing import Any

from mscnet.diagnostics import Related
from mscnet.language.bring_in import Override
from mscnet.language.declare import Declarations
from mscnet.language.parameters import ParameterReader
from mscnet.language.scope import Reporter
from mscnet.mechanism.expression import Number
from mscnet.mechanism.types import Definition, Species
from mscnet.mechanism.units import Dimension, name_dimension
from mscnet.records import replace

_FIELDS = {"parameter": "parameters", "species": "species", "definition": "definitions"}


def override(found: Declarations, reader: ParameterReader, report: Reporter) -> None:
    """Put the values that imports give into the parts that have the names; what does not fit is reported."""
    for given in found.overrides:
        field = _FIELDS[given.kind]
        for i, part in enumerate(found.parts):
            items = getattr(part.mechanism, field)
            at = next((j for j, item in enumerate(items) if item.name == given.name and item.pathway is None), None)
            if at is None:
                continue
            changed = _changed(items[at], given, found, reader, report)
            new: dict[str, Any] = {field: (*items[:at], changed, *items[at + 1 :])}
            mechanism = replace(part.mechanism, **new)
            found.parts[i] = replace(part, mechanism=mechanism)
            break


def _changed(item: Any, given: Override, found: Declarations, reader: ParameterReader, report: Reporter) -> Any:
    """The parameter, species or derived value with the value that the import gives."""
    value = reader.constant(given.declaration)
    if value is None:
        return item
    number, dimension = value
    word = given.declaration.name
    if dimension is not None and item.dimension is not None and dimension != item.dimension:
        of = f"{name_dimension(item.dimension)} ({_unit(found, item.dimension)})"
        message = f"`{word.name}` is {of}, not {name_dimension(dimension)}"
        related = (Related("declared here", item.span),) if item.span is not None else ()
        report.at("E020", message, report.span(word.start, given.declaration.end), None, related)
        return item
    span = report.span(word.start, given.declaration.end)
    exact = Number(number, dimension or item.dimension, span)
    if isinstance(item, Species):
        if number < 0:
            report.error("E024", "a negative initial value", word.start, given.declaration.end)
        return replace(item, initial=exact)
    if isinstance(item, Definition):
        return replace(item, expression=exact)
    if item.bounds is not None and not item.bounds[0] <= float(number) <= item.bounds[1]:
        message = f"the value of `{word.name}` lies outside its bounds"
        report.error("W061", message, word.start, given.declaration.end)
    return replace(item, value=float(number))


def _unit(found: Declarations, dimension: Dimension) -> str:
    return found.system.describe(dimension) or "no unit"
