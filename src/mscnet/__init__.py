"""mscnet: a language and engine for reaction mechanisms.

>>> import mscnet
>>> mech = mscnet.loads("A -> B @ 0.1")
>>> print(mech.network().rate_equations().text())
d[A]/dt = -0.1*[A]
d[B]/dt = 0.1*[A]

Public names are imported when they are first used, so ``import mscnet`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

#: Where each public name lives.
_HOMES = {
    "load": "mscnet.interop",
    "loads": "mscnet.language",
    "check": "mscnet.interop",
    "check_text": "mscnet.language",
    "format_text": "mscnet.language.format",
    "diff": "mscnet.mechanism.diff",
    "Difference": "mscnet.mechanism.difference",
    "Diagnostic": "mscnet.diagnostics",
    "MechanismError": "mscnet.diagnostics",
    "Mechanism": "mscnet.mechanism.mechanism",
    "Species": "mscnet.mechanism.types",
    "Parameter": "mscnet.mechanism.types",
    "Reaction": "mscnet.mechanism.types",
    "Network": "mscnet.network.network",
    "Simulator": "mscnet.simulation.simulator",
    "perform": "mscnet.experiment.bench",
    "Bench": "mscnet.experiment.bench",
    "ExperimentsInterrupted": "mscnet.experiment.bench",
    "Run": "mscnet.experiment.results",
    "Condition": "mscnet.experiment.results",
    "scan": "mscnet.simulation.ensemble",
    "ScanInterrupted": "mscnet.simulation.ensemble",
    "fit": "mscnet.inference.fit",
    "FitInterrupted": "mscnet.inference.fit",
    "FitFailed": "mscnet.inference.fit",
    "FitResult": "mscnet.inference.result",
    "FitSettings": "mscnet.inference.settings",
    "load_fit": "mscnet.inference.result_files",
    "judge": "mscnet.experiment.judge",
    "compare": "mscnet.inference.compare",
    "design": "mscnet.inference.design",
    "Design": "mscnet.inference.design_result",
    "Comparison": "mscnet.inference.comparison",
    "ComparisonInterrupted": "mscnet.inference.compare",
    "Verdict": "mscnet.experiment.verdict",
    "simulate": "mscnet.simulation.simulate",
    "sensitivities": "mscnet.simulation.sensitivity",
    "gradient": "mscnet.simulation.sensitivity",
    "Sensitivities": "mscnet.simulation.sensitivity",
    "Gradient": "mscnet.simulation.sensitivity",
    "simulate_repeats": "mscnet.simulation.stochastic_runs",
    "Repeats": "mscnet.simulation.repeats",
    "StochasticWarning": "mscnet.simulation.run_ends",
    "SimulationError": "mscnet.simulation.simulate",
    "Status": "mscnet.simulation.status",
    "steady_state": "mscnet.simulation.steady",
    "SteadyState": "mscnet.simulation.steady",
    "SteadyStateError": "mscnet.simulation.steady",
    "Trajectory": "mscnet.simulation.trajectory",
    "observations": "mscnet.experiment.data",
    "Observations": "mscnet.experiment.observations",
    "match": "mscnet.experiment.data_match",
    "decompose": "mscnet.inference.decompose",
    "Decomposition": "mscnet.inference.decompose",
    "propose": "mscnet.inference.propose",
    "Proposals": "mscnet.inference.proposals",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from mscnet.diagnostics import Diagnostic as Diagnostic
    from mscnet.diagnostics import MechanismError as MechanismError
    from mscnet.experiment.bench import Bench as Bench
    from mscnet.experiment.bench import ExperimentsInterrupted as ExperimentsInterrupted
    from mscnet.experiment.bench import perform as perform
    from mscnet.experiment.data import observations as observations
    from mscnet.experiment.data_match import match as match
    from mscnet.experiment.judge import judge as judge
    from mscnet.experiment.observations import Observations as Observations
    from mscnet.experiment.results import Condition as Condition
    from mscnet.experiment.results import Run as Run
    from mscnet.experiment.verdict import Verdict as Verdict
    from mscnet.inference.compare import ComparisonInterrupted as ComparisonInterrupted
    from mscnet.inference.compare import compare as compare
    from mscnet.inference.comparison import Comparison as Comparison
    from mscnet.inference.decompose import Decomposition as Decomposition
    from mscnet.inference.decompose import decompose as decompose
    from mscnet.inference.design import design as design
    from mscnet.inference.design_result import Design as Design
    from mscnet.inference.fit import FitFailed as FitFailed
    from mscnet.inference.fit import FitInterrupted as FitInterrupted
    from mscnet.inference.fit import fit as fit
    from mscnet.inference.proposals import Proposals as Proposals
    from mscnet.inference.propose import propose as propose
    from mscnet.inference.result import FitResult as FitResult
    from mscnet.inference.result_files import load_fit as load_fit
    from mscnet.inference.settings import FitSettings as FitSettings
    from mscnet.interop import check as check
    from mscnet.interop import load as load
    from mscnet.language import check_text as check_text
    from mscnet.language import loads as loads
    from mscnet.language.format import format_text as format_text
    from mscnet.mechanism.diff import diff as diff
    from mscnet.mechanism.difference import Difference as Difference
    from mscnet.mechanism.mechanism import Mechanism as Mechanism
    from mscnet.mechanism.types import Parameter as Parameter
    from mscnet.mechanism.types import Reaction as Reaction
    from mscnet.mechanism.types import Species as Species
    from mscnet.network.network import Network as Network
    from mscnet.simulation.ensemble import ScanInterrupted as ScanInterrupted
    from mscnet.simulation.ensemble import scan as scan
    from mscnet.simulation.repeats import Repeats as Repeats
    from mscnet.simulation.run_ends import StochasticWarning as StochasticWarning
    from mscnet.simulation.sensitivity import Gradient as Gradient
    from mscnet.simulation.sensitivity import Sensitivities as Sensitivities
    from mscnet.simulation.sensitivity import gradient as gradient
    from mscnet.simulation.sensitivity import sensitivities as sensitivities
    from mscnet.simulation.simulate import SimulationError as SimulationError
    from mscnet.simulation.simulate import simulate as simulate
    from mscnet.simulation.simulator import Simulator as Simulator
    from mscnet.simulation.status import Status as Status
    from mscnet.simulation.steady import SteadyState as SteadyState
    from mscnet.simulation.steady import SteadyStateError as SteadyStateError
    from mscnet.simulation.steady import steady_state as steady_state
    from mscnet.simulation.stochastic_runs import simulate_repeats as simulate_repeats
    from mscnet.simulation.trajectory import Trajectory as Trajectory


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'mscnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
