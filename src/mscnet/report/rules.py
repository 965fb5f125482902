"""Rules as texts and objects: the table of rules, their diagrams, the contact map and the influence map."""

from __future__ import annotations

from typing import Any

from mscnet.mechanism.expression import to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Rule, Structure
from mscnet.mechanism.structure_text import molecule_type_text, pattern_text, rule_text
from mscnet.report.contact_picture import contact_svg
from mscnet.report.formulas import expression_text
from mscnet.report.influence_picture import influence_svg
from mscnet.report.plain import plain
from mscnet.report.rule_dot import contact_dot, influence_dot, rules_dot
from mscnet.report.rule_picture import rules_svg
from mscnet.report.text import table
from mscnet.rules.changes import changes_of
from mscnet.rules.contact import ContactMap, contact_map, rule_names
from mscnet.rules.diagram import Diagram, diagram_of
from mscnet.rules.factor import factor_of
from mscnet.rules.influence import InfluenceMap, influence_map

NO_RULES = "no rules"


def _structure(mechanism: Mechanism) -> Structure:
    return mechanism.chosen.structure or Structure()


# --- the table of rules -----------------------------------------------------------------------------


def rules_text(mechanism: Mechanism) -> str:
    """The rules with their constants, statistical factors and what they change; before them what there is."""
    structure = _structure(mechanism)
    if not structure.rules:
        return NO_RULES
    names = rule_names(structure.rules)
    rows = []
    for rule in structure.rules:
        factor = factor_of(rule, structure)
        text = " ".join([rule_text(rule), *_words(rule)])
        rows.append(
            (names[rule.name], text, _law(rule, mechanism), str(factor), changes_of(rule).text, rule.note or "")
        )
    parts = ["molecules  " + ", ".join(map(molecule_type_text, structure.molecules))]
    parts.append(table(("rule", "before and after", "constant", "factor", "effect", "note"), rows, right=(3,)))
    if structure.counts:
        counted = [
            (c.name, f"{c.kind} {', '.join(map(pattern_text, c.patterns))}", c.label or "") for c in structure.counts
        ]
        parts.append(table(("observable", "counts", "label"), counted))
    if structure.energies:
        energies = [(pattern_text(e.pattern), to_text(e.energy), e.name or "") for e in structure.energies]
        parts.append(table(("energy pattern", "energy, RT", "name"), energies))
    return "\n\n".join(parts)


def _law(rule: Rule, mechanism: Mechanism) -> str:
    if rule.activation is not None:
        phi, barrier = (to_text(part) for part in rule.activation)
        return f"activation({phi}, {barrier})"
    text = expression_text(rule.law.expression, mechanism.units)
    return f"rate {text}" if rule.law.kind == "general" else text


def _words(rule: Rule) -> list[str]:
    words = [
        word
        for word, said in (("DeleteMolecules", rule.delete_molecules), ("MoveConnected", rule.move_connected))
        if said
    ]
    return words + [
        f"{each.kind}_{each.side}({each.number}, {', '.join(map(pattern_text, each.patterns))})"
        for each in rule.restrictions
    ]


def rules_data(mechanism: Mechanism) -> dict[str, Any]:
    """Molecules, rules and observables as objects; texts are in BNGL's spelling."""
    structure = _structure(mechanism)
    return {
        "molecules": [molecule_type_text(molecule) for molecule in structure.molecules],
        "rules": [
            {
                "name": rule.name,
                "label": rule.label,
                "rule": rule_text(rule),
                "law": {"kind": rule.law.kind, "expression": to_text(rule.law.expression, True)},
                "activation": None if rule.activation is None else [to_text(part) for part in rule.activation],
                "factor": float(factor_of(rule, structure)),
                "words": _words(rule),
                "changes": [plain_change(change) for change in changes_of(rule).changes],
                "partner": rule.partner,
                "reverse": rule.reverse,
                "note": rule.note,
            }
            for rule in structure.rules
        ],
        "observables": [
            {"name": c.name, "kind": c.kind, "patterns": list(map(pattern_text, c.patterns))} for c in structure.counts
        ],
    }


def plain_change(change: Any) -> dict[str, Any]:
    """One change for a program: what kind, in words, and from which to which state or compartment."""
    return {"kind": change.kind, "text": change.text, "before": change.before, "after": change.after}


# --- diagrams ---------------------------------------------------------------------------------------


def diagrams(mechanism: Mechanism) -> list[Diagram]:
    """The diagrams of all rules, in their order."""
    return [diagram_of(rule) for rule in _structure(mechanism).rules]


