"""The diagrams of docs/performance.md, which must be readable in grey as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: Each solver has a colour, a mark and a line of its own; ours are the dark, full ones.
STYLES = {
    "mscnet auto": ("#000000", "o", "-"),
    "mscnet rosenbrock": ("#2171b5", "s", "-"),
    "mscnet bdf": ("#6a3d9a", "^", "-"),
    "CVODE (scikit-sundae)": ("#d95f02", "v", "--"),
    "libRoadRunner": ("#e6550d", "D", "--"),
    "SciPy BDF": ("#737373", "x", ":"),
    "SciPy Radau": ("#8c8c8c", "+", ":"),
}


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def work_precision(problems: dict[str, Any], path: Path) -> None:
    """CPU time over correct digits, a panel a problem, a line a solver from loose tolerances to tight ones."""
    plt = _pyplot()
    columns = 3
    rows = -(-len(problems) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(9.6, 3.1 * rows + 0.6), squeeze=False, layout="constrained")
    for axis in axes.flat[len(problems) :]:
        axis.set_visible(False)
    for axis, (name, solvers) in zip(axes.flat, problems.items(), strict=False):
        for who, points in solvers.items():
            good = [p for p in points if not p["trouble"] and p["digits"] is not None]
            if good:
                colour, mark, line = STYLES.get(who, ("#000000", ".", "-."))
                axis.plot(
                    [p["digits"] for p in good], [p["time"] * 1e3 for p in good], color=colour, marker=mark,
                    linestyle=line, markersize=4.5, linewidth=1.3, label=who,
                )  # fmt: skip
        axis.set_yscale("log")
        axis.set_title(name, fontsize=10)
        axis.grid(True, which="major", color="#dddddd", linewidth=0.6)
    for axis in axes[:, 0]:
        axis.set_ylabel("CPU time / ms")
    for axis in axes.flat[max(0, len(problems) - columns) : len(problems)]:
        axis.set_xlabel("correct digits")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8.5)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def cost_of_a_step(points: list[dict[str, Any]], path: Path) -> None:
    """CPU time of a step over the number of reactions, beside a line of slope 1."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(5.6, 4.0), layout="constrained")
    sizes, costs = [p["reactions"] for p in points], [p["a_step"] * 1e6 for p in points]
    axis.loglog(sizes, costs, color="#08306b", marker="o", label="mscnet bdf, a ring of reactions")
    middle = len(sizes) // 2
    line = [costs[middle] * size / sizes[middle] for size in sizes]
    axis.loglog(sizes, line, color="#777777", linestyle="--", label="in proportion to reactions")
    axis.set_xlabel("reactions")
    axis.set_ylabel("CPU time of a step / µs")
    axis.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axis.legend(frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
