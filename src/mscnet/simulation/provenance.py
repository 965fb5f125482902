"""What a trajectory says about where it comes from and what it cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from mscnet import __version__
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.loop import Outcome
from mscnet.simulation.problem import FloatArray, Problem


def provenance(mechanism: Mechanism, method: str, rtol: float, atol: float | FloatArray) -> dict[str, Any]:
    """Version, source with the sha256 of its text, pathway, method and tolerances; None where there is none."""
    return {**_origin(mechanism), "method": method, "rtol": rtol, "atol": np.asarray(atol).tolist()}


def stochastic_provenance(mechanism: Mechanism, seed: int, omega: float | FloatArray) -> dict[str, Any]:
    """Version, source with the sha256 of its text, pathway, method, seed, and molecules per unit of concentration
    (with compartments, for each species in order)."""
    return {
        **_origin(mechanism),
        "method": "ssa",
        "seed": seed,
        "molecules_per_concentration": np.asarray(omega).tolist(),
    }


def _origin(mechanism: Mechanism) -> dict[str, Any]:
    source = mechanism.source
    return {
        "mscnet": __version__,
        "source": source.name if source else None,
        "sha256": mechanism.digest,
        "pathway": mechanism.pathway,
    }


def run_statistics(method: str, outcome: Outcome, problem: Problem) -> dict[str, Any]:
    """Steps and evaluations; `integrator` names what a method such as `auto` picked."""
    return {
        "method": method,
        "integrator": ", ".join(dict.fromkeys(problem.used)) or method,
        "steps": outcome.steps,
        "rhs_evaluations": problem.counts["rhs"],
        "jacobian_evaluations": problem.counts["jacobian"],
    }
