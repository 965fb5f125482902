"""The summary that ``mscnet show`` opens with."""

from __future__ import annotations

import html
import shlex
from typing import Any

from mscnet import assets
from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure_text import pattern_text
from mscnet.mechanism.types import Option
from mscnet.mechanism.units import TIME
from mscnet.report.formulas import steps
from mscnet.report.text import file_units, number, pairs

#: Beyond this many species the laws are not counted: the summary answers at once.
_COUNTED = 2000
#: The most names that a line lists.
_LISTED = 12


def summary_text(mechanism: Mechanism) -> str:
    """Name, units, what there is of everything, what is missing, and what to try next."""
    return f"{_overview(mechanism)}\n\nnext\n{_next(mechanism)}"


def _overview(mechanism: Mechanism) -> str:
    source = mechanism.source.name if mechanism.source else ""
    title = mechanism.name if source in ("", mechanism.name) else f"{mechanism.name}  ({source})"
    rows = [
        ("units", file_units(mechanism)),
        ("pathways", _pathways(mechanism)),
        ("compartments", _names([f"{c.name} (surface)" if c.surface else c.name for c in mechanism.compartments])),
        ("species", _species(mechanism)),
        ("reactions", _reactions(mechanism)),
        *_rules(mechanism),
        ("parameters", _parameters(mechanism)),
        ("derived values", _names([d.name for d in mechanism.definitions])),
        ("functions", _names([f.name for f in mechanism.functions])),
        ("observables", _names(_observables(mechanism))),
        ("events", _names([event.shown for event in mechanism.events])),
        ("conserved", _conserved(mechanism)),
        ("imports", _names([source.name for source in mechanism.imports])),
        ("options", ", ".join(f"{o.name} = {_option(mechanism, o)}" for o in mechanism.options)),
    ]
    return f"{title}\n\n{pairs(rows)}"


def summary_html(mechanism: Mechanism) -> str:
    """The summary for a notebook."""
    return f"<pre>{html.escape(_overview(mechanism))}</pre>"


def summary_data(mechanism: Mechanism) -> dict[str, Any]:
    """The summary as an object."""
    system = mechanism.units
    return {
        "name": mechanism.name,
        "source": mechanism.source.name if mechanism.source else None,
        "units": {
            "time": system.time.symbol, "concentration": system.concentration.symbol, "volume": system.volume.symbol,
        },
        "compartments": [{"name": c.name, "surface": c.surface} for c in mechanism.compartments],
        "species": len(mechanism.species),
        "constant_species": [s.name for s in mechanism.species if s.constant],
        "reactions": len(mechanism.reactions),
        "steps": sum(1 for _ in steps(mechanism)),
        "parameters": len(mechanism.parameters),
        "missing": [p.name for p in mechanism.missing_values()],
        "definitions": [d.name for d in mechanism.definitions],
        "functions": [f.name for f in mechanism.functions],
        "observables": _observables(mechanism),
        "rules": _rules_data(mechanism),
        "imports": [source.name for source in mechanism.imports],
        "events": [event.shown for event in mechanism.events],
        "pathway": mechanism.pathway,
        "pathways": [
            {"name": p.name, "label": p.label, "default": p.name == mechanism.default_pathway}
            for p in mechanism.pathways
        ],
        "conservation_laws": count_laws(mechanism),
        "options": {o.name: o.value for o in mechanism.options},
    }  # fmt: skip


def count_laws(mechanism: Mechanism) -> int | None:
    """The number of conservation laws; None where it is not known without values, or takes long to find."""
    if len(mechanism.species) > _COUNTED or mechanism.structure is not None:
        return None
    try:
        return len(mechanism.network().conservation_laws())
    except MechanismError:
        return None


def _pathways(mechanism: Mechanism) -> str:
    lines = []
    for pathway in mechanism.pathways:
        marks = [m for m, on in (("shown", pathway.name == mechanism.pathway),
                                 ("default", pathway.name == mechanism.default_pathway)) if on]  # fmt: skip
        label = f" “{pathway.label}”" if pathway.label else ""
        lines.append(pathway.name + label + (f"  ({', '.join(marks)})" if marks else ""))
    return "\n".join(lines)


def _species(mechanism: Mechanism) -> str:
    constant = [s.name for s in mechanism.species if s.constant]
    kept = f", of them constant: {_shortened(constant)}" if constant else ""
    return _instead_of_zero(mechanism, f"{len(mechanism.species)}{kept}")


