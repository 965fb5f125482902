"""Options that bound the network of rules: ``max_iter``, ``max_agg``, ``max_species``, ``max_reactions``,
``max_stoich``."""

from __future__ import annotations

import re

from mscnet.diagnostics import suggest
from mscnet.language.declare import Declarations
from mscnet.language.options import LIMITS
from mscnet.language.quantities import read_literal
from mscnet.language.scope import Reporter
from mscnet.language.syntax import SettingX, TextX
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Limits, MoleculeType, Structure
from mscnet.records import replace

_FIELDS = {"max_iter": "iterations", "max_agg": "molecules", "max_species": "species", "max_reactions": "reactions"}
_OF_TYPE = re.compile(r"\s*([^\W\d][\w.]*)\s*(?::|=>|=)\s*(\d{1,100})\s*")


def read_limits(found: Declarations, types: tuple[MoleculeType, ...], report: Reporter) -> Limits:
    """The bounds that a file states; what is wrong is reported and left out."""
    seen: dict[str, SettingX] = {}
    numbers: dict[str, int] = {}
    of_type: tuple[tuple[str, int], ...] = ()
    for setting in found.options:
        name = setting.name
        if name.name not in LIMITS:
            continue
        if name.name in seen:
            first = seen[name.name]
            place = (("first set here", first.start, first.end),)
            report.error("E011", f"the option `{name.name}` is set twice", name.start, name.end, related=place)
            continue
        seen[name.name] = setting
        if name.name == "max_stoich":
            of_type = _of_type(setting, types, report)
            continue
        number = _whole(setting, found, report)
        if number is not None:
            numbers[_FIELDS[name.name]] = number
    return Limits(of_type=of_type, **numbers)


def limits_of_imports(mechanism: Mechanism, found: Declarations, report: Reporter) -> Mechanism:
    """A mechanism all of whose rules are imported, with the bounds that it states for them."""
    structures = [part.mechanism.structure for part in found.parts]
    types = tuple(molecule for one in structures if one is not None for molecule in one.molecules)
    limits = read_limits(found, types, report)
    return mechanism if limits == Limits() else replace(mechanism, structure=Structure(limits=limits))


def _whole(setting: SettingX, found: Declarations, report: Reporter) -> int | None:
    node, name = setting.value, setting.name.name
    literal = None if isinstance(node, TextX) else read_literal(node, found.system, report)
    if literal is not None and literal.broken:
        return None
    if literal is None or literal.has_unit or literal.number.denominator != 1 or literal.number < 1:
        report.error("E027", f"`{name}` is a whole number, 1 or more", node.start, node.end)
        return None
    return int(literal.number)


def _of_type(setting: SettingX, types: tuple[MoleculeType, ...], report: Reporter) -> tuple[tuple[str, int], ...]:
    node, known = setting.value, [molecule.name for molecule in types]
    shown = f'`max_stoich = "{known[0] if known else "A"}:5"`'
    if not isinstance(node, TextX):
        message = "`max_stoich` is a text: kinds of molecules with how many of each a complex may hold"
        report.error("E027", message, node.start, node.end, f"as in {shown}")
        return ()
    made: dict[str, int] = {}
    at = node.start + 1
    for piece in node.text.split(","):
        found = _OF_TYPE.fullmatch(piece)
        if found is None or int(found[2]) < 1:
            report.error("E027", f"`{piece.strip()}` is no bound", at, at + len(piece), f"write them as in {shown}")
        elif found[1] not in known:
            hint = suggest(found[1], known)
            report.error("E303", f"unknown molecule `{found[1]}`", at, at + len(piece), hint)
        else:
            made[found[1]] = int(found[2])
        at += len(piece) + 1
    return tuple(made.items())
