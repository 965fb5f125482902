"""Mechanisms drawn by a seed, and data simulated from them with noise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

import mscnet
from mscnet.experiment.observations import Observations, ObservedSeries
from mscnet.mechanism.mechanism import Mechanism

#: Standard deviation of a measured concentration, in mM.
SIGMA = 0.01


@dataclass(frozen=True)
class Truth:
    """A mechanism as text, with the constants that its data are made with."""

    text: str
    constants: dict[str, float]

    def mechanism(self) -> Mechanism:
        return mscnet.loads(self.text)


def drawn(seed: int) -> Truth:
    """A mechanism of 3 to 6 species: steps of first and second order, dimerisations, some of them reversible; every
    species is measured in two dispersions.  The values in the text are where a fit begins, up to a factor of 3 off."""
    rng = np.random.default_rng([2026, seed])
    species = "ABCDEF"[: 3 + seed % 4]
    constants: dict[str, float] = {}
    lines = []
    for i, (reactant, product) in enumerate(pairwise(species)):
        kind = "first" if i == 0 and seed % 3 == 0 else rng.choice(["first", "second", "dimer"], p=[0.45, 0.35, 0.2])
        partner = species[rng.integers(i)] if i else species[-1]
        left = {"first": reactant, "second": f"{reactant} + {partner}", "dimer": f"2 {reactant}"}
        both = rng.random() < 0.4
        constants[f"k{i + 1}"] = float(np.exp(rng.uniform(np.log(0.08), np.log(0.5))))
        if both:
            constants[f"r{i + 1}"] = float(np.exp(rng.uniform(np.log(0.05), np.log(0.2))))
        arrow = f"<-> {product} @ k{i + 1}, r{i + 1}" if both else f"-> {product} @ k{i + 1}"
        unit = "/min" if kind == "first" else "/mM/min"
        lines.append((f"{left[str(kind)]} {arrow}", unit, both))
    parameters = []
    for i, (_, unit, both) in enumerate(lines):
        for name, its_unit in [(f"k{i + 1}", unit), *([(f"r{i + 1}", "/min")] if both else [])]:
            begin = constants[name] * float(np.exp(rng.uniform(-np.log(3), np.log(3))))
            parameters.append(f"parameter {name} = {begin:.4g} {its_unit} in 1e-4 .. 1e2 log")
    readings = ", ".join(f"{s.lower()} = [{s}]" for s in species)
    text = "\n".join([
        "units time = min, concentration = mM, volume = mL",
        *(f"species {s}" for s in species),
        *parameters,
        *(reaction for reaction, _, _ in lines),
        f"solution one {{ A = 1 mM ; {species[-1]} = 0.2 mM }}",
        "solution two { A = 0.5 mM ; B = 0.8 mM }",
        f"experiment first {{ mix 1 mL one ; measure {readings} every 2 min for 40 min }}",
        f"experiment again {{ mix 1 mL two ; measure {readings} every 2 min for 40 min }}",
    ])  # fmt: skip
    return Truth(text, constants)


def clean(truth: Truth) -> mscnet.Run:
    """The experiments without noise."""
    return mscnet.perform(truth.mechanism(), values=truth.constants, rtol=1e-9)


def measured(run: mscnet.Run, rng: np.random.Generator) -> tuple[Observations, ...]:
    """What an instrument with normal noise reads of a run."""
    found = []
    for condition in run.conditions:
        series = []
        for name, course in condition.series.items():
            seen = course.values + SIGMA * rng.standard_normal(course.values.size)
            errors, numbers = np.full(seen.size, SIGMA), np.ones(seen.size, dtype=np.int64)
            series.append(ObservedSeries(name, {}, course.time, seen, errors, numbers, course.unit))
        found.append(Observations(condition.experiment.name, "simulated", tuple(series)))
    return tuple(found)
