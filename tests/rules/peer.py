"""BNG2.pl as a peer: the network that it makes of a structure, species in our canonical form.

It is found through the package ``bionetgen``, where that is installed.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections import Counter
from fractions import Fraction
from pathlib import Path

from mscnet.mechanism.structure import Limits, Structure
from mscnet.mechanism.structure_text import molecule_type_text, pattern_text, rule_text
from mscnet.rules.canonical import canonical_text
from mscnet.rules.generated import Generated
from mscnet.rules.graph import Vocabulary, seed_graph
from mscnet.rules.placing import located
from tests.rules.reading import pattern

#: Rule, reactants and products (texts in order), and how often.
Reactions = dict[tuple[int, tuple[str, ...], tuple[str, ...]], Fraction]


def program() -> Path | None:
    """BNG2.pl, or None where it or Perl is not installed."""
    spec = importlib.util.find_spec("bionetgen")
    if spec is None or spec.origin is None or shutil.which("perl") is None:
        return None
    for system in ("linux", "mac", "win"):
        path = Path(spec.origin).parent / f"bng-{system}" / "BNG2.pl"
        if path.exists():
            return path
    return None


def model_text(structure: Structure, limits: Limits) -> str:
    """The structure as a model in BNGL; every rule has a constant of its own, ``k0``, ``k1``, …"""
    lines = ["begin parameters", *(f"k{n} {n + 1}" for n in range(len(structure.rules))), "end parameters"]
    if structure.places:
        lines += ["begin compartments"]
        lines += [f"{place.name} {place.dimension} 1 {place.parent or ''}" for place in structure.places]
        lines += ["end compartments"]
    lines += ["begin molecule types", *map(molecule_type_text, structure.molecules), "end molecule types"]
    lines += [
        "begin seed species",
        *(f"{pattern_text(seed.pattern)} 1" for seed in structure.seeds),
        "end seed species",
    ]
    lines += ["begin observables"]
    lines += [f"{c.kind.capitalize()} {c.name} {','.join(map(pattern_text, c.patterns))}" for c in structure.counts]
    lines += ["end observables", "begin reaction rules"]
    for number, rule in enumerate(structure.rules):
        words = "DeleteMolecules" * rule.delete_molecules + " MoveConnected" * rule.move_connected
        for each in rule.restrictions:
            words += f" {each.kind}_{each.side}({each.number},{','.join(map(pattern_text, each.patterns))})"
        lines.append(f"r{number}: {rule_text(rule)} k{number} {words}")
    options = ["overwrite=>1"]
    if limits.iterations is not None:
        options.append(f"max_iter=>{limits.iterations}")
    if limits.molecules is not None:
        options.append(f"max_agg=>{limits.molecules}")
    if limits.of_type:
        options.append("max_stoich=>{" + ",".join(f"{name}=>{most}" for name, most in limits.of_type) + "}")
    return "\n".join([*lines, "end reaction rules", f"generate_network({{{','.join(options)}}})", ""])


def network(structure: Structure, limits: Limits, folder: Path) -> tuple[set[str], Reactions]:
    """What BNG2.pl makes of a structure.  Raises `RuntimeError` with its words where it makes nothing."""
    found = program()
    assert found is not None
    (folder / "m.bngl").write_text(model_text(structure, limits), encoding="utf-8")
    (folder / "m.net").unlink(missing_ok=True)
    run = subprocess.run(
        ["perl", str(found), "m.bngl"], cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )
    if "no reactions were found" in run.stdout + run.stderr:
        return set(), {}
    if not (folder / "m.net").exists():
        raise RuntimeError(run.stdout[-2000:] + run.stderr[-2000:])
    text = (folder / "m.net").read_text(encoding="utf-8")
    species = _species(text, structure)
    reactions: Counter[tuple[int, tuple[str, ...], tuple[str, ...]]] = Counter()
    for line in _block(text, "reactions"):
        _, left, right, rate = line.split()[:4]
        sides = [tuple(sorted(species[int(n)] for n in side.split(",") if int(n))) for side in (left, right)]
        factor = Fraction(1)
        rule = None
        for part in rate.split("*"):
            if part.startswith("k"):
                rule = int(part[1:])
            else:
                factor *= Fraction(part).limit_denominator(10_000)
        assert rule is not None, line
        reactions[rule, sides[0], sides[1]] += factor  # type: ignore[assignment]
    return set(species.values()), dict(reactions)  # type: ignore[arg-type]


def counts(structure: Structure, folder: Path) -> dict[str, dict[str, int]]:
    """How often each species counts in each observable, of the network that `network` has just made."""
    text = (folder / "m.net").read_text(encoding="utf-8")
    species = _species(text, structure)
    found: dict[str, dict[str, int]] = {}
    for line in _block(text, "groups"):
        _, name, *entries = line.split()
        parts = [entry.rpartition("*") for entry in (entries[0].split(",") if entries else ())]
        found[name] = {species[int(number)]: int(times or 1) for times, _, number in parts}
    return found


def _species(text: str, structure: Structure) -> dict[int, str]:
    vocabulary = Vocabulary.of(structure)
    species = {}
    for line in _block(text, "species"):
        number, name, _ = line.split()
        graph = seed_graph(pattern(re.sub(r"^(@\w+)::", r"\1:", name)), vocabulary)
        graph = located(vocabulary, graph, graph.place, ()) or graph
        species[int(number)] = canonical_text(graph, vocabulary)
    return species


def ours(generated: Generated) -> tuple[set[str], Reactions]:
    """The same of our own network."""
    texts = generated.texts
    reactions: Reactions = {}
    for event in generated.events:
        sides = [tuple(sorted(texts[n] for n in side)) for side in (event.reactants, event.products)]
        key = (event.rule, sides[0], sides[1])
        reactions[key] = reactions.get(key, Fraction(0)) + event.factor
    return set(texts), reactions


def _block(text: str, name: str) -> list[str]:
    found = re.search(rf"begin {name}\n(.*?)end {name}", text, re.DOTALL)
    lines = (line.split("#")[0].strip() for line in (found[1] if found else "").splitlines())
    return [line for line in lines if line]
