"""One run of a published network, one output point: load, first run, repeated runs, and the error reached."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import peers
from benchmarks.contest import Entry, Program, best_peer, contest, ratio, trouble_of
from benchmarks.massaction import NETWORKS, MassAction, network_file
from benchmarks.problems import error_in_tolerances
from benchmarks.tables import grid, milliseconds, number

RTOL, ATOL = 1e-6, 1e-9
QUICK = ("multistate", "multisite2", "egfr_net")
#: What is there for context: solvers that call our compiled rates through Python.
CONTEXT = ("SciPy BDF", "CVODE (scikit-sundae)")
#: Seconds of one run of Catalyst.jl as Loman et al. (2023) publish them, on another machine; BCR to t 20,000.
PUBLISHED = {"BCR": "6.3 s to t 20,000", "fceri_gamma2": "0.45 s"}
#: At most this share of the best peer's time is the goal, and the peer where it is a named one.
GOALS = {"multistate": 0.65, "multisite2": 0.5, "egfr_net": 0.15, "BCR": 0.05, "fceri_gamma2": 0.1}
#: Seconds that the repeated runs of one program may take, and those after which a reference is given up.
PATIENCE, REFERENCE = 4.0, 90.0

FloatArray = NDArray[np.float64]


def measure(quick: bool) -> dict[str, Any]:
    """Entries of every program for every network."""
    if network_file("multistate") is None:
        return {"skipped": "the networks are in the folder that the variable MSCNET_CONFORMANCE names; it names none"}
    names = QUICK if quick else tuple(NETWORKS)
    return {"networks": {name: _network(name, quick) for name in names}}


def _network(name: str, quick: bool) -> dict[str, Any]:
    import mscnet

    mechanism = mscnet.load(network_file(name))  # a first time, so that no entry has the imports in it
    sizes = {"species": len(mechanism.species), "reactions": len(mechanism.reactions)}
    reference, how = _reference(mechanism, NETWORKS[name])
    judge = None
    if reference is not None:
        known = reference
        judge = lambda values: error_in_tolerances(known, values[-1:], RTOL, ATOL)  # noqa: E731
    programs, absent = _programs(name, mechanism)
    entries = contest(programs, 3 if quick else 7, 2.0 if quick else PATIENCE, judge)
    peer = best_peer(entries, "mscnet", CONTEXT)
    return {
        **sizes,
        "t_end": NETWORKS[name],
        "reference": how,
        "entries": {key: asdict(entry) | {"median": entry.median} for key, entry in entries.items()},
        "peer": peer,
        "ratio": None if peer is None else ratio(entries, "mscnet", peer),
        "load_ratio": _load_ratio(entries),
        "missing": absent,
    }


def _load_ratio(entries: dict[str, Entry]) -> float | None:
    """Load and first run together, ours over libRoadRunner's."""
    both = [entries.get(name) for name in ("mscnet", "libRoadRunner")]
    sums = [None if e is None or e.load is None or e.first is None else e.load + e.first for e in both]
    return sums[0] / sums[1] if sums[0] and sums[1] else None


