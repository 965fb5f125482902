"""Cost of a step over the size of the network, and the memory of a run of 60,000 reactions."""

from __future__ import annotations

import sys
import tempfile
import time
from math import log
from pathlib import Path
from typing import Any

from benchmarks.contest import LEAST, trouble_of
from benchmarks.massaction import network_file
from benchmarks.processes import run_once
from benchmarks.tables import grid, number

SIZES = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
QUICK_SIZES = (10, 100, 1_000, 10_000)
#: MB that a whole process may take for `LARGE`, which has 58,276 reactions.
MEMORY, LARGE, LARGE_END = 500.0, "fceri_gamma2", 150.0
#: Members of a family whose pairs make 500,000 reactions, and the goals of reading them: seconds and MB.
MEMBERS, FAMILY_TIME, FAMILY_MEMORY = 1_000, 60.0, 4096.0
#: Seconds that the repeated runs of one size may take.
PATIENCE = 4.0


def ring(reactions: int) -> str:
    """A ring of species with `reactions` steps, as a ``.net`` file, which is read quickly: each species turns into the
    next and back, and pairs with it to make the one after, which falls apart; the same everywhere, so that only the
    size differs."""
    species = max(3, reactions // 4)
    kept = [f"{i + 1} S{i}() {1.0 + 0.5 * (i % 7)}" for i in range(species)]
    steps = []
    for j in range(reactions):
        a, b, c = ((j // 4 + shift) % species + 1 for shift in range(3))
        step = (
            f"{a} {b} {0.5 + 0.1 * (j % 5):.6g}",
            f"{b} {a} {0.3 + 0.1 * (j % 3):.6g}",
            f"{a},{b} {c} {0.05 + 0.01 * (j % 11):.6g}",
            f"{c} {a},{b} {2.0 + 0.1 * (j % 13):.6g}",
        )[j % 4]
        steps.append(f"{j + 1} {step}")
    blocks = {"species": kept, "reactions": steps}
    return "".join(f"begin {name}\n" + "\n".join(lines) + f"\nend {name}\n" for name, lines in blocks.items())


def ring_mechanism(reactions: int) -> Any:
    """The ring, read."""
    import mscnet

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ring.net"
        file.write_text(ring(reactions), encoding="utf-8")
        return mscnet.load(file)


def measure(quick: bool) -> dict[str, Any]:
    """CPU time of a step at each size, and wall time, CPU time and memory of the large network as a whole process."""
    points = [_point(size) for size in (QUICK_SIZES if quick else SIZES)]
    return {"points": points, "process": None if quick else _process(), "family": None if quick else _family()}


def coagulation(members: int) -> str:
    """Clusters of up to `members` units that join and fall apart: members²/2 reactions in one line."""
    pairs = f"for n in 1 .. {members}, m in n .. {members} if n + m <= {members}"
    return f"species F[1] = 1 mM\nF[n] + F[m] <-> F[n+m] @ 0.1 /mM/s, 0.01 /s {pairs}\n"


def _family() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "coagulation.mech").write_text(coagulation(MEMBERS), encoding="utf-8")
        try:
            cost = run_once([sys.executable, "-m", "mscnet", "check", "coagulation.mech"], Path(folder))
        except RuntimeError as error:
            return {"trouble": trouble_of(error)}
    return {"wall": cost.wall, "cpu": cost.cpu, "memory": cost.memory, "trouble": ""}


def _point(size: int) -> dict[str, Any]:
    import mscnet

    start = time.perf_counter()
    mechanism = ring_mechanism(size)
    loaded = time.perf_counter() - start
    try:
        simulator = mscnet.Simulator(mechanism, times=[10.0], method="bdf", rtol=1e-6)
        inputs = simulator.inputs()[None]
        steps = int(simulator.batch(inputs).counts[0][0])
        times: list[float] = []
        while not times or (sum(times) < PATIENCE and len(times) < 5):
            calls, begun = 0, time.process_time()
            while (spent := time.process_time() - begun) < LEAST:
                simulator.batch(inputs)
                calls += 1
            times.append(spent / calls)
    except Exception as error:
        return {"reactions": size, "load": loaded, "trouble": trouble_of(error)}
    run = min(times)
    return {"reactions": size, "load": loaded, "run": run, "steps": steps, "a_step": run / steps, "trouble": ""}


def _process() -> dict[str, Any] | None:
    file = network_file(LARGE)
    if file is None:
        return None
    command = [sys.executable, "-m", "mscnet", "run", str(file), "--t-end", str(LARGE_END), "--points", "2"]
    with tempfile.TemporaryDirectory() as folder:
        try:
            cost = run_once([*command, "--rtol", "1e-6", "--atol", "1e-9", "--out", "x.csv"], Path(folder))
        except RuntimeError as error:
            return {"trouble": trouble_of(error)}
    return {"wall": cost.wall, "cpu": cost.cpu, "memory": cost.memory, "trouble": ""}


def growth(points: list[dict[str, Any]], smallest: int = 1_000) -> float | None:
    """The exponent p of cost ~ reactions**p from the first size of at least `smallest` to the last."""
    large = [p for p in points if p["reactions"] >= smallest and not p["trouble"] and p["a_step"] > 0]
    if len(large) < 2:
        return None
    first, last = large[0], large[-1]
    return log(last["a_step"] / first["a_step"]) / log(last["reactions"] / first["reactions"])


def table(result: dict[str, Any]) -> str:
    """Cost by size, the growth and the whole process."""
    rows = []
    for p in result["points"]:
        if p["trouble"]:
            rows.append([f"{p['reactions']:,}", number(p["load"]), "", "", "", "", p["trouble"]])
            continue
        each = p["a_step"] / p["reactions"] * 1e9
        rows.append(
            [f"{p['reactions']:,}", number(p["load"]), number(p["run"]), str(p["steps"]), number(p["a_step"] * 1e6),
             number(each), ""]
        )  # fmt: skip
    head = ["reactions", "load s", "run s", "steps", "µs a step", "ns a step and reaction", "note"]
    lines = [grid(head, rows)]
    power = growth(result["points"])
    if power is not None:
        lines.append(f"\ncost of a step ~ reactions^{power:.2f} from 1,000 reactions on (goal: linear)")
    process = result["process"]
    if process and process["trouble"]:
        lines.append(f"\n{LARGE} as a whole process: {process['trouble']}")
    elif process:
        lines.append(
            f"\n{LARGE} as a whole process, reading, t {LARGE_END:g}, CSV: {process['wall']:.2f} s wall, "
            f"{process['cpu']:.2f} s CPU, {process['memory']:.0f} MB at most (goal {MEMORY:.0f} MB)"
        )
    family = result.get("family")
    if family and family["trouble"]:
        lines.append(f"\na family of {MEMBERS**2 // 2:,} reactions: {family['trouble']}")
    elif family:
        lines.append(
            f"\n`check` of one line that stands for {MEMBERS**2 // 2:,} reactions: {family['cpu']:.1f} s CPU "
            f"(goal {FAMILY_TIME:.0f} s), {family['memory']:.0f} MB at most (goal {FAMILY_MEMORY:.0f} MB)"
        )
    return "\n".join(lines)


def draw(result: dict[str, Any], folder: Path) -> None:
    """Cost of a step over reactions."""
    from benchmarks.pictures import cost_of_a_step

    cost_of_a_step([p for p in result["points"] if not p["trouble"]], folder / "performance_scaling.png")
