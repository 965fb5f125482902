"""Mass-action models as plain numbers, and as the texts of other programs."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mscnet

#: The networks of Loman et al. (2023) with the horizon of one run each.
NETWORKS = {"multistate": 20.0, "multisite2": 2.0, "egfr_net": 10.0, "BCR": 1000.0, "fceri_gamma2": 150.0}


@dataclass(frozen=True, slots=True)
class Step:
    """A reaction: its constant and, by species number, how often each species reacts and comes out."""

    constant: float
    reactants: tuple[tuple[int, int], ...]
    products: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class MassAction:
    """A model in numbers: initial values and steps; species i is called ``Si`` in other programs."""

    initial: tuple[float, ...]
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, mechanism: mscnet.Mechanism) -> MassAction:
        """The numbers of a mass-action mechanism with whole-number orders.

        Raises:
            ValueError: a step of another kind.
        """
        index = {species.name: i for i, species in enumerate(mechanism.species)}
        steps = []
        for reaction in mechanism.reactions:
            if reaction.law.kind != "mass_action" or reaction.orders != reaction.reactants + reaction.catalysts:
                raise ValueError(f"{reaction.name} is no plain mass action")
            sides = [
                tuple((index[term.species], int(term.coefficient)) for term in terms)  # type: ignore[arg-type]
                for terms in (reaction.reactants, reaction.products)
            ]
            steps.append(Step(mechanism.evaluate(reaction.law.expression), *sides))
        values = [0.0 if s.initial is None else mechanism.evaluate(s.initial) for s in mechanism.species]
        return cls(tuple(values), tuple(steps))

    def mech(self) -> str:
        """The model as a mechanism file, its constants ``k0``, ``k1``, … as parameters."""
        lines = [f"species S{i} = {value!r}" for i, value in enumerate(self.initial)]
        for j, step in enumerate(self.steps):
            lines.append(f"parameter k{j} = {step.constant!r}")
            lines.append(f"J{j}: {_side(step.reactants) or '0'} -> {_side(step.products) or '0'} @ k{j}")
        return "\n".join(lines) + "\n"

    def antimony(self) -> str:
        """The model in Antimony, its constants ``k0``, ``k1``, … as parameters."""
        out = io.StringIO()
        out.write("model m\ncompartment c = 1;\n")
        for i, value in enumerate(self.initial):
            out.write(f"species S{i} in c = {value!r};\n")
        for j, step in enumerate(self.steps):
            rate = "*".join([f"k{j}", *(f"S{i}" for i, order in step.reactants for _ in range(order))])
            out.write(f"J{j}: {_side(step.reactants)} -> {_side(step.products)}; {rate};\nk{j} = {step.constant!r};\n")
        out.write("end\n")
        return out.getvalue()

    def sbml(self) -> str:
        """The model in SBML, translated by Antimony.

        Raises:
            RuntimeError: Antimony does not like its text.
        """
        import antimony

        antimony.clearPreviousLoads()
        if antimony.loadAntimonyString(self.antimony()) < 0:
            raise RuntimeError(antimony.getLastError())
        text = antimony.getSBMLString("m")
        antimony.clearPreviousLoads()
        return str(text)


def _side(terms: tuple[tuple[int, int], ...]) -> str:
    return " + ".join(f"{count} S{i}" if count != 1 else f"S{i}" for i, count in terms)


@cache
def networks_folder() -> tempfile.TemporaryDirectory[str] | None:
    """A folder with the networks as ``.net`` files without observables, kept as long as this process; None where the
    environment variable MSCNET_CONFORMANCE names no folder that has them."""
    archive = Path(os.environ.get("MSCNET_CONFORMANCE", "")) / "networks" / "networks.zip"
    if not os.environ.get("MSCNET_CONFORMANCE") or not archive.is_file():
        return None
    folder = tempfile.TemporaryDirectory(prefix="mscnet-networks-")
    with zipfile.ZipFile(archive) as zipped:
        for name in NETWORKS:
            zipped.extract(f"{name}_no_obs.net", folder.name)
    return folder


def network_file(name: str) -> Path | None:
    """The ``.net`` file of a network, None where there is none."""
    folder = networks_folder()
    return None if folder is None else Path(folder.name) / f"{name}_no_obs.net"