def _programs(name: str, mechanism: Any) -> tuple[dict[str, Program], list[str]]:
    """The programs that are installed and sensible at this size, and those that are not installed."""
    file, t_end = network_file(name), NETWORKS[name]
    assert file is not None
    times = np.array([t_end])
    programs = {
        "mscnet": Program(lambda: _ready(file, t_end)),
        "mscnet simulate": Program(lambda: _ours(file, t_end), note="mscnet.simulate: tables made anew for each run"),
    }
    wanted: dict[str, tuple[str, Program]] = {}
    small, plain = len(mechanism.species) <= 100, len(mechanism.reactions) <= 5000
    if plain:
        model = MassAction.of(mechanism)
        wanted["libRoadRunner"] = "libRoadRunner", Program(lambda: peers.roadrunner(model, times, RTOL, ATOL))
    if small:
        program = _program(mechanism)
        wanted["COPASI"] = "COPASI", Program(lambda: peers.copasi(model, times, RTOL, ATOL))
        wanted["SciPy BDF"] = "SciPy", Program(lambda: peers.scipy_method("BDF", program, times, RTOL, ATOL))
        wanted["CVODE (scikit-sundae)"] = (
            "CVODE (scikit-sundae)", Program(lambda: peers.cvode(program, times, RTOL, ATOL)),
        )  # fmt: skip
    solvers = {"run_network": (), "run_network GMRES": ("-b",)} if plain else {"run_network GMRES": ("-b",)}
    for key, options in solvers.items():
        settings = ("-p", "cvode", *options, "-a", repr(ATOL), "-r", repr(RTOL))
        if not peers.missing("run_network") and peers.bionetgen_folder():
            run = peers.RunNetwork(file, settings, t_end)
            wanted[key] = "run_network", run.program("start and reading subtracted")
    absent = sorted({who for who, _ in wanted.values() if peers.missing(who)})
    if peers.missing("run_network"):
        absent.append("run_network")
    programs |= {key: program for key, (who, program) in wanted.items() if not peers.missing(who)}
    return programs, absent


def _ready(file: Any, t_end: float) -> Any:
    """Reads a network and makes it ready, as a RoadRunner does; the call runs it."""
    import mscnet

    simulator = mscnet.Simulator(mscnet.load(file), times=[t_end], rtol=RTOL, atol=ATOL)
    inputs = simulator.inputs()
    return lambda: simulator.states(inputs)


def _ours(file: Any, t_end: float) -> Any:
    """Reads a network; the call simulates it."""
    import mscnet

    mechanism = mscnet.load(file)
    return lambda: mscnet.simulate(mechanism, times=[t_end], rtol=RTOL, atol=ATOL).values


def _program(mechanism: Any) -> Any:
    from mscnet.kinetics.program import build_rate_program

    return build_rate_program(mechanism.network())


def _reference(mechanism: Any, t_end: float) -> tuple[FloatArray | None, str]:
    """The state at the end, tight, and who says so: CVODE for small networks, else our own BDF."""
    import mscnet

    if len(mechanism.species) <= 400 and not peers.missing("CVODE (scikit-sundae)"):
        try:
            return peers.cvode(_program(mechanism), np.array([t_end]), 1e-11, 1e-13)(), "CVODE at rtol 1e-11"
        except Exception as error:
            return None, f"none ({trouble_of(error)})"
    deadline = time.monotonic() + REFERENCE

    def patience(_: float) -> None:
        if time.monotonic() > deadline:
            raise KeyboardInterrupt

    try:
        limits: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-12, "progress": patience}
        return mscnet.simulate(mechanism, times=[t_end], method="bdf", **limits).values, "mscnet BDF at rtol 1e-9"
    except mscnet.SimulationError as error:
        return None, f"none ({trouble_of(error)})"


def table(result: dict[str, Any]) -> str:
    """A table for each network, then the ratios."""
    if "skipped" in result:
        return str(result["skipped"])
    parts = []
    for name, found in result["networks"].items():
        head = f"{name}: {found['species']:,} species, {found['reactions']:,} reactions, t {found['t_end']:g}"
        rows = [
            [who, milliseconds(e["load"]), milliseconds(e["first"]), milliseconds(e["median"]), number(e["error"]),
             e["trouble"] or e["note"]]
            for who, e in found["entries"].items()
        ]  # fmt: skip
        lines = [f"**{head}** (error against {found['reference']})", ""]
        lines.append(grid(["program", "load ms", "first ms", "run ms", "error", "note"], rows))
        lines.append("")
        if found["ratio"] is not None:
            lines.append(
                f"mscnet / {found['peer']}: {found['ratio']:.3f} (goal {GOALS[name]}); "
                f"load and first run / libRoadRunner's: {number(found['load_ratio'])}"
            )
        if name in PUBLISHED:
            lines.append(f"Catalyst.jl, published, another machine: {PUBLISHED[name]}")
        if found["missing"]:
            lines.append(f"not installed: {', '.join(found['missing'])}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