def diagrams_text(mechanism: Mechanism) -> str:
    """For each rule what it keeps as it is, and what it changes."""
    rows = []
    names = rule_names(_structure(mechanism).rules)
    for diagram in diagrams(mechanism):
        changes = diagram.changes
        kept = [changes.left.molecules[index].name for index in changes.molecules]
        rows.append((names[diagram.rule.name], rule_text(diagram.rule), ", ".join(kept) or "nothing", changes.text))
    return table(("rule", "before and after", "keeps", "effect"), rows) if rows else NO_RULES


def diagrams_data(mechanism: Mechanism) -> list[dict[str, Any]]:
    """The graphs of all rules, with nodes and edges as `Diagram.graph` has them."""
    return [{"rule": each.rule.name, **_graph_data(each.graph())} for each in diagrams(mechanism)]


def diagrams_dot(mechanism: Mechanism) -> str:
    """The diagrams as Graphviz text."""
    return rules_dot(diagrams(mechanism))


def diagrams_svg(mechanism: Mechanism) -> str:
    """The diagrams as a picture."""
    return rules_svg(diagrams(mechanism))


def _graph_data(graph: Any) -> dict[str, Any]:
    nodes = [{"id": key, **plain(data)} for key, data in graph.nodes(data=True)]
    return {"nodes": nodes, "edges": [{"from": a, "to": b, **plain(data)} for a, b, data in graph.edges(data=True)]}


# --- the contact map --------------------------------------------------------------------------------


def _contacts(mechanism: Mechanism) -> ContactMap:
    return contact_map(_structure(mechanism))


def contact_text(mechanism: Mechanism) -> str:
    """Which sites can bind, which states change, and the rules that see to it."""
    structure = _structure(mechanism)
    if not structure.rules and not structure.molecules:
        return NO_RULES
    found, names = _contacts(mechanism), rule_names(structure.rules)

    def listed(rules: tuple[str, ...]) -> str:
        return ", ".join(names[rule] for rule in rules)

    parts = ["molecules  " + ", ".join(map(molecule_type_text, structure.molecules))]
    bonds = [
        (
            " – ".join(f"{molecule}({site})" for molecule, site in each.ends),
            listed(each.formed) or ("" if each.seeded else "never"),
            listed(each.broken),
            "yes" if each.seeded else "",
        )
        for each in found.contacts
    ]
    parts.append(table(("bond", "formed by", "broken by", "at first"), bonds) if bonds else "nothing can bind")
    states = [(f"{'.'.join(s.end)}", f"{s.before or 'any'} to {s.after}", listed(s.rules)) for s in found.switches]
    parts += [table(("site", "changes", "by"), states)] if states else []
    amounts = [
        (molecule.name, listed(found.made.get(molecule.name, ())), listed(found.removed.get(molecule.name, ())))
        for molecule in structure.molecules
        if molecule.name in found.made or molecule.name in found.removed
    ]
    parts += [table(("molecule", "made by", "removed by"), amounts)] if amounts else []
    return "\n\n".join(parts)


def contact_data(mechanism: Mechanism) -> dict[str, Any]:
    """Nodes and edges of the contact map, as `ContactMap.graph` has them."""
    return _graph_data(_contacts(mechanism).graph())


def contact_map_dot(mechanism: Mechanism) -> str:
    """The contact map as Graphviz text."""
    return contact_dot(_contacts(mechanism))


def contact_map_svg(mechanism: Mechanism) -> str:
    """The contact map as a picture."""
    return contact_svg(_contacts(mechanism))


# --- the influence map ------------------------------------------------------------------------------


def influence_text(mechanism: Mechanism) -> str:
    """For each rule what it brings matches to and takes them from, and which observables set its rate."""
    found = influence_map(mechanism)
    if not found.rules:
        return NO_RULES
    names = {**found.shown, **{name: name for name in found.observables}}
    rows = []
    for rule in found.rules:
        mine = [each for each in found.influences if each.source == rule and each.sign != "rate"]
        rates = [names[each.source] for each in found.influences if each.target == rule and each.sign == "rate"]
        helped, hindered = (", ".join(names[each.target] for each in mine if each.sign == sign) for sign in ("+", "-"))
        rows.append((names[rule], helped, hindered, ", ".join(rates)))
    headers = ("rule", "brings matches to", "takes matches from", "rate set by")
    wide = any(row[3] for row in rows)
    return table(headers if wide else headers[:3], rows if wide else [row[:3] for row in rows])


def influence_data(mechanism: Mechanism) -> dict[str, Any]:
    """Nodes and edges of the influence map, as `InfluenceMap.graph` has them."""
    return _graph_data(_influences(mechanism).graph())


def _influences(mechanism: Mechanism) -> InfluenceMap:
    return influence_map(mechanism)


def influence_map_dot(mechanism: Mechanism) -> str:
    """The influence map as Graphviz text."""
    return influence_dot(_influences(mechanism))


def influence_map_svg(mechanism: Mechanism) -> str:
    """The influence map as a picture."""
    return influence_svg(_influences(mechanism))
