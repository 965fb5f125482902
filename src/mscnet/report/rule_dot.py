"""Rule diagrams, contact maps and influence maps as Graphviz text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mscnet.network.dot import quoted
from mscnet.report.drawing import CHANGED, GONE, INK, LINK, NEW
from mscnet.report.rule_picture import law_of
from mscnet.rules.changes import Spot
from mscnet.rules.contact import ContactMap, rule_names, sites_of
from mscnet.rules.diagram import Diagram
from mscnet.rules.influence import InfluenceMap

_FONTS: Final = (
    '  node [fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=9, arrowsize=0.7];',
)
_SITE: Final = "shape=ellipse, height=0.2, width=0.3, margin=0.03, fontsize=9"
_MARKS: Final = {"new": f'color="{NEW}", penwidth=2.5', "gone": f'color="{GONE}", penwidth=2, style=dashed'}


def contact_dot(found: ContactMap) -> str:
    """The contact map: a box a molecule, its sites and states in it, bonds between sites.

    Bonds that no rule forms are dashed; arrows are changes of states.
    """
    lines = ["graph contact {", "  rankdir=LR;", *_FONTS]
    for number, molecule in enumerate(found.molecules):
        lines += [f"  subgraph cluster_{number} {{", f"    label={quoted(molecule.name)};", '    style="rounded";']
        lines.append('    fontname="Helvetica";')
        if not molecule.sites:
            lines.append(f'    {quoted(molecule.name)} [shape=point, style=invis, label=""];')
        for name, (count, states) in sites_of(molecule).items():
            site = f"{molecule.name}.{name}"
            lines.append(f"    {quoted(site)} [{_SITE}, label={quoted(name if count == 1 else f'{name} ×{count}')}];")
            for state in states:
                key = quoted(f"{site}~{state}")
                lines.append(f"    {key} [shape=box, style=rounded, height=0.2, fontsize=9, label={quoted(state)}];")
                lines.append(f'    {quoted(site)} -- {key} [color="#8a94a0"];')
        lines.append("  }")
    for contact in found.contacts:
        one, other = (quoted(".".join(end)) for end in contact.ends)
        look = f'color="{NEW}", penwidth=2' if contact.possible else _MARKS["gone"]
        lines.append(f"  {one} -- {other} [{look}];")
    for switch in found.switches:
        site = ".".join(switch.end)
        start = quoted(site if switch.before is None else f"{site}~{switch.before}")
        lines.append(
            f'  {start} -- {quoted(f"{site}~{switch.after}")} [dir=forward, color="{LINK}", constraint=false];'
        )
    return "\n".join([*lines, "}"]) + "\n"


def influence_dot(found: InfluenceMap) -> str:
    """The influence map: rules as boxes, observables as ellipses, an arrow for +, a bar for −, dashed for rates."""
    looks = {
        "+": f'color="{NEW}"',
        "-": f'color="{GONE}", arrowhead=tee',
        "rate": f'color="{LINK}", style=dashed',
    }
    lines = ["digraph influence {", "  rankdir=LR;", *_FONTS]
    for kind, names, shape in (("rule", found.rules, "box"), ("observable", found.observables, "ellipse")):
        for name in names:
            lines.append(f"  {quoted(f'{kind}:{name}')} [shape={shape}, label={quoted(found.shown.get(name, name))}];")
    for each in found.influences:
        source = f"{'observable' if each.sign == 'rate' else 'rule'}:{each.source}"
        target = f"{'observable' if each.counted else 'rule'}:{each.target}"
        lines.append(f"  {quoted(source)} -> {quoted(target)} [{looks[each.sign]}];")
    return "\n".join([*lines, "}"]) + "\n"


def rules_dot(diagrams: Sequence[Diagram]) -> str:
    """A box a rule with its two sides in it, an arrow between them; what changes is marked as in the picture.

    Graphviz lays what is not connected from the bottom up, so the last rule comes first.
    """
    names = rule_names([diagram.rule for diagram in diagrams])
    lines = ["digraph rules {", "  rankdir=LR;", "  compound=true;", *_FONTS]
    for number, diagram in reversed([*enumerate(diagrams)]):
        lines += [f"  subgraph cluster_{number} {{", '    fontname="Helvetica";', "    fontsize=13;"]
        lines.append(f"    label={quoted(f'{names[diagram.rule.name]}: {law_of(diagram.rule)}')};")
        for after in (False, True):
            lines += _side(diagram, number, after)
        ends = [quoted(f"{number}:{which}") for which in ("before", "after")]
        more = f"ltail=cluster_{number}_0, lhead=cluster_{number}_1, minlen=2"
        lines += [f"    {ends[0]} -> {ends[1]} [{more}];", "  }"]
    return "\n".join([*lines, "}"]) + "\n"


def _side(diagram: Diagram, number: int, after: bool) -> Iterator[str]:
    which = "after" if after else "before"
    some = diagram.side(after)
    yield f"    subgraph cluster_{number}_{int(after)} {{"
    yield f'      label="{which}"; style="rounded"; color="#8a94a0"; fontsize=9;'
    yield f'      {quoted(f"{number}:{which}")} [shape=point, style=invis, label=""];'
    for index, molecule in enumerate(some.molecules):
        key = f"{number}:{which}:{index}"
        mark = _MARKS.get(diagram.of_molecule(after, index), f'color="{INK}"')
        yield f"      {quoted(key)} [shape=box, label={quoted(molecule.name)}, {mark}];"
        for place, site in enumerate(molecule.sites):
            spot = Spot(index, place)
            text = site.name + (f"~{site.state}" if site.state is not None else "")
            text += {"bound": " !+", "any": " !?"}.get(str(site.bond), "")
            filled = diagram.of_state(after, spot) == "changed"
            fill = f', style=filled, fillcolor="{CHANGED}"' if filled else ""
            yield f"      {quoted(f'{key}.{place}')} [{_SITE}, label={quoted(text)}{fill}];"
            yield f'      {quoted(key)} -> {quoted(f"{key}.{place}")} [dir=none, color="#8a94a0"];'
    yield from _bonds(diagram, number, after)
    yield "    }"


def _bonds(diagram: Diagram, number: int, after: bool) -> Iterable[str]:
    which = "after" if after else "before"
    for bond in diagram.side(after).bonds():
        ends = [quoted(f"{number}:{which}:{spot.molecule}.{spot.site}") for spot in bond]
        look = _MARKS.get(diagram.of_bond(after, bond), f'color="{INK}"')
        yield f"      {ends[0]} -> {ends[1]} [dir=none, {look}];"
