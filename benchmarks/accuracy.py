"""Work and precision over the problems of tests/data/ivp: errors at rtol 1e-4 … 1e-9 beside those of peers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.contest import Program as Entrant
from benchmarks.contest import contest
from benchmarks.massaction import MassAction
from benchmarks.problems import NAMES, FloatArray, Problem, problem
from benchmarks.tables import grid, number

RTOLS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
QUICK_RTOLS, QUICK_NAMES = (1e-4, 1e-8), ("ROBER", "HIRES", "LOTKA")
OURS = ("auto", "rosenbrock", "bdf")
CVODE = "CVODE (scikit-sundae)"
#: An error of at most so many tolerances is good, else one no larger than CVODE's; digits at `DIGITS_AT`.
TOLERANCES, DIGITS, DIGITS_AT = 10.0, 5.0, 1e-8


def measure(quick: bool) -> dict[str, Any]:
    """Error in tolerances, correct digits and CPU time of every solver at every tolerance."""
    names, rtols = (QUICK_NAMES, QUICK_RTOLS) if quick else (NAMES, RTOLS)
    absent = [who for who in (CVODE, "libRoadRunner", "SciPy") if peers.missing(who)]
    problems: dict[str, Any] = {}
    for name in names:
        solvers = _solvers(problem(name), absent)
        problems[name] = {
            who: [_point(problem(name), make, rtol, _rounds(who, quick)) for rtol in rtols]
            for who, make in solvers.items()
        }
    return {"rtols": list(rtols), "problems": problems, "missing": absent}


def absolute(given: Problem, rtol: float) -> float:
    """The absolute tolerance that goes with `rtol`: it keeps the smallest species that matters in sight."""
    return max(float(given.floors.max()), 1e-12) * min(1.0, rtol / 1e-6)


def _rounds(solver: str, quick: bool) -> int:
    """Repeated runs: none for those that call Python and are judges of accuracy, whose first run takes long enough."""
    return 0 if solver == CVODE or solver.startswith("SciPy") else 1 if quick else 3


def _point(given: Problem, make: Callable[[float, float], Any], rtol: float, rounds: int) -> dict[str, Any]:
    atol = absolute(given, rtol)
    last: list[FloatArray] = []

    def judge(values: FloatArray) -> float:
        last.append(values)
        return given.error(values, rtol, atol)

    entry = contest({"it": Entrant(lambda: make(rtol, atol))}, rounds, 1.5, judge)["it"]
    digits = given.digits(last[0]) if last else None
    return {"time": entry.median, "error": entry.error, "digits": digits, "trouble": entry.trouble}


def _solvers(given: Problem, absent: list[str]) -> dict[str, Callable[[float, float], Any]]:
    from mscnet.kinetics.program import build_rate_program

    program = build_rate_program(given.mechanism.network())
    solvers: dict[str, Callable[[float, float], Any]] = {
        f"mscnet {method}": lambda rtol, atol, method=method: _ours(given, method, rtol, atol) for method in OURS
    }
    if CVODE not in absent:
        solvers[CVODE] = lambda rtol, atol: peers.cvode(program, given.times, rtol, atol)
    if "libRoadRunner" not in absent:
        model = MassAction.of(given.mechanism)
        solvers["libRoadRunner"] = lambda rtol, atol: peers.roadrunner(model, given.times, rtol, atol)
    if "SciPy" not in absent:
        for method in ("BDF", "Radau"):
            solvers[f"SciPy {method}"] = lambda rtol, atol, method=method: peers.scipy_method(
                method, program, given.times, rtol, atol
            )
    return solvers


def _ours(given: Problem, method: str, rtol: float, atol: float) -> Callable[[], FloatArray]:
    import mscnet

    simulator = mscnet.Simulator(given.mechanism, times=given.times, method=method, rtol=rtol, atol=atol)
    inputs = simulator.inputs()
    return lambda: simulator.states(inputs)


def misses(result: dict[str, Any]) -> list[str]:
    """Where the default method falls short of the goals, in words."""
    found = []
    for name, solvers in result["problems"].items():
        for i, rtol in enumerate(result["rtols"]):
            mine = solvers["mscnet auto"][i]
            cvode = solvers[CVODE][i]["error"] if CVODE in solvers else None
            if mine["error"] is None:
                found.append(f"{name} at {rtol:g}: {mine['trouble']}")
            elif mine["error"] > max(TOLERANCES, cvode or 0.0):
                found.append(f"{name} at {rtol:g}: {mine['error']:.3g} tolerances (CVODE {number(cvode)})")
            if rtol == DIGITS_AT and mine["digits"] is not None and mine["digits"] < DIGITS:
                found.append(f"{name} at {rtol:g}: {mine['digits']:.1f} correct digits")
    return found


def table(result: dict[str, Any]) -> str:
    """Errors in tolerances (and CPU time in ms) by problem and solver, then the goals that are missed."""
    rtols = result["rtols"]
    parts = []
    for name, solvers in result["problems"].items():
        rows = [
            [who, *(_cell(point) for point in points), number(_at(points, rtols, "digits"))]
            for who, points in solvers.items()
        ]
        parts.append(f"**{name}**: error in tolerances / CPU ms at each rtol; correct digits at {DIGITS_AT:g}\n")
        parts.append(grid(["solver", *(f"{rtol:g}" for rtol in rtols), "scd"], rows) + "\n")
    short = misses(result)
    parts.append(f"goals missed: {'; '.join(short)}" if short else "every goal of accuracy is met")
    if result["missing"]:
        parts.append(f"not installed: {', '.join(result['missing'])}")
    return "\n".join(parts)


def _cell(point: dict[str, Any]) -> str:
    if point["trouble"]:
        return "failed"
    return f"{number(point['error'])} / {number(point['time'] * 1e3)}"


def _at(points: list[dict[str, Any]], rtols: list[float], figure: str) -> float | None:
    return points[rtols.index(DIGITS_AT)][figure] if DIGITS_AT in rtols else None


def draw(result: dict[str, Any], folder: Path) -> None:
    """The work-precision diagrams, a panel a problem."""
    from benchmarks.pictures import work_precision

    work_precision(result["problems"], folder / "performance_precision.png")
