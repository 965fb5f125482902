"""Other programs, each made ready for one model: a call that integrates to the times and returns the states there.

Only what is asked for is imported.  `missing` says what is not installed.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contest import Program
from benchmarks.massaction import MassAction

FloatArray = NDArray[np.float64]
Call = Callable[[], FloatArray]

#: Every peer with the packages that it needs.
NEEDS = {
    "libRoadRunner": ("roadrunner", "antimony"),
    "COPASI": ("basico", "antimony"),
    "run_network": ("bionetgen",),
    "rebop": ("rebop",),
    "SciPy": ("scipy",),
    "CVODE (scikit-sundae)": ("sksundae",),
    "AMICI": ("amici", "antimony"),
}


def missing(name: str) -> bool:
    """Whether a peer is not installed."""
    return any(find_spec(package) is None for package in NEEDS[name])


# --- deterministic -----------------------------------------------------------------------------


def roadrunner(model: MassAction, times: FloatArray, rtol: float, atol: float) -> Call:
    """libRoadRunner, from Antimony text to a compiled model; a call resets it and runs."""
    runner = loaded_roadrunner(model)
    integrator = runner.integrator
    integrator.relative_tolerance, integrator.absolute_tolerance = rtol, atol
    integrator.maximum_num_steps = 1_000_000
    return lambda: roadrunner_states(runner, times)


def loaded_roadrunner(model: MassAction) -> Any:
    """A RoadRunner with the model, which gives concentrations in the model's order."""
    import roadrunner as package

    package.Logger.setLevel(package.Logger.LOG_ERROR)
    runner = package.RoadRunner(model.sbml())
    runner.timeCourseSelections = [f"[S{i}]" for i in range(len(model.initial))]
    return runner


def roadrunner_states(runner: Any, times: FloatArray) -> FloatArray:
    """A run from the initial values through the times, (n_times, n_species)."""
    runner.reset()
    if len(times) == 1:
        return np.array(runner.simulate(0.0, times[0], 2))[1:]
    return np.array(runner.simulate(times=[0.0, *times]))[1:]


def copasi(model: MassAction, times: FloatArray, rtol: float, atol: float) -> Call:
    """COPASI's LSODA through basico; only for one output time."""
    import basico

    basico.load_model_from_string(model.sbml())

    def run() -> FloatArray:
        table = basico.run_time_course(
            duration=float(times[-1]), intervals=1, method="deterministic", r_tol=rtol, a_tol=atol,
            use_initial_values=True, max_steps=1_000_000,
        )  # fmt: skip
        return np.array(table[[f"S{i}" for i in range(len(model.initial))]])[1:]

    return run


def scipy_method(method: str, program: Any, times: FloatArray, rtol: float, atol: float) -> Call:
    """A method of SciPy on the right-hand side and Jacobian of our kernels."""
    from scipy.integrate import solve_ivp

    settings: dict[str, Any] = {"rtol": rtol, "atol": atol, "method": method, "t_eval": times}
    if method in ("BDF", "Radau", "LSODA"):
        settings["jac"] = program.dense_jacobian
    x0 = program.initial()

    def run() -> FloatArray:
        done = solve_ivp(program.rhs, (0.0, times[-1]), x0, **settings)
        if not done.success:
            raise RuntimeError(done.message)
        return np.array(done.y.T)

    return run


def cvode(program: Any, times: FloatArray, rtol: float, atol: float | FloatArray) -> Call:
    """SUNDIALS' CVODE on the right-hand side and Jacobian of our kernels, called through Python."""
    from sksundae.cvode import CVODE

    def rhs(time: float, x: FloatArray, out: FloatArray) -> None:
        out[:] = program.rhs(time, x)

    def jacobian(time: float, x: FloatArray, rates: FloatArray, out: FloatArray) -> None:
        out[:, :] = program.dense_jacobian(time, x)

    solver = CVODE(rhs, rtol=rtol, atol=atol, jacfn=jacobian, max_num_steps=1_000_000)
    x0 = program.initial()
    span = np.concatenate([[0.0], times])

    def run() -> FloatArray:
        # With two times the solver returns its own steps, the last of which is the end.
        done = solver.solve(span, x0)
        if not done.success:
            raise RuntimeError(str(done.message))
        return np.array(done.y[-1:] if len(times) == 1 else done.y[1:])

    return run


# --- BioNetGen ---------------------------------------------------------------------------------


@cache
def bionetgen_folder() -> Path | None:
    """The folder of BNG2.pl for this system in the wheel of bionetgen."""
    found = find_spec("bionetgen")
    if found is None or not found.submodule_search_locations:
        return None
    system = {"Linux": "linux", "Darwin": "mac"}.get(os.uname().sysname, "win") if hasattr(os, "uname") else "win"
    folder = Path(next(iter(found.submodule_search_locations))) / f"bng-{system}"
    return folder if (folder / "BNG2.pl").exists() else None


def children_clock() -> float:
    """CPU time in s of all finished child processes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class RunNetwork:
    """BioNetGen's run_network on a ``.net`` file, a process a run.

    Its CPU time holds reading the file; `overhead` is that of a process which integrates next to nothing.
    """

    def __init__(self, file: Path, options: tuple[str, ...], t_end: float) -> None:
        folder = bionetgen_folder()
        if folder is None:
            raise RuntimeError("the wheel of bionetgen has no run_network for this system")
        self.command = [str(folder / "bin" / "run_network"), *options, "--cdat", "1", "--fdat", "0"]
        self.command += ["-g", str(file), str(file)]
        self.t_end = t_end
        self._overhead: float | None = None
        self.output = ""

    def __call__(self, t_end: float | None = None) -> FloatArray:
        """The state at the end, (1, n_species)."""
        end = self.t_end if t_end is None else t_end
        with tempfile.TemporaryDirectory() as folder:
            command = [*self.command[:1], "-o", f"{folder}/x", *self.command[1:], repr(end), "1"]
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
            if done.returncode:
                raise RuntimeError(f"run_network ended with {done.returncode}: {done.stderr[-200:]}")
            self.output = done.stdout
            last = (Path(folder) / "x.cdat").read_text(encoding="utf-8").splitlines()[-1]
        return np.array([float(word) for word in last.split()[1:]])[None]

    def overhead(self) -> float:
        """CPU time in s of the start of the process and reading: the least of three."""
        if self._overhead is None:
            times = []
            for _ in range(3):
                before = children_clock()
                self(self.t_end * 1e-12)
                times.append(children_clock() - before)
            self._overhead = min(times)
        return self._overhead

    def events(self) -> int:
        """How many events the last stochastic run had.

        Raises:
            RuntimeError: it did not say.
        """
        found = re.search(r"TOTAL STEPS:\s*(\d+)", self.output)
        if not found:
            raise RuntimeError("run_network did not count its events")
        return int(found[1])

    def program(self, note: str) -> Program:
        """As a program of a contest."""
        return Program(lambda: self, clock=children_clock, note=note, overhead=self.overhead)


def wall(call: Callable[[], Any]) -> float:
    """Wall time in s of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