def _reactions(mechanism: Mechanism) -> str:
    pairs_of_steps = list(steps(mechanism))
    fast = sum(reaction.law.kind == "fast" for reaction, _ in pairs_of_steps)
    reversible = sum(partner is not None or reaction.reversible for reaction, partner in pairs_of_steps) - fast
    count, n_steps = len(mechanism.reactions), len(pairs_of_steps)
    told = f", {fast} fast" if fast else ""
    if count == n_steps and not reversible:
        return _instead_of_zero(mechanism, f"{count}{told}")
    return f"{count} in {n_steps} {'step' if n_steps == 1 else 'steps'}, {reversible} reversible{told}"


def _instead_of_zero(mechanism: Mechanism, text: str) -> str:
    """Nothing where rules have yet to make what the text counts."""
    return "" if text == "0" and mechanism.structure is not None else text


def _rules(mechanism: Mechanism) -> list[tuple[str, str]]:
    """What there is of rules; no network is made of them here."""
    structure = mechanism.structure
    if structure is None:
        return []
    both = sum(rule.partner is not None and not rule.reverse for rule in structure.rules)
    count = len(structure.rules) - both
    told = f", {both} reversible" if both else ""
    return [
        ("molecules", _names([molecule.name for molecule in structure.molecules])),
        ("rules", f"{count}{told}" if structure.rules else ""),
        ("seeds", _names([pattern_text(seed.pattern) for seed in structure.seeds])),
        ("energy patterns", str(len(structure.energies)) if structure.energies else ""),
        ("places", _names([place.name for place in structure.places])),
    ]


def _rules_data(mechanism: Mechanism) -> dict[str, Any] | None:
    structure = mechanism.structure
    if structure is None:
        return None
    return {
        "molecules": [molecule.name for molecule in structure.molecules],
        "rules": len(structure.rules),
        "seeds": [pattern_text(seed.pattern) for seed in structure.seeds],
        "energy_patterns": len(structure.energies),
        "places": [place.name for place in structure.places],
    }


def _observables(mechanism: Mechanism) -> list[str]:
    counts = mechanism.structure.counts if mechanism.structure is not None else ()
    return [item.name for items in (mechanism.observables, counts) for item in items]


def _parameters(mechanism: Mechanism) -> str:
    if not mechanism.parameters:
        return ""
    missing = [p.name for p in mechanism.missing_values()]
    told = f", without a value: {_shortened(missing)}" if missing else ""
    return f"{len(mechanism.parameters)}{told}"


def _names(names: list[str]) -> str:
    return f"{len(names)}: {_shortened(names)}" if names else ""


def _shortened(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")


def _conserved(mechanism: Mechanism) -> str:
    count = count_laws(mechanism)
    if count is None:
        return "" if mechanism.structure is not None else "not counted here"
    return "nothing" if not count else f"{count} {'total' if count == 1 else 'totals'}"


def _option(mechanism: Mechanism, option: Option) -> str:
    if not isinstance(option.value, float):
        return str(option.value)
    unit = f" {mechanism.units.describe(TIME)}" if option.name in ("t_end", "every", "start") else ""
    return number(option.value) + unit


def _next(mechanism: Mechanism) -> str:
    """Commands that would be worth trying now."""
    file = _file_argument(mechanism)
    lines = [f"  mscnet show {file} equations", f"  mscnet show {file} conservation"]
    missing = mechanism.missing_values()
    given = " --set " + ",".join(f"{p.name}=…" for p in missing[:3]) if missing else ""
    more = ",…" if len(missing) > 3 else ""
    end = "" if mechanism.option("t_end") is not None else f" --t-end 100{mechanism.units.time.symbol}"
    if mechanism.structure is not None:
        lines = [f"  mscnet show {file} rules", f"  mscnet show {file} contact --out contact.svg", *lines]
        lines.append(f"  mscnet expand {file} --to net")
    lines.append(f"  mscnet run {file}{given}{more}{end} --plot curves.png")
    return "\n".join(lines)


def _file_argument(mechanism: Mechanism) -> str:
    """What to write for FILE: the path, the name of a shipped mechanism, or - for a text."""
    source = mechanism.source.name if mechanism.source else "<text>"
    if source.startswith("<"):
        return "-"
    shipped = mechanism.name in assets.mechanism_names()
    if shipped and source == assets.mechanism_text(mechanism.name)[0]:
        return mechanism.name
    return shlex.quote(source)
