"""`option` statements: which there are, and what each may hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal as Choice

from mscnet.diagnostics import suggest
from mscnet.language.declare import Declarations
from mscnet.language.quantities import Literal, in_range, read_literal
from mscnet.language.scope import Reporter
from mscnet.language.syntax import CallX, SettingX, WordX
from mscnet.mechanism.types import Option
from mscnet.mechanism.units import NONE, TIME, VOLUME, name_dimension
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an option holds: a time, a volume, a positive number, a whole number, or one of some words."""

    holds: Choice["time", "volume", "number", "count", "word", "pathway", "experiment", "medium"]
    words: tuple[str, ...] = ()


OPTIONS = {
    "t_end": _Kind("time"),
    "t_start": _Kind("time"),
    "every": _Kind("time"),
    "points": _Kind("count"),
    "rtol": _Kind("number"),
    "atol": _Kind("number"),
    "volume": _Kind("volume"),
    "method": _Kind("word", ("auto", "bdf", "radau", "lsoda", "rk45", "dop853", "ssa", "nf")),
    "mass_action": _Kind("word", ("power", "combinatorial")),
    "dimensions": _Kind("word", ("checked", "free")),
    "pathway": _Kind("pathway"),
    "experiment": _Kind("experiment"),
    "medium": _Kind("medium"),
    "number_per_quantity_unit": _Kind("number"),
}
#: What bounds the network of rules: see `rule_limits`.
LIMITS = ("max_iter", "max_agg", "max_species", "max_reactions", "max_stoich")


def read_options(found: Declarations, report: Reporter) -> Iterable[Option]:
    """The options of a file, checked; what is wrong is reported and left out."""
    seen: dict[str, SettingX] = {}
    for setting in found.options:
        name = setting.name
        if name.name in LIMITS:
            continue
        kind = OPTIONS.get(name.name)
        if kind is None:
            hint = suggest(name.name, (*OPTIONS, *LIMITS), words=True)
            hint = hint or "there are " + ", ".join((*OPTIONS, *LIMITS))
            report.error("E010", f"unknown option `{name.name}`", name.start, name.end, hint)
            continue
        if name.name in seen:
            first = seen[name.name]
            place = (("first set here", first.start, first.end),)
            report.error("E011", f"the option `{name.name}` is set twice", name.start, name.end, related=place)
            continue
        seen[name.name] = setting
        value = _value(setting, kind, found, report)
        if value is not None:
            yield Option(name.name, value, report.span(setting.start, setting.end))


def _value(setting: SettingX, kind: _Kind, found: Declarations, report: Reporter) -> float | str | None:
    node, name = setting.value, setting.name.name
    if kind.holds == "experiment" and isinstance(node, CallX):
        return _experiment(node, found, report)
    words = _words(kind, found)
    if words is not None:
        if isinstance(node, WordX) and node.name in words:
            return node.name
        shown = " ".join(report.source.text[node.start : node.end].split())
        listed = ", ".join(words) or f"none: the file has no {kind.holds}s"
        message = f"`{shown}` is not a choice for `{name}`"
        hint = suggest(shown, words, words=kind.holds == "word") or f"there are {listed}"
        report.error("E027", message, node.start, node.end, hint)
        return None
    literal = read_literal(node, found.system, report)
    if literal is None:
        report.error("E027", f"`{name}` is a number", node.start, node.end)
        return None
    if literal.broken:
        return None
    return _checked_number(literal, setting, kind, found, report)


def _words(kind: _Kind, found: Declarations) -> tuple[str, ...] | None:
    """The words that an option of this kind may hold; None where it holds a number."""
    match kind.holds:
        case "word":
            return kind.words
        case "pathway":
            return tuple(p.name for p in found.pathways)
        case "experiment":
            own = (s.name.name for s, _ in found.bench if s.kind == "experiment")
            return (*own, *(experiment.name for experiment in found.imported_experiments))
        case "medium":
            return tuple(found.solvents)
    return None


def _experiment(node: CallX, found: Declarations, report: Reporter) -> str | None:
    """``fig4(30 uL)`` as text; its values are read when it is run."""
    known = _words(OPTIONS["experiment"], found) or ()
    if node.function.name in known:
        return " ".join(report.source.text[node.start : node.end].split())
    message = f"unknown experiment `{node.function.name}`"
    report.error("E010", message, node.function.start, node.function.end, suggest(node.function.name, known))
    return None


def _checked_number(
    literal: Literal, setting: SettingX, kind: _Kind, found: Declarations, report: Reporter
) -> float | None:
    node, name = setting.value, setting.name.name
    wanted = {"time": TIME, "volume": VOLUME, "count": NONE, "number": NONE}[kind.holds]
    if name == "atol" and literal.has_unit:
        wanted = found.concentration
    if literal.has_unit and literal.dimension != wanted:
        message = f"`{name}` is {name_dimension(wanted)}, not {name_dimension(literal.dimension)}"
        report.error("E020", message, node.start, node.end)
        return None
    value = in_range(literal.in_units_of(found.system), node, report)
    if kind.holds == "count" and (value.denominator != 1 or value < 2):
        report.error("E027", f"`{name}` is a whole number, 2 or more", node.start, node.end)
        return None
    if value <= 0 and name != "t_start":
        report.error("E027", f"`{name}` must be above zero", node.start, node.end)
        return None
    return float(value)
