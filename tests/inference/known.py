"""Known mechanisms with noisy data on them, and a generator of more: what `propose` is to find again."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

import mscnet
from mscnet.inference.candidates import Candidate, candidate_of, enumerate_candidates
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass

UNITS = "units time = min, concentration = mM, volume = mL\n"


@dataclass(frozen=True)
class Known:
    """Species with compositions, the steps that hold (with numbers for constants), and what vessels begin with."""

    name: str
    species: dict[str, str]
    steps: tuple[str, ...]
    starts: tuple[dict[str, float], ...]
    duration: float = 20.0
    points: int = 20

    @property
    def declared(self) -> str:
        return UNITS + "".join(f"species {name} of {formula}\n" for name, formula in self.species.items())

    def bench(self, seen: tuple[str, ...] | None = None) -> str:
        """Solutions and an experiment for each start; `seen` are the species that are read."""
        read = ", ".join(f"[{name}]" for name in seen or self.species)
        parts = []
        for i, start in enumerate(self.starts):
            contents = " ; ".join(f"{name} = {value} mM" for name, value in start.items())
            every = self.duration / self.points
            parts.append(
                f"solution bottle{i} {{ {contents} }}\nexperiment e{i} {{\n    mix 1 mL bottle{i}\n"
                f"    measure {read} every {every:g} min for {self.duration:g} min\n}}\n"
            )
        return "".join(parts)

    @property
    def truth(self) -> Mechanism:
        """The mechanism that makes the data."""
        return mscnet.loads(self.declared + "\n".join(self.steps) + "\n" + self.bench())

    @property
    def reactions(self) -> set[Candidate]:
        """The steps, each direction for itself."""
        found = {candidate_of(reaction) for reaction in self.truth.reactions}
        return {reaction for reaction in found if reaction is not None}

    def write(self, folder: Path, seed: int, noise: float = 0.02, seen: tuple[str, ...] | None = None) -> Path:
        """A file without reactions, with data that scatter by `noise` of the largest value of each series."""
        rng = np.random.default_rng(seed)
        names = seen or tuple(self.species)
        for i, condition in enumerate(mscnet.perform(self.truth).conditions):
            time = condition.measured[0].time
            columns = [time[1:]]
            for name in names:
                values = condition.series[name].values
                columns.append((values + noise * np.abs(values).max() * rng.standard_normal(len(time)))[1:])
            rows = [",".join(f"{value:.7g}" for value in row) for row in np.array(columns).T]
            (folder / f"e{i}.csv").write_text("\n".join(["time (min)," + ",".join(names), *rows]) + "\n")
        data = "".join(f'data e{i} "e{i}.csv"\n' for i in range(len(self.starts)))
        path = folder / "known.mech"
        path.write_text(self.declared + self.bench(names) + data)
        return path


TEN = (
    Known("a chain", {"A": "X2", "B": "X2", "C": "X2", "D": "X2"},
          ("A -> B @ 0.4", "B -> C @ 0.2", "C -> D @ 0.1"),
          ({"A": 1.0}, {"B": 1.0}, {"A": 0.5, "C": 1.0})),
    Known("a chain that goes back", {"A": "X", "B": "X", "C": "X", "D": "X", "E": "X"},
          ("A <-> B @ 0.5, 0.2", "B -> C @ 0.3", "C <-> D @ 0.25, 0.1", "D -> E @ 0.15"),
          ({"A": 1.5}, {"C": 1.0}, {"D": 1.0, "B": 0.6})),
    Known("dimerisation", {"M": "X", "D": "X2", "T": "X3", "E": "X2"},
          ("2 M <-> D @ 0.4, 0.1", "D + M -> T @ 0.3", "D -> E @ 0.1"),
          ({"M": 2.0}, {"D": 1.0}, {"M": 1.0, "D": 1.0}, {"M": 1.0, "E": 0.8})),
    Known("exchange", {"AX": "P1X", "BY": "Q1Y", "AY": "P1Y", "BX": "Q1X", "A2": "P1Y"},
          ("AX + BY <-> AY + BX @ 0.5, 0.2", "AY -> A2 @ 0.15"),
          ({"AX": 1.0, "BY": 1.0}, {"AY": 1.0, "BX": 0.7}, {"AX": 0.5, "BY": 1.5})),
    Known("fragmentation", {"A": "X4", "B": "X2", "C": "X", "D": "X3", "E": "X2"},
          ("A -> 2 B @ 0.15", "B -> 2 C @ 0.2", "C + B -> D @ 0.3", "B -> E @ 0.1"),
          ({"A": 1.0}, {"B": 1.2}, {"B": 1.0, "C": 1.0}, {"D": 1.0, "A": 0.4})),
    Known("branching", {"A": "XY", "B": "XY", "C": "X", "D": "Y", "E": "XY"},
          ("A -> B @ 0.25", "A -> C + D @ 0.15", "B -> E @ 0.2", "C + D -> E @ 0.3"),
          ({"A": 1.5}, {"C": 1.0, "D": 1.0}, {"B": 1.0, "C": 0.5})),
    Known("association and isomers", {"A": "X", "B": "Y", "AB": "XY", "BA": "XY", "AAB": "X2Y", "A2": "X2"},
          ("A + B <-> AB @ 0.6, 0.1", "AB -> BA @ 0.25", "BA + A -> AAB @ 0.3", "2 A -> A2 @ 0.15"),
          ({"A": 1.5, "B": 1.0}, {"AB": 1.0}, {"BA": 1.0, "A": 1.0}, {"A": 1.0, "A2": 0.5})),
    Known("a cluster and its parts", {"PT": "C2T2", "MT": "CT", "PS": "C2S2", "MS": "CS", "PX": "C2TS", "CT2": "C2T2",
                                      "CX": "C2TS"},
          ("PT + MS <-> PX + MT @ 0.8, 0.3", "PX -> CX @ 0.3", "PT <-> CT2 @ 0.4, 0.15", "PS -> 2 MS @ 0.2"),
          ({"PT": 1.0, "PS": 1.0}, {"PT": 1.0, "MS": 0.8}, {"PX": 1.0, "MT": 0.8}, {"CT2": 1.0, "PS": 0.5})),
    Known("ions", {"H": "H^+", "A": "B^-", "HA": "HB", "C": "HB", "H2A": "H2B^+", "A2H": "HB2^-", "D": "HB2^-"},
          ("H + A -> HA @ 0.5", "HA -> C @ 0.2", "HA + H -> H2A @ 0.3", "HA + A -> A2H @ 0.25", "A2H -> D @ 0.15"),
          ({"H": 1.0, "A": 1.0}, {"HA": 1.0, "H": 1.0}, {"HA": 1.0, "A": 1.0}, {"A2H": 1.0})),
    Known("growth from four", {"A": "X4", "B": "X", "C": "X2", "D": "X2", "E": "X3", "F": "X3", "G": "X4", "H": "X3"},
          ("A -> 4 B @ 0.1", "2 B -> C @ 0.3", "C -> D @ 0.2", "B + D -> E @ 0.4", "E -> F @ 0.15", "2 D -> G @ 0.2",
           "B + C -> H @ 0.25"),
          ({"A": 1.0}, {"B": 1.5}, {"C": 1.2}, {"D": 1.0, "B": 0.8}, {"E": 1.0, "D": 0.5}, {"B": 1.0, "C": 1.0})),
)  # fmt: skip

_FORMULAS = ("X", "Y", "X2", "XY", "Y2", "X2Y", "XY2", "X3", "X2Y2", "X4")
#: The least concentration that a step of a drawn mechanism turns over in some vessel.
_TURNED = 0.1


def drawn(seed: int) -> Known:
    """A random mechanism of 4 to 8 species whose every step turns something over."""
    rng = random.Random(seed)
    while True:
        species = {f"S{i}": rng.choice(_FORMULAS) for i in range(rng.randint(4, 8))}
        plain = Known("", species, (), ({"S0": 1.0},))
        possible = enumerate_candidates(mscnet.loads(plain.declared))
        count = rng.randint(max(2, len(species) // 2), len(species))
        if len(possible.reactions) < len(species) + 3:
            continue
        chosen = _drawn_steps(rng, possible.reactions, possible.index, count)
        involved = {name for step in chosen for name, _ in (*step.reactants, *step.products)}
        if involved != set(species):
            continue
        steps = tuple(f"{step.equation} @ {10 ** rng.uniform(-1.3, 0.0):.4g}" for step in chosen)
        reacting = sorted({name for step in chosen for name, _ in step.reactants})
        starts = tuple(
            {
                name: round(rng.uniform(0.5, 2.0), 2)
                for name in rng.sample(reacting, rng.randint(1, min(3, len(reacting))))
            }
            for _ in range(4)
        )
        known = Known(f"drawn with {seed}", species, steps, starts)
        if _turnover(known) > _TURNED and _independent(chosen):
            return known


def _drawn_steps(rng: random.Random, possible, index, count: int) -> list[Candidate]:  # type: ignore[no-untyped-def]
    chosen: list[Candidate] = []
    for step in rng.sample(list(possible), len(possible)):
        if len(chosen) < count and step not in chosen:
            chosen.append(step)
            if rng.random() < 0.3 and step.reversed in index and step.reversed not in chosen and len(chosen) < count:
                chosen.append(step.reversed)
    return chosen


def _turnover(known: Known) -> float:
    """The most that the idlest step turns over in any vessel."""
    truth, most = known.truth, np.zeros(len(known.steps))
    for start in known.starts:
        run = mscnet.simulate(truth.with_values(start), t_end=known.duration, points=201)
        for j, reaction in enumerate(truth.reactions):
            k = truth.evaluate(reaction.law.expression)
            rate = k * np.prod([run[t.species] ** float(t.coefficient) for t in reaction.reactants], axis=0)  # type: ignore[arg-type]
            most[j] = max(most[j], np.trapezoid(rate, run.time))
    return float(most.min())


def _independent(chosen: list[Candidate]) -> bool:
    """Whether no two sets of constants give the same rate equations: steps from the same reactants change species in
    ways that do not follow from each other."""
    by_reactants: dict[object, list[Candidate]] = {}
    for step in chosen:
        by_reactants.setdefault(step.reactants, []).append(step)
    names = sorted({name for step in chosen for name, _ in (*step.reactants, *step.products)})
    for steps in by_reactants.values():
        net = [[dict(s.products).get(n, 0) - dict(s.reactants).get(n, 0) for n in names] for s in steps]
        if np.linalg.matrix_rank(np.array(net)) < len(steps):
            return False
    return True
